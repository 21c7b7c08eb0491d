"""Presses over HTTPS: recorded, or the sender is told to keep sending; never spoilt by what others send."""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from necmergitur.adapters.embedded_postgres import EmbeddedPostgres
from necmergitur.adapters.pins import pin_digest
from necmergitur.dispatch.incidents import Person
from necmergitur.kernel.refusal import Refusal
from necmergitur.live.presses import STRANGERS_SPOOLED_MAX
from necmergitur.operations import incidents
from necmergitur.signals.constants import PRESS_BYTES_MAX
from tests.live.serving import Live
from tests.outage import database_away
from tests.web.pages import CREDENTIAL, City

BY = Person(90, "Olga")


def press(live: Live, body: dict[str, Any] | bytes, credential: str = CREDENTIAL) -> tuple[int, Any]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return live.ask("/api/v1/presses", method="POST", body=raw, Authorization=f"Bearer {credential}")


def sos(seq: int = 1, device: str = "p-1", **more: Any) -> dict[str, Any]:
    return {"device": device, "boot_id": 7, "seq": seq, "kind": "sos", **more}


def signals(city: City) -> list[tuple[Any, ...]]:
    with psycopg.connect(city.url) as connection:
        found = connection.execute("SELECT device_id, boot_id, seq, kind FROM signal WHERE boot_id <> 1 ORDER BY seq")
        return found.fetchall()


def until(holds: Callable[[], bool], within_s: float = 20.0) -> None:
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.05)


def test_a_press_is_recorded_and_its_repeat_gets_the_same_answer(live: Live, city: City) -> None:
    status, first = press(live, sos())
    assert (status, first["lamp"], first["duplicate"], first["seen"]) == (201, "lit", False, False)
    status, again = press(live, sos())
    assert (status, again["signal_id"], again["duplicate"]) == (200, first["signal_id"], True)
    assert signals(city) == [("p-1", 7, 1, "sos")]


@pytest.mark.parametrize("pin", ["0000", None])
def test_a_cancellation_nobody_may_make_is_kept_and_answered_as_not_cancelled_both_times(
    live: Live, city: City, pin: str | None
) -> None:
    press(live, sos())
    answers = [press(live, sos(2, kind="cancel", pin=pin)) for _ in range(2)]
    assert [(status, said["lamp"], said["cancelled"]) for status, said in answers] == [
        (201, "lit", False),
        (200, "lit", False),
    ]


@pytest.mark.parametrize(
    ("credential", "body", "rule"),
    [
        ("forged", sos(), "unknown_credential"),
        ("", sos(), "credential_missing"),
        ("forged", b"no device in sight", "credential_missing"),
        (CREDENTIAL, sos(device="b-1"), "unknown_credential"),
        ("forgé", sos(), "unknown_credential"),
    ],
)
def test_who_is_not_known_is_refused(live: Live, city: City, credential: str, body: Any, rule: str) -> None:
    status, answer = press(live, body, credential.encode().decode("latin-1"))
    assert (status, answer["rule"]) == (401, rule)
    assert signals(city) == []


def test_a_body_beyond_the_bound_is_refused_before_parsing(live: Live) -> None:
    assert press(live, b" " * (PRESS_BYTES_MAX + 1))[0] == 413


@pytest.mark.parametrize(
    "body", [b"not json", b"[" * 1_500, b'{"device":"a\\u0000b"}', b'{"device":"p-1","seq":-1}', b""]
)
def test_a_broken_body_with_a_known_credential_is_a_call_for_a_human_to_check(
    live: Live, city: City, body: bytes
) -> None:
    status, answer = press(live, body)
    assert (status, answer["lamp"]) == (201, "lit")
    assert [(device, kind) for device, _, _, kind in signals(city)] == [("p-1", "possible_press")]


def test_a_poisoned_device_id_spoils_nobody_elses_press(live: Live, city: City) -> None:
    poison = json.dumps({"device": "a\0b", "boot_id": 1, "seq": 1}).encode()
    with ThreadPoolExecutor(16) as crowd:
        poisoned = [crowd.submit(press, live, poison, "anybody") for _ in range(8)]
        innocent = [crowd.submit(press, live, sos(seq)) for seq in range(1, 9)]
        assert [one.result()[0] for one in innocent] == [201] * 8
        assert {one.result()[0] for one in poisoned} == {401}
    assert [row[2] for row in signals(city)] == list(range(1, 9))


