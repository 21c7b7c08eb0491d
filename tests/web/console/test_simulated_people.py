"""Simulated people act through the same operations as a browser, and lose races as people do."""

from collections.abc import Callable
from typing import Any

import pytest

from necmergitur.ledger.ports import VersionConflict
from necmergitur.operations import flying, incidents, shifts
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


def away(*_: object, **__: object) -> None:
    raise Unreachable("the database is away")


def counted(monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> list[str]:
    """Return what is called of an operation, as it is called."""
    done, real = list[str](), getattr(module, name)
    monkeypatch.setattr(module, name, lambda *a, **k: (done.append(name), real(*a, **k))[1])
    return done


def a_pilot_accepts_and_no_incident_is_read(
    city: City, crowd: people.People, monkeypatch: pytest.MonkeyPatch
) -> list[str]:
    city.mission(city.press())
    pilot = city.person("pilot")
    crowd._pilots = {pilot.id: pilot}
    monkeypatch.setattr(people, "ACCEPT_S", (0.0, 0.0))
    monkeypatch.setattr(crowd, "_open_incidents", away)
    return counted(monkeypatch, flying, "accept")


def an_operator_acknowledges_and_no_shift_begins(
    city: City, crowd: people.People, monkeypatch: pytest.MonkeyPatch
) -> list[str]:
    city.press()
    keep = crowd._keep_on_shift
    monkeypatch.setattr(crowd, "_keep_on_shift", lambda now: keep(now.replace(second=0)))
    monkeypatch.setattr(people, "OPERATOR_ACKNOWLEDGES_S", (0.0, 0.0))
    monkeypatch.setattr(shifts, "start_shift", away)
    return counted(monkeypatch, incidents, "climb")


@pytest.mark.parametrize(
    "happens", [a_pilot_accepts_and_no_incident_is_read, an_operator_acknowledges_and_no_shift_begins]
)
def test_what_was_done_in_the_turn_in_which_the_database_went_is_not_done_again(
    city: City, monkeypatch: pytest.MonkeyPatch, happens: Callable[..., list[str]]
) -> None:
    crowd = people.People(store(), 1, lambda _device: True, {})
    done = happens(city, crowd, monkeypatch)
    crowd.turn()
    assert len(done) == len(crowd._done) == 1
