"""Who can judge what, and how wrong an ordering is of people's own words."""

import numpy as np
import pytest

from necmergitur.innovation import expertise

EXPERTS = {
    "hydrologist": [
        "Flood forecasting with radar rain gauges",
        "Levees fail when rivers rise",
        "On the taste of bread",
    ],
    "lighting": ["Street lamps that dim", "Sodium lamps and insects"],
    "nobody": [],
}
PROPOSALS = {"flood": "A gauge that forecasts floods of rivers", "lamp": "Lamps that dim when no one walks by"}


def test_an_expert_is_near_what_their_own_texts_are_about() -> None:
    found = expertise.affinities(EXPERTS, PROPOSALS)
    assert found["hydrologist"]["flood"] > found["hydrologist"]["lamp"]
    assert found["lighting"]["lamp"] > found["lighting"]["flood"]
    assert found["nobody"] == {}


def test_the_nearest_texts_count_and_the_others_do_not() -> None:
    near = np.array([[0.9, 0], [0.6, 0], [0.3, 0.3], [0, 0]], np.float32)
    assert expertise.affinity(near).tolist() == pytest.approx([0.6, 0.1])


def test_an_order_that_is_right_loses_nothing_and_one_turned_round_loses_all() -> None:
    judged = {"ann": {"a": 5, "b": 3, "c": 1}}
    right = {"ann": {"a": 0.9, "b": 0.5, "c": 0.1}}
    turned = {"ann": {"a": 0.1, "b": 0.5, "c": 0.9}}
    assert expertise.loss(judged, right) == 0
    assert expertise.loss(judged, turned) == 1
    assert expertise.loss(judged, {"ann": dict.fromkeys("abc", 1.0)}) == 0.5


def test_a_pair_counts_by_how_differently_it_was_judged() -> None:
    judged = {"ann": {"a": 5, "b": 1, "c": 4}}
    assert expertise.loss(judged, {"ann": {"a": 0.5, "b": 0.1, "c": 0.9}}) == pytest.approx(1 / 8)


def test_nothing_judged_is_no_loss() -> None:
    assert expertise.loss({}, {}) == 0
    assert expertise.loss({"ann": {"a": 1}}, {}) == 0
