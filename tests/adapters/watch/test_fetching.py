"""Asking sources over real HTTP: conditionally, as robots.txt says, in their pace, under bounds, never inwards."""

import contextlib
import gzip
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from necmergitur.adapters import outward
from necmergitur.adapters.watch import fetching
from necmergitur.adapters.watch.fetching import Fetched, Fetcher, Known, Unchanged
from necmergitur.kernel.refusal import Refusal
from tests.adapters.watch.sites import Hours, Site


@pytest.fixture
def site() -> Iterator[Site]:
    """A listening site."""
    one = Site()
    yield one
    one.server.shutdown()
    one.server.server_close()


def fetcher(hours: Hours | None = None, policy: Any = "private") -> Fetcher:
    hours = hours or Hours()
    return Fetcher(hours.now, "https://city.example/programme/", policy, sleep=hours.sleep)


def rule(found: object) -> str:
    assert isinstance(found, Refusal), found
    return found.rule


def test_the_same_answer_is_not_sent_twice_and_we_say_who_asks(site: Site) -> None:
    site.pages["/f"] = (
        200,
        {"ETag": '"a1"', "Last-Modified": "Tue, 10 Nov 2026 08:00:00 GMT", "Content-Type": "text/xml; charset=latin1"},
        b"<rss/>",
    )
    asks = fetcher()
    found = asks.fetch(f"{site.url}/f")
    assert isinstance(found, Fetched)
    assert (found.body, found.charset) == (b"<rss/>", "latin1")
    assert isinstance(asks.fetch(f"{site.url}/f", found.known), Unchanged)
    assert site.paths() == ["/robots.txt", "/f", "/f"]
    headers = site.asked[2][2]
    assert headers["if-none-match"] == '"a1"' and headers["if-modified-since"] == "Tue, 10 Nov 2026 08:00:00 GMT"
    assert headers["user-agent"] == "NecMergitur-watch/1 (+https://city.example/programme/)"


def test_robots_are_respected_and_a_host_that_cannot_say_is_not_asked(site: Site) -> None:
    site.pages["/robots.txt"] = (
        200,
        {},
        b"User-agent: *\nAllow: /private/open\nDisallow: /private*.xml\nDisallow: /private/\nUser-agent: necmergitur-watch\nDisallow: /not-you$\n",
    )
    site.pages["/private/x"] = site.pages["/not-you"] = (200, {}, b"secret")
    asks = fetcher()
    assert rule(asks.fetch(f"{site.url}/not-you")) == "watch_robots"
    assert isinstance(asks.fetch(f"{site.url}/private/x"), Fetched)  # our own group is the one that counts
    assert site.paths() == ["/robots.txt", "/private/x"]
    site.pages["/robots.txt"] = (503, {}, b"")
    assert rule(fetcher().fetch(f"{site.url}/private/x")) == "watch_robots_unsaid"


def test_a_host_is_asked_in_its_pace_and_its_rules_once_a_day(site: Site) -> None:
    site.pages["/robots.txt"] = (200, {}, b"User-agent: *\nCrawl-delay: 12\n")
    site.pages["/f"] = (200, {}, b"x")
    hours = Hours()
    asks = fetcher(hours)
    for _ in range(3):
        asks.fetch(f"{site.url}/f")
    assert hours.slept == [12.0, 12.0]
    hours.at += timedelta(hours=25)
    asks.fetch(f"{site.url}/f")
    assert site.paths().count("/robots.txt") == 2


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/f",
        "http://localhost:{port}/f",
        "http://[::1]:{port}/f",
        "http://[::ffff:127.0.0.1]:{port}/f",
        "http://10.0.0.1/f",
        "http://169.254.169.254/latest/meta-data/",
        "http://2130706433:{port}/f",
        "http://0.0.0.0:{port}/f",
    ],
)
def test_an_address_of_our_own_network_is_never_asked(site: Site, url: str) -> None:
    found = fetcher(policy="public").fetch(url.format(port=site.server.server_port))
    assert rule(found) in {"address_not_allowed", "host_unknown"}
    assert site.asked == []


