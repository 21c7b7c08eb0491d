"""The receipt and the link to share, as browsers meet them."""

import os
import secrets
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.test import Client

from necmergitur.governance.breakglass import Who
from necmergitur.governance.passes import Pass
from necmergitur.operations.population import checkins, looking
from necmergitur.operations.population.checkins import Registered, text_of
from necmergitur.people.checkins import Channel, CheckIn, Form, read
from necmergitur.people.crises import Crisis
from necmergitur.web.dialogue.limits import Limit
from necmergitur.web.population import mine, state
from necmergitur.web.store import store
from tests.web.pages import City
from tests.web.population.opening import Opens


@pytest.fixture(autouse=True)
def nobody_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mine, "_wrong", Limit(mine.WRONG_MAX, seconds=mine.WRONG_WITHIN_S))


def says(crisis: Crisis, name: str = "Amélie Durand", status: str = "safe", **more: object) -> Registered:
    form = Form(name=name, status=status, language="en", **more)  # type: ignore[arg-type]
    said = read(form, os.urandom(16), Channel.PAGE, "FR")
    assert isinstance(said, CheckIn), said
    key = state.KEYS.of(crisis.id)
    assert key is not None
    (answer,) = checkins.take(store(), crisis, key, [(said, os.urandom(16))], datetime.now(UTC))
    assert isinstance(answer, Registered), answer
    return answer


def test_the_receipt_says_what_was_recorded_and_gives_a_link_to_share(opened: Opens) -> None:
    answer = says(opened(), contact="06 12 34 56 78", tell=["maman@example.org"])
    page = Client().get(f"/safe/{text_of(answer.link)}")
    body = page.content.decode()
    assert page.status_code == 200
    assert 'lang="en"' in body, "the language it was said in"
    assert "Amélie Durand" in body and "<strong>I am safe</strong>" in body and "Halles" in body
    assert f"/safe/s/{text_of(answer.share)}" in body
    assert "1 person will be told." in body
    assert "612345678" not in body.replace(" ", "") and "maman@" not in body
    assert page.headers["Cache-Control"] == "no-store" and page.headers["Referrer-Policy"] == "no-referrer"


def test_a_relative_with_the_link_sees_a_name_an_answer_and_when_and_no_more(opened: Opens) -> None:
    answer = says(opened(), status="hurt", contact="06 12 34 56 78", words="rue de Rivoli, bleeding")
    body = Client().get(f"/safe/s/{text_of(answer.share)}?lang=en").content.decode()
    assert "Amélie Durand" in body and "<strong>I am hurt</strong>" in body
    assert "Rivoli" not in body and "612345678" not in body and text_of(answer.link) not in body
    assert Client().get(f"/safe/{text_of(answer.share)}").status_code == 404


def test_a_status_changes_and_a_page_loaded_again_says_nothing_twice(opened: Opens) -> None:
    answer = says(opened(), status="need_help")
    address = f"/safe/{text_of(answer.link)}"
    assert "The rescue services see your call" in Client().get(address).content.decode()
    done = Client().post(address, {"do": "change", "status": "safe"})
    assert (done.status_code, done.headers["Location"]) == (303, address)
    body = Client().get(address).content.decode()
    assert "<strong>I am safe</strong>" in body and "The rescue services see your call" not in body
    assert Client().post(address, {"do": "change", "status": "dancing"}).status_code == 400


def test_taking_back_and_erasing_take_one_step_each(opened: Opens, city: City) -> None:
    answer = says(opened())
    address, share = f"/safe/{text_of(answer.link)}", f"/safe/s/{text_of(answer.share)}"
    assert Client().post(address, {"do": "withdraw"}).status_code == 303
    body = Client().get(address).content.decode()
    assert "Taken back" in body and 'value="withdraw"' not in body and 'value="change"' not in body
    assert "took their message back" in Client().get(f"{share}?lang=en").content.decode()
    erased = Client().post(f"{address}?lang=en", {"do": "erase"})
    assert erased.status_code == 200 and "gone" in erased.content.decode()
    assert [Client().get(one).status_code for one in (address, share)] == [404, 404]
    assert city.sql("SELECT count(*) FROM population.checkin") == [(0,)]


