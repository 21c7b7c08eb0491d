"""Check-ins over HTTP: kept or said not to be; limits that never stop a call for help; text messages."""

import base64
import json
from typing import Any

import altcha
import psycopg

from tests.live.crowding import counted, once, post
from tests.web.pages import City


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
