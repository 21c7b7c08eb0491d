"""The first page: what is happening, what to do, then doors that lead somewhere; calm when there is nothing."""

import json
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import psycopg
import pytest
from django.test import Client

from necmergitur.web.population import doors, state, status
from necmergitur.web.population.models import Notice
from tests.web.pages import City, queries
from tests.web.population.opening import Opens
from tests.web.population.test_mine import says

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(autouse=True)
def counted_anew() -> None:
    status.forget()


def page(address: str, language: str = "en") -> str:
    answer = Client().get(address, headers={"Accept-Language": language})
    assert answer.status_code == 200
    assert answer.cookies == {}
    return answer.content.decode()


def notice(city: City, *, approved: bool = True, **changes: object) -> Notice:
    now = datetime.now(UTC)
    writer, second = city.users["lead"], city.users["duty_officer"]
    made = Notice.objects.create(
        **{
            "text_fr": "Évitez la rue de Rivoli.",
            "text_en": "Keep away from rue de Rivoli.",
            "until": now + timedelta(hours=2),
            "written_by": writer.pk,
            "written_name": writer.display_name,
            "written_at": now,
            **changes,
        }
    )
    if approved:
        Notice.objects.filter(pk=made.pk).update(approved_by=second.pk, approved_name="Duty", approved_at=now)
    state.forget()
    return made


def test_without_a_crisis_the_numbers_stand_first_and_no_door_is_shown(opened: Opens) -> None:
    body = page("/")
    assert "No crisis is open in the city." in body
    assert "<h1>In danger? Call now.</h1>" in body
    assert 'class="door"' not in body
    assert 'href="tel:112"' in body


def test_in_a_crisis_it_says_what_happens_then_what_to_do_then_the_doors(opened: Opens) -> None:
    opened(services=("safe",))
    body = page("/")
    order = [body.index(words) for words in ("Crisis: Halles", "Go to a safe place", 'href="/safe"', 'href="tel:112"')]
    assert order == sorted(order)
    assert body.count('class="door"') == 1


def test_a_door_without_a_page_is_not_shown(opened: Opens, monkeypatch: pytest.MonkeyPatch) -> None:
    opened()
    monkeypatch.setattr(doors, "address_if_open", lambda address: address if address == "/safe" else "")
    body = page("/")
    assert body.count('class="door"') == 1


def test_a_drill_is_said_to_be_one_and_its_doors_are_apart(opened: Opens) -> None:
    opened(drill=True, name="Exercice Halles")
    body = page("/")
    assert "No crisis. A drill is going on." in body and "“Exercice Halles” is played" in body
    assert 'href="/drill/safe"' in body and 'href="/safe"' not in body


def test_the_page_costs_no_query_to_a_reader_and_never_says_calm_when_it_does_not_know(
    opened: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened()
    assert queries(lambda: page("/")) == 0
    monkeypatch.setattr(state, "_looked_up", lambda: state.UNKNOWN)
    state.forget()
    body = page("/")
    assert "We cannot say right now" in body and "No crisis" not in body and 'href="tel:112"' in body
    state.forget()


def test_the_easy_page_and_the_one_without_network_stand_alone(opened: Opens) -> None:
    opened()
    easy = page("/easy/")
    assert "There is a grave danger in the city." in easy and 'href="/safe"' in easy and "112" in easy
    assert 'href="tel:112"' in page("/offline/")


def test_text_and_contrast_are_kept_as_chosen_and_nothing_else_is() -> None:
    browser = Client()
    browser.post("/preferences/", {"text": "large", "contrast": "more", "next": "/"})
    body = browser.get("/").content.decode()
    assert 'data-text="large"' in body and 'data-contrast="more"' in body
    browser.post("/preferences/", {"text": "usual", "contrast": '"><script>', "next": "/"})
    body = browser.get("/").content.decode()
    assert "data-text" not in body and 'data-contrast="more"' in body


def test_it_installs_and_keeps_only_its_frame() -> None:
    manifest = json.loads(Client().get("/manifest.webmanifest").content)
    assert manifest["start_url"] == manifest["scope"] == "/"
    assert {one["sizes"] for one in manifest["icons"]} == {"192x192", "512x512"}
    worker = Client().get("/sw.js")
    assert worker.headers["Content-Type"] == "text/javascript"
    assert worker.headers["Cache-Control"] == "no-cache"


def test_an_approved_notice_is_read_in_the_readers_language_until_its_hour(opened: Opens, city: City) -> None:
    waiting = notice(city, approved=False, text_en="Not approved.")
    shown = notice(city)
    assert "Keep away from rue de Rivoli." in page("/") and "Not approved." not in page("/")
    assert "Évitez la rue de Rivoli." in page("/", "fr") and "Keep away" not in page("/", "fr")
    Notice.objects.filter(pk=shown.pk).update(ended_by=city.users["lead"].pk, ended_at=datetime.now(UTC))
    state.forget()
    assert "Rivoli" not in page("/")
    assert waiting.pk


def test_status_is_told_to_programs_with_links_and_rounded_counts_and_nobodys_data(opened: Opens, city: City) -> None:
    crisis = opened(services=("safe", "find"))
    for number in range(7):
        says(crisis, f"Person {number}", "safe" if number else "hurt", contact=f"06 12 34 56 7{number}")
    notice(city)
    answer = Client().get("/status.json")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "public" in answer.headers["Cache-Control"]
    body = answer.json()
    assert body["crisis"]["name"] == "Halles"
    assert body["crisis"]["services"]["safe"] == {"open": True, "link": "http://localhost:8000/safe"}
    assert body["crisis"]["services"]["doors"] == {"open": False, "link": None}
    assert body["crisis"]["counts"] == {"checkins": 5, "safe": 5, "need_help": None, "hurt": None}
    assert body["drill"] is None
    assert body["notices"][0]["text"]["en"] == "Keep away from rue de Rivoli."
    assert not [word for word in ("Person", "612345", "Lead Test", "asked_by") if word in answer.content.decode()]


@pytest.mark.parametrize(("count", "told"), [(0, None), (4, None), (5, 5), (9, 5), (10, 10), (4_100_003, 4_100_000)])
def test_fewer_than_five_people_are_never_counted_aloud(count: int, told: int | None) -> None:
    assert status.rounded(count) == told


def test_a_crowd_of_questions_counts_once(opened: Opens, monkeypatch: pytest.MonkeyPatch) -> None:
    opened()
    looked: list[int] = []
    monkeypatch.setattr(status, "_look_up", lambda _id: looked.append(1) or {"checkins": 12})
    assert [Client().get("/status.json").json()["crisis"]["counts"]["checkins"] for _ in range(5)] == [10] * 5
    assert looked == [1]


def test_the_feed_tells_the_crisis_and_the_notices_and_no_drill(opened: Opens, city: City) -> None:
    opened()
    opened(drill=True, name="Played")
    notice(city)
    answer = Client().get("/status.atom?language=en")
    titles = [one.findtext(f"{ATOM}title") for one in ET.fromstring(answer.content).findall(f"{ATOM}entry")]
    assert sorted(titles, key=str) == ["Crisis open: Halles", "Keep away from rue de Rivoli."]
    assert b"Played" not in answer.content


def test_the_status_page_may_stand_in_a_frame_and_no_other_page_may(opened: Opens) -> None:
    opened()
    framed, first = Client().get("/status/"), Client().get("/")
    assert "X-Frame-Options" not in framed.headers
    assert "frame-ancestors *" in framed.headers["Content-Security-Policy"]
    assert "<form" not in framed.content.decode(), "nothing can be done on a page somebody else may lay over"
    assert first.headers["X-Frame-Options"] == "DENY"


def test_a_program_is_told_to_ask_again_when_the_database_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "_looked_up", lambda: state.UNKNOWN)
    state.forget()
    for address in ("/status.json", "/status.atom"):
        answer = Client().get(address)
        assert answer.status_code == 503 and answer.headers["Retry-After"]
    state.forget()


