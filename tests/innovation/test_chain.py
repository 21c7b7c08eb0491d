"""Which stage follows which."""

import pytest

from necmergitur.innovation import chain
from necmergitur.innovation.chain import OPENS, STAGES, Exit, ExperimentState, NeedState, Stage


def test_every_stage_but_the_last_says_when_the_next_may_follow() -> None:
    assert set(OPENS) == set(STAGES[:-1])
    assert [chain.next_of(stage) for stage in STAGES] == [*STAGES[1:], None]


@pytest.mark.parametrize("state", [NeedState.CLOSED, NeedState.MERGED, "nonsense"])
def test_nothing_follows_a_need_that_is_not_open(state: str) -> None:
    refused = chain.may_follow(Stage.NEED, state)
    assert refused is not None and refused.rule == "chain_not_ready"
    assert chain.may_follow(Stage.NEED, NeedState.OPEN) is None


@pytest.mark.parametrize(("exit_", "may"), [(Exit.ADOPT, True), (Exit.OPEN, True), (Exit.STOP, False), ("", False)])
def test_only_what_is_adopted_or_opened_to_all_is_deployed(exit_: str, may: bool) -> None:
    assert (chain.may_follow(Stage.EXPERIMENT, ExperimentState.REPORTED, exit_=exit_) is None) is may
    assert chain.may_follow(Stage.EXPERIMENT, ExperimentState.RUNNING, exit_=exit_) is not None


@pytest.mark.parametrize("text", ["NM-7", "nm 7", " 7 ", "NM7"])
def test_a_number_is_read_as_people_write_it(text: str) -> None:
    assert chain.read(text) == 7
    assert chain.shown(7) == "NM-7"


@pytest.mark.parametrize("text", ["", "NM-", "-7x", "0", "NM-99999999999", "\u0667"])
def test_what_is_no_number_is_none(text: str) -> None:
    assert chain.read(text) is None
