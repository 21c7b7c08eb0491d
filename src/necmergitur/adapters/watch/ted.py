"""Public contracts of Europe: eForms notices (UBL 2.3 XML), and the answers of TED's search API (JSON, version 3)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from xml.etree.ElementTree import Element

import msgspec

from necmergitur.adapters.watch.constants import ENTRIES_MAX
from necmergitur.adapters.watch.entries import Entry, Reading, entry
from necmergitur.adapters.watch.texts import Records, Unreadable, child, found, inner, json_of, local, part, said

NOTICES = frozenset({"ContractNotice", "PriorInformationNotice", "ContractAwardNotice"})
LANGUAGES = ("fra", "eng")  # ours: what is read first of a notice in twenty-four
FIELDS = (
    "publication-number",
    "notice-title",
    "buyer-name",
    "buyer-country",
    "publication-date",
    "description-lot",
    "links",
)
PAGE = 100  # the API's own limit is 250


def question(query: str, token: str = "") -> bytes:
    """Return what is asked of the search API, in its expert query language."""
    asked: dict[str, Any] = {"query": query, "fields": FIELDS, "limit": PAGE, "paginationMode": "ITERATION"}
    if token:
        asked["iterationNextToken"] = token
    return msgspec.json.encode(asked)


def read(text: str, _url: str, now: datetime) -> Reading:
    """Read one notice, several in one document, or a page of answers. Raises Unreadable."""
    return _xml(text, now) if text.lstrip("\ufeff \r\n\t").startswith("<") else _json(text, now)


def _json(text: str, now: datetime) -> Reading:
    document = json_of(text)
    notices = document.get("notices") if isinstance(document, dict) else None
    if not isinstance(notices, list):
        raise Unreadable("watch_not_ted")
    entries = [made for one in notices[:ENTRIES_MAX] if isinstance(one, dict) and (made := _answer(one, now))]
    token = said(document.get("iterationNextToken")) if notices else ""
    return Reading(entries=tuple(entries), cut=len(notices) > ENTRIES_MAX, following=token)


def _answer(one: dict[str, Any], now: datetime) -> Entry | None:
    language, title = _in_a_language(one.get("notice-title"))
    number = said(one.get("publication-number"))
    _, buyer = _in_a_language(one.get("buyer-name"), language)
    _, lots = _in_a_language(one.get("description-lot"), language)
    _, link = _in_a_language(part(one, "links", "html"), language.upper())
    return entry(
        now,
        title=title,
        summary=lots,
        url=link or (f"https://ted.europa.eu/en/notice/-/detail/{number}" if number else ""),
        organisation=buyer,
        country=said(one.get("buyer-country")),
        language=language,
        published=said(one.get("publication-date")),
        identifiers=(f"ted:{number}" if number else "",),
    )


def _in_a_language(value: Any, first: str = "") -> tuple[str, str]:
    """Return a text of several languages in one we read, else in any; its language beside it."""
    if isinstance(value, dict):
        for name in (first, *LANGUAGES, *(one.upper() for one in LANGUAGES), *value):
            if text := said(value.get(name)):
                return name.lower(), text
        return "", ""
    return "", said(value)


def _xml(text: str, now: datetime) -> Reading:
    records = Records(text, NOTICES)
    entries: list[Entry] = []
    for one in records:
        made = _notice(one, now)
        if made is not None:
            entries.append(made)
        if len(entries) >= ENTRIES_MAX:
            return Reading(entries=tuple(entries), cut=True)
    if not entries and not records.cut:
        raise Unreadable("watch_not_ted")
    return Reading(entries=tuple(entries), cut=records.cut)


def _notice(one: Element, now: datetime) -> Entry | None:
    project = _first(one, "ProcurementProject")
    if project is None:
        return None
    number = inner(one, "NoticePublicationID")
    organisation, country = _buyer(one)
    lots = [_first(lot, "ProcurementProject") for lot in one if local(lot) == "ProcurementProjectLot"]
    said_of = [child(each, "Description") for each in (project, *lots) if each is not None]
    return entry(
        now,
        title=_chosen(project, "Name"),
        summary=" ".join(dict.fromkeys(filter(None, said_of))),
        url=f"https://ted.europa.eu/en/notice/-/detail/{number}" if number else "",
        organisation=organisation,
        country=country,
        language=child(one, "NoticeLanguageCode"),
        published=inner(one, "PublicationDate") or child(one, "IssueDate"),
        identifiers=(f"ted:{number}" if number else "", child(one, "ID")),
    )


def _first(one: Element, name: str) -> Element | None:
    return next((each for each in one if local(each) == name), None)


def _chosen(project: Element, name: str) -> str:
    told = {each.get("languageID", "").lower(): (each.text or "").strip() for each in project if local(each) == name}
    return next((told[one] for one in LANGUAGES if told.get(one)), next(iter(told.values()), ""))


def _buyer(one: Element) -> tuple[str, str]:
    """Return the buyer's name and country: the party names an organisation by its number, further up in the notice."""
    party = _first(one, "ContractingParty")
    wanted = inner(party, "ID") if party is not None else ""
    companies: Iterable[Element] = list(found(one, "Company"))
    for company in companies:
        number = next((inner(each, "ID") for each in company if local(each) == "PartyIdentification"), "")
        if not wanted or number == wanted:
            name = next((inner(each, "Name") for each in company if local(each) == "PartyName"), "")
            return name, inner(company, "IdentificationCode")
    return (inner(party, "Name"), "") if party is not None else ("", "")
