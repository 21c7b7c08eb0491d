"""The form that says how one is, from memory: rendered ahead, compressed ahead, with a number of its own each time.

A crowd asks for it in the same minute. What differs from one answer to the next is 22 characters, put as a stored
block between two compressed halves (RFC 1951, 3.2.4), so that one answer costs a checksum and a copy.
"""

import base64
import hashlib
import html
import os
import re
import zlib
from pathlib import Path
from typing import NamedTuple

from necmergitur.live.http import cookie, header
from necmergitur.live.parts import Scope, Send
from necmergitur.people.crises import Crisis

FOLDER = "pages"  # in NEC_HOME, where `nec prepare` writes
ONCE, CRISIS, DAYS, LOOK = b"[[once]]", b"[[crisis]]", b"[[days]]", b"[[look]]"
# What is said of one day, and of more.
_DAY_OR_MORE = re.compile(rb"\[\[day\]\](.*?)\[\[more\]\](.*?)\[\[end\]\]", re.DOTALL)
ONCE_BYTES, ONCE_CHARS = 16, 22
DAY_S = 86_400
LANGUAGE_COOKIE = "nec_language"
# What a reader chose on the first page (`web.portal.context`): the cookie as it is sent, and what it makes of the page.
LOOKS = ((b"nec_text=large", b' data-text="large"'), (b"nec_contrast=more", b' data-contrast="more"'))
LANGUAGE_BYTES_MAX = 200  # ours: a browser names a handful
# RFC 1952: deflate, no name, no time, unknown system.
_GZIP_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_STORED = b"\x00" + ONCE_CHARS.to_bytes(2, "little") + (ONCE_CHARS ^ 0xFFFF).to_bytes(2, "little")


class Page(NamedTuple):
    """One page in two halves, plain and compressed, and the headers it is sent with. `once`: it has a number inside."""

    before: bytes
    after: bytes
    head: bytes
    tail: bytes
    crc: int
    once: bool
    headers: list[tuple[bytes, bytes]]

    def plain(self, once: bytes) -> bytes:
        """Return the whole page."""
        return self.before + once + self.after

    def gzipped(self, once: bytes) -> bytes:
        """Return the whole page as one gzip member."""
        crc = zlib.crc32(self.after, zlib.crc32(once, self.crc)) if self.once else self.crc
        length = len(self.before) + len(once) + len(self.after)
        stored = _STORED + once if self.once else b""
        return b"".join((self.head, stored, self.tail, crc.to_bytes(4, "little"), length.to_bytes(4, "little")))


class SafePages:
    """`GET /safe` and `GET /drill/safe`."""

    def __init__(self, home: Path) -> None:
        """Read the pages that `nec prepare` wrote under `home`; without them, the page server shows the form."""
        self._sources = _read(home / FOLDER)
        self._languages = tuple(dict.fromkeys(language for language, _state in self._sources))
        self._made: dict[tuple[str, str, str, int, bytes], Page] = {}

    async def get(self, scope: Scope, send: Send, crisis: Crisis | None, *, drill: bool) -> bool:
        """Answer with the form, or that nothing is open; False when no page was rendered ahead."""
        if not self._languages:
            return False
        page = self._page(self._language(scope), crisis, _look(scope), drill=drill)
        if page is None:
            return False
        once = base64.urlsafe_b64encode(os.urandom(ONCE_BYTES))[:ONCE_CHARS] if page.once else b""
        zipped = b"gzip" in _accepted(scope)
        body = page.gzipped(once) if zipped else page.plain(once)
        headers = [*page.headers, (b"content-length", b"%d" % len(body))]
        if zipped:
            headers.append((b"content-encoding", b"gzip"))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
        return True

    def _page(self, language: str, crisis: Crisis | None, look: bytes, *, drill: bool) -> Page | None:
        state = ("drill" if drill else "open") if crisis is not None else ("none-drill" if drill else "none")
        name, kept_s = ("", 0) if crisis is None else (crisis.name, crisis.kept_s)
        found = self._made.get((language, state, name, kept_s, look))
        if found is not None:
            return found
        source = self._sources.get((language, state))
        if source is None:
            return None
        self._made = {known: page for known, page in self._made.items() if known[1] != state or known[2] == name}
        made = _made(source.replace(LOOK, look, 1), language, name, kept_s)
        self._made[language, state, name, kept_s, look] = made
        return made

    def _language(self, scope: Scope) -> str:
        """Return the language to answer in: what the address asks for, what was chosen, what the browser prefers."""
        query: bytes = scope["query_string"]
        for part in query.split(b"&"):
            wanted = part.removeprefix(b"lang=").decode("latin-1")
            if wanted in self._languages:
                return wanted
        chosen = cookie(scope, LANGUAGE_COOKIE)
        return chosen if chosen in self._languages else _preferred(header(scope, b"accept-language"), self._languages)


