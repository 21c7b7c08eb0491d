"""Asking a source: conditionally, as its robots.txt allows, at its host's pace, under bounds, under our name.

The address was typed by somebody: it, and each redirect, is resolved once, refused unless the whole world may reach
it, and connected to as it was judged (`adapters.outward`).
"""

import time
import zlib
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from types import MappingProxyType
from typing import Any
from urllib.parse import urljoin, urlsplit

import msgspec
import structlog
import urllib3
from protego import Protego

from necmergitur.adapters.outward import Policy, cut_after, judged, pool_to
from necmergitur.adapters.watch.constants import (
    BODY_BYTES_MAX,
    FETCH_S_MAX,
    PACE_S,
    PACE_S_MAX,
    REDIRECTS_MAX,
    ROBOTS_BYTES_MAX,
    ROBOTS_KEPT,
    TEXT_BYTES_MAX,
    URL_CHARS_MAX,
)
from necmergitur.kernel.refusal import Refusal

log = structlog.get_logger(__name__)

PRODUCT = "NecMergitur-watch"  # RFC 9309 2.2.1: what a robots.txt names
_CHUNK = 65_536
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PORTS: Mapping[str, int] = MappingProxyType({"http": 80, "https": 443})


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What the last answer said of itself, so that the same one is not sent again."""

    etag: str = ""
    last_modified: str = ""


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """A body, unpacked, from where it was found in the end."""

    body: bytes
    url: str
    charset: str = ""
    known: Known = Known()


class Unchanged(msgspec.Struct, frozen=True):
    """It is as it was."""


class _Answer(msgspec.Struct, frozen=True):
    status: int
    headers: Mapping[str, str]
    body: bytes


class Fetcher:
    """Asks sources, one after the other. Remembers each host's rules and when it was last asked."""

    def __init__(
        self,
        clock: Callable[[], datetime],
        contact: str,
        policy: Policy = "public",
        *,
        pace_s: float = PACE_S,
        sleep: Callable[[float], None] = time.sleep,
        besides: str = "",
    ) -> None:
        """`contact`: an address that says who asks. `policy`: "private" lets addresses of this network be asked.

        `besides`: one loopback port ("http://127.0.0.1:14598") that may be asked whatever the policy, and without
        pause: a demonstration's own sources. Raises ValueError for any other kind of address.
        """
        self._besides = _loopback(besides) if besides else None
        self._clock, self._policy, self._pace_s, self._sleep = clock, policy, pace_s, sleep
        self._agent = f"{PRODUCT}/1 (+{contact})"
        self._rules: dict[str, tuple[Protego | None, datetime]] = {}
        self._asked: dict[str, datetime] = {}

    def fetch(
        self, url: str, known: Known | None = None, question: bytes | None = None
    ) -> Fetched | Unchanged | Refusal:
        """Fetch an address; with a `question`, by POST (an API that reads it)."""
        headers = {"Accept-Encoding": "gzip, deflate", "Accept": "*/*"}
        if known is not None and known.etag:
            headers["If-None-Match"] = known.etag
        if known is not None and known.last_modified:
            headers["If-Modified-Since"] = known.last_modified
        if question is not None:
            headers["Content-Type"] = "application/json"
        seen: set[str] = set()
        while True:
            seen.add(url)
            refused = self._may_ask(url)
            if refused is not None:
                return refused
            answer = self._ask(url, headers, BODY_BYTES_MAX, question)
            if isinstance(answer, Refusal):
                return answer
            if answer.status not in _REDIRECTS:
                return self._judge(answer, url)
            leads = _leads(url, answer)
            if isinstance(leads, Refusal):
                return leads
            url = leads
            if url in seen or len(seen) > REDIRECTS_MAX:
                return Refusal(rule="watch_redirects")

    def _judge(self, answer: _Answer, url: str) -> Fetched | Unchanged | Refusal:
        if answer.status == 304:  # noqa: PLR2004 -- HTTP's own number
            return Unchanged()
        if answer.status != 200:  # noqa: PLR2004
            return self._failed(answer)
        body = unpacked(answer.body, answer.headers.get("content-encoding", ""))
        if isinstance(body, Refusal):
            return body
        known = Known(
            etag=answer.headers.get("etag", "")[:300], last_modified=answer.headers.get("last-modified", "")[:60]
        )
        return Fetched(body=body, url=url, charset=_charset(answer.headers.get("content-type", "")), known=known)

    def _failed(self, answer: _Answer) -> Refusal:
        rule = "watch_gone" if answer.status == 410 else "watch_status"  # noqa: PLR2004
        later = _later(answer.headers.get("retry-after", ""), self._clock())
        return Refusal(rule=rule, until=later, facts={"status": str(answer.status)})

    def _may_ask(self, url: str) -> Refusal | None:
        """Return why an address is not asked; wait for its host's pace."""
        parts = urlsplit(url)
        host = f"{parts.scheme}://{parts.netloc.lower()}"
        kept = self._rules.get(host)
        if kept is None or self._clock() >= kept[1]:
            refused = _wrong(url)
            if refused is not None:
                return refused
            rules = self._read_rules(host)
            if isinstance(rules, Refusal):
                return rules
            kept = self._rules[host] = (rules, self._clock() + ROBOTS_KEPT)
        if kept[0] is not None and not kept[0].can_fetch(url, PRODUCT):
            return Refusal(rule="watch_robots")
        if self._besides is not None and parts.netloc == f"{self._besides[0]}:{self._besides[1]}":
            return None
        delay = (kept[0].crawl_delay(PRODUCT) if kept[0] is not None else None) or 0.0
        self._wait(host, min(max(self._pace_s, float(delay)), PACE_S_MAX))
        return None

    def _read_rules(self, host: str) -> Protego | Refusal | None:
        """Return a host's rules; None when it has none. A host that fails to say is not asked (RFC 9309 2.3.1.4)."""
        url = f"{host}/robots.txt"
        for _turn in range(REDIRECTS_MAX + 1):
            answer = self._ask(url, {}, ROBOTS_BYTES_MAX, cut=True)
            if isinstance(answer, Refusal):
                return answer
            if answer.status == 200:  # noqa: PLR2004 -- HTTP's own numbers
                return Protego.parse(answer.body.decode("utf-8", "replace"))
            if answer.status >= 500:  # noqa: PLR2004
                return Refusal(rule="watch_robots_unsaid", facts={"status": str(answer.status)})
            if answer.status not in _REDIRECTS:
                return None  # RFC 9309 2.3.1.3: there are none
            leads = _leads(url, answer)
            if isinstance(leads, Refusal):
                return leads
            url = leads
        return None  # 2.3.1.2: after five redirects, as if there were none

    def _wait(self, host: str, pace_s: float) -> None:
        now, last = self._clock(), self._asked.get(host)
        if last is not None and (left := pace_s - (now - last).total_seconds()) > 0:
            self._sleep(left)
        self._asked[host] = self._clock()

    def _ask(
        self, url: str, headers: Mapping[str, str], most: int, question: bytes | None = None, *, cut: bool = False
    ) -> _Answer | Refusal:
        """Ask once. `cut`: of a longer answer, its beginning counts."""
        refused = _wrong(url)
        if refused is not None:
            return refused
        parts = urlsplit(url)
        port = parts.port or _PORTS[parts.scheme]
        host = parts.hostname or ""
        # Compared as written: a name that resolves to loopback is none of the demonstration's.
        ours = parts.scheme == "http" and (host, port) == self._besides
        address = ip_address(host) if ours else judged(host, port, self._policy)
        if isinstance(address, Refusal):
            return address
        pool = pool_to(parts.scheme, str(address), port, host)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        sent = {"Host": parts.netloc, "User-Agent": self._agent, **headers}
        began = time.monotonic()
        try:
            with cut_after(pool, FETCH_S_MAX):
                answer: Any = pool.urlopen(
                    "GET" if question is None else "POST",
                    target,
                    body=question,
                    headers=sent,
                    redirect=False,
                    preload_content=False,
                    decode_content=False,
                )
                body = _read(answer, most, cut=cut or answer.status in _REDIRECTS)
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as wrong:
            log.info("watch_unanswered", host=host, why=type(wrong).__name__)
            return Refusal(rule="watch_unanswered", detail=type(wrong).__name__)
        finally:
            pool.close()
        if isinstance(body, Refusal):
            return body
        if time.monotonic() - began >= FETCH_S_MAX:  # cut: what came is no whole answer, though it looks like one
            return Refusal(rule="watch_slow")
        return _Answer(answer.status, {name.lower(): value for name, value in answer.headers.items()}, body)


