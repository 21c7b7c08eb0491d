"""OAI-PMH 2.0, records of unqualified Dublin Core (oai_dc), with resumption tokens and, since the last time, `from`."""

from datetime import datetime
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit
from xml.etree.ElementTree import Element

from necmergitur.adapters.watch.constants import ENTRIES_MAX
from necmergitur.adapters.watch.entries import Entry, Reading, entry
from necmergitur.adapters.watch.texts import Records, Unreadable, found, inner, local

# OAI-PMH 3.6: what is no error to us.
_EMPTY = frozenset({"noRecordsMatch"})


def address(url: str, since: datetime | None) -> str:
    """Return what is asked: the repository's records in Dublin Core, of a day's granularity (all have it)."""
    parts = urlsplit(url)
    asked = dict(parse_qsl(parts.query))
    if "resumptionToken" in asked:
        return url
    asked = {"verb": "ListRecords", "metadataPrefix": "oai_dc"} | asked
    if since is not None:
        asked["from"] = since.date().isoformat()
    return urlunsplit(parts._replace(query=urlencode(asked)))


def read(text: str, url: str, now: datetime) -> Reading:
    """Read a list of records. Raises Unreadable."""
    records = Records(text, frozenset({"record", "error"}), frozenset({"resumptionToken"}))
    entries: list[Entry] = []
    for one in records:
        if records.root != "OAI-PMH":
            raise Unreadable("watch_not_oai")
        if local(one) == "error":
            if one.get("code") in _EMPTY:
                return Reading()
            raise Unreadable("watch_oai_refused")
        if len(entries) < ENTRIES_MAX and (made := _entry(one, now)) is not None:
            entries.append(made)
    if records.root != "OAI-PMH":
        raise Unreadable("watch_not_oai")
    token = records.aside.get("resumptionToken", "")
    return Reading(entries=tuple(entries), cut=records.cut, following=_next(url, token) if token else "")


def _next(url: str, token: str) -> str:
    # 3.5.1: with a token, the verb alone may stand beside it.
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query=urlencode({"verb": "ListRecords", "resumptionToken": token})))


def _entry(one: Element, now: datetime) -> Entry | None:
    header = next((each for each in one if local(each) == "header"), None)
    if header is None or header.get("status") == "deleted":
        return None
    named = [(each.text or "").strip() for each in found(one, "identifier")]
    return entry(
        now,
        title=inner(one, "title"),
        summary=inner(one, "description"),
        url=next((name for name in named if name.startswith(("https://", "http://"))), ""),
        organisation=inner(one, "publisher"),
        language=inner(one, "language"),
        published=inner(one, "date") or inner(header, "datestamp"),
        identifiers=named,
    )