def _look(scope: Scope) -> bytes:
    sent = next((value for name, value in scope["headers"] if name == b"cookie"), b"")
    return b"".join(look for chosen, look in LOOKS if chosen in sent) if sent else b""


def _accepted(scope: Scope) -> bytes:
    return next((value for name, value in scope["headers"] if name == b"accept-encoding"), b"")


def _preferred(accepted: str, languages: tuple[str, ...]) -> str:
    """Return the language a browser prefers among these (RFC 9110, 12.5.4); the first one when it says nothing."""
    best, weight = languages[0], 0.0
    for part in accepted[:LANGUAGE_BYTES_MAX].split(","):
        name, _, quality = part.strip().partition(";q=")
        try:
            of = float(quality) if quality else 1.0
        except ValueError:
            continue
        language = name.partition("-")[0].lower()
        if language in languages and of > weight:
            best, weight = language, of
    return best


def _read(folder: Path) -> dict[tuple[str, str], bytes]:
    """Return the pages by language and state; French first, as everywhere."""
    found: dict[tuple[str, str], bytes] = {}
    for path in sorted(folder.glob("safe.*.html"), key=lambda one: (not one.name.startswith("safe.fr."), one.name)):
        _, language, state, _ = path.name.split(".")
        found[language, state] = path.read_bytes()
    return found


def _made(source: bytes, language: str, name: str, kept_s: int) -> Page:
    """Fill in what is the same for everybody, and compress both halves. What a name holds is never read as a mark."""
    days = b"%d" % max(1, round(kept_s / DAY_S))
    source = _DAY_OR_MORE.sub(rb"\1" if days == b"1" else rb"\2", source)
    shown = html.escape(name).encode()
    before, mark, after = source.partition(ONCE)
    before, after = (part.replace(DAYS, days).replace(CRISIS, shown) for part in (before, after))
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    # A full flush ends on a byte, and what follows refers to nothing before it: the number may be any.
    head = _GZIP_HEAD + deflate.compress(before) + deflate.flush(zlib.Z_FULL_FLUSH)
    tail = deflate.compress(after) + deflate.flush(zlib.Z_FINISH)
    return Page(before, after, head, tail, zlib.crc32(before), bool(mark), _headers(source, language))


def _headers(source: bytes, language: str) -> list[tuple[bytes, bytes]]:
    """Return headers as the page server sends them, and a policy that lets in the page's own style alone."""
    style = source.partition(b"<style>")[2].partition(b"</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style).digest())
    return [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-language", language.encode()),
        # Kept by the browser it was sent to, so that going back after a lost connection finds what was typed.
        (b"cache-control", b"private, no-cache"),
        (b"vary", b"accept-language, accept-encoding, cookie"),
        (b"x-content-type-options", b"nosniff"),
        (b"x-frame-options", b"DENY"),
        (b"referrer-policy", b"no-referrer"),
        (b"x-robots-tag", b"noindex"),
        (b"cross-origin-opener-policy", b"same-origin"),
        (
            b"content-security-policy",
            b"default-src 'none'; style-src 'sha256-" + digest + b"'; img-src data:; form-action 'self'; "
            b"base-uri 'none'; frame-ancestors 'none'",
        ),
    ]
