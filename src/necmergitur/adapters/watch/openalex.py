"""Works of OpenAlex as JSON; abstracts come as an inverted index: each word with its places."""

from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from necmergitur.adapters.watch.constants import ABSTRACT_WORDS_MAX, ENTRIES_MAX
from necmergitur.adapters.watch.entries import Entry, Reading, entry
from necmergitur.adapters.watch.texts import Unreadable, json_of, part, said


def read(text: str, url: str, now: datetime) -> Reading:
    """Read a page of works. Raises Unreadable."""
    document = json_of(text)
    works = document.get("results") if isinstance(document, dict) else document
    if isinstance(document, dict) and "id" in document and works is None:
        works = [document]  # one work by its address
    if not isinstance(works, list):
        raise Unreadable("watch_not_openalex")
    entries = [made for one in works[:ENTRIES_MAX] if isinstance(one, dict) and (made := _entry(one, now))]
    cursor = said(part(document, "meta", "next_cursor"))
    following = _next(url, cursor) if cursor and works else ""
    return Reading(entries=tuple(entries), cut=len(works) > ENTRIES_MAX, following=following)


def address(url: str) -> str:
    """Return what is asked: with a cursor, so that all pages can follow."""
    return url if "cursor=" in url or "/works/" in url else _next(url, "*")


def _next(url: str, cursor: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query=urlencode(dict(parse_qsl(parts.query)) | {"cursor": cursor})))


def _entry(work: dict[str, Any], now: datetime) -> Entry | None:
    institution = next(
        (one for each in _list(work.get("authorships")) for one in _list(part(each, "institutions"))), None
    )
    doi, number = said(work.get("doi")), said(work.get("id"))
    return entry(
        now,
        title=said(work.get("title")) or said(work.get("display_name")),
        summary=abstract(work.get("abstract_inverted_index")),
        url=said(part(work, "primary_location", "landing_page_url")) or doi or number,
        organisation=said(part(institution, "display_name")),
        country=said(part(institution, "country_code")),
        language=said(work.get("language")),
        published=said(work.get("publication_date")),
        identifiers=(doi, number),
    )


def abstract(index: Any) -> str:
    """Return an abstract from its inverted index: words at their places; what is no place is left out."""
    if not isinstance(index, dict):
        return ""
    placed: dict[int, str] = {}
    for word, places in index.items():
        for place in _list(places):
            if isinstance(place, int) and 0 <= place < ABSTRACT_WORDS_MAX:
                placed[place] = word
    return " ".join(placed[place] for place in sorted(placed))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
