"""PFIF 1.4 records as understood: somebody looked for (`Person`), and what somebody says of them (`Note`).

Field names are the standard's (zesty.ca/pfif/1.4). What is no field of it, and what cannot be shown, is left out; a
record that is expired, dated ahead of now or without a name is refused whole.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from necmergitur.kernel.refusal import Refusal
from necmergitur.people.constants import (
    ADULT_AT,
    RECORD_AHEAD_MAX,
    RECORD_ID_MAX,
    RECORD_LINE_MAX,
    RECORD_LINES_MAX,
    RECORD_TEXT_MAX,
)
from necmergitur.people.texts import one_line

SEXES = ("female", "male", "other")
STATUSES = ("", "information_sought", "is_note_author", "believed_alive", "believed_missing", "believed_dead")
DEAD = "believed_dead"
# Fields of several lines, one name or address a line.
LINES = frozenset({"full_name", "alternate_names", "profile_urls"})
TEXTS = frozenset({"description", "text"})
DATES = frozenset({"entry_date", "expiry_date", "source_date"})
# What only the people concerned, and a partner trusted with everything, may read (as Person Finder withholds it).
PRIVATE = frozenset(
    {"author_email", "author_phone", "date_of_birth", "email_of_found_person", "phone_of_found_person", "home_street"}
)
_RECORD_ID = re.compile(r"[^\s/]{1,253}/\S+")
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?Z")
_BORN = re.compile(r"\d{4}(-\d\d(-\d\d)?)?")
_AGE = re.compile(r"\d{1,3}(-\d{1,3})?")
_COUNTRY = re.compile(r"[A-Z]{2}")


class Person(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A PFIF person record, its fields in the standard's order."""

    person_record_id: str
    entry_date: datetime | None = None
    expiry_date: datetime | None = None
    author_name: str = ""
    author_email: str = ""
    author_phone: str = ""
    source_name: str = ""
    source_date: datetime | None = None
    source_url: str = ""
    full_name: str
    given_name: str = ""
    family_name: str = ""
    alternate_names: str = ""
    description: str = ""
    sex: str = ""
    date_of_birth: str = ""
    age: str = ""
    home_street: str = ""
    home_neighborhood: str = ""
    home_city: str = ""
    home_state: str = ""
    home_postal_code: str = ""
    home_country: str = ""
    photo_url: str = ""
    profile_urls: str = ""


