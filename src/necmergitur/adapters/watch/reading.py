"""Any source's body, by its format."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

import msgspec

from necmergitur.adapters.watch import cordis, feeds, oai, openalex, pages, patents, ted
from necmergitur.adapters.watch.constants import FOLLOWING_CHARS_MAX
from necmergitur.adapters.watch.entries import Reading
from necmergitur.adapters.watch.languages import detect
from necmergitur.adapters.watch.texts import Unreadable, text_of
from necmergitur.kernel.refusal import Refusal


class Format(StrEnum):
    """What a source may be."""

    FEED = "feed"
    OAI = "oai"
    OPENALEX = "openalex"
    CORDIS = "cordis"
    TED = "ted"
    PATENTS = "patents"
    PAGE = "page"


_READERS: Mapping[Format, Callable[[str, str, datetime], Reading]] = MappingProxyType(
    {
        Format.FEED: feeds.read,
        Format.OAI: oai.read,
        Format.OPENALEX: openalex.read,
        Format.CORDIS: cordis.read,
        Format.TED: ted.read,
        Format.PATENTS: patents.read,
    }
)


def read(
    what: Format, body: bytes, url: str, now: datetime, *, charset: str = "", known: Collection[str] = ()
) -> Reading | Refusal:
    """Return what a body holds, each entry with its language where it can be told; or why nothing could be read."""
    text = text_of(body, charset)
    if not text.strip():
        return Refusal(rule="watch_empty")
    try:
        found = pages.read(text, url, now, known) if what is Format.PAGE else _READERS[what](text, url, now)
    except Unreadable as wrong:
        return Refusal(rule=str(wrong))
    entries = tuple(
        one if one.language else msgspec.structs.replace(one, language=detect(f"{one.title} {one.summary}"))
        for one in found.entries
    )
    if len(found.following) > FOLLOWING_CHARS_MAX:  # no next page is asked with so much
        found = msgspec.structs.replace(found, following="", cut=True)
    return msgspec.structs.replace(found, entries=entries)
