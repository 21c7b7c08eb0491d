"""Bodies, names and answers made to hold a reader, to break it, or to lead it inwards."""

import time
from typing import Any

import pytest

from necmergitur.adapters import outward
from necmergitur.adapters.watch import apart
from necmergitur.adapters.watch.constants import IDENTIFIER_CHARS_MAX
from necmergitur.adapters.watch.reading import Format, read
from necmergitur.adapters.watch.texts import text_of
from necmergitur.kernel.refusal import Refusal
from tests.adapters.watch.sites import Hours, Site
from tests.adapters.watch.test_fetching import fetcher, rule, site  # noqa: F401 -- a fixture
from tests.adapters.watch.test_reading import FEEDS, NOW, reading

URL = "https://source.example/f"
RSS = "<rss><channel><item><title>One</title></item>{}</channel></rss>"


@pytest.mark.parametrize(
    ("what", "body"),
    [
        pytest.param(Format.PAGE, b"<a " * 400_000, id="tags that never close"),
        pytest.param(Format.FEED, RSS.format(f"<!--{'x' * 60_000_000}-->").encode(), id="one comment of 60 MB"),
        pytest.param(Format.OPENALEX, b'{"results":[' + b"[]," * 16_000_000 + b"[]]}", id="lists of nothing"),
    ],
)
def test_a_body_made_to_hold_its_reader_is_given_up_in_a_process_of_its_own(
    what: Format, body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apart, "CHILD_S_MAX", 5.0)
    found = apart.read(what, body, URL, NOW)
    assert isinstance(found, Refusal) and found.rule == "watch_heavy"


def test_what_is_read_apart_is_what_is_read_here() -> None:
    for name, what in (("rss.xml", Format.FEED), ("page.html", Format.PAGE), ("ted.json", Format.TED)):
        body = (FEEDS / name).read_bytes()
        assert apart.read(what, body, URL, NOW) == read(what, body, URL, NOW)
    assert apart.read(Format.FEED, b"", URL, NOW) == Refusal(rule="watch_empty")
    assert apart.read(Format.FEED, b"no", URL, NOW) == read(Format.FEED, b"no", URL, NOW)


def test_a_charset_that_is_none_is_not_tried() -> None:
    began = time.monotonic()
    assert len(text_of(b"9a" * 100_000, "punycode")) == 200_000  # Python's codec of that name takes ten seconds
    assert time.monotonic() - began < 1
    page = b"<title>\\ud800 a title</title><p>" + b"what no database keeps: \\ud800 " * 5
    assert reading(Format.PAGE, page, charset="unicode_escape").entries[0].title.isprintable()


def test_nothing_is_read_that_no_row_could_hold() -> None:
    work = b'{"title": "T", "id": "W1", "primary_location": {"landing_page_url": "http://a.example/\\u0000x"}}'
    kept = reading(Format.OPENALEX, b'{"results": [' + work + b"]}").entries[0]
    assert "\0" not in kept.url + "".join(kept.identifiers)
    longer = f"<item><title>Two</title><link>http://{'İ' * 480}/</link></item>"  # in small letters twice as long
    named = reading(Format.FEED, RSS.format(longer).encode()).entries[1]
    assert all(len(one) <= 2 * IDENTIFIER_CHARS_MAX for one in named.identifiers)
    token = b'{"results": [{"title": "T"}], "meta": {"next_cursor": "' + b"c" * 30_000 + b'"}}'
    endless = reading(Format.OPENALEX, token, url="https://api.openalex.org/works?cursor=%2A")
    assert (endless.following, endless.cut) == ("", True)


@pytest.mark.parametrize("leads", ["http://[::1", "http://[x]/", "//[", f"http://{'a' * 70}.example/", "http://a..b/"])
def test_a_redirect_to_what_is_no_address_is_refused(site: Site, leads: str) -> None:  # noqa: F811 -- the fixture
    site.pages["/f"] = (302, {"Location": leads}, b"")
    assert rule(fetcher().fetch(f"{site.url}/f")) in {"watch_address", "host_unknown"}
    site.pages["/robots.txt"] = (302, {"Location": leads}, b"")
    assert rule(fetcher().fetch(f"{site.url}/g")) in {"watch_address", "host_unknown"}


@pytest.mark.parametrize("later", ["1" * 5_000, "Wed, 21 Oct 2015 07:28:00 +99999999999999999999", "٣" * 900])
def test_a_date_to_come_back_that_is_none_is_a_week_at_most(site: Site, later: str) -> None:  # noqa: F811
    hours = Hours()
    site.pages["/busy"] = (503, {"Retry-After": later.encode().decode("latin-1")}, b"")
    found = fetcher(hours).fetch(f"{site.url}/busy")
    assert isinstance(found, Refusal) and found.rule == "watch_status"
    assert found.until is None or (found.until - hours.at).days <= 7


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("64:ff9b::7f00:1", id="loopback, through a translator"),
        pytest.param("64:ff9b::a9fe:a9fe", id="a cloud's own data, through a translator"),
        pytest.param("64:ff9b:1::a00:1", id="a network's own translator"),
        pytest.param("::7f00:1", id="loopback, as was written once"),
        pytest.param("fec0::1", id="a site's own"),
        pytest.param("192.0.0.8", id="a protocol's own"),
        pytest.param("2002:7f00:1::", id="loopback, by 6to4"),
        pytest.param("::ffff:127.0.0.1", id="loopback, mapped"),
    ],
)
def test_no_other_way_of_writing_leads_inwards(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(_host: str, port: int, **_more: Any) -> list[Any]:
        return [(0, 1, 6, "", (address, port))]

    monkeypatch.setattr(outward.socket, "getaddrinfo", resolve)
    found = outward.judged("source.example", 80, "public")
    assert isinstance(found, Refusal) and found.rule == "address_not_allowed"
    address = "64:ff9b::101:101"  # what the whole world may reach it may reach through a translator too
    assert not isinstance(outward.judged("source.example", 80, "public"), Refusal)
