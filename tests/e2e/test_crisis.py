"""A drill from its first call to its erasure, as everybody in it lives it, in front of a whole city.

Everything is real but who presses and what carries messages: processes, database, worker, the process that holds names,
browsers, one of them without script. A lead and a duty officer open it around a call; people say how they are; the desk
looks for one of them, and strangers learn nothing.
"""

import os
import re
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from ipaddress import IPv4Address
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
import pytest
import urllib3
from playwright.sync_api import Browser, Page, expect

from necmergitur.sim.bench import screen
from necmergitur.sim.bench.whole import Size, Whole, whole_city
from tests.e2e.acting import asked, entered, submit, until

pytestmark = [pytest.mark.slow, pytest.mark.e2e, pytest.mark.timeout(600)]

CITY = Size(zones=24, buttons=200, quarters=8, shards=1, surroundings="city")
LEAD, OFFICER, LIAISON = "marne@demo.invalid", "oise@demo.invalid", "durance@demo.invalid"
SOON_S = 20.0  # the worker's turns are seconds apart; a machine at work may take a few of them
# Who says that they are safe, how the desk hears of them, and who else is of nearly that name.
SAFE = "محمد الخوري"
PHONE, RELATIVES = "06 98 76 54 32", ("06 11 22 33 44", "+44 7700 900123", "maman@mail.example")
TOLD = {"+33611223344", "+447700900123", "maman@mail.example"}
HEARD = "Mouhamad El Kouri"
ALIKE = ("Mohamed Courbet", "Muriel El Khatib", "Ahmad Khoury", "Mohammed Elkaïm", "Maud Courry", "محمد خليل")
# A private number of a question: 16 bytes in base64url, in addresses and in hidden fields.
NUMBER = re.compile(rb"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{22}(?![A-Za-z0-9_-])")


@pytest.fixture
def city() -> Iterator[Whole]:
    with whole_city(CITY) as running:
        yield running


def at_work(city: Whole, running: Browser, who: str) -> Page:
    """Sign somebody of the control room in, and choose English."""
    page = entered(city, running, who)
    if page.locator("html").get_attribute("lang") != "en":
        page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    return page


def hold(page: Page, name: str) -> None:
    """Hold a dangerous button down with the keyboard, as whoever has no pointer does."""
    page.get_by_role("button", name=name).focus()
    with page.expect_navigation():
        page.keyboard.down("Enter")
    page.keyboard.up("Enter")


def telephone(city: Whole, running: Browser, language: str = "en-GB") -> Page:
    """A small telephone whose browser runs no script."""
    context = running.new_context(
        base_url=city.url, java_script_enabled=False, locale=language, viewport={"width": 320, "height": 640}
    )
    context.set_default_timeout(15_000)
    return context.new_page()


def messages(page: Page, to: str, *words: str) -> list[str]:
    """Return what the city wrote to somebody, newest first, as the demonstration shows it to its visitors."""
    page.goto("/demo/messages/")
    boxes = page.locator("main li", has=page.get_by_text(to, exact=True)).all_inner_texts()
    return [one for one in boxes if all(word in one for word in words)]


def once() -> str:
    return urlsafe_b64encode(os.urandom(16)).decode().rstrip("=")


def post(city: Whole, where: str, fields: dict[str, str]) -> urllib3.BaseHTTPResponse:
    """Send a form as a program does, from an address of its own."""
    headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Forwarded-For": address()}
    return urllib3.request("POST", city.url + where, body=urlencode(fields), headers=headers, redirect=False)


def address() -> str:
    return str(IPv4Address(0x0A000001 + secrets.randbelow(1 << 23)))


def says(city: Whole, **said: Any) -> None:
    """Check somebody in as a program does."""
    body = msgspec.json.encode({"once": once(), "status": "safe", **said})
    headers = {"Content-Type": "application/json"}
    answer = urllib3.request("POST", f"{city.url}/api/v1/checkins?drill=1", body=body, headers=headers)
    assert answer.status == 201, answer.data


def press(city: Whole) -> UUID:
    """Somebody presses a post in the street; return the incident it opened."""
    post = city.posts()[0]
    lamp = urllib3.request("POST", f"{city.settings.sim_devices_url}/press/{post}?kind=violence", timeout=15.0)
    assert lamp.json()["lamp"] == "lit"
    found = asked(city, "SELECT incident_id FROM signal WHERE device_id = %s ORDER BY received_at DESC LIMIT 1", post)
    assert isinstance(found, UUID)
    return found


def open_drill(city: Whole, lead: Page, officer: Page) -> UUID:
    """A lead asks for a drill from the page of a call; a duty officer reads it and agrees."""
    lead.goto(f"/console/incidents/{press(city)}/")
    lead.get_by_role("link", name="Ask for a crisis around it").click()
    said = {"real": "drill", "name": "République", "radius_km": "2", "kept_days": "0", "reason": "The yearly drill."}
    submit(lead, "main form[action$='/ask/']", said)
    expect(lead.locator("main")).to_contain_text("You asked for it: somebody else confirms.")
    assert lead.get_by_role("button", name="I agree").count() == 0, "nobody confirms their own wish"
    assert telephone_sees_nothing(city)
    officer.goto("/console/crises/")
    hold(officer, "I agree: open this drill")
    expect(officer.locator("main")).to_contain_text("Drill, open")
    until("the drill opens to telephones", lambda: not telephone_sees_nothing(city), SOON_S)
    found = asked(city, "SELECT id FROM population.crisis WHERE opened_at IS NOT NULL")
    assert isinstance(found, UUID)
    return found