class Note(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A PFIF note record, its fields in the standard's order."""

    note_record_id: str
    person_record_id: str
    linked_person_record_id: str = ""
    entry_date: datetime | None = None
    author_name: str = ""
    author_email: str = ""
    author_phone: str = ""
    source_date: datetime | None = None
    author_made_contact: str = ""
    status: str = ""
    email_of_found_person: str = ""
    phone_of_found_person: str = ""
    last_known_location: str = ""
    text: str = ""
    photo_url: str = ""


PERSON_FIELDS = Person.__struct_fields__
NOTE_FIELDS = Note.__struct_fields__


def read_person(said: Mapping[str, str], now: datetime) -> Person | Refusal:
    """Understand a person record, or say why it is not taken (`facts["record"]`)."""
    fields = _cleaned(said, PERSON_FIELDS)
    name = fields.get("full_name") or one_line(f"{fields.get('given_name', '')} {fields.get('family_name', '')}")
    problem = _numbered(fields, "person_record_id")
    if problem is None and not name:
        problem = _refused("record_nameless", fields["person_record_id"])
    if problem is not None:
        return problem
    fields["full_name"] = name
    fields["sex"] = fields.get("sex", "") if fields.get("sex") in SEXES else ""
    for field, form in (("date_of_birth", _BORN), ("age", _AGE), ("home_country", _COUNTRY)):
        if not form.fullmatch(fields.get(field, "")):
            fields[field] = ""
    dates = _dates(said, fields["person_record_id"], now)
    return dates if isinstance(dates, Refusal) else _made(Person, fields, dates)


def read_note(said: Mapping[str, str], now: datetime) -> Note | Refusal:
    """Understand a note record, or say why it is not taken (`facts["record"]`)."""
    fields = _cleaned(said, NOTE_FIELDS)
    problem = _numbered(fields, "note_record_id")
    if problem is None and not _RECORD_ID.fullmatch(fields.get("person_record_id", "")):
        problem = _refused("note_of_nobody", fields["note_record_id"])
    if problem is None and fields.get("status", "") not in STATUSES:
        problem = _refused("note_status_unknown", fields["note_record_id"])
    if problem is not None:
        return problem
    contact = fields.get("author_made_contact", "").lower()
    fields["author_made_contact"] = contact if contact in ("true", "false") else ""
    dates = _dates(said, fields["note_record_id"], now)
    return dates if isinstance(dates, Refusal) else _made(Note, fields, dates)


def minor(person: Person, now: datetime) -> bool:
    """Return whether the person is, or may be, under age: the lower end of what is written counts."""
    if person.age:
        return int(person.age.split("-")[0]) < ADULT_AT
    if person.date_of_birth:
        year, month, day = (*map(int, person.date_of_birth.split("-")), 12, 31)[:3]
        latest = (year + ADULT_AT, min(month, 12), day)
        return (now.year, now.month, now.day) < latest
    return False


def without(record: Any, fields: frozenset[str]) -> Any:
    """Return a record without some of its fields."""
    blank: dict[str, Any] = dict.fromkeys(fields & set(record.__struct_fields__), "")
    return msgspec.structs.replace(record, **blank)


def date_of(text: str) -> datetime | None:
    """Read a PFIF date (RFC 3339 in UTC); None when it is none."""
    match = _DATE.fullmatch(text.strip())
    if match is None:
        return None
    try:
        return datetime(*map(int, match.groups()), tzinfo=UTC)  # type: ignore[misc,arg-type]
    except ValueError:
        return None


def text_of(value: Any) -> str:
    """Return a field as PFIF writes it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return str(value or "")


def lines_of(text: str) -> tuple[str, ...]:
    """Return what is there on each line, made safe to show."""
    lines = (one_line(line)[:RECORD_LINE_MAX] for line in text.splitlines()[: 4 * RECORD_LINES_MAX])
    return tuple(line for line in lines if line)[:RECORD_LINES_MAX]


def paragraph(text: str, most: int = RECORD_TEXT_MAX) -> str:
    """Return a text of several lines, made safe to show."""
    lines = [one_line(line) for line in text[: 2 * most].splitlines()]
    return "\n".join(lines).strip()[:most]


def _cleaned(said: Mapping[str, str], names: tuple[str, ...]) -> dict[str, str]:
    fields: dict[str, str] = {}
    for name in names:
        text = said.get(name, "")
        if name in DATES or not text:
            continue
        if name in LINES:
            fields[name] = "\n".join(lines_of(text))
        elif name in TEXTS:
            fields[name] = paragraph(text)
        else:
            fields[name] = one_line(text)[:RECORD_LINE_MAX]
    return fields


def _numbered(fields: Mapping[str, str], field: str) -> Refusal | None:
    number = fields.get(field, "")
    if len(number) >= RECORD_ID_MAX or not _RECORD_ID.fullmatch(number):
        return _refused("record_unnumbered", number)
    return None


def _dates(said: Mapping[str, str], record: str, now: datetime) -> dict[str, datetime | None] | Refusal:
    dates: dict[str, datetime | None] = {}
    for field in ("source_date", "expiry_date"):
        text = said.get(field, "").strip()
        dates[field] = date_of(text) if text else None
        if text and dates[field] is None:
            return _refused("record_date", record)
    written, ends = dates["source_date"], dates["expiry_date"]
    if written is not None and written > now + RECORD_AHEAD_MAX:
        return _refused("record_ahead", record)
    if ends is not None and ends <= now:
        return _refused("record_expired", record)
    return dates


def _made(kind: Any, fields: Mapping[str, str], dates: Mapping[str, datetime | None]) -> Any:
    known = {name: value for name, value in dates.items() if name in kind.__struct_fields__}
    return kind(**fields, **known)


def _refused(rule: str, record: str) -> Refusal:
    return Refusal(rule=rule, facts={"record": record[:RECORD_ID_MAX]})
