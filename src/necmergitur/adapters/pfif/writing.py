"""Write PFIF 1.4: a file of records, and Atom feeds of persons and of notes, as Person Finder serves them."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from xml.sax.saxutils import escape

import msgspec

from necmergitur.people.records import DATES, NOTE_FIELDS, PERSON_FIELDS, Note, Person, text_of

VERSION = "1.4"
NAMESPACE = f"http://zesty.ca/pfif/{VERSION}"
MEDIA_TYPE = "application/xml; charset=utf-8"
# Written even when empty: the standard's mandatory fields.
_ALWAYS = frozenset({"person_record_id", "full_name", "note_record_id", "author_name", "source_date", "text"})
# What may stand in XML 1.0 at all (section 2.2).
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Notes = Mapping[str, Sequence[Note]]


def write(persons: Iterable[Person], notes: Notes, loose: Iterable[Note] = ()) -> bytes:
    """Return a file: persons with their notes (by person_record_id) inside, then notes alone."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<pfif:pfif xmlns:pfif="{NAMESPACE}">']
    for person in persons:
        lines += _person(person, notes.get(person.person_record_id, ()), "  ")
    for note in loose:
        lines += _note(note, "  ")
    return _bytes([*lines, "</pfif:pfif>"])


def person_feed(url: str, host: str, persons: Sequence[Person], notes: Notes, now: datetime) -> bytes:
    """Return an Atom feed of persons."""
    title = f"PFIF Person Feed of {host}"
    lines = _feed(url, title, _latest([p.entry_date for p in persons], now))
    for person in persons:
        inner = _person(person, notes.get(person.person_record_id, ()), "    ")
        name = person.full_name.replace("\n", " ")
        lines += _entry(f"pfif:{person.person_record_id}", name, person, person.source_date, name, inner)
    return _bytes([*lines, "</feed>"])


def note_feed(url: str, host: str, notes: Sequence[Note], now: datetime) -> bytes:
    """Return an Atom feed of notes."""
    lines = _feed(url, f"PFIF Note Feed of {host}", _latest([n.entry_date for n in notes], now))
    for note in notes:
        title = note.text[:140]
        lines += _entry(f"pfif:{note.note_record_id}", title, note, note.entry_date, note.text, _note(note, "    "))
    return _bytes([*lines, "</feed>"])


def status(done: Sequence[tuple[str, int, int, Sequence[tuple[str, str]]]]) -> bytes:
    """Return what became of records written to us: kind, parsed, written, and each one skipped with its reason."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    lines.append(f'<status:status xmlns:status="http://zesty.ca/pfif/{VERSION}/status" xmlns:pfif="{NAMESPACE}">')
    for kind, parsed, written, skipped in done:
        lines += [
            "  <status:write>",
            f"    <status:record_type>pfif:{kind}</status:record_type>",
            f"    <status:parsed>{parsed}</status:parsed>",
            f"    <status:written>{written}</status:written>",
            "    <status:skipped>",
        ]
        for number, why in skipped:
            lines.append(f"      <pfif:{kind}_record_id>{_text(number)}</pfif:{kind}_record_id>")
            lines.append(f"      <status:error>{_text(why)}</status:error>")
        lines += ["    </status:skipped>", "  </status:write>"]
    return _bytes([*lines, "</status:status>"])


def _person(person: Person, notes: Sequence[Note], indent: str) -> Iterator[str]:
    yield f"{indent}<pfif:person>"
    yield from _fields(person, PERSON_FIELDS, indent + "  ")
    for note in notes:
        yield from _note(note, indent + "  ")
    yield f"{indent}</pfif:person>"


def _note(note: Note, indent: str) -> Iterator[str]:
    yield f"{indent}<pfif:note>"
    yield from _fields(note, NOTE_FIELDS, indent + "  ")
    yield f"{indent}</pfif:note>"


def _fields(record: msgspec.Struct, names: Sequence[str], indent: str) -> Iterator[str]:
    for name in names:
        value = getattr(record, name)
        if value or name in _ALWAYS:
            text = text_of(value)
            assert name not in DATES or text == "" or text.endswith("Z")
            yield f"{indent}<pfif:{name}>{_text(text)}</pfif:{name}>"


def _feed(url: str, title: str, updated: datetime) -> list[str]:
    return [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<feed xmlns="http://www.w3.org/2005/Atom" xmlns:pfif="{NAMESPACE}">',
        f"  <id>{_text(url)}</id>",
        f"  <title>{_text(title)}</title>",
        f"  <updated>{text_of(updated)}</updated>",
        f'  <link rel="self" href="{_text(url)}"/>',
    ]


def _entry(
    entry_id: str, title: str, author: Person | Note, updated: datetime | None, content: str, inner: Iterable[str]
) -> list[str]:
    return [
        "  <entry>",
        *inner,
        f"    <id>{_text(entry_id)}</id>",
        f"    <title>{_text(title)}</title>",
        f"    <author><name>{_text(author.author_name)}</name></author>",
        f"    <updated>{text_of(updated or author.entry_date)}</updated>",
        f"    <content>{_text(content)}</content>",
        "  </entry>",
    ]


def _latest(dates: Iterable[datetime | None], now: datetime) -> datetime:
    return max((date for date in dates if date is not None), default=now)


def _text(text: str) -> str:
    return escape(_NO_XML.sub("", text), {'"': "&quot;"})


def _bytes(lines: Iterable[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode()
