"""A calendar as other programs read it: RFC 5545, written here because what we say in it is little.

Times are in UTC, so no time zone travels along and no rule of one can be out of date. Each line ends in CRLF and is
folded at 75 octets, never inside a character. DTSTAMP is when the event last changed: the same events are the same
bytes, which is what lets a reader be told that nothing is new.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

LINE_OCTETS = 75  # RFC 5545 3.1
REFRESH = "PT1H"  # ours: what a calendar program may wait before it asks again
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")  # RFC 5545 3.1: CONTROL
_ESCAPED = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": None})


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
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:{_text(product)}",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"NAME:{_text(name)}",  # RFC 7986; the next is what most programs read instead
        f"X-WR-CALNAME:{_text(name)}",
        f"REFRESH-INTERVAL;VALUE=DURATION:{REFRESH}",
        f"X-PUBLISHED-TTL:{REFRESH}",
    ]
    for one in events:
        lines += _event(one)
    lines.append("END:VCALENDAR")
    return b"".join(map(folded, lines))


def _event(one: Event) -> list[str]:
    said = {
        "UID": one.uid,
        "DTSTAMP": _utc(one.changed_at),
        "LAST-MODIFIED": _utc(one.changed_at),
        "SEQUENCE": str(one.sequence),
        "DTSTART": _utc(one.begins),
        "DTEND": _utc(one.ends) if one.ends is not None and one.ends > one.begins else "",
        "SUMMARY": _text(one.title),
        "DESCRIPTION": _text(one.about),
        "LOCATION": _text(one.place),
        "CATEGORIES": _text(one.kind),
        "URL": one.url,
        "STATUS": "CANCELLED" if one.cancelled else "CONFIRMED",
        "TRANSP": "" if one.ends is not None and one.ends > one.begins else "TRANSPARENT",
    }
    return ["BEGIN:VEVENT", *(f"{name}:{value}" for name, value in said.items() if value), "END:VEVENT"]


def folded(line: str) -> bytes:
    """Return a line of content as octets: each further line begins with a space, no character is cut in two."""
    parts, now = [], b""
    for char in line:
        more = char.encode()
        if len(now) + len(more) > LINE_OCTETS:
            parts.append(now)
            now = b" "
        now += more
    return b"\r\n".join([*parts, now]) + b"\r\n"


def _text(words: str) -> str:
    """Return words as TEXT. What is no character of a line (RFC 5545 CONTROL) is left out."""
    kept = _CONTROL.sub("", words.replace("\r\n", "\n"))
    return kept.translate(_ESCAPED)


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