def _read(answer: Any, most: int, *, cut: bool) -> bytes | Refusal:
    """Read no more than `most` bytes as they were sent."""
    length = answer.headers.get("Content-Length", "")
    if not cut and length.isdecimal() and int(length) > most:
        return Refusal(rule="watch_too_large")
    parts: list[bytes] = []
    size = 0
    while size <= most:
        part = answer.read(_CHUNK, decode_content=False)
        if not part:
            return b"".join(parts)
        parts.append(part)
        size += len(part)
    return b"".join(parts)[:most] if cut else Refusal(rule="watch_too_large")


def unpacked(body: bytes, coding: str, most: int = TEXT_BYTES_MAX) -> bytes | Refusal:
    """Undo a body's compression, never to more than `most` bytes: a bomb is refused before it bursts."""
    for one in reversed([part.strip().lower() for part in coding.split(",") if part.strip()]):
        if one == "identity":
            continue
        if one not in {"gzip", "x-gzip", "deflate"}:
            return Refusal(rule="watch_coding", facts={"coding": one[:20]})
        undone = _undone(body, one, most)
        if isinstance(undone, Refusal):
            return undone
        body = undone
    return body if len(body) <= most else Refusal(rule="watch_too_large")


def _undone(body: bytes, coding: str, most: int) -> bytes | Refusal:
    # RFC 9110 8.4.1.2: deflate is zlib's; some send it bare.
    windows = (31,) if coding != "deflate" else (15, -15)
    for window in windows:
        one = zlib.decompressobj(window)
        try:
            found = one.decompress(body, most + 1)
        except zlib.error:
            continue
        if len(found) > most:
            return Refusal(rule="watch_bomb")
        if not one.eof:
            return Refusal(rule="watch_malformed")
        return found
    return Refusal(rule="watch_malformed")


