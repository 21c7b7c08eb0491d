"""Whoever somebody wanted told is told, by a real mail server and a real gateway, and nothing of it stays."""

import json
import os
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from zoneinfo import ZoneInfo

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from necmergitur.adapters.messages import MailServer, Messenger, Texts
from necmergitur.app.services import free_port
from necmergitur.operations.population import crises, telling
from necmergitur.operations.population.checkins import text_of
from necmergitur.operations.population.telling import Envelopes
from necmergitur.people.constants import MESSAGE_ATTEMPTS_MAX
from necmergitur.people.letters import Written
from tests.operations.population.scene import FIRST, Night


class Inbox:
    """What a mail server and a gateway were handed, and what they answer."""

    def __init__(self) -> None:
        self.mail: list[tuple[str, str, str]] = []
        self.sms: list[tuple[str, str]] = []
        self.answer = 200

    async def handle_DATA(  # noqa: N802 -- aiosmtpd's name
        self, server: SMTP, session, envelope
    ) -> str:
        from email import message_from_bytes, policy

        read = message_from_bytes(envelope.content, policy=policy.default)
        self.mail.append((envelope.rcpt_tos[0], read["Subject"], read.get_content().strip()))
        return "250 taken"


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def messenger(inbox: Inbox) -> Iterator[Messenger]:
    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.headers["Authorization"] != "Bearer secret":
                self.send_response(401)
            else:
                self.send_response(inbox.answer)
                if inbox.answer == 200:
                    inbox.sms.append((body["to"], body["text"]))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    gateway = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=gateway.serve_forever, daemon=True).start()
    server = Controller(inbox, hostname="127.0.0.1", port=free_port())
    server.start()
    mail = MailServer(
        host="127.0.0.1",
        port=server.port,
        user="",
        password="",
        sender="ville@example.org",
        tls=None,
        from_the_first=False,
    )
    yield Messenger(mail, Texts(f"http://127.0.0.1:{gateway.server_port}/sms", "secret"))
    server.stop()
    gateway.shutdown()
    gateway.server_close()


def envelopes(night: Night) -> Envelopes:
    return Envelopes(night.keys.of, os.urandom, "https://ville.example", ZoneInfo("Europe/Paris"))


def test_three_relatives_are_told_once_by_mail_and_by_text(night: Night, messenger: Messenger, inbox: Inbox) -> None:
    crisis = night.opened(night.call().id)
    answer = night.says(
        crisis, "Amélie Durand", tell=["maman@example.org", "06 12 34 56 78", "+44 20 7946 0958"], language="en"
    )
    assert telling.unfold(night.store, envelopes(night), night.now) == 3
    assert telling.unfold(night.store, envelopes(night), night.now) == 0
    assert telling.send_due(night.store, messenger, envelopes(night), night.now) == 3
    assert telling.send_due(night.store, messenger, envelopes(night), night.now) == 0
    link = f"https://ville.example/safe/s/{text_of(answer.share)}"
    at = night.now.astimezone(ZoneInfo("Europe/Paris")).strftime("%H:%M")
    text = f"Amélie Durand lets you know: “I am safe.” (Halles, {at}) {link}"
    assert inbox.mail == [("maman@example.org", "Message from the city: Halles", text)]
    assert sorted(inbox.sms) == [("+33612345678", text), ("+442079460958", text)]
    assert night.rows("SELECT count(*) FROM population.message") == [(0,)]
    assert night.rows("SELECT what, n FROM population.tally") == [("messages_sent", 3)]


def test_a_drill_says_that_it_is_one(night: Night, messenger: Messenger, inbox: Inbox) -> None:
    night.says(night.opened(None), "Amélie", tell=["0612345678"])
    telling.unfold(night.store, envelopes(night), night.now)
    telling.send_due(night.store, messenger, envelopes(night), night.now)
    assert inbox.sms[0][1].startswith("[EXERCICE] Amélie vous fait savoir")
    assert "/drill/safe/s/" in inbox.sms[0][1]


