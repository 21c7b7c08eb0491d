"""Two strangers who are about to meet may speak: an operator rings both, and neither ever sees a number."""

import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from necmergitur.adapters.messages import Messenger, Switchboard
from necmergitur.operations.population import meeting, telling
from necmergitur.operations.population.doors_pages import own
from necmergitur.operations.population.telling import Envelopes
from necmergitur.people.constants import CALLS_MAX
from necmergitur.people.shelter import Side
from tests.operations.population.doors_scene import Evening
from tests.operations.population.test_doors import evening  # noqa: F401 -- a fixture
from tests.operations.scene import refused


class Operator:
    """A telephone operator's gateway: what it was asked, and what it answers."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.tokens: list[str] = []
        self.answer = 202
        self.url = ""


@pytest.fixture
def operator() -> Iterator[Operator]:
    standing = Operator()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            standing.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            standing.tokens.append(self.headers["Authorization"])
            self.send_response(standing.answer)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    standing.url = f"http://127.0.0.1:{server.server_port}/calls"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield standing
    server.shutdown()
    server.server_close()


def send(evening: Evening, operator: Operator) -> None:  # noqa: F811
    envelopes = Envelopes(evening.night.keys.of, os.urandom, "https://ville.example", ZoneInfo("Europe/Paris"))
    messenger = Messenger(None, None, None, Switchboard(operator.url, "secret"))
    telling.send_due(evening.store, messenger, envelopes, evening.now)


def test_both_telephones_are_to_ring_whoever_of_the_two_asks(
    evening: Evening,  # noqa: F811
    operator: Operator,
) -> None:
    host, guest = evening.host(), evening.guest()
    match = evening.agreed(host, guest)
    numbers = {side: evening.said(side, link).phone.written for side, link in ((Side.HOST, host), (Side.GUEST, guest))}
    for side, link in ((Side.GUEST, guest), (Side.HOST, host)):
        assert meeting.ring(evening.store, evening.tools, side, link, match, evening.now) is None
    send(evening, operator)
    there = (numbers[Side.GUEST], numbers[Side.HOST])
    assert {(one["from"], one["to"]) for one in operator.asked} == {there, there[::-1]}
    assert len(operator.asked) == 2
    assert set(operator.tokens) == {"Bearer secret"}
    assert all(one["seconds"] > 0 and one["language"] in {"fr", "en"} for one in operator.asked)


def test_neither_page_nor_row_shows_a_number(evening: Evening) -> None:  # noqa: F811
    host, guest = evening.host(), evening.guest()
    match = evening.agreed(host, guest)
    meeting.ring(evening.store, evening.tools, Side.GUEST, guest, match, evening.now)
    numbers = [evening.said(Side.HOST, host).phone.written, evening.said(Side.GUEST, guest).phone.written]
    for side, link in ((Side.HOST, host), (Side.GUEST, guest)):
        page = own(evening.store, evening.tools, side, link, evening.now)
        (pair,) = page.pairs
        assert [line.text for line in pair.lines] == ["☎"]
        assert not [one for one in numbers if one[3:] in repr(pair)]
    rows = repr(evening.night.rows("SELECT * FROM population.message"))
    assert not [one for one in numbers if one[1:] in rows]


def test_nobody_rings_before_both_agreed_nor_after(evening: Evening) -> None:  # noqa: F811
    host, guest = evening.host(), evening.guest()
    match = evening.proposed(host, guest)
    parts = (evening.store, evening.tools, Side.HOST, host, match, evening.now)
    assert refused(meeting.ring(*parts)) == "match_over"
    evening.answer(Side.HOST, host, match)
    evening.answer(Side.GUEST, guest, match)
    stranger = evening.guest()
    unknown = meeting.ring(evening.store, evening.tools, Side.GUEST, stranger, match, evening.now)
    assert refused(unknown) == "match_over"
    assert meeting.ring(*parts) is None
    meeting.call_off(evening.store, evening.tools, Side.GUEST, guest, match, evening.now)
    assert refused(meeting.ring(*parts)) == "match_over"


def test_two_people_call_each_other_a_few_times_at_most(evening: Evening) -> None:  # noqa: F811
    host, guest = evening.host(), evening.guest()
    match = evening.agreed(host, guest)
    done = [meeting.ring(evening.store, evening.tools, Side.GUEST, guest, match, evening.now) for _ in range(CALLS_MAX)]
    assert done == [None] * CALLS_MAX
    assert refused(meeting.ring(evening.store, evening.tools, Side.HOST, host, match, evening.now)) == "calls_full"


def test_a_call_that_could_not_be_placed_at_once_does_not_ring_in_the_night(
    evening: Evening,  # noqa: F811
    operator: Operator,
) -> None:
    host, guest = evening.host(), evening.guest()
    match = evening.agreed(host, guest)
    send(evening, operator)  # what the two were written meanwhile
    meeting.ring(evening.store, evening.tools, Side.GUEST, guest, match, evening.now)
    operator.answer = 503
    send(evening, operator)
    assert len(operator.asked) == 1
    operator.answer = 202
    evening.wait(minutes=3)
    send(evening, operator)
    assert len(operator.asked) == 1
    assert "call" not in [letter.kind for letter in evening.letters()], "forgotten, with the number in it"
