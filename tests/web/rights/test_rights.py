"""A person's rights in the browser: asked with what one has, answered in time, erased for good, and never of another."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from playwright.sync_api import Page

from necmergitur.adapters.pins import pin_digest
from necmergitur.adapters.shred_list import ShredList
from necmergitur.operations import incidents
from necmergitur.web.accounts.roles import Role
from necmergitur.web.press import invitations
from necmergitur.web.press.ringing import pin_key
from necmergitur.web.rights import desk, requests, views
from necmergitur.web.rights.models import RightRequest
from necmergitur.web.store import store
from tests.web.conftest import accessibility_problems
from tests.web.pages import CREDENTIAL, City
from tests.web.persons import make_person

HERE = "/rights/"


@pytest.fixture(autouse=True)
def own_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ShredList:
    """A list of this test's own, and a limit that counts this test alone."""
    made = ShredList(tmp_path / "shred" / "list")
    monkeypatch.setattr(desk, "shred_list_of", lambda _home: made)
    monkeypatch.setattr(views, "ASKING", views.Limit(views.ASKED_MAX))
    return made


def phone(device: str = "p-1", credential: str = CREDENTIAL) -> Client:
    """A browser that carries a button, as after its enrolment."""
    browser = Client()
    from necmergitur.web.press.views import COOKIE

    browser.cookies[COOKIE] = f"{device}.{credential}"
    browser.cookies["nec_language"] = "en"
    return browser


def anybody() -> Client:
    browser = Client()
    browser.cookies["nec_language"] = "en"
    return browser


def asked(browser: Client, kind: str, **more: str) -> str:
    """Ask, and return the address to follow."""
    answer = browser.post(HERE, {"kind": kind} | more)
    assert answer.status_code == 302, answer.content.decode()
    return answer.headers["Location"]


def lived(city: City) -> UUID:
    """Ada calls, is looked up, is helped."""
    incident = city.person_press()
    door = f"/console/incidents/{incident}/holder/"
    city.client("operator").post(door, {"reason": "no answer on call-back"})
    incidents.write_note(store(), incident, "note", "third floor", city.person("operator"), datetime.now(UTC))
    incidents.close(store(), incident, "helped", city.person("operator"), datetime.now(UTC))
    return incident


def test_who_carries_a_button_reads_their_data_and_who_looked_at_once(city: City) -> None:
    lived(city)
    browser = phone()
    assert browser.get("/press/rights/").headers["Location"] == HERE
    address = asked(browser, "access")
    page = browser.get(address)
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "GDPR art. 15" in page.content.decode()
    said = json.loads(browser.get(f"{address}data.json").content)
    assert said["holder"] == "Ada Example, 1 Rue des Essais"
    assert [one["kind"] for one in said["presses"]] == ["sos"]
    assert said["presses"][0]["lat"] == pytest.approx(48.8570)
    (looked,) = said["who_looked"]
    assert (looked["what"], looked["by_role"], looked["why"]) == ("holder", "operator", "no answer on call-back")
    text = browser.get(f"{address}data/").content.decode()
    assert "Ada Example" in text
    assert "Operator" in text
    for one in (json.dumps(said), text):
        assert "Operator Test" not in one, "staff are roles, never names"
        assert "third floor" not in one, "what staff wrote may show others"


def test_a_call_that_is_open_and_who_looked_at_it_wait_until_it_is_over(city: City) -> None:
    """Who holds the telephone may be whom the call is against: the duress PIN hides from them that it goes on."""
    incident = city.person_press()
    city.client("operator").post(f"/console/incidents/{incident}/holder/", {"reason": "under duress"})
    browser = phone()
    browser.get("/press/rights/")
    address = asked(browser, "access")
    said = json.loads(browser.get(f"{address}data.json").content)
    assert (said["calls"], said["who_looked"]) == ([], [])
    assert "under duress" not in browser.get(f"{address}data/").content.decode()
    incidents.close(store(), incident, "helped", city.person("operator"), datetime.now(UTC))
    said = json.loads(browser.get(f"{address}data.json").content)
    assert [one["outcome"] for one in said["calls"]] == ["helped"]
    assert [one["why"] for one in said["who_looked"]] == ["under duress"]


