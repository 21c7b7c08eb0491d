"""The lane of ordinary check-ins: whatever it takes, a whole parser reads the same; whatever else comes, it leaves."""

import http.client
import json
import socket
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httptools
import pytest
from hypothesis import given
from hypothesis import strategies as st

from necmergitur.live import checkins, forms
from necmergitur.live.checkins import TARGETS
from necmergitur.live.lane import BEGUN, Asked, read
from tests.live.crowding import counted, once, post
from tests.live.serving import Live
from tests.web.pages import City

PLAIN = b"POST /safe HTTP/1.1\r\nHost: ville.example\r\nContent-Length: 5\r\n\r\na=b&c"


class Parsed:
    """What a whole parser reads."""

    def __init__(self, data: bytes) -> None:
        self.target, self.body, self.messages = b"", b"", 0
        self.parser = httptools.HttpRequestParser(self)
        self.parser.feed_data(data)
        self.method = self.parser.get_method()

    def on_url(self, part: bytes) -> None:
        self.target += part

    def on_body(self, part: bytes) -> None:
        self.body += part

    def on_message_complete(self) -> None:
        self.messages += 1


HEADERS = st.sampled_from(
    [
        b"Host: x",
        b"Content-Length: 5",
        b"content-length:5",
        b"Content-Length: 5, 5",
        b"Content-Length: +5",
        b"Content-Length : 5",
        b"Transfer-Encoding: chunked",
        b"transfer-encoding:\tchunked",
        b"Connection: close",
        b"Connection: keep-alive",
        b"Connection: keep-alive, close",
        b"Expect: 100-continue",
        b"Upgrade: websocket",
        b"Upgrade-Insecure-Requests: 1",
        b"X-Forwarded-For: 192.0.2.1",
        b" folded: 5",
        b"A: b\nTransfer-Encoding: chunked",
        b"A: b\rContent-Length: 2",
        b"A\x00: b",
        b"no colon",
        b"A: \xc3\xa9",
    ]
)
TARGET = st.sampled_from(
    [b"/safe", b"/drill/safe", b"/safe/", b"/api/v1/checkins", b"http://x/safe", b"/safe HTTP/1.1"]
)
BODIES = st.sampled_from([b"a=b&c", b"a=b&cGET / HTTP/1.1\r\n\r\n", b"5\r\na=b&c\r\n0\r\n\r\n", b"a=b", b""])


@given(TARGET, st.lists(HEADERS, max_size=6), BODIES, st.sampled_from([b"POST", b"GET", b"post", b"POST "]))
def test_what_the_lane_takes_a_whole_parser_reads_as_one_message_of_the_same_words(
    target: bytes, headers: list[bytes], body: bytes, method: bytes
) -> None:
    data = b"\r\n".join([method + b" " + target + b" HTTP/1.1", *headers, b"", body])
    taken = read(data, TARGETS)
    if taken is None or taken is BEGUN:
        return
    parsed = Parsed(data)
    assert (parsed.method, parsed.target, parsed.body) == (b"POST", taken.target, taken.body)
    assert parsed.messages == 1
    assert parsed.parser.should_keep_alive()


def test_the_plainest_request_is_taken_with_a_browsers_own_headers_and_a_proxys_word() -> None:
    assert read(PLAIN, TARGETS) == Asked(b"/safe", b"a=b&c", "")
    more = b"\r\nUpgrade-Insecure-Requests: 1\r\nConnection: keep-alive\r\nX-Forwarded-For: 192.0.2.1\r\nContent-Le"
    assert read(PLAIN.replace(b"\r\nContent-Le", more), TARGETS) == Asked(b"/safe", b"a=b&c", "192.0.2.1")


@pytest.mark.parametrize(
    "header",
    [
        b"Transfer-Encoding: chunked",
        b"Content-Length: 5",
        b"Connection: close",
        b"Connection: keep-alive, close",
        b"Expect: 100-continue",
        b"X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-For: 192.0.2.2",
        b"A: b\nTransfer-Encoding: chunked",
        b" folded",
        b"TE: trailers",
    ],
)
def test_what_two_servers_could_read_in_two_ways_is_left_to_the_parser(header: bytes) -> None:
    assert read(PLAIN.replace(b"Host: ville.example", b"Host: ville.example\r\n" + header), TARGETS) is None


@pytest.mark.parametrize("cut", [1, 10, 30, len(PLAIN) - 1])
def test_a_part_of_a_request_and_more_than_one_are_left(cut: int) -> None:
    part = read(PLAIN[:cut], TARGETS)
    assert part is (BEGUN if b"\r\n\r\n" in PLAIN[:cut] else None)
    assert read(PLAIN + PLAIN[:cut], TARGETS) is None


