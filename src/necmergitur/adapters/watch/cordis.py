"""Projects of CORDIS as it publishes them: CSV (by semicolons), JSON lists of the same names, and XML of projects."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any
from xml.etree.ElementTree import Element

from necmergitur.adapters.watch.constants import ENTRIES_MAX, SUMMARY_CHARS_MAX
from necmergitur.adapters.watch.entries import Entry, Reading, entry
from necmergitur.adapters.watch.texts import Records, Unreadable, child, found, inner, json_of, language_in, said

_FIELDS = frozenset({"id", "title"})
FIELD_CHARS_MAX = SUMMARY_CHARS_MAX * 10


def read(text: str, _url: str, now: datetime) -> Reading:
    """Read projects in whichever of the three forms. Raises Unreadable."""
    head = text.lstrip("\ufeff \r\n\t")[:1]
    if head == "<":
        return _xml(text, now)
    return _gather(_json(text) if head in {"{", "["} else _csv(text), now)


def _gather(rows: Iterable[Mapping[str, Any]], now: datetime) -> Reading:
    entries: list[Entry] = []
    cut = False
    try:
        for row in rows:
            made = _entry(row, now)
            if made is not None:
                entries.append(made)
            if len(entries) >= ENTRIES_MAX:
                cut = True
                break
    except csv.Error:
        if not entries:
            raise Unreadable("watch_malformed") from None
        cut = True
    return Reading(entries=tuple(entries), cut=cut)


def _csv(text: str) -> Iterator[Mapping[str, Any]]:
    csv.field_size_limit(FIELD_CHARS_MAX)
    first = text.split("\n", 1)[0]
    rows = csv.DictReader(io.StringIO(text), delimiter=";" if ";" in first else ",")
    if not set(rows.fieldnames or ()) >= _FIELDS:
        raise Unreadable("watch_not_cordis")
    yield from rows


def _json(text: str) -> Iterator[Mapping[str, Any]]:
    document = json_of(text)
    rows = document.get("projects", document.get("results")) if isinstance(document, dict) else document
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Unreadable("watch_not_cordis")
    if rows and not rows[0].keys() >= _FIELDS:
        raise Unreadable("watch_not_cordis")
    yield from rows


def _entry(row: Mapping[str, Any], now: datetime) -> Entry | None:
    number, acronym, title = (said(row.get(name)) for name in ("id", "acronym", "title"))
    return entry(
        now,
        title=f"{acronym}: {title}" if acronym and title else title,
        summary=said(row.get("objective")),
        url=f"https://cordis.europa.eu/project/id/{number}" if number.isascii() and number.isalnum() else "",
        organisation=said(row.get("coordinator")),
        country=said(row.get("coordinatorCountry")),
        language=said(row.get("language")) or "en",
        published=said(row.get("ecSignatureDate")) or said(row.get("startDate")),
        identifiers=(f"cordis:{number}" if number else "", said(row.get("grantDoi"))),
    )


def _xml(text: str, now: datetime) -> Reading:
    records = Records(text, frozenset({"project"}))
    entries: list[Entry] = []
    for one in records:
        row = {
            name: child(one, name) for name in ("id", "acronym", "title", "objective", "startDate", "ecSignatureDate")
        }
        row["language"] = child(one, "language") or language_in(one)
        row["grantDoi"] = inner(one, "grantDoi", "doi")
        row |= _coordinator(one)
        made = _entry(row, now)
        if made is not None:
            entries.append(made)
        if len(entries) >= ENTRIES_MAX:
            return Reading(entries=tuple(entries), cut=True)
    if not entries and records.root not in {"project", "response", "projects", "hits"}:
        raise Unreadable("watch_not_cordis")
    return Reading(entries=tuple(entries), cut=records.cut)


def _coordinator(project: Element) -> dict[str, str]:
    for one in found(project, "organization"):
        if one.get("type") == "coordinator":
            return {"coordinator": inner(one, "legalName"), "coordinatorCountry": inner(one, "country")}
    return {}