def taken_back(city: City, device: str, pin: str) -> dict[str, Any]:
    """Somebody calls, types a PIN, is looked up, is helped; return what their telephone then shows of it."""
    pins = {"cancel_pin": "4711", "duress_pin": "9035"}
    credential = invitations.accept(invitations.create(device, pins, city.person("technician"), datetime.now(UTC)))
    incident = city.person_press(device)
    city.press(device, "cancel", pin_is=pin_digest(pin_key(), device, pins[pin]))
    city.client("operator").post(f"/console/incidents/{incident}/holder/", {"reason": "looked up"})
    incidents.close(store(), incident, "helped", city.person("operator"), datetime.now(UTC))
    browser = phone(device, str(credential))
    browser.get("/press/rights/")
    address = asked(browser, "access")
    page = browser.get(f"{address}data/").content.decode()
    assert "helped" not in page.lower() and "looked up" not in page and "taken back with a PIN" in page
    said: dict[str, Any] = json.loads(browser.get(f"{address}data.json").content)
    return said


def test_a_call_that_a_pin_took_back_is_never_told_to_the_telephone_whichever_pin_it_was(city: City) -> None:
    """After it ended too: whoever reads over the shoulder would learn that the call went on."""
    truly, forced = taken_back(city, "p-1", "cancel_pin"), taken_back(city, "p-2", "duress_pin")
    assert (forced["calls"], forced["who_looked"]) == (truly["calls"], truly["who_looked"]) == ([], [])
    kinds = [[one["kind"] for one in said["presses"]] for said in (truly, forced)]
    assert kinds[0] == kinds[1] == ["cancel", "sos"]
    assert truly.keys() == forced.keys()


def deputy(city: City) -> Client:
    """A second officer of the same desk."""
    city.users["deputy"] = make_person(Role.DPO).user
    return city.client("deputy")


@pytest.mark.parametrize("kind", ["access", "log", "erase"])
def test_whoever_says_that_it_is_they_neither_opens_nor_erases(city: City, own_list: ShredList, kind: str) -> None:
    lived(city)
    address = asked(anybody(), kind, who="button")
    path = f"{HERE}desk/{RightRequest.objects.get().pk}/"
    officer = city.client("dpo")
    officer.post(f"{path}prove/", {"yes": "yes", "device": "p-1"})
    assert "another data protection officer" in officer.get(path).content.decode()
    deeds = {"answer": {"outcome": "granted", "words": "done"}, "erase": {"words": "done"}}
    for deed, said in deeds.items():
        answer = officer.post(f"{path}{deed}/", said)
        assert answer.status_code == 409, deed
    assert "You alone said that it is they" in officer.post(f"{path}answer/", deeds["answer"]).content.decode()
    assert anybody().get(f"{address}data.json").status_code == 404
    assert own_list.entries() == []
    row = RightRequest.objects.get()
    done = {"outcome": "granted", "answered_by_id": row.proven_by_id, "answered_at": datetime.now(UTC)}
    with pytest.raises(IntegrityError, match="right_request_two_people"), transaction.atomic():
        RightRequest.objects.update(**done)
    deed = "erase" if kind == "erase" else "answer"
    assert deputy(city).post(f"{path}{deed}/", deeds[deed]).status_code == 302
    assert bool(own_list.entries()) == (kind == "erase")


def test_two_officers_who_vouch_for_a_stranger_leave_their_names_and_the_holder_sees_it(city: City) -> None:
    lived(city)
    dishonest = anybody()
    address = asked(dishonest, "access", who="button")
    path = f"{HERE}desk/{RightRequest.objects.get().pk}/"
    city.client("dpo").post(f"{path}prove/", {"yes": "yes", "device": "p-1"})
    deputy(city).post(f"{path}answer/", {"outcome": "granted", "words": "here it is"})
    assert dishonest.get(f"{address}data.json").status_code == 200
    number = f"user:{city.person('dpo').id}"
    told = {
        payload["action"]: (actor, payload["subject"], payload["facts"])
        for actor, payload in city.sql("SELECT actor, payload FROM ledger_event WHERE payload->>'action' LIKE 'dpo:%%'")
    }
    assert told["dpo:right:prove"] == (number, "p-1", {"kind": "access", "yes": "yes"})
    assert told["dpo:data:export"][1:] == ("p-1", told["dpo:data:export"][2] | {"vouched_by": number})
    honest = phone()
    honest.get("/press/rights/")
    said = json.loads(honest.get(f"{asked(honest, 'log')}data.json").content)
    assert said["who_looked"][0]["what"] == "vouched"
    assert said["who_looked"][0]["by_role"] == "dpo"


