"""Simulated people act through the same operations as a browser, and lose races as people do."""

from typing import Any

import pytest

from necmergitur.ledger.ports import VersionConflict
from necmergitur.operations import incidents
from necmergitur.operations.ports import Unreachable
from necmergitur.sim.demo import people
from necmergitur.web.store import store
from tests.web.pages import City


def test_what_a_lost_race_undid_is_done_again(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    incident, tries, climb = city.press(), list[str](), incidents.climb

    def raced(over: Any, which: Any, rung: str, *more: Any) -> Any:
        tries.append(rung)
        if tries.count(rung) == 1:
            raise VersionConflict("somebody was quicker")
        return climb(over, which, rung, *more)

    monkeypatch.setattr(incidents, "climb", raced)
    for name in ("OPERATOR_ACKNOWLEDGES_S", "OPERATOR_ACTS_S"):
        monkeypatch.setattr(people, name, (0.0, 0.0))
    crowd = people.People(store(), 1, lambda _device: True, {})
    for _ in range(12):  # each step is thought of in one turn and done in another
        crowd.turn()
    assert tries == ["acknowledged", "acknowledged", "acting", "acting"]
    with store().transaction() as tx:
        found = tx.incident(incident)
    assert found is not None and found.rung == "acting"


def test_what_was_done_before_the_database_went_is_not_done_again(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    city.press()
    climbed, climb = list[str](), incidents.climb

    def told(over: Any, which: Any, rung: str, *more: Any) -> Any:
        climbed.append(rung)
        return climb(over, which, rung, *more)

    def away(*_: object) -> None:
        raise Unreachable("the database is away")

    monkeypatch.setattr(incidents, "climb", told)
    monkeypatch.setattr(people, "OPERATOR_ACKNOWLEDGES_S", (0.0, 0.0))
    crowd = people.People(store(), 1, lambda _device: True, {})
    for _ in range(4):
        crowd.turn()
    assert climbed == ["acknowledged"]
    done = set(crowd._done)
    monkeypatch.setattr(crowd, "_keep_on_shift", away)
    crowd.turn()
    monkeypatch.setattr(crowd, "_operate", away)
    crowd.turn()
    assert crowd._done == done
