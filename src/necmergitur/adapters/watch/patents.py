"""Patents as the European Patent Office gives them (Open Patent Services 3.2: `exchange-documents`, of WIPO's ST.36).

https://www.epo.org/en/searching-for-patents/data/web-services/ops. Inventors are people and are left out; applicants
are kept only when their name says that they are an organisation.
"""

import re
from datetime import datetime
from xml.etree.ElementTree import Element

from necmergitur.adapters.watch.constants import ENTRIES_MAX
from necmergitur.adapters.watch.entries import Entry, Reading, entry
from necmergitur.adapters.watch.texts import Records, Unreadable, found, inner, local

LANGUAGES = ("fr", "en")
_COMPANY = re.compile(
    r"\b(?:sa|sas|sarl|sasu|se|s\.a\.|gmbh|ag|kg|ug|inc|corp|co|company|ltd|limited|llc|plc|bv|b\.v\.|nv|oy|ab|as|aps"
    r"|srl|spa|s\.p\.a\.|univ\w*|institut\w*|centre|center|cnrs|inria|cea|onera|fraunhofer|ville|commune|ministere"
    r"|ministère|fondation|foundation|association|technolog\w*|systems?|group|groupe|laborator\w*)\b",
    re.IGNORECASE,
)


def read(text: str, _url: str, now: datetime) -> Reading:
    """Read exchange documents. Raises Unreadable."""
    records = Records(text, frozenset({"exchange-document"}))
    entries: list[Entry] = []
    for one in records:
        made = _entry(one, now)
        if made is not None:
            entries.append(made)
        if len(entries) >= ENTRIES_MAX:
            return Reading(entries=tuple(entries), cut=True)
    if not entries and records.root not in {"world-patent-data", "exchange-documents"}:
        raise Unreadable("watch_not_patents")
    return Reading(entries=tuple(entries), cut=records.cut)


def _entry(one: Element, now: datetime) -> Entry | None:
    country, number, kind = (one.get(name, "") for name in ("country", "doc-number", "kind"))
    language, title = _chosen(one, "invention-title")
    said_in, abstract = _chosen(one, "abstract")
    published = next((inner(each, "date") for each in found(one, "publication-reference") if inner(each, "date")), "")
    whole = f"{country}{number}{kind}"
    family = one.get("family-id", "")
    plain = whole if whole.isascii() and whole.isalnum() else ""
    return entry(
        now,
        title=title,
        summary=abstract,
        url=f"https://worldwide.espacenet.com/patent/search?q=pn%3D{plain}" if plain else "",
        organisation=next(filter(_COMPANY.search, _applicants(one)), ""),
        language=language or said_in,
        published=f"{published[:4]}-{published[4:6]}-{published[6:]}" if re.fullmatch(r"\d{8}", published) else "",
        # A family is one invention, published in several countries: it is read once.
        identifiers=(f"patent:{plain}" if plain else "", f"patent-family:{family}" if family else ""),
    )


def _chosen(one: Element, name: str) -> tuple[str, str]:
    told: dict[str, str] = {}
    for each in found(one, name):
        told.setdefault(each.get("lang", ""), "".join(each.itertext()).strip())
    for language in (*LANGUAGES, *told):
        if told.get(language):
            return language, told[language]
    return "", ""


def _applicants(one: Element) -> list[str]:
    return [
        re.sub(r"\s*\[[A-Z]{2}\]\s*$", "", inner(each, "name"))
        for each in found(one, "applicant")
        if local(each) == "applicant"
    ]
