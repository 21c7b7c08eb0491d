"""Whoever says "I need help" on the page is a call in the control room: never refused, whatever else fails."""

import base64
import json
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from necmergitur.adapters.crisis_keys import KeyFiles
from necmergitur.adapters.embedded_postgres import EmbeddedPostgres
from necmergitur.governance.breakglass import Who
from necmergitur.kernel.geo import Position
from necmergitur.operations.population import crises
from necmergitur.people.crises import Asked, Crisis
from necmergitur.web.store import store
from tests.live.serving import Live
from tests.outage import database_away
from tests.web.crises.assessed import sign
from tests.web.pages import MIDDLE, City

CALLS = "SELECT device_id, kind, lon IS NOT NULL, test FROM signal WHERE device_id LIKE 'safe-%%' ORDER BY id"


def once() -> str:
    return base64.urlsafe_b64encode(os.urandom(16)).decode().rstrip("=")


def opened(city: City, home: Path, *, drill: bool = False) -> Crisis:
    now = datetime.now(UTC)
    sign()
    first, second = (Who(city.users[role].pk, role) for role in ("lead", "duty_officer"))
    asked = Asked(
        id=store().ids.new(),
        incident_id=None if drill else city.press(),
        name="Halles",
        middle=Position(MIDDLE.lon, MIDDLE.lat),
        radius_m=1_000.0,
        services=("safe",),
        languages=("fr", "en"),
        kept=timedelta(days=7),
        drill=drill,
        reason="shots heard",
    )
    state = crises.ask(store(), asked, first, now)
    assert isinstance(state, Crisis), state
    state = crises.confirm(store(), KeyFiles(home), state.id, second, now)
    assert isinstance(state, Crisis), state
    return state


@pytest.fixture
def crisis(city: City, live: Live) -> Crisis:
    state = opened(city, live.parts.home)
    until(lambda: live.app._checkins.now_open(drill=False) is not None)
    return state


def until(holds: Callable[[], bool], within_s: float = 20.0) -> None:
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.05)


def form(live: Live, path: str = "/safe", **fields: str) -> tuple[int, Any]:
    return live.ask(path, method="POST", body=urlencode(fields).encode())


def test_need_help_and_hurt_are_calls_and_safe_is_none(live: Live, city: City, crisis: Crisis) -> None:
    assert form(live, once=once(), status="safe", name="Bob")[0] == 303
    assert form(live, once=once(), status="need_help", name="Amélie", words="3e étage")[0] == 303
    assert form(live, once=once(), status="hurt", lon="2.3530", lat="48.8570")[0] == 303
    found = city.sql(CALLS)
    assert [row[1:] for row in found] == [("sos", False, False), ("medical", True, False)]
    rows = city.sql("SELECT id FROM population.checkin WHERE status > 1 ORDER BY at")
    assert {f"safe-{bytes(row[0]).hex()}" for row in rows} == {row[0] for row in found}
    told = city.sql("SELECT payload FROM ledger_event WHERE kind IN ('PressReceived', 'IncidentOpened')")
    assert told and "Am" not in str(told)


def test_the_same_form_sent_again_is_one_call_and_a_graver_one_another(live: Live, city: City, crisis: Crisis) -> None:
    number = once()
    for _ in range(3):
        assert form(live, once=number, status="need_help")[0] == 303
    assert form(live, once=number, status="hurt")[0] == 303
    assert [row[1] for row in city.sql(CALLS)] == ["sos", "medical"]


@pytest.mark.parametrize(
    "body",
    [
        b"status=need_help",
        b"status=hurt&once=short&name=%ff%fe&contact=nobody",
        b"status=need_help&name=\xff\xfe",
        b"status=need_help&" + b"&".join(b"x%d=1" % n for n in range(60)),
    ],
)
def test_a_call_for_help_is_kept_whatever_came_with_it(live: Live, city: City, crisis: Crisis, body: bytes) -> None:
    assert live.ask("/safe", method="POST", body=body)[0] == 303
    assert len(city.sql(CALLS)) == 1


def test_a_program_calls_too_and_a_place_that_is_none_costs_nothing(live: Live, city: City, crisis: Crisis) -> None:
    said = {"status": "need_help", "lon": "somewhere", "lat": [], "once": "not base64"}
    assert live.ask("/api/v1/checkins", method="POST", body=json.dumps(said).encode())[0] == 201
    assert [row[1:] for row in city.sql(CALLS)] == [("sos", False, False)]


def test_in_a_drill_a_call_is_a_test_and_never_flies(live: Live, city: City) -> None:
    opened(city, live.parts.home, drill=True)
    until(lambda: live.app._checkins.now_open(drill=True) is not None)
    assert form(live, "/drill/safe", once=once(), status="need_help")[0] == 303
    ((_device, kind, _placed, test),) = city.sql(CALLS)
    assert (kind, test) == ("test", True)
    assert form(live, once=once(), status="need_help")[0] != 303, "no real crisis is open"
    assert len(city.sql(CALLS)) == 1


def test_a_form_sent_just_after_it_closed_is_a_call_all_the_same(live: Live, city: City, crisis: Crisis) -> None:
    crises.close(store(), crisis.id, Who(city.users["lead"].pk, "lead"), datetime.now(UTC))
    status, page = form(live, once=once(), status="need_help")
    assert status == 202
    assert b"112" in page
    until(lambda: live.app._checkins.now_open(drill=False) is None)
    assert form(live, once=once(), status="need_help")[0] == 202
    assert len(city.sql(CALLS)) == 2
    assert city.sql("SELECT count(*) FROM population.checkin") == [(0,)]


def test_an_outage_loses_no_call_and_says_that_it_waits(
    live: Live, city: City, crisis: Crisis, postgres: EmbeddedPostgres
) -> None:
    with database_away(postgres):
        status, page = form(live, once=once(), status="need_help", name="Amélie")
        assert status == 202
        assert "Votre appel est gardé" in page.decode()
        spool = live.parts.home / "spool" / "safe.jsonl"
        assert b"Am" not in spool.read_bytes(), "nothing about the person is on disk"
    until(lambda: len(city.sql(CALLS)) == 1)


def test_such_devices_stand_in_no_list(live: Live, city: City, crisis: Crisis, session: Callable[[str], str]) -> None:
    form(live, once=once(), status="need_help")
    for path in ("/console/devices/", "/console/devices/?show=never&kind=personal", "/register/buttons/"):
        assert ">safe-" not in city.client("technician").get(path).content.decode()
