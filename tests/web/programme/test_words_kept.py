# ruff: noqa: RUF001 -- French typography
"""What is typed is kept or refused with a word, and what cannot be undone is said before it is done."""

from typing import Any

import pytest
from django.test import Client

from necmergitur.web.programme import making
from necmergitur.web.programme.models import Challenge, Need
from necmergitur.web.store import CLOCK
from tests.web.pages import City
from tests.web.programme.stating import stated

STATE = "/programme/needs/new/"
DESK = "/programme/desk/needs/NM-1/"


def somebody(language: str = "en") -> Client:
    browser = Client()
    browser.cookies["nec_language"] = language
    return browser


def analyst_of(city: City, language: str = "en") -> Client:
    browser = city.client("analyst")
    browser.cookies["nec_language"] = language
    return browser


def draft(city: City) -> tuple[Client, Challenge, str]:
    by, now = city.users["analyst"], CLOCK.now()
    lead = making.make(making.state_need(now, None, **stated()), now, by, title="Lidar counts")
    made: Any = making.make(lead, now, by, title="Count without faces", brief="")
    return analyst_of(city), made, f"/programme/desk/challenges/{made.pk}/"


def test_a_challenge_opens_with_the_words_that_were_typed(city: City) -> None:
    analyst, made, at = draft(city)
    said = {"title": "Count people at night", "brief": "No camera, and no account."}
    assert analyst.post(at, said | {"to": "open"}).status_code == 302
    made.refresh_from_db()
    assert (made.state, made.title, made.brief) == ("open", said["title"], said["brief"])
    assert analyst.post(at, said | {"to": "open"}).status_code == 302, "pressed twice"
    assert analyst.post(at, {"title": "Other words", "brief": "Too late.", "to": "open"}).status_code == 409
    assert analyst.post(at, {"title": "Other words", "brief": "Too late."}).status_code == 409
    made.refresh_from_db()
    assert (made.state, made.title) == ("open", said["title"]), "what teams answer stays as they read it"
    assert [analyst.post(at, {"to": "closed"}).status_code for _ in range(2)] == [302, 302]
    assert analyst.post(at, said | {"to": "open"}).status_code == 409, "a closed one is not opened again"
    made.refresh_from_db()
    assert made.state == "closed"


@pytest.mark.parametrize(("empty", "kept"), [("brief", "Count people at night"), ("title", "No camera anywhere.")])
def test_a_challenge_without_words_is_not_opened_and_loses_none(city: City, empty: str, kept: str) -> None:
    analyst, made, at = draft(city)
    said = {"title": "Count people at night", "brief": "No camera anywhere.", "to": "open", empty: "  "}
    answer = analyst.post(at, said)
    page = answer.content.decode()
    assert answer.status_code == 422 and f'id="id_{empty}-error"' in page and kept in page
    assert "Nothing is opened to teams without it." in page
    made.refresh_from_db()
    assert (made.state, made.title) == ("draft", "Count without faces")
    assert analyst.post(at, {"title": "Count people at night", "brief": ""}).status_code == 302, "a draft may lack it"
    made.refresh_from_db()
    assert (made.state, made.title, made.brief) == ("draft", "Count people at night", "")


def test_what_is_final_is_said_beside_the_button(city: City) -> None:
    for _ in range(2):
        somebody().post(STATE, stated())
    page = analyst_of(city).get(DESK).content.decode()
    answer = page.partition(f'action="{DESK}answer/"')[2].partition("</form>")[0]
    assert "is not taken back" in answer and "nobody opens it again" in answer
    merge = page.partition("Merge into one like it")[2].partition("</details>")[0]
    assert "The other one stays open" in merge and "NM-1 leads there" in merge and "split off again" in merge
    french = analyst_of(city, "fr").get(DESK).content.decode()
    assert "personne ne le rouvre" in french and "L’autre reste ouvert" in french
    analyst_of(city).post(f"{DESK}merge/", {"into": "NM-2"})
    other = analyst_of(city).get("/programme/desk/needs/NM-2/").content.decode()
    assert f'href="{DESK}"' in other.partition('id="merged"')[2], "the way back to where it is split off"
    assert 'href="/programme/needs/NM-1/"' in somebody().get("/programme/needs/NM-2/").content.decode()


def test_the_public_reads_that_the_city_answers_and_never_which_employee(city: City) -> None:
    somebody().post(STATE, stated())
    name = city.users["analyst"].display_name
    assert "your name" in analyst_of(city).get(DESK).content.decode()
    analyst_of(city).post(f"{DESK}answer/", {"text": "A trial at the hall begins in March."})
    assert name in analyst_of(city).get(DESK).content.decode()
    for language, city_named in (("en", "The city"), ("fr", "La ville")):
        page = somebody(language).get("/programme/needs/NM-1/").content.decode()
        signed = page.partition("begins in March")[2].partition("</article>")[0]
        assert city_named in signed and name not in page


@pytest.mark.parametrize(
    ("typed", "field", "english", "french"),
    [
        ({"now_value": "9.0", "target_value": "9"}, "target_value", "must differ from today", "doit être autre"),
        ({"target_value": "-10"}, "target_value", "below zero", "au-dessous de zéro"),
        ({"now_value": "-1"}, "now_value", "below zero", "au-dessous de zéro"),
    ],
)
def test_a_figure_that_is_no_success_is_refused_beside_its_field(
    city: City, typed: dict[str, str], field: str, english: str, french: str
) -> None:
    for language, said in (("en", english), ("fr", french)):
        answer = somebody(language).post(STATE, stated(**typed))
        page = answer.content.decode()
        assert answer.status_code == 422 and "Spectators, stewards" in page
        assert said in page.partition(f'id="id_{field}-error"')[2].partition("</span>\n")[0], page
    assert not Need.objects.exists()


def test_zero_is_a_success_and_what_nobody_measured_may_be_any_figure(city: City) -> None:
    for typed in ({"target_value": "0"}, {"now_value": "", "target_value": "9"}):
        assert somebody().post(STATE, stated(**typed)).status_code == 302


@pytest.mark.parametrize(
    ("language", "said", "warned"),
    [
        ("en", "Your need is kept as NM-1", "cannot be changed"),
        ("fr", "Votre besoin est gardé sous le numéro NM-1", "ne se modifie plus"),
    ],
)
def test_whoever_states_a_need_is_told_its_number(city: City, language: str, said: str, warned: str) -> None:
    browser = somebody(language)
    assert warned in browser.get(STATE).content.decode()
    page = browser.post(STATE, stated(), follow=True).content.decode()
    assert said in page
    assert said not in browser.get("/programme/needs/NM-1/").content.decode()