def test_a_change_is_told_too_and_the_same_form_again_is_not(night: Night, messenger: Messenger, inbox: Inbox) -> None:
    crisis, once = night.opened(None), os.urandom(16)
    for status in ("safe", "safe", "hurt"):
        night.says(crisis, "Bob", status, once=once, tell=["0612345678"])
        telling.unfold(night.store, envelopes(night), night.now)
        telling.send_due(night.store, messenger, envelopes(night), night.now)
    assert ["blessé" in text for _to, text in inbox.sms] == [False, True]


def test_what_does_not_leave_is_tried_again_later_and_at_last_given_up(
    night: Night, messenger: Messenger, inbox: Inbox
) -> None:
    crisis = night.opened(None)
    night.says(crisis, "Bob", tell=["0612345678"])
    telling.unfold(night.store, envelopes(night), night.now)
    inbox.answer = 503
    assert telling.send_due(night.store, messenger, envelopes(night), night.now) == 0
    inbox.answer = 200
    assert telling.send_due(night.store, messenger, envelopes(night), night.now) == 0, "not before its pause"
    assert telling.send_due(night.store, messenger, envelopes(night), night.wait(6)) == 1
    night.says(crisis, "Zoé", tell=["0612345678"])
    telling.unfold(night.store, envelopes(night), night.now)
    inbox.answer = 503
    for _ in range(MESSAGE_ATTEMPTS_MAX):
        telling.send_due(night.store, messenger, envelopes(night), night.wait(4 * 3_600))
    assert night.rows("SELECT count(*) FROM population.message") == [(0,)]
    assert dict(night.rows("SELECT what, n FROM population.tally"))["messages_given_up"] == 1


def test_slow_machines_of_others_are_waited_for_together(night: Night) -> None:
    """A hundred relatives behind a gateway that takes a fifth of a second each: twenty seconds in single file."""
    crisis = night.opened(None)
    numbers = [f"+3361234{n:04d}" for n in range(100)]
    for n in range(0, 100, 5):
        night.says(crisis, "Bob", tell=numbers[n : n + 5])
    telling.unfold(night.store, envelopes(night), night.now)
    got: list[str] = []

    class Slow:
        def send(self, message: Written) -> None:
            time.sleep(0.2)
            got.append(message.to.written)

    began = time.monotonic()
    assert telling.send_due(night.store, Slow(), envelopes(night), night.now) == 100
    assert time.monotonic() - began < 5
    assert sorted(got) == numbers
    assert night.rows("SELECT count(*) FROM population.message") == [(0,)]


def test_without_a_way_out_a_message_is_given_up_at_once(night: Night) -> None:
    night.says(night.opened(None), "Bob", tell=["0612345678"])
    telling.unfold(night.store, envelopes(night), night.now)
    assert telling.send_due(night.store, Messenger(None, None), envelopes(night), night.now) == 0
    assert night.rows("SELECT what, n FROM population.tally") == [("messages_given_up", 1)]


def test_a_message_is_nowhere_in_clear_while_it_waits(night: Night) -> None:
    night.says(night.opened(None), "Amélie Durand", tell=["0612345678"])
    telling.unfold(night.store, envelopes(night), night.now)
    ((row, sealed),) = night.rows("SELECT t::text, t.sealed FROM population.message t")
    assert not [word for word in ("Durand", "612345678", "safe/s/") if word in row or word.encode() in bytes(sealed)]


def test_nothing_leaves_once_the_crisis_is_erased(night: Night, messenger: Messenger, inbox: Inbox) -> None:
    crisis = night.opened(None, kept=timedelta(seconds=1))
    night.says(crisis, "Bob", tell=["0612345678"])
    telling.unfold(night.store, envelopes(night), night.now)
    crises.close(night.store, crisis.id, FIRST, night.now)
    telling.send_due(night.store, messenger, envelopes(night), night.wait(2))
    assert inbox.sms == []
