"""Works of OpenAlex as JSON; abstracts come as an inverted index: each word with its places.

A search is asked newest first, page by page: a cursor wants a key. Whoever has one writes it, and `cursor=*`, into the
address.
"""

from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from necmergitur.adapters.watch.constants import ABSTRACT_WORDS_MAX, ENTRIES_MAX
from necmergitur.adapters.watch.entries import Entry, Reading, entry
from necmergitur.adapters.watch.texts import Unreadable, json_of, part, said

PAGE = 100  # the API's own limit
WITHOUT_KEY_MAX = 10_000  # the API's own limit of what pages reach
DIGITS_MAX = 12  # ours: more is no count of works
NEWEST = "publication_date:desc"


def read(text: str, url: str, now: datetime) -> Reading:
    """Read a page of works. Raises Unreadable."""
    document = json_of(text)
    works = document.get("results") if isinstance(document, dict) else document
    if isinstance(document, dict) and "id" in document and works is None:
        works = [document]  # one work by its address
    if not isinstance(works, list):
        raise Unreadable("watch_not_openalex")
    entries = [made for one in works[:ENTRIES_MAX] if isinstance(one, dict) and (made := _entry(one, now))]
    following = _following(url, part(document, "meta")) if works else ""
    return Reading(entries=tuple(entries), cut=len(works) > ENTRIES_MAX, following=following)


def address(url: str) -> str:
    """Return what is asked: the newest first, unless the address says otherwise, so that what is new is never last."""
    if "/works/" in url:
        return url
    asked = dict(parse_qsl(urlsplit(url).query))
    size = {} if {"per_page", "per-page"} & asked.keys() else {"per_page": str(PAGE)}
    turned = {} if {"page", "cursor"} & asked.keys() else {"page": "1"}
    return _with(url, {"sort": asked.get("sort", NEWEST)} | size | turned)


def is_newest_first(url: str) -> bool:
    """Return whether what a page and all after it hold is older than what came before."""
    return ("sort", NEWEST) in parse_qsl(urlsplit(url).query)


def _following(url: str, meta: Any) -> str:
    """Return the address of the next page, "" after the last one."""
    asked = dict(parse_qsl(urlsplit(url).query))
    if "cursor" in asked:
        cursor = said(part(meta, "next_cursor"))
        return _with(url, {"cursor": cursor}) if cursor else ""
    page = _number(part(meta, "page")) or _number(asked.get("page"))
    size = _number(part(meta, "per_page")) or _number(asked.get("per_page", asked.get("per-page")))
    known = min(_number(part(meta, "count")), WITHOUT_KEY_MAX)
    return _with(url, {"page": str(page + 1)}) if page and page * size < known else ""


def _number(value: Any) -> int:
    digits = said(value) if not isinstance(value, int) else str(value)
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) <= DIGITS_MAX else 0


def _with(url: str, changes: dict[str, str]) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query=urlencode(dict(parse_qsl(parts.query)) | changes)))


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