def _loopback(origin: str) -> tuple[str, int]:
    """Return the host and port of an address of this machine, by its number."""
    parts = urlsplit(origin)
    if parts.scheme != "http" or not parts.port or not ip_address(parts.hostname or "").is_loopback:
        raise ValueError(f"{origin} is no loopback address with a port")
    return parts.hostname or "", parts.port


def _leads(url: str, answer: _Answer) -> str | Refusal:
    """Return where a redirect leads."""
    try:
        return urljoin(url, answer.headers.get("location", ""))
    except ValueError:
        return Refusal(rule="watch_address")


def _wrong(url: str) -> Refusal | None:
    """Return why an address is no address of a source."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 -- reading it checks it
    except ValueError:
        return Refusal(rule="watch_address")
    if parts.scheme not in _PORTS or not parts.hostname or parts.username or parts.password:
        return Refusal(rule="watch_address")
    return (
        None
        if len(url) <= URL_CHARS_MAX * 4 and url.isprintable() and " " not in url
        else Refusal(rule="watch_address")
    )


def _charset(content_type: str) -> str:
    for part in content_type.split(";")[1:]:
        name, _, value = part.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip("\"'")[:40]
    return ""


def _later(given: str, now: datetime) -> datetime | None:
    """Return what Retry-After asks for (RFC 9110 10.2.3), no more than a week ahead."""
    week = now + timedelta(days=7)
    if given.isdecimal():
        return now + timedelta(seconds=int(given)) if len(given) <= 6 and int(given) < 604_800 else week  # noqa: PLR2004 -- a week
    try:
        return min(parsedate_to_datetime(given), week) if given else None
    except (ValueError, TypeError, OverflowError):
        return None