def test_the_facts_of_a_request_say_what_and_on_which_ground_never_whose(city: City) -> None:
    browser = phone()
    browser.get("/press/rights/")
    asked(browser, "access")
    rows = city.sql(
        "SELECT payload::text FROM ledger_event WHERE payload->>'action' LIKE 'person:right:%%' ORDER BY seq"
    )
    told = [json.loads(one) for (one,) in rows]
    assert [one["action"] for one in told] == ["person:right:ask", "person:right:served"]
    assert all(one["subject"] == "" and "p-1" not in json.dumps(one["facts"]) for one in told)


def test_the_paper_of_a_button_proves_as_well_and_a_wrong_one_opens_nothing(city: City) -> None:
    lived(city)
    browser = anybody()
    paper = {"who": "button", "device": "p-1", "credential": CREDENTIAL}
    assert "Ada Example" in browser.get(f"{asked(browser, 'access', **paper)}data/").content.decode()
    for wrong in ({"credential": "another"}, {"device": "b-1"}, {"device": "nobody"}):
        refused = browser.post(HERE, {"kind": "access"} | paper | wrong)
        assert refused.status_code == 422
    assert RightRequest.objects.count() == 1


def test_without_proof_nothing_is_shown_until_the_desk_says_yes(city: City) -> None:
    lived(city)
    browser = anybody()
    address = asked(browser, "access", who="button")
    assert browser.get(f"{address}data.json").status_code == 404
    row = RightRequest.objects.get()
    officer = city.client("dpo")
    path = f"{HERE}desk/{row.pk}/"
    refused = officer.post(f"{path}answer/", {"outcome": "granted", "words": "here it is"})
    assert refused.status_code == 409
    assert officer.post(f"{path}prove/", {"yes": "yes", "device": "p-1"}).status_code == 302
    answer = deputy(city).post(f"{path}answer/", {"outcome": "granted", "words": "here it is"})
    assert answer.status_code == 302
    assert json.loads(browser.get(f"{address}data.json").content)["holder"].startswith("Ada")
    row.refresh_from_db()
    assert row.proven is True
    kept = {name: value for name, value in vars(row).items() if isinstance(value, str) and value}
    assert set(kept) == {"code_hash", "kind", "who", "device_id", "outcome", "answer"}, "yes is all that is kept"


def test_a_refusal_cites_its_ground_and_the_person_reads_it(city: City) -> None:
    address = asked(anybody(), "object", who="other", words="I do not want drones over my street")
    path = f"{HERE}desk/{RightRequest.objects.get().pk}/answer/"
    officer = city.client("dpo")
    without = officer.post(path, {"outcome": "refused", "words": "no"})
    assert without.status_code == 422
    assert "cites its ground" in without.content.decode()
    unfit = officer.post(path, {"outcome": "refused", "ground": "archive", "words": "no"})
    assert unfit.status_code == 409
    assert officer.post(path, {"outcome": "refused", "ground": "compelling", "words": "a life"}).status_code == 302
    page = anybody().get(address).content.decode()
    assert "GDPR art. 21(1)" in page
    assert "cnil.fr" in page


def test_an_erasure_is_for_good_and_says_how_many_of_each(city: City, own_list: ShredList) -> None:
    lived(city)
    browser = phone()
    browser.get("/press/rights/")
    address = asked(browser, "erase")
    row = RightRequest.objects.get()
    officer = city.client("dpo")
    assert officer.post(f"{HERE}desk/{row.pk}/erase/", {"words": "done"}).status_code == 302
    assert "keys destroyed" in browser.get(address).content.decode()
    assert own_list.entries()
    browser.get("/press/rights/")
    said = json.loads(browser.get(f"{asked(browser, 'access')}data.json").content)
    assert said["holder"] is None
    assert {one["lat"] for one in said["presses"]} == {None}
    assert city.sql("SELECT body FROM incident_note") == [("",)]
    again = officer.post(f"{HERE}desk/{row.pk}/erase/", {"words": "done"})
    assert again.status_code == 409