def telephone_sees_nothing(city: Whole) -> bool:
    return b"<form" not in urllib3.request("GET", f"{city.url}/drill/safe").data


def say_safe(city: Whole, phone: Page) -> str:
    """Somebody in the street says that they are safe, without script; return the address of their receipt."""
    phone.goto("/drill/safe")
    assert "drill" in phone.locator("body").inner_text().lower(), "a drill says on every page that it is one"
    phone.get_by_text("I am safe", exact=True).click()
    phone.get_by_label("Your name").fill(SAFE)
    phone.get_by_text("Tell your family and friends").click()
    phone.get_by_label("Your phone number or e-mail address").fill(PHONE)
    for number, relative in enumerate(RELATIVES, 1):
        phone.get_by_label(f"Person {number}").fill(relative)
    began = time.monotonic()
    phone.get_by_role("button", name="Send").click()
    expect(phone.get_by_role("heading", name="It is recorded")).to_be_visible()
    receipt = phone.url
    for relative in TOLD:
        until(f"{relative} is told", lambda to=relative: messages(phone, to, SAFE, "“I am safe.”"), SOON_S)
    assert time.monotonic() - began < 30.0, "from the link to “your people know”"
    text = messages(phone, "maman@mail.example")[0]
    assert text.count("[DRILL]") == 1
    phone.locator("main a[href*='/drill/safe/s/']").first.click()
    expect(phone.get_by_role("heading", name=SAFE)).to_be_visible()
    assert PHONE not in phone.content()
    phone.goto(receipt)
    assert "3 people have been told" in phone.locator("main").inner_text()
    return receipt


def find_at_the_desk(city: Whole, desk: Page, phone: Page, receipt: str) -> None:
    """Somebody at the desk types a name as they heard it, says why, and opens the right record; the person sees it."""
    desk.goto("/console/people/")
    said = {"name": HEARD, "purpose": "family", "reason": "His brother calls from Lyon."}
    submit(desk, "main form[action$='/search/']", said | {"reason": " "})
    assert desk.locator("#found").count() == 0, "nobody looks without a reason"
    row = desk.locator("#found ~ .table-scroll tbody tr", has_text=SAFE)

    def found() -> bool:
        submit(desk, "main form[action$='/search/']", said)
        return row.count() == 1

    until("the desk finds somebody", found, SOON_S)
    row.get_by_role("button").click()
    expect(desk.locator("main")).to_contain_text("Can be written to")
    assert PHONE.replace(" ", "")[1:] not in desk.content().replace(" ", "")
    phone.goto(receipt)
    expect(phone.locator("main")).to_contain_text("Who read this")
    expect(phone.locator("main")).to_contain_text("the desk for families")


def seen(answer: urllib3.BaseHTTPResponse) -> bytes:
    """All that a stranger gets, less the number of the question and the hour."""
    passing = {"date", "server"}
    heads = sorted(f"{name}: {value}".lower() for name, value in answer.headers.items() if name.lower() not in passing)
    return NUMBER.sub(b"#", "\n".join([str(answer.status), *heads]).encode() + b"\n" + answer.data)


def ask_as_a_stranger(city: Whole, whom: str) -> bytes:
    """Return everything a stranger is told who asks about somebody, the page that follows included."""
    fields = {"whom": whom, "name": "Jean", "contact": "jean@mail.example", "words": "", "once": once()}
    sent = post(city, "/drill/find/ask/", fields)
    assert sent.status == 303, sent.data
    return seen(sent) + seen(urllib3.request("GET", city.url + sent.headers["Location"]))


def nothing_for_strangers(city: Whole) -> None:
    """Whoever asks learns the same of who is here and of who is not, to the byte."""
    here = (SAFE, PHONE, HEARD, *ALIKE[:2])
    told = {ask_as_a_stranger(city, whom) for whom in (*here, "Nobody Atall", "06 00 00 00 01", "no@mail.example")}
    assert len(told) == 1


def test_a_crisis_from_its_first_call_to_its_erasure(city: Whole) -> None:
    with screen.browser(*screen.WITHOUT_MAP) as running:
        lead, officer = at_work(city, running, LEAD), at_work(city, running, OFFICER)
        open_drill(city, lead, officer)
        for name in ALIKE:
            says(city, name=name, contact=f"{once()}@mail.example")
        phone = telephone(city, running)
        receipt = say_safe(city, phone)
        find_at_the_desk(city, at_work(city, running, LIAISON), phone, receipt)
        nothing_for_strangers(city)
