"""A calendar as other programs read it (RFC 5545), written by the `icalendar` library.

Times are in UTC, so no time zone travels along and no rule of one can be out of date. DTSTAMP is when the event last
changed: the same events are the same bytes, which is what lets a reader be told that nothing is new.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import icalendar
import msgspec

REFRESH = timedelta(hours=1)  # ours: what a calendar program may wait before it asks again
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")  # RFC 5545 3.1: CONTROL


class Event(msgspec.Struct, frozen=True):
    """One event. `ends` None: a moment, as a deadline is. `sequence` counts its changes (RFC 5545 3.8.7.4)."""

    uid: str
    title: str
    begins: datetime
    changed_at: datetime
    ends: datetime | None = None
    about: str = ""
    place: str = ""
    url: str = ""
    kind: str = ""
    sequence: int = 0
    cancelled: bool = False


def calendar(events: Iterable[Event], name: str, product: str) -> bytes:
    """Return a calendar of events."""
    made = icalendar.Calendar()
    made.add("version", "2.0")
    made.add("prodid", _text(product))
    made.add("calscale", "GREGORIAN")
    made.add("method", "PUBLISH")
    line = " ".join(_text(name).split())
    made.add("name", line)  # RFC 7986; the next is what most programs read instead
    made.add("x-wr-calname", line)
    made.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    made.add("x-published-ttl", icalendar.vDuration(REFRESH))
    for one in events:
        made.add_component(_event(one))
    return bytes(made.to_ical())


def _event(one: Event) -> icalendar.Event:
    made = icalendar.Event()
    lasts = one.ends is not None and one.ends > one.begins
    made.add("uid", one.uid)
    made.add("dtstamp", one.changed_at.astimezone(UTC))
    made.add("last-modified", one.changed_at.astimezone(UTC))
    made.add("sequence", one.sequence)
    made.add("dtstart", one.begins.astimezone(UTC))
    if one.ends is not None and lasts:
        made.add("dtend", one.ends.astimezone(UTC))
    else:
        made.add("transp", "TRANSPARENT")
    for name, words in ("summary", one.title), ("description", one.about), ("location", one.place):
        if words:
            made.add(name, _text(words))
    if one.kind:
        made.add("categories", [_text(one.kind)])
    if one.url:
        made.add("url", one.url)
    made.add("status", "CANCELLED" if one.cancelled else "CONFIRMED")
    return made


def _text(words: str) -> str:
    """Return words without what is no character of a line (RFC 5545 CONTROL)."""
    return _CONTROL.sub("", words.replace("\r\n", "\n"))