@pytest.mark.parametrize("accuracy_m", [1e-50, 0.0, -1.0, 1e300])
def test_no_stated_accuracy_costs_a_call(live: Live, accuracy_m: float) -> None:
    position = {"lon": 2.3530, "lat": 48.8570, "accuracy_m": accuracy_m}
    assert press(live, sos(position=position))[0] == 201


def test_whether_a_press_was_seen_is_told_to_its_sender_alone(live: Live) -> None:
    press(live, sos())

    def ask(name: str, credential: str = CREDENTIAL) -> int:
        return live.ask(f"/api/v1/presses/{name}", Authorization=f"Bearer {credential}")[0]

    assert ask("p-1/7/1") == 200
    assert ask("p-1/7/1", "forged") == 404
    assert {
        ask(name) for name in ("p-1/7/2", "p-1/%C2%B2/1", "p-1/7/" + "9" * 19, "p-1/7/" + "9" * 5_000, "p-1/7")
    } == {404}


def test_both_pins_are_answered_alike_also_once_somebody_had_seen_the_call(live: Live, city: City) -> None:
    told: list[Any] = []
    for device, pin in (("p-1", "cancel_hash"), ("p-2", "duress_hash")):
        city.sql(f"UPDATE device SET {pin} = %s WHERE id = %s", pin_digest(live.parts.pin_key, device, "4711"), device)
        press(live, sos(1, device))
        incident = city.sql("SELECT id FROM incident WHERE personal_device = %s", device)[0][0]
        assert not isinstance(incidents.climb(live.parts.store, incident, "seen", BY, datetime.now(UTC)), Refusal)
        answers = [press(live, sos(2, device, kind="cancel", pin="4711")) for _ in range(2)]
        answers.append(live.ask(f"/api/v1/presses/{device}/7/1", Authorization=f"Bearer {CREDENTIAL}"))
        told.append([(status, {k: v for k, v in said.items() if k != "signal_id"}) for status, said in answers])
    assert told[0] == told[1]
    assert told[0][2][1] == {"lamp": "lit", "seen": False, "cancelled": True}


def test_an_outage_darkens_the_lamp_and_loses_no_press(
    live: Live, city: City, postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    assert press(live, sos(1))[0] == 201
    spool = tmp_path / "spool" / "live.jsonl"
    with database_away(postgres):
        assert press(live, sos(2)) == (503, {"rule": "database_away", "detail": "Not recorded yet: keep sending."})
        assert press(live, sos(2))[0] == 503
        assert press(live, b"broken")[0] == 503
        assert press(live, sos(3), "forged, and nobody can tell now")[0] == 503
        lines = spool.read_bytes().splitlines()
        assert len(lines) == 3, "a repeat is spooled once"
        assert press(live, sos(2, position={"lon": 2.3530, "lat": 48.8570}))[0] == 503
        assert len(spool.read_bytes().splitlines()) == 4, "but not one that says where"
        assert press(live, sos(4, device="p-1"))[0] == 503
    until(lambda: not spool.exists())
    assert [(row[2], row[3]) for row in signals(city) if row[1] == 7] == [(1, "sos"), (2, "sos"), (4, "sos")]
    assert [row[3] for row in signals(city) if row[1] != 7] == ["possible_press"]
    assert press(live, sos(2))[1]["duplicate"]


def test_strangers_fill_no_spool(live: Live, postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch) -> None:
    assert STRANGERS_SPOOLED_MAX <= 1_000
    monkeypatch.setattr("necmergitur.live.presses.STRANGERS_SPOOLED_MAX", 2)
    with database_away(postgres):
        with ThreadPoolExecutor(8) as crowd:
            answers = [crowd.submit(press, live, sos(n, device=f"x-{n}"), f"forged {n}") for n in range(8)]
            assert {one.result()[0] for one in answers} == {503}
        assert len((live.parts.home / "spool" / "live.jsonl").read_bytes().splitlines()) == 2


def test_figures_are_for_this_machine_alone(live: Live) -> None:
    status, figures = live.ask("/metrics")
    assert status == 200
    assert b"nec_https_presses_total" in figures
    assert live.ask("/metrics", X_Forwarded_For="192.0.2.1")[0] == 403