@given(st.binary(max_size=200) | st.text("a=&%+2éC3\x00 ;", max_size=60).map(str.encode))
def test_a_forms_fields_are_read_as_the_library_reads_them(body: bytes) -> None:
    try:
        library: Any = dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=forms.FIELDS_MAX))
    except ValueError as error:
        library = type(error)
    try:
        ours: Any = forms.fields_of(body)
    except ValueError as error:
        ours = type(error)
    assert ours == library


@pytest.fixture
def counted_ways(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """How many check-ins came by the lane, and how many by the way of all requests."""
    ways = {"lane": 0, "round": 0}
    quick, both = checkins.CheckInDoor.quick, checkins.CheckInDoor._both

    def by_lane(self: Any, *parts: Any) -> bool:
        taken = quick(self, *parts)
        ways["lane"] += taken
        return taken

    async def around(self: Any, *parts: Any, **more: Any) -> Any:
        ways["round"] += 1
        return await both(self, *parts, **more)

    monkeypatch.setattr(checkins.CheckInDoor, "quick", by_lane)
    monkeypatch.setattr(checkins.CheckInDoor, "_both", around)
    return ways


def test_both_ways_answer_alike(open_live: Callable[..., Live], city: City, counted_ways: dict[str, int]) -> None:
    live = open_live()
    counted_ways.update(lane=0, round=0)
    number = once()
    said = json.dumps({"name": "Amélie", "status": "safe", "once": number, "contact": "06 12 34 56 78"}).encode()
    form = f"once={once()}&name=Am%C3%A9lie&status=safe".encode()
    answers = []
    for extra in ({}, {"Expect-CT": "x", "TE": "trailers"}):
        for path, body in (("/api/v1/checkins?drill=1", said), ("/drill/safe", form)):
            with live.open(path, method="POST", body=body, **extra) as answer:
                left = {"date", "server"}
                headers = sorted((k.lower(), v) for k, v in answer.getheaders() if k.lower() not in left)
                answers.append((answer.status, headers, answer.read()))
    assert answers[:2] == answers[2:]
    assert [answer[0] for answer in answers[:2]] == [201, 303]
    assert counted_ways == {"lane": 2, "round": 2}


def test_who_asks_for_help_or_writes_what_must_be_looked_at_again_goes_round(
    open_live: Callable[..., Live], counted_ways: dict[str, int]
) -> None:
    live = open_live()
    counted_ways.update(lane=0, round=0)
    assert post(live, {"name": "Amélie", "status": "need_help"})[0] in (201, 202)
    assert post(live, {"name": "", "status": "safe"})[0] == 422
    assert counted_ways == {"lane": 0, "round": 1}


def test_one_connection_serves_many_and_what_is_sent_ahead_is_answered_in_order(
    open_live: Callable[..., Live], city: City
) -> None:
    live = open_live()
    before = counted(city)
    where = urlsplit(live.url)
    wire = b""
    for name in ("Un", "Deux", "Trois"):
        body = json.dumps({"name": name, "status": "safe"}).encode()
        head = f"POST /api/v1/checkins?drill=1 HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
        wire += head.encode() + body
    first, rest = wire[: len(wire) // 3], wire[len(wire) // 3 :]
    with socket.create_connection((where.hostname, where.port), timeout=20) as line:
        line.sendall(first)
        line.sendall(rest + b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        heard = b"".join(iter(lambda: line.recv(65_536), b""))
    assert heard.count(b"HTTP/1.1 201 Created") == 3
    assert heard.rstrip().endswith(b'{"live":"ok"}')
    assert counted(city) == before + 3


def test_a_body_that_comes_after_its_head_is_taken_and_so_is_one_that_comes_in_pieces(
    open_live: Callable[..., Live], city: City, counted_ways: dict[str, int]
) -> None:
    live = open_live()
    counted_ways.update(lane=0, round=0)
    before = counted(city)
    where = urlsplit(live.url)
    body = json.dumps({"name": "Lent", "status": "safe"}).encode()
    head = f"POST /api/v1/checkins?drill=1 HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with socket.create_connection((where.hostname, where.port), timeout=20) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for cuts in ([head, body], [head[:9], head[9:], body[:5], body[5:]], [head + body]):
            for part in cuts:
                line.sendall(part)
                time.sleep(0.1)
            assert line.recv(65_536).startswith(b"HTTP/1.1 201")
    assert counted(city) == before + 3
    assert counted_ways == {"lane": 2, "round": 1}, "whose head came in pieces went round"


def test_who_leaves_before_the_answer_is_kept_all_the_same(open_live: Callable[..., Live], city: City) -> None:
    live = open_live()
    before = counted(city)
    where = urlsplit(live.url)
    body = json.dumps({"name": "Parti", "status": "safe"}).encode()
    line = http.client.HTTPConnection(str(where.hostname), where.port)
    line.request("POST", "/api/v1/checkins?drill=1", body)
    line.close()
    assert post(live, {"name": "Resté", "status": "safe"})[0] == 201
    assert counted(city) == before + 2
