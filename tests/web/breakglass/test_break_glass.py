"""Break-glass in the browser: asked, confirmed by somebody else, read under, judged; and told by mail."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest
from django.test import override_settings
from playwright.sync_api import Page

from necmergitur.governance.sensors import Sensor
from necmergitur.operations import incidents, sensing
from necmergitur.operations.sensing import Memory
from necmergitur.web.breakglass.telling import tell
from necmergitur.web.store import store
from tests.streams import STREAM, TECHNICIAN, authorise, body, hear, sensor
from tests.web.conftest import accessibility_problems
from tests.web.pages import City

HERE = "/console/break-glass/"


def ask(city: City, incident: UUID, opens: str = "holder:responder") -> Any:
    said = {"incident": str(incident), "opens": opens, "reason": "whom to look for on the third floor"}
    return city.client("lead").post(f"{HERE}ask/", said)


def glass(city: City) -> UUID:
    return city.sql("SELECT id FROM breakglass ORDER BY asked_at DESC LIMIT 1")[0][0]


def broken(city: City, incident: UUID) -> UUID:
    assert ask(city, incident).status_code == 302
    pk = glass(city)
    assert city.client("duty_officer").post(f"{HERE}{pk}/confirm/").status_code == 303
    return pk


def test_a_responder_reads_who_to_look_for_only_while_two_people_opened_it(city: City) -> None:
    incident = city.person_press()
    door = f"/console/incidents/{incident}/holder/"
    browser = city.client("responder")
    assert browser.get(door).status_code == 403
    pk = broken(city, incident)
    assert door in browser.get(f"{HERE}mine/").content.decode()
    assert "Ada Example" not in browser.get(door).content.decode()
    opened = browser.post(door, {"reason": "nobody answers"})
    assert "Ada Example" in opened.content.decode()
    assert city.client("technician").post(door, {"reason": "curious"}).status_code == 403
    judged = {"justified": "no", "words": "the neighbour knew"}
    assert city.client("dpo").post(f"{HERE}{pk}/review/", judged).status_code == 303
    assert browser.post(door, {"reason": "again"}).status_code == 403
    assert city.sql("SELECT uses, justified, review FROM breakglass") == [(1, False, "the neighbour knew")]


def test_another_call_stays_shut_and_so_does_this_one_once_it_is_closed(city: City) -> None:
    incident, other = city.person_press(), city.person_press("p-2", lon=2.3545)
    broken(city, incident)
    browser = city.client("responder")
    assert browser.post(f"/console/incidents/{other}/holder/", {"reason": "x"}).status_code == 403
    assert incidents.close(store(), incident, "helped", city.person("operator"), datetime.now(UTC))
    late = browser.post(f"/console/incidents/{incident}/holder/", {"reason": "x"})
    assert (late.status_code, "Ada Example" in late.content.decode()) == (409, False)


def test_the_asker_cannot_confirm_and_other_roles_cannot_even_ask(city: City) -> None:
    incident = city.person_press()
    assert ask(city, incident).status_code == 302
    pk = glass(city)
    assert city.client("lead").post(f"{HERE}{pk}/confirm/").status_code == 409
    for role in ("operator", "pilot", "technician", "responder", "administrator", "dpo"):
        assert city.client(role).post(f"{HERE}{pk}/confirm/").status_code == 403
        assert city.client(role).post(f"{HERE}ask/", {}).status_code == 403
    for role in ("lead", "duty_officer", "administrator"):
        assert city.client(role).post(f"{HERE}{pk}/review/", {"justified": "yes", "words": "x"}).status_code == 403


def test_the_next_one_says_whom_to_call_while_the_last_is_not_judged(city: City) -> None:
    incident = city.person_press()
    broken(city, incident)
    refused = ask(city, incident)
    assert refused.status_code == 409
    assert "data protection officer" in refused.content.decode()
    assert "break" in city.client("operator").get("/console/").content.decode().lower(), "every screen says so"


def test_the_last_hour_of_a_sensor_is_shown_once_to_the_role_it_was_opened_to(city: City) -> None:
    now = datetime.now(UTC)
    counter = msgspec.structs.replace(sensor(now), zone_id="z-1")
    assert isinstance(sensing.enrol(store(), counter, TECHNICIAN, now), Sensor)
    authorise(store(), now, zones=("z-1",), readers=("lead",))
    assert hear(store(), Memory(), now, body(now, 1, count=37)) == {"": 1}
    incident = city.person_press()
    said = {"incident": str(incident), "opens": "readings:responder", "stream": STREAM, "reason": "is the square full?"}
    assert city.client("lead").post(f"{HERE}ask/", said).status_code == 302
    pk = glass(city)
    assert city.client("responder").post(f"{HERE}{pk}/read/").status_code == 404, "not confirmed yet"
    assert city.client("duty_officer").post(f"{HERE}{pk}/confirm/").status_code == 303
    browser = city.client("responder")
    assert f"{HERE}{pk}/read/" in browser.get(f"{HERE}mine/").content.decode()
    page = browser.post(f"{HERE}{pk}/read/")
    assert "count 37" in page.content.decode()
    assert "no-store" in page.headers["Cache-Control"]
    assert city.client("pilot").post(f"{HERE}{pk}/read/").status_code == 404
    assert city.sql("SELECT uses FROM breakglass") == [(1,)]


def test_the_pages_have_no_serious_finding_in_both_languages_and_themes(city: City, enter: Callable[..., Page]) -> None:
    incident = city.person_press()
    ask(city, incident)
    problems: list[str] = []
    for language, theme in (("fr", "dark"), ("en", "light")):
        page = enter("lead", language, theme)
        page.goto(HERE)
        problems += accessibility_problems(page)
    city.client("duty_officer").post(f"{HERE}{glass(city)}/confirm/")
    for role, at, width in (("dpo", HERE, 1280), ("dpo", HERE, 390), ("responder", f"{HERE}mine/", 390)):
        page = enter(role, "fr", viewport={"width": width, "height": 800})
        page.goto(at)
        problems += [f"{role}: {one}" for one in accessibility_problems(page)] + page.complaints  # type: ignore[attr-defined]
    assert problems == []


@pytest.fixture
def post_office() -> Iterator[tuple[int, list[str]]]:
    """A mail server of the standard library's streams, enough of RFC 5321 to be handed letters."""
    letters: list[str] = []
    loop, ready, port = asyncio.new_event_loop(), threading.Event(), []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        while line := (await reader.readline()).decode():
            word = line[:4].upper().strip()
            if word == "DATA":
                writer.write(b"354 go on\r\n")
                letters.append((await reader.readuntil(b"\r\n.\r\n")).decode())
            writer.write(b"221 bye\r\n" if word == "QUIT" else b"250 fine\r\n")
            if word == "QUIT":
                break
        await writer.drain()
        writer.close()

    async def begin() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port.append(server.sockets[0].getsockname()[1])
        ready.set()

    def run() -> None:
        loop.run_until_complete(begin())
        loop.run_forever()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    ready.wait(5)
    yield port[0], letters
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)
    loop.close()


def test_every_officer_hears_by_mail_at_once_and_the_mail_names_nobody(
    city: City, post_office: tuple[int, list[str]]
) -> None:
    port, letters = post_office
    incident = city.person_press()
    broken(city, incident)
    ((payload,),) = city.sql("SELECT payload FROM outbox WHERE kind = 'break_glass'")
    backend = "django.core.mail.backends.smtp.EmailBackend"
    with override_settings(
        EMAIL_BACKEND=backend, EMAIL_HOST="127.0.0.1", EMAIL_PORT=port, DEFAULT_FROM_EMAIL="nec@example.org"
    ):
        assert tell(payload) == 1
    (letter,) = letters
    assert "To: dpo@test.invalid" in letter
    assert payload["number"] in letter
    assert "/console/break-glass/" in letter
    assert all(name not in letter for name in ("Ada", "Lead Test", "third floor"))
