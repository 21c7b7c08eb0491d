"""Check-ins over HTTP: kept or said not to be; limits that never stop a call for help; text messages."""

import base64
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import altcha
import psycopg
import pytest

from necmergitur.adapters.crisis_keys import KeyFiles
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.governance.breakglass import Who
from necmergitur.kernel.geo import Position
from necmergitur.operations.population import crises
from necmergitur.people.crises import Asked, Crisis
from tests.live.serving import Live, serve_live
from tests.operations.accounts import give_role
from tests.web.pages import City

OFFICERS = (9001, 9002)


def once() -> str:
    return base64.urlsafe_b64encode(os.urandom(16)).decode().rstrip("=")


@pytest.fixture
def drill(city: City, tmp_path: Path) -> Crisis:
    """A drill, opened by two officers of the test's own."""
    for account in OFFICERS:
        give_role(city.url, account, "duty_officer")
    store, now = PostgresStore(city.url), datetime.now(UTC)
    asked = Asked(
        id=store.ids.new(),
        incident_id=None,
        name="Exercice",
        middle=Position(2.35, 48.86),
        radius_m=2_000.0,
        services=("safe",),
        languages=("fr",),
        kept=timedelta(days=1),
        drill=True,
        reason="a test",
        vital=True,
    )
    state = crises.ask(store, asked, Who(OFFICERS[0], "duty_officer"), now)
    assert isinstance(state, Crisis), state
    state = crises.confirm(store, KeyFiles(tmp_path), state.id, Who(OFFICERS[1], "duty_officer"), now)
    assert isinstance(state, Crisis), state
    store.close()
    return state


@pytest.fixture
def open_live(city: City, tmp_path: Path, drill: Crisis) -> Iterator[Callable[..., Live]]:
    held: list[AbstractContextManager[Live]] = []

    def make(**parts: Any) -> Live:
        held.append(serve_live(city.url, home=tmp_path, **parts))
        running = held[-1].__enter__()
        deadline = time.monotonic() + 10
        while post(running, {"status": "safe"})[0] == 409 and time.monotonic() < deadline:
            time.sleep(0.1)
        return running

    yield make
    for one in held:
        one.__exit__(None, None, None)


def post(live: Live, body: dict[str, Any], path: str = "/api/v1/checkins?drill=1", **headers: str) -> tuple[int, Any]:
    return live.ask(path, method="POST", body=json.dumps(body).encode(), content_type="application/json", **headers)


def counted(city: City) -> int:
    with psycopg.connect(city.url) as connection:
        return connection.execute("SELECT count(*) FROM population.checkin").fetchone()[0]


def test_a_check_in_is_answered_with_its_links_once_it_is_kept(open_live, city: City) -> None:
    live = open_live()
    body = {"name": "Amélie", "status": "safe", "once": once()}
    status, said = post(live, body)
    assert status == 201
    assert set(said) == {"link", "share"}
    assert post(live, body) == (201, said)
    assert counted(city) == 1


def test_fields_to_mend_are_named_and_nothing_is_kept(open_live, city: City) -> None:
    live = open_live()
    status, said = post(live, {"name": "", "status": "safe", "contact": "pas un numéro"})
    assert status == 422
    assert said["fields"] == [
        {"field": "name", "rule": "name_missing"},
        {"field": "contact", "rule": "contact_unreadable"},
    ]
    assert counted(city) == 0


def test_a_form_without_script_is_sent_on_to_its_receipt(open_live) -> None:
    live = open_live()
    body = f"once={once()}&name=Am%C3%A9lie&status=safe&contact=&words=".encode()
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    with live.open("/drill/safe", method="POST", body=body, **kind) as answer:
        assert answer.status == 303
        assert answer.headers["location"].startswith("/drill/safe/")


def test_a_telephone_handed_on_takes_nobodys_place(open_live, city: City) -> None:
    live, number = open_live(), once()
    links = []
    for name in ("Am%C3%A9lie", "Bob", "Bob"):
        body = f"once={number}&name={name}&status=safe&contact=&words=".encode()
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        with live.open("/drill/safe", method="POST", body=body, **kind) as answer:
            links.append(answer.headers["location"])
    assert links[0] != links[1] == links[2]
    assert counted(city) == 2


def test_a_network_that_sends_too_much_is_asked_for_work_and_a_call_for_help_never_is(open_live) -> None:
    live = open_live(checkins_per_s=0.1)  # two at once
    said = [post(live, {"name": f"P{n}", "status": "safe"})[0] for n in range(4)]
    assert said.count(429) >= 2
    assert post(live, {"status": "need_help"})[0] == 201
    assert post(live, {"status": "hurt"})[0] == 201


def test_work_lets_one_form_in_and_no_other(open_live) -> None:
    live = open_live(checkins_per_s=0.1)
    while post(live, {"name": "P", "status": "safe"})[0] != 429:
        pass
    body = {"name": "Amélie", "status": "safe", "once": once()}
    status, said = post(live, body)
    assert status == 429
    asked = said["challenge"]
    challenge = altcha.ChallengeV1(
        asked["algorithm"], asked["challenge"], asked["maxNumber"], asked["salt"], asked["signature"]
    )
    solved = altcha.solve_challenge_v1(challenge)
    proof = {name: asked[name] for name in ("algorithm", "challenge", "salt", "signature")} | {"number": solved.number}
    work = base64.b64encode(json.dumps(proof).encode()).decode()
    assert post(live, {**body, "once": once(), "work": work})[0] == 429, "it was for another form"
    assert post(live, {**body, "work": work[:-4] + "AAAA"})[0] == 429
    assert post(live, {**body, "work": work})[0] == 201


def test_a_text_message_of_one_word_is_kept_changed_and_taken_back(open_live, city: City) -> None:
    live = open_live(sms_token="secret")

    def text(words: str, token: str = "secret") -> tuple[int, Any]:
        body = {"from": "+33612345678", "text": words}
        return post(live, body, "/api/v1/checkins/sms", authorization=f"Bearer {token}")

    assert text("SAUF Amélie", "wrong")[0] == 401
    reply = "[EXERCICE] C\u2019est noté : vous êtes en sécurité. STOP pour effacer."
    assert text("SAUF Amélie") == (201, {"kept": True, "reply": reply})
    assert text("où es-tu ?")[1]["kept"] is False
    for word, status in (("AIDE", 2), ("STOP", 4), ("SAUF", 1)):
        assert text(word)[0] == 201
        with psycopg.connect(city.url) as connection:
            assert connection.execute("SELECT status, channel FROM population.checkin").fetchall() == [(status, 2)]


def test_without_a_token_of_ours_nobody_hands_on_text_messages(open_live) -> None:
    live = open_live()
    assert (
        post(live, {"from": "+33612345678", "text": "SAUF"}, "/api/v1/checkins/sms", authorization="Bearer ")[0] == 401
    )
