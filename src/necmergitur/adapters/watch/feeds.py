"""RSS 2.0 and 0.9x, RSS 1.0 (RDF) and Atom, whatever they mix.

Read here and not by feedparser: it holds a whole tree and mends silently what we want to be told of, and bounds
nothing (6.0, 2025). Ours streams, stops at bounds and keeps what came before a break.
"""

import re
from datetime import datetime
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

from necmergitur.adapters.watch.constants import ENTRIES_MAX
from necmergitur.adapters.watch.entries import Entry, Reading, entry
from necmergitur.adapters.watch.texts import Records, Unreadable, child, language_in, local

ROOTS = frozenset({"rss", "RDF", "feed", "channel"})
# An Atom feed's own title and language come before its entries; RSS has them in its channel.
_ASIDE = frozenset({"language", "title"})


def read(text: str, url: str, now: datetime) -> Reading:
    """Read a feed. Raises Unreadable."""
    records = Records(text, frozenset({"item", "entry"}), _ASIDE)
    entries: list[Entry] = []
    for one in records:
        if records.root not in ROOTS:
            raise Unreadable("watch_not_feed")
        made = _entry(one, url, now, records.aside.get("language", ""))
        if made is not None:
            entries.append(made)
        if len(entries) >= ENTRIES_MAX:
            return Reading(entries=tuple(entries), cut=True)
    if records.root not in ROOTS:
        raise Unreadable("watch_not_feed")
    return Reading(entries=tuple(entries), cut=records.cut)


def _entry(one: Element, base: str, now: datetime, language: str) -> Entry | None:
    return entry(
        now,
        base,
        title=child(one, "title"),
        summary=child(one, "encoded", "description", "summary", "content"),
        url=_link(one),
        organisation=child(one, "publisher"),
        language=language_in(one) or child(one, "language") or language,
        published=child(one, "published", "pubDate", "date", "issued", "updated", "modified"),
        identifiers=(*(_of_all(base, each) for each in _all(one, "guid", "id", "identifier")), one.get(_ABOUT, "")),
    )


def _of_all(base: str, given: str) -> str:
    """Return an identifier that is one among all sources: a bare number is only of its feed."""
    is_of_all = _SCHEME.match(given) or _DOI.match(given)
    return given if is_of_all or not given else f"guid:{urlsplit(base).netloc.lower()}{urlsplit(base).path} {given}"


_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S")  # of a URI (RFC 3986): tag:, urn:, https:
_DOI = re.compile(r"10\.\d{4,9}/\S")
_ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"


def _all(one: Element, *names: str) -> list[str]:
    return [each.text.strip() for each in one if local(each) in names and each.text]


def _link(one: Element) -> str:
    """Return where an entry is read: Atom's alternate, RSS's link, else a guid that is an address."""
    links = [each for each in one if local(each) == "link"]
    for each in links:
        if each.get("href") and each.get("rel", "alternate") == "alternate":
            return each.get("href", "")
    for each in links:
        if each.text and each.text.strip():
            return each.text.strip()
    guid = child(one, "guid")
    return guid if guid.startswith(("http://", "https://")) else ""