def test_a_name_that_changes_its_mind_is_held_to_what_was_judged(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The address that was judged is the one connected to: the name is resolved once for each question."""
    port, resolved = site.server.server_port, []

    def resolve(host: str, *_rest: Any, **_more: Any) -> list[Any]:
        resolved.append(host)
        return [(2, 1, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(outward.socket, "getaddrinfo", resolve)
    site.pages["/f"] = (200, {}, b"x")
    assert isinstance(fetcher().fetch(f"http://turncoat.example:{port}/f"), Fetched)
    assert [one for one in resolved if one == "turncoat.example"] == [
        "turncoat.example"
    ] * 2  # robots.txt, and the page


def test_a_redirect_inwards_in_a_circle_or_without_end_is_refused(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.pages["/a"] = (302, {"Location": "/b"}, b"")
    site.pages["/b"] = (302, {"Location": "/a"}, b"")
    assert rule(fetcher().fetch(f"{site.url}/a")) == "watch_redirects"
    for number in range(9):
        site.pages[f"/{number}"] = (301, {"Location": f"/{number + 1}"}, b"")
    assert rule(fetcher().fetch(f"{site.url}/0")) == "watch_redirects"
    site.pages["/js"] = (302, {"Location": "javascript:alert(1)"}, b"")
    site.pages["/file"] = (302, {"Location": "file:///etc/passwd"}, b"")
    assert rule(fetcher().fetch(f"{site.url}/js")) == "watch_address"
    assert rule(fetcher().fetch(f"{site.url}/file")) == "watch_address"
    # The first host is let through, as if it stood outside; where it leads is judged anew.
    site.pages["/in"] = (302, {"Location": "http://127.0.0.2/admin"}, b"")
    real = outward._public
    monkeypatch.setattr(outward, "_public", lambda address: str(address) == "127.0.0.1" or real(address))
    assert rule(fetcher(policy="public").fetch(f"{site.url}/in")) == "address_not_allowed"


def test_a_robots_file_that_leads_inwards_is_refused_too(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.pages["/robots.txt"] = (302, {"Location": "http://127.0.0.2/robots.txt"}, b"")
    real = outward._public
    monkeypatch.setattr(outward, "_public", lambda address: str(address) == "127.0.0.1" or real(address))
    assert rule(fetcher(policy="public").fetch(f"{site.url}/f")) == "address_not_allowed"


def test_a_gigantic_an_endless_and_a_compressed_body_are_cut_off(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "BODY_BYTES_MAX", 200_000)
    site.pages["/big"] = (200, {"Content-Length": "900000000000"}, b"x")
    assert rule(fetcher().fetch(f"{site.url}/big")) == "watch_too_large"

    def endless(handler: Any) -> None:
        handler.send_response(200)
        handler.end_headers()
        with contextlib.suppress(OSError):
            for _ in range(1_000_000):
                handler.wfile.write(b"x" * 65_536)

    site.pages["/endless"] = endless
    assert rule(fetcher().fetch(f"{site.url}/endless")) == "watch_too_large"
    site.pages["/bomb"] = (200, {"Content-Encoding": "gzip"}, gzip.compress(b"\0" * 70_000_000))
    assert rule(fetcher().fetch(f"{site.url}/bomb")) == "watch_bomb"
    site.pages["/packed"] = (200, {"Content-Encoding": "gzip"}, gzip.compress(b"<rss/>"))
    assert fetcher().fetch(f"{site.url}/packed").body == b"<rss/>"  # type: ignore[union-attr]


def test_a_partner_that_drips_is_cut_in_time(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "FETCH_S_MAX", 1.0)

    def drip(handler: Any) -> None:
        handler.send_response(200)
        handler.end_headers()
        for _ in range(40):
            try:
                handler.wfile.write(b"x")
            except OSError:
                return
            time.sleep(0.25)

    site.pages["/drip"] = drip
    began = time.monotonic()
    found = fetcher().fetch(f"{site.url}/drip")
    assert time.monotonic() - began < 5
    assert rule(found) in {"watch_slow", "watch_unanswered"}


def test_an_error_is_told_with_when_to_come_back(site: Site) -> None:
    hours = Hours()
    site.pages["/busy"] = (429, {"Retry-After": "3600"}, b"")
    found = fetcher(hours).fetch(f"{site.url}/busy")
    assert (
        isinstance(found, Refusal) and found.facts["status"] == "429" and found.until == hours.at + timedelta(hours=1)
    )
    site.pages["/gone"] = (410, {}, b"")
    assert rule(fetcher().fetch(f"{site.url}/gone")) == "watch_gone"
    assert rule(fetcher().fetch("http://127.0.0.1:9/f")) == "watch_unanswered"
    for wrong in ("ftp://a.example/", "http://user:pw@a.example/", "http:///x", "http://a.example:99999/", "x"):
        assert rule(fetcher().fetch(wrong)) == "watch_address"


def test_a_question_is_posted(site: Site) -> None:
    site.pages["/search"] = (200, {}, b"{}")
    assert isinstance(fetcher().fetch(f"{site.url}/search", Known(), b'{"query":"x"}'), Fetched)
    assert site.asked[-1][0] == "POST" and site.asked[-1][3] == b'{"query":"x"}'
