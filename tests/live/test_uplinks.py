"""LoRaWAN through ChirpStack: it posts once, so what cannot be recorded is on disk before it is answered."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from necmergitur.adapters.embedded_postgres import EmbeddedPostgres
from necmergitur.dispatch.incidents import Person
from necmergitur.kernel.geo import Position
from necmergitur.operations import devices
from necmergitur.operations.registry import NewDevice
from tests.live.serving import Live, serve_live
from tests.live.test_presses import until
from tests.outage import database_away
from tests.web.pages import City

TOKEN = "a token of this test"
EUI = "0101010101010101"


@pytest.fixture
def door(city: City, tmp_path: Path) -> Iterator[Live]:
    """The live process with an open door for ChirpStack, and one radio button enrolled."""
    with serve_live(city.url, home=tmp_path, uplink_token=TOKEN) as running:
        place = Position(2.351, 48.856)
        new = NewDevice(id="r-1", kind="post", transport="lorawan", label="Radio", place=place, external_key=EUI)
        devices.enrol(running.parts.store, [new], Person(0, "nec"), datetime.now(UTC))
        yield running


def event(door: Live, kind: str = "up", token: str = TOKEN, **more: Any) -> tuple[int, Any]:
    body = {"deduplicationId": str(uuid4()), "deviceInfo": {"devEui": EUI}, "fPort": 1, "data": "", **more}
    return door.ask(
        f"/api/v1/uplinks/chirpstack?event={kind}",
        method="POST",
        body=json.dumps(body).encode(),
        Authorization=f"Bearer {token}",
    )


def calls(city: City) -> int:
    with psycopg.connect(city.url) as connection:
        row = connection.execute("SELECT count(*) FROM signal WHERE device_id = 'r-1'").fetchone()
    assert row is not None
    return int(row[0])


def test_an_uplink_is_a_call_and_a_join_only_a_sign_of_life(door: Live, city: City) -> None:
    for kind in ("join", "status", "ack", "location"):
        assert event(door, kind) == (200, {"kept": "sign"})
    assert calls(city) == 0
    assert event(door, object={"kind": "sos"}) == (200, {"kept": "call"})
    assert calls(city) == 1


@pytest.mark.parametrize("token", ["", "another", "un jeton accentué é"])
def test_another_token_is_refused(door: Live, city: City, token: str) -> None:
    status, answer = event(door, token=token.encode().decode("latin-1"))
    assert (status, answer["rule"]) == (401, "token_unknown")
    assert calls(city) == 0


def test_a_device_nobody_enrolled_is_named_so(door: Live) -> None:
    assert event(door, deviceInfo={"devEui": "02" * 8})[0] == 404
    assert event(door, "join", deviceInfo={"devEui": "02" * 8})[0] == 404


def test_a_call_in_an_outage_is_on_disk_before_the_answer_and_recorded_after(
    door: Live, city: City, postgres: EmbeddedPostgres
) -> None:
    spool = door.parts.home / "spool" / "uplinks.jsonl"
    with database_away(postgres):
        assert event(door, object={"kind": "sos"}) == (202, {"kept": "spooled"})
        assert len(spool.read_bytes().splitlines()) == 1
    until(lambda: not spool.exists())
    assert calls(city) == 1