def test_a_wrong_a_guessed_and_an_erased_link_read_the_same(opened: Opens) -> None:
    crisis = opened()
    answer = says(crisis)
    erased = text_of(answer.link)
    Client().post(f"/safe/{erased}", {"do": "erase"})
    guesses = [erased, secrets.token_urlsafe(16), "A" * 22, "short", "é" * 22, "%20" * 7]
    pages = [Client().get(f"/safe{way}/{guess}") for way in ("", "/s") for guess in guesses]
    assert {page.status_code for page in pages} == {404}
    assert len({page.content for page in pages}) == 1
    assert Client().post(f"/safe/{guesses[1]}", {"do": "erase"}).content == pages[0].content


def test_who_tries_many_links_is_slowed_and_a_right_link_still_opens(opened: Opens) -> None:
    answer = says(opened())
    statuses = [Client().get(f"/safe/{secrets.token_urlsafe(16)}").status_code for _ in range(mine.WRONG_MAX + 1)]
    assert statuses == [404] * mine.WRONG_MAX + [429]
    assert Client().get(f"/safe/{text_of(answer.link)}").status_code == 200


def test_a_drill_says_so_on_every_page_and_opens_nothing_of_a_crisis(opened: Opens) -> None:
    answer = says(opened(drill=True))
    link, share = text_of(answer.link), text_of(answer.share)
    for page in (f"/drill/safe/{link}?lang=en", f"/drill/safe/s/{share}?lang=en"):
        assert "This is a drill. Nothing here is real." in Client().get(page).content.decode()
    assert f"/drill/safe/s/{share}" in Client().get(f"/drill/safe/{link}").content.decode()
    assert Client().get(f"/safe/{link}").status_code == Client().get(f"/safe/s/{share}").status_code == 404


def test_after_the_end_one_still_takes_back_and_reads_until_when_it_is_kept(
    opened: Opens, closes: Callable[[Crisis], None]
) -> None:
    crisis = opened()
    address = f"/safe/{text_of(says(crisis).link)}"
    closes(crisis)
    body = Client().get(address).content.decode()
    assert "All of this is erased on" in body and 'value="change"' not in body
    late = Client().post(address, {"do": "change", "status": "hurt"})
    assert late.status_code == 409 and "The crisis is over" in late.content.decode()
    assert Client().post(address, {"do": "withdraw"}).status_code == 303


def test_the_receipt_says_who_read_it_when_and_what_for_and_never_who_by_name(opened: Opens, city: City) -> None:
    crisis = opened()
    answer = says(crisis)
    assert "Who read this" not in Client().get(f"/safe/{text_of(answer.link)}").content.decode()
    key, by = state.KEYS.of(crisis.id), Who(city.users["lead"].pk, "lead")
    assert key is not None
    with store().transaction() as tx:
        row = key.row_of(answer.link)
        why = "his sister Chloé calls"
        under = looking.write(
            store(), tx, crisis, key, [row], "record", "family", why, by, os.urandom(16), datetime.now(UTC)
        )
        assert isinstance(under, Pass)
    body = Client().get(f"/safe/{text_of(answer.link)}").content.decode()
    assert "Who read this" in body
    assert "the head of the control room, to answer somebody who looks for you" in body
    assert "Chloé" not in body and "Lead Test" not in body


def test_whoever_says_later_that_they_need_help_is_a_call_and_a_guessed_link_is_none(opened: Opens, city: City) -> None:
    answer = says(opened())
    calls = "SELECT kind FROM signal WHERE device_id LIKE 'safe-%%' ORDER BY id"
    address = f"/safe/{text_of(answer.link)}"
    assert Client().post(address, {"do": "change", "status": "hurt"}).status_code == 303
    assert [row[0] for row in city.sql(calls)] == ["medical"]
    Client().post(address, {"do": "change", "status": "safe"})
    Client().post(address, {"do": "withdraw"})
    assert Client().post(address, {"do": "change", "status": "need_help"}).status_code == 409, "what it says stays so"
    assert [row[0] for row in city.sql(calls)] == ["medical", "sos"], "and the call is heard all the same"
    Client().post(f"/safe/{text_of(os.urandom(16))}", {"do": "change", "status": "hurt"})
    assert len(city.sql(calls)) == 2