def test_nobody_is_erased_while_a_call_of_theirs_is_open(city: City, own_list: ShredList) -> None:
    city.person_press()
    browser = phone()
    browser.get("/press/rights/")
    asked(browser, "erase")
    row = RightRequest.objects.get()
    refused = city.client("dpo").post(f"{HERE}desk/{row.pk}/erase/", {"words": "done"})
    assert refused.status_code == 409
    assert own_list.entries() == []
    row.refresh_from_db()
    assert row.answered_at is None


def test_a_late_request_is_red_and_an_extension_is_told_with_its_reason(city: City) -> None:
    address = asked(anybody(), "rectify", who="other", words="it was not me")
    row = RightRequest.objects.get()
    officer = city.client("dpo")
    why = {"why": "complexity", "words": "three services hold a part"}
    assert officer.post(f"{HERE}desk/{row.pk}/extend/", why).status_code == 302
    assert "three services hold a part" in anybody().get(address).content.decode()
    row.refresh_from_db()
    assert timedelta(days=88) < row.due_at - row.received_at < timedelta(days=93)
    RightRequest.objects.update(due_at=datetime.now(UTC) - timedelta(days=1))
    assert "Late" in officer.get(f"{HERE}desk/").content.decode()


@pytest.mark.parametrize("role", ["operator", "lead", "duty_officer", "administrator", "technician"])
def test_the_desk_is_the_officers_alone(city: City, role: str) -> None:
    asked(anybody(), "log", who="other")
    pk = RightRequest.objects.get().pk
    browser = city.client(role)
    assert browser.get(f"{HERE}desk/").status_code == 403
    for action in ("prove", "extend", "answer", "erase"):
        assert browser.post(f"{HERE}desk/{pk}/{action}/", {}).status_code == 403


def test_one_address_asks_so_often_and_no_more(city: City) -> None:
    browser = anybody()
    for _ in range(views.ASKED_MAX):
        asked(browser, "log", who="other")
    assert browser.post(HERE, {"kind": "log", "who": "other"}).status_code == 429
    assert RightRequest.objects.count() == views.ASKED_MAX


def test_a_guessed_code_finds_nothing_and_an_old_request_is_forgotten(city: City) -> None:
    address = asked(anybody(), "object", who="other", words="my words")
    assert anybody().get(f"{HERE}follow/{'x' * 32}/").status_code == 404
    later = datetime.now(UTC) + timedelta(days=400)
    assert requests.forget_old(later) == 0, "what is not answered waits"
    RightRequest.objects.update(answered_at=datetime.now(UTC))
    assert requests.forget_old(later) == 1
    assert RightRequest.objects.values_list("words", "device_id").get() == ("", "")
    assert anybody().get(address).status_code == 404


def test_the_pages_have_no_serious_finding_and_work_without_scripts(city: City, enter: Callable[..., Page]) -> None:
    lived(city)
    problems: list[str] = []
    for language, theme, width in (("fr", "light", 390), ("en", "dark", 1280)):
        page = enter(
            "", language, theme, viewport={"width": width, "height": 800}, java_script_enabled=language == "en"
        )
        page.goto(HERE)
        page.locator("input[name=kind][value=access]").check()
        page.locator("input[name=who][value=button]").check()
        page.locator("#id_device").fill("p-1")
        page.locator("#id_credential").fill(CREDENTIAL)
        page.locator("form.form button").click()
        page.wait_for_url("**/follow/**")
        if language == "en":
            problems += accessibility_problems(page)
        page.goto(f"{page.url}data/")
        assert "Ada Example" in page.content()
        if language == "en":
            problems += accessibility_problems(page) + page.complaints  # type: ignore[attr-defined]
    asked(anybody(), "erase", who="other")
    for role, path in (("", HERE), ("dpo", f"{HERE}desk/"), ("dpo", f"{HERE}desk/{RightRequest.objects.last().pk}/")):
        for language, theme in (("fr", "light"), ("en", "dark")):
            page: Any = enter(role, language, theme, viewport={"width": 390, "height": 800})
            page.goto(path)
            wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            problems += [f"{path} {language}: {wide} px too wide"] if wide > 0 else []
            problems += [f"{path} {language}: {one}" for one in accessibility_problems(page)] + page.complaints
    assert problems == []
