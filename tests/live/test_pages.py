"""The form from memory: the same bytes as rendered but for its number, whatever the browser understands."""

import gzip
import re
import time
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from necmergitur.people.crises import Crisis
from necmergitur.web.population import frame, state
from necmergitur.web.population.prerender import render_pages
from tests.live.serving import Live, serve_live
from tests.web.pages import City
from tests.web.population.opening import Opens

ONCE = re.compile(rb'name="once" value="([A-Za-z0-9_-]{22})"')
BYTES_MAX = 14 * 1024  # what one round trip of a fresh connection carries (RFC 6928: ten segments)


@pytest.fixture
def front(city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    """The live process over pages rendered ahead, with the keys of its own home."""
    render_pages(tmp_path)
    from necmergitur.adapters.crisis_keys import KeyFiles

    monkeypatch.setattr(state, "KEYS", KeyFiles(tmp_path))
    with serve_live(city.url, home=tmp_path) as running:
        yield running


def fetched(live: Live, path: str, **headers: str) -> tuple[dict[str, str], bytes]:
    asked = {name.replace("_", "-"): value for name, value in headers.items()}
    with live.open(path, **asked) as answer:
        assert answer.status == 200
        return {name.lower(): value for name, value in answer.getheaders()}, answer.read()


def once_known(live: Live, path: str, words: bytes) -> bytes:
    """Wait until the live process has looked again."""
    deadline = time.monotonic() + 10
    while words not in (body := fetched(live, path)[1]):
        assert time.monotonic() < deadline, body
        time.sleep(0.1)
    return body


def test_the_page_is_whole_in_one_round_trip_and_gzip_reads_what_plain_says(front: Live, opened: Opens) -> None:
    opened(name="Halles & <Châtelet>")
    plain = once_known(front, "/safe?lang=fr", "Halles &amp; &lt;Châtelet&gt;".encode())
    headers, zipped = fetched(front, "/safe?lang=fr", Accept_Encoding="gzip, br")
    assert headers["content-encoding"] == "gzip"
    assert len(zipped) < BYTES_MAX
    assert len(gzip.compress(plain)) < BYTES_MAX
    unzipped = gzip.decompress(zipped)  # checks its checksum and its length
    assert ONCE.sub(b"", unzipped) == ONCE.sub(b"", plain)
    assert ONCE.search(unzipped)[1] != ONCE.search(plain)[1]
    assert b"[[" not in unzipped
    assert b"src=" not in unzipped and b"stylesheet" not in unzipped, "nothing else to fetch"
    assert headers["content-security-policy"] == frame.policy()


def test_the_language_is_the_addresss_then_the_readers_then_the_browsers(front: Live) -> None:
    def language(path: str, **headers: str) -> str:
        return fetched(front, path, **headers)[0]["content-language"]

    assert language("/safe") == "fr"
    assert language("/safe", Accept_Language="de, en-GB;q=0.8, fr;q=0.3") == "en"
    assert language("/safe", Accept_Language="en;q=x, *") == "fr"
    assert language("/safe", Accept_Language="en", Cookie="nec_language=fr") == "fr"
    assert language("/safe?lang=en", Cookie="nec_language=fr") == "en"
    assert language("/safe?lang=tlh", Accept_Language="en") == "en"


def test_text_and_contrast_are_as_the_reader_chose_on_the_first_page(front: Live) -> None:
    def html(cookies: str) -> str:
        body = fetched(front, "/safe?lang=en", Cookie=cookies)[1].decode()
        return body[body.index("<html") : body.index(">", body.index("<html")) + 1]

    plain = '<html lang="en" dir="ltr"'
    assert html("") == html('nec_text=usual; nec_contrast="><script>') == f"{plain}>"
    assert html("nec_text=large") == f'{plain} data-text="large">'
    assert html("a=b; nec_contrast=more; nec_text=large") == f'{plain} data-text="large" data-contrast="more">'


def test_each_state_has_its_page(front: Live, opened: Opens) -> None:
    none = fetched(front, "/safe?lang=en")[1]
    assert b"No crisis is open now" in none and b"<form" not in none
    opened(drill=True)
    drill = once_known(front, "/drill/safe?lang=en", b"Halles")
    assert b"This is a drill" in drill and b'action="/drill/safe"' in drill
    assert b"No crisis is open now" in fetched(front, "/safe?lang=en")[1]
    real = opened()
    assert isinstance(real, Crisis)
    assert b"This is a drill" not in once_known(front, "/safe/?lang=en", b"Halles")


def test_a_head_has_headers_and_no_body(front: Live) -> None:
    with urllib.request.urlopen(urllib.request.Request(front.url + "/safe", method="HEAD")) as answer:
        assert int(answer.headers["content-length"]) > 500 and answer.read() == b""


def test_a_name_that_looks_like_a_mark_changes_nothing(front: Live, opened: Opens) -> None:
    opened(name="[[once]] [[days]]")
    body = once_known(front, "/safe?lang=en", b"[[once]] [[days]]: say how you are")
    assert len(ONCE.findall(body)) == 1 and b"erased 7 days after" in body


def test_what_is_kept_for_a_day_or_less_is_said_so(front: Live, opened: Opens) -> None:
    opened(drill=True, kept=timedelta(seconds=10))
    body = once_known(front, "/drill/safe?lang=fr", b"Halles")
    assert "dans la journée".encode() in body
    assert b"[[" not in body and b"jours" not in body
