"""Web pages: title, description, main text. News is what a page says that it did not say before.

A clock, a counter, a menu, a banner or a new advertisement makes no news: short parts and those of the page's frame
are not read, figures are not compared, and only what is new, of some length, counts.
"""

import hashlib
import re
from collections.abc import Collection
from datetime import datetime
from html.parser import HTMLParser

import msgspec

from necmergitur.adapters.watch.constants import BLOCK_CHARS_MIN, BLOCKS_MAX, NEWS_CHARS_MIN, SUMMARY_CHARS_MAX
from necmergitur.adapters.watch.entries import Entry, Reading, entry, plain
from necmergitur.adapters.watch.texts import Unreadable

_FRAME = frozenset({"nav", "header", "footer", "aside", "form", "menu", "dialog"})
_SILENT = frozenset(["script", "style", "template", "noscript", "svg", "time", "button", "select", "iframe", "object"])
_BLOCKS = frozenset(
    [
        "p",
        "div",
        "section",
        "article",
        "main",
        "li",
        "td",
        "th",
        "dd",
        "dt",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "blockquote",
        "pre",
        "ul",
        "ol",
        "table",
        "tr",
        "figcaption",
        "body",
    ]
)
_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)


class _Page(HTMLParser):
    """Gathers the parts of a page that are neither its frame nor its works."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title, self.description, self.language = "", "", ""
        self.blocks: list[str] = []
        self.main: list[str] = []
        self._text: list[str] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.language = told.get("lang", "")
        if tag == "meta" and (told.get("name") or told.get("property", "")).lower() in {
            "description",
            "og:description",
        }:
            self.description = self.description or told.get("content", "")
        if tag in _BLOCKS:
            self._close_block()
        if tag not in _VOID and len(self._open) < 500:  # noqa: PLR2004 -- a bound against endless nesting
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self._close_block()
        if tag in self._open[-50:]:  # what was never closed is closed with it
            while self._open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if "title" in self._open[-1:] and "head" in self._open:
            self.title += data
        elif not _SILENT.intersection(self._open) and not _FRAME.intersection(self._open):
            self._text.append(data)

    def close(self) -> None:
        super().close()
        self._close_block()

    def _close_block(self) -> None:
        text = plain(" ".join(self._text).replace("<", " "), SUMMARY_CHARS_MAX)
        self._text = []
        if len(text) >= BLOCK_CHARS_MIN and len(self.blocks) < BLOCKS_MAX:
            self.blocks.append(text)
            if "main" in self._open or "article" in self._open:
                self.main.append(text)


def read(text: str, url: str, now: datetime, known: Collection[str] = ()) -> Reading:
    """Read a page beside what it said before. Raises Unreadable."""
    page = _Page()
    page.feed(text)
    page.close()
    blocks = list(dict.fromkeys(page.main or page.blocks))
    if not page.title.strip() and not blocks:
        raise Unreadable("watch_not_page")
    marks = {_mark(block): block for block in blocks}
    fresh = [block for mark, block in marks.items() if mark not in known]
    # What was there once and comes back is no news either: marks are kept, the latest first.
    memory = tuple(dict.fromkeys((*marks, *known)))[:BLOCKS_MAX]
    if known and sum(map(len, fresh)) < NEWS_CHARS_MIN:
        return Reading(memory=memory)
    summary = " ".join(fresh) if known else " ".join((page.description, *blocks))
    digest = hashlib.sha256("\n".join(map(_mark, fresh or blocks)).encode()).hexdigest()[:32]
    made = entry(now, title=page.title, summary=summary, language=page.language, identifiers=(f"page:{digest}",))
    if made is None:
        return Reading(memory=memory)
    return Reading(entries=(_at(made, url, now),), memory=memory)


def _at(made: Entry, url: str, now: datetime) -> Entry:
    """Return the entry with its page's address: that is where it is read, and no name of this one piece of news."""
    return msgspec.structs.replace(made, url=url, published=now)


def _mark(block: str) -> str:
    """Return a short name of what a block says, whatever its figures: a date in it makes no other block."""
    said = re.sub(r"[\W\d_]+", " ", block.casefold()).strip()
    return hashlib.sha256(said.encode()).hexdigest()[:16]
