"""Open doors as people meet them: no account, no cookie, no script; one question after the other."""

import html
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client, override_settings

from necmergitur.operations.population import pairing
from necmergitur.operations.population.ground import Grounds
from necmergitur.people.crises import Crisis
from necmergitur.people.shelter import Side
from necmergitur.web.doors import views
from necmergitur.web.store import store
from tests.web.pages import City

ASK = [
    {"quarter": "Centre", "near": ""},
    {"people": "2"},
    {"needs": ["children"]},
    {"spoken": ["fr"]},
    {"name": "Gaël", "phone": "06 12 00 00 01"},
]
OFFER = [
    {"quarter": "Centre", "near": ""},
    {"places": "3"},
    {"needs": ["children", "animals"]},
    {"hours": "6"},
    {"spoken": ["fr", "en"]},
    {"address": "12 rue des Essais, digicode 45B12"},
    {"name": "Hélène", "phone": "06 12 00 00 02"},
]


def browser(language: str = "en") -> Client:
    return Client(headers={"Accept-Language": language}, enforce_csrf_checks=True)


def hidden(page: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for tag in re.findall(r'<input type="hidden"[^>]*>', page):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        assert name and value
        found.setdefault(name[1], []).append(html.unescape(value[1]))
    return found


def walk(kind: str, answers: list[dict[str, Any]], client: Client | None = None) -> str:
    """Answer every question; return the private address."""
    client = client or browser()
    address = f"/doors/{kind}/"
    answer = client.get(address)
    for said in answers:
        assert answer.status_code == 200, answer.content.decode()
        answer = client.post(address, hidden(answer.content.decode()) | said)
    assert answer.status_code == 302, answer.content.decode()
    assert not client.cookies, "no cookie is needed, none is set"
    return str(answer["Location"])


def link_in(address: str) -> str:
    return address.rstrip("/").rpartition("/")[2]


def code_of(side: Side, address: str) -> str:
    from necmergitur.operations.population import doors

    with store().transaction() as tx:
        found = doors.find(tx, views.TOOLS, side, link_in(address), datetime.now(UTC))
    assert found is not None
    return found.said.code


def act(address: str, do: str, **fields: str) -> str:
    answer = browser().post(address, {"do": do, **fields})
    assert answer.status_code == 303, answer.content.decode()
    return show(answer["Location"].partition("#")[0])


def show(address: str, language: str = "en") -> str:
    return html.unescape(browser(language).get(address).content.decode())


def test_without_a_crisis_the_page_says_so_calmly(city: City) -> None:
    for address in ("/doors/", "/doors", "/drill/doors/", "/doors/ask/", "/doors/post/"):
        page = show(address)
        assert "This page opens when the city opens it" in page
        assert "112" in page


def test_a_family_and_a_host_meet_through_the_pages_alone(city: City, crisis: Crisis) -> None:
    host, guest = walk("offer", OFFER), walk("ask", ASK)
    assert "nobody is sent to you before" in show(host)
    assert "This is not the code." in act(host, "confirm", code="123")
    assert "Your number is confirmed." in act(host, "confirm", code=code_of(Side.HOST, host))
    act(guest, "confirm", code=code_of(Side.GUEST, guest))
    assert pairing.run(store(), views.TOOLS, Grounds(), datetime.now(UTC)) == 1
    page = show(host)
    assert "Somebody needs shelter" in page
    assert "Gaël" not in page
    match = re.search(r'name="match" value="([0-9a-f]{32})"', page)[1]
    assert "Somebody opens" not in show(guest)
    act(host, "yes", match=match)
    page = show(guest)
    assert "Somebody opens their door to you" in page
    assert "Hélène" not in page
    assert "not verified by the city" in page
    page = act(guest, "yes", match=match)
    assert "You meet Hélène" in page
    assert "Rue des Essais 1" in page or "Quai du Port 2" in page, "a public place: an emergency post"
    assert "45B12" not in page
    codes = {side: re.search(r"Your code: (\d{6})", show(side))[1] for side in (host, guest)}
    assert "not said yet" in act(host, "address", match=match)
    act(guest, "there", match=match)
    act(host, "say", match=match, text="Je porte un manteau rouge, mon numéro : 0612000002")
    page = show(guest)
    assert "manteau rouge" in page
    assert "0612000002" not in page and "06 12 00 00 02" not in page
    act(host, "address", match=match)
    assert "45B12" in show(guest)
    act(host, "met", match=match, code=codes[guest])
    page = act(guest, "met", match=match, code=codes[host])
    assert "You have arrived" in page
    for address in (host, guest):
        assert "061200000" not in show(address)


def test_a_call_is_offered_only_where_an_operator_connects_it(city: City, crisis: Crisis) -> None:
    host, guest = walk("offer", OFFER), walk("ask", ASK)
    act(host, "confirm", code=code_of(Side.HOST, host))
    act(guest, "confirm", code=code_of(Side.GUEST, guest))
    pairing.run(store(), views.TOOLS, Grounds(), datetime.now(UTC))
    match = re.search(r'name="match" value="([0-9a-f]{32})"', show(host))[1]
    act(host, "yes", match=match)
    assert 'value="ring"' not in act(guest, "yes", match=match)
    before = city.sql("SELECT count(*) FROM population.message")
    assert "This is over" in act(guest, "ring", match=match), "a button that was not offered does nothing"
    assert city.sql("SELECT count(*) FROM population.message") == before
    with override_settings(CALLS=True):
        assert "Call: both phones ring" in show(guest)
        assert "Your phone rings within a minute" in act(guest, "ring", match=match)
        assert "Call: both phones ring" not in show(walk("ask", [*ASK[:-1], {"name": "Zoé", "phone": "0612000003"}]))
    assert "061200000" not in show(guest) + show(host)


def test_pages_leave_no_trace_of_their_address(city: City, crisis: Crisis) -> None:
    host = walk("offer", OFFER)
    answer = browser().get(host)
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer["Cache-Control"]
    assert "noindex" in answer["X-Robots-Tag"]


def test_a_wrong_answer_is_shown_again_with_what_was_typed(city: City, crisis: Crisis) -> None:
    client = browser()
    first = client.get("/doors/ask/")
    wrong = client.post("/doors/ask/", hidden(first.content.decode()) | {"quarter": "", "near": ""})
    assert wrong.status_code == 422
    wrong = client.post("/doors/ask/", hidden(first.content.decode()) | {"quarter": "Centre", "near": "rue inconnue"})
    assert "No street or post of this name" in html.unescape(wrong.content.decode())
    assert 'value="rue inconnue"' in wrong.content.decode()
    answers = [*ASK[:-1], {"name": "Gaël", "phone": "12"}]
    answer = client.get("/doors/ask/")
    for said in answers:
        answer = client.post("/doors/ask/", hidden(answer.content.decode()) | said)
    assert answer.status_code == 422
    page = html.unescape(answer.content.decode())
    assert "Write a mobile phone number" in page
    assert 'value="Gaël"' in page


def test_going_back_keeps_the_answers(city: City, crisis: Crisis) -> None:
    client = browser()
    first = client.get("/doors/ask/")
    second = client.post("/doors/ask/", hidden(first.content.decode()) | ASK[0])
    third = client.post("/doors/ask/", hidden(second.content.decode()) | ASK[1])
    back = client.post("/doors/ask/", hidden(third.content.decode()) | {"back": "1"})
    assert 'value="2"' in back.content.decode()
    assert hidden(back.content.decode())["quarter"] == ["Centre"]


def test_a_crisis_that_closes_while_a_form_is_typed_says_so(city: City, crisis: Crisis) -> None:
    from necmergitur.governance.breakglass import Who
    from necmergitur.operations.population import crises
    from necmergitur.web.population import state

    client = browser()
    answer = client.get("/doors/ask/")
    for said in ASK[:-1]:
        answer = client.post("/doors/ask/", hidden(answer.content.decode()) | said)
    last = hidden(answer.content.decode()) | ASK[-1]
    crises.close(store(), crisis.id, Who(city.users["lead"].pk, "lead"), datetime.now(UTC))
    state._held.clear()
    page = client.post("/doors/ask/", last).content.decode()
    assert "closed while you were writing" in page and "what you wrote is still here" in page
    assert hidden(page)["quarter"] == ["Centre"], "and may be sent once it opens again"
    assert city.sql("SELECT count(*) FROM population.request") == [(0,)]


def test_a_pasted_post_becomes_a_draft_its_author_looks_at(city: City, crisis: Crisis) -> None:
    client = browser()
    page = client.post("/doors/post/", {"text": "#portesouvertes Centre 3 places, enfants ok, pas d'animaux, English"})
    said = hidden(page.content.decode())
    assert said["places"] == ["3"]
    assert said["needs"] == ["children"]
    assert said["spoken"] == ["en"]
    assert "Look at each answer" in page.content.decode()
    assert city.sql("SELECT count(*) FROM population.offer") == [(0,)], "nothing before the author says so"
    unsure = client.post("/doors/post/", {"text": "3 places au chaud"})
    assert "Do you offer shelter, or need it?" in unsure.content.decode()


def test_a_wrong_link_and_an_erased_one_read_the_same(city: City, crisis: Crisis) -> None:
    host = walk("offer", OFFER)
    erased = browser().post(host, {"do": "erase"})
    assert "All is erased" in erased.content.decode()
    gone, never = browser().get(host), browser().get("/doors/host/" + "A" * 22 + "/")
    assert (gone.status_code, never.status_code) == (404, 404)
    strip = re.compile(rb'value="/doors/[^"]*"')
    assert strip.sub(b"", gone.content) == strip.sub(b"", never.content)


def test_a_scraper_finds_no_host_anywhere(city: City, crisis: Crisis) -> None:
    host = walk("offer", OFFER)
    act(host, "confirm", code=code_of(Side.HOST, host))
    for address in ("/doors/", "/doors/ask/", "/doors/host/", "/doors/offers/", "/doors/guest/", "/api/v1/doors"):
        page = show(address)
        assert not [word for word in ("Hélène", "Essais, digicode", "06 12", link_in(host)) if word in page]
    stranger = walk("ask", [*ASK[:-1], {"name": "X", "phone": "06 12 00 00 09"}])
    assert "Hélène" not in show(stranger)
    for do in ("yes", "there", "met", "say", "report", "call_off", "nonsense"):
        assert "This is over" in act(stranger, do, match="0" * 32, code="1", text="x")


def test_one_address_cannot_make_hundreds(city: City, crisis: Crisis, monkeypatch: pytest.MonkeyPatch) -> None:
    from necmergitur.web.dialogue.limits import Limit

    monkeypatch.setattr(views, "MAKING", Limit(1))
    walk("ask", ASK)
    client = browser()
    answer = client.get("/doors/ask/")
    for said in ASK:
        answer = client.post("/doors/ask/", hidden(answer.content.decode()) | said)
    assert answer.status_code == 429
    assert "Wait ten minutes" in answer.content.decode()


def test_the_page_speaks_french(city: City, crisis: Crisis) -> None:
    page = show("/doors/", "fr")
    assert "Portes ouvertes" in page
    assert "J\u2019ai besoin d\u2019un abri" in page