# --- who may tell everybody something ------------------------------------------------------------------------


def test_a_second_person_approves_what_one_wrote_and_nobody_approves_their_own(city: City) -> None:
    lead, officer = city.client("lead"), city.client("duty_officer")
    written = lead.post("/console/notices/", {"text_fr": "Évitez le \u202e Châtelet", "text_en": "Avoid", "hours": "3"})
    assert written.status_code == 302
    made = Notice.objects.get()
    assert made.text_fr == "Évitez le Châtelet"
    assert lead.post(f"/console/notices/{made.pk}/approve/").status_code == 409
    assert "Avoid" not in page("/")
    assert officer.post(f"/console/notices/{made.pk}/approve/").status_code == 302
    assert "Avoid" in page("/")
    assert "approved by Duty_Officer Test" in lead.get("/console/notices/").content.decode()
    assert lead.post(f"/console/notices/{made.pk}/end/").status_code == 302
    assert "Avoid" not in page("/")
    assert lead.post(f"/console/notices/{made.pk}/end/").status_code == 409


@pytest.mark.parametrize("role", ["operator", "pilot", "technician", "responder", "administrator"])
def test_only_a_lead_or_a_duty_officer_writes(city: City, role: str) -> None:
    browser = city.client(role)
    assert browser.get("/console/notices/").status_code == 403
    assert browser.post("/console/notices/", {"text_fr": "x", "text_en": "x", "hours": "1"}).status_code == 403


def test_a_wrong_notice_is_shown_again(city: City) -> None:
    answer = city.client("lead").post(
        "/console/notices/", {"text_fr": "\u200b\u202e", "text_en": "Kept", "hours": "999"}
    )
    body = answer.content.decode()
    assert answer.status_code == 422 and "Kept" in body and "There is a problem" in body


def test_postgresql_refuses_a_notice_that_a_page_would_forge(city: City) -> None:
    made, operator = notice(city), city.users["operator"].pk
    lead, officer = city.users["lead"].pk, city.users["duty_officer"].pk
    into = "INSERT INTO city_notice (text_fr, text_en, until, written_by, written_name, written_at"
    row = "'x', 'x', now() + interval '1 h'"
    for statement in (
        f"UPDATE city_notice SET text_en = 'changed' WHERE id = {made.pk}",
        f"UPDATE city_notice SET approved_by = {lead} WHERE id = {made.pk}",
        f"UPDATE city_notice SET ended_by = {operator}, ended_at = now() WHERE id = {made.pk}",
        f"DELETE FROM city_notice WHERE id = {made.pk}",
        "TRUNCATE city_notice",
        f"{into}) VALUES ({row}, {operator}, '', now())",
        f"{into}, approved_by, approved_at) VALUES ({row}, {lead}, '', now(), {officer}, now())",
    ):
        with pytest.raises(psycopg.Error) as refused:
            city.sql(statement)
        assert refused.value.sqlstate == "NM020", statement
    waiting = notice(city, approved=False)
    with pytest.raises(psycopg.errors.CheckViolation):
        city.sql(f"UPDATE city_notice SET approved_by = {lead}, approved_at = now() WHERE id = {waiting.pk}")
