"""PFIF is read under bounds and written as 1.4; Person Finder's published samples come back as they went in."""

import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from necmergitur.adapters.pfif import reading, writing
from necmergitur.adapters.pfif.reading import Document
from necmergitur.kernel.refusal import Refusal
from necmergitur.people import records
from necmergitur.people.records import NOTE_FIELDS, PERSON_FIELDS, Note, Person, text_of

NOW = datetime(2026, 11, 13, 21, 30, tzinfo=UTC)
BOMB = """<?xml version="1.0"?><!DOCTYPE pfif [<!ENTITY a "0123456789"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<pfif:pfif xmlns:pfif="http://zesty.ca/pfif/1.4"><pfif:person><pfif:full_name>&b;</pfif:full_name></pfif:person>
</pfif:pfif>"""
OUTSIDE = BOMB.replace('<!ENTITY a "0123456789">', '<!ENTITY a SYSTEM "file:///etc/hostname">')


def taken(raw: bytes) -> tuple[list[Person], list[Note]]:
    document = reading.read(raw)
    assert isinstance(document, Document), document
    persons = [records.read_person(fields, NOW) for fields in document.persons]
    notes = [records.read_note(fields, NOW) for fields in document.notes]
    assert all(isinstance(one, Person) for one in persons), persons
    assert all(isinstance(one, Note) for one in notes), notes
    return persons, notes  # type: ignore[return-value]


def by_the_standard_library(raw: bytes) -> list[tuple[str, dict[str, str]]]:
    """Return each record's fields as another parser reads them, whitespace at both ends off, `entry_date` apart."""
    space = "{http://zesty.ca/pfif/1.4}"
    found = []
    for kind in ("person", "note"):
        for record in ET.fromstring(raw).iter(space + kind):
            fields = [(f.tag.removeprefix(space), (f.text or "").strip()) for f in record if f.tag != space + "note"]
            found.append(
                (kind, {n: text for n, text in fields if text and n not in ("entry_date", "person_record_id")})
            )
    return found


@pytest.mark.corpus
def test_person_finders_sample_of_1_4_comes_back_field_for_field(corpus: Path) -> None:
    raw = (corpus / "pfif" / "test.pfif-1.4.xml").read_bytes()
    persons, notes = taken(raw)
    out = writing.write(persons, {persons[0].person_record_id: notes})
    assert by_the_standard_library(out) == by_the_standard_library(raw)
    assert taken(out) == (persons, notes)


@pytest.mark.corpus
@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_older_samples_are_read_under_the_names_of_1_4_and_written_so(corpus: Path, version: str) -> None:
    persons, notes = taken((corpus / "pfif" / f"test.pfif-{version}.xml").read_bytes())
    (person,) = persons
    assert (person.given_name, person.family_name) == ("_test_first_name", "_test_last_name")
    assert person.full_name == "_test_first_name _test_last_name"
    assert person.description == "_test_description"
    assert person.home_city == "_test_home_city"
    assert person.home_postal_code == ("_test_home_zip" if version == "1.1" else "_test_home_postal_code")
    assert notes[0].author_made_contact == ("true" if version == "1.1" else "false")
    assert {note.person_record_id for note in notes} == {"test.google.com/person.21009"}
    assert taken(writing.write(persons, {person.person_record_id: notes})) == (persons, notes)


@pytest.mark.corpus
def test_a_file_of_notes_alone_comes_back(corpus: Path) -> None:
    persons, notes = taken((corpus / "pfif" / "test.pfif-1.2-note.xml").read_bytes())
    assert persons == []
    assert [note.status for note in notes] == ["believed_missing", "is_note_author"]
    assert notes[0].linked_person_record_id == "test.google.com/person.999"
    assert taken(writing.write([], {}, notes)) == ([], notes)


def person(**fields: str) -> str:
    inner = "".join(f"<pfif:{name}>{text}</pfif:{name}>" for name, text in fields.items())
    return f"<pfif:person>{inner}</pfif:person>"


def file(*inner: str, version: str = "1.4") -> bytes:
    body = "".join(inner)
    return f'<pfif:pfif xmlns:pfif="http://zesty.ca/pfif/{version}">{body}</pfif:pfif>'.encode()


@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        (b"", "pfif_unreadable"),
        (b"\x00\xff garbage", "pfif_unreadable"),
        (b"<a><b></a>", "pfif_unreadable"),
        (b"<html><body>hello</body></html>", "pfif_unreadable"),
        (file(person(full_name="A"))[:-9], "pfif_unreadable"),
        (BOMB.encode(), "pfif_forbidden"),
        (OUTSIDE.encode(), "pfif_forbidden"),
        (b'<!DOCTYPE pfif SYSTEM "http://127.0.0.1:1/x.dtd"><a/>', "pfif_forbidden"),
        (b"<a>" * 200_000, "pfif_too_deep"),
        (file(person(full_name="A") * (reading.RECORDS_MAX + 1)), "pfif_too_many"),
        (b" " * (reading.BYTES_MAX + 1), "pfif_too_long"),
    ],
)
def test_what_is_no_pfif_or_too_much_of_it_is_refused_whole(raw: bytes, rule: str) -> None:
    found = reading.read(raw)
    assert isinstance(found, Refusal)
    assert found.rule == rule


def test_unknown_fields_and_foreign_elements_are_left_out_and_counted() -> None:
    document = reading.read(
        file(
            person(person_record_id="a/1", full_name="A", shoe_size="42")
            + '<x:person xmlns:x="urn:x"><x:full_name>no</x:full_name></x:person>'
        )
    )
    assert isinstance(document, Document)
    assert document.persons == [{"person_record_id": "a/1", "full_name": "A"}]
    assert document.unknown == 1


def test_a_field_of_megabytes_is_cut_and_not_held() -> None:
    document = reading.read(file(person(person_record_id="a/1", full_name="A", description="x" * 5_000_000)))
    assert isinstance(document, Document)
    assert len(document.persons[0]["description"]) < 200_000
    read = records.read_person(document.persons[0], NOW)
    assert isinstance(read, Person)
    assert len(read.description) == 4_000


def test_markup_in_a_word_stays_a_word() -> None:
    evil = Person(person_record_id="a/1", full_name='</pfif:full_name><script>"&\x0c\ud800')
    ((back,), _notes) = taken(writing.write([evil], {}))
    assert back.full_name == '</pfif:full_name><script>"&'


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=60)


@settings(max_examples=60, deadline=None)
@given(st.fixed_dictionaries({name: TEXT for name in PERSON_FIELDS if not name.endswith("_date")}))
def test_whatever_a_person_record_holds_comes_back_as_it_was_read(said: dict[str, str]) -> None:
    said = said | {
        "person_record_id": "example.org/1",
        "source_date": text_of(NOW),
        "full_name": "N" + said["full_name"],
    }
    read = records.read_person(said, NOW)
    assert isinstance(read, Person)
    assert taken(writing.write([read], {})) == ([read], [])


@settings(max_examples=40, deadline=None)
@given(st.fixed_dictionaries({name: TEXT for name in NOTE_FIELDS if not name.endswith(("_date", "_id", "status"))}))
def test_whatever_a_note_record_holds_comes_back_as_it_was_read(said: dict[str, str]) -> None:
    said = said | {"note_record_id": "example.org/n", "person_record_id": "example.org/1", "status": "believed_alive"}
    read = records.read_note(said, NOW)
    assert isinstance(read, Note)
    assert taken(writing.write([], {}, [read])) == ([], [read])


def test_a_feed_is_atom_with_pfif_inside_and_reads_back() -> None:
    one = Person(person_record_id="a.org/1", full_name="Zoë\nZ", author_email="x@y.fr", entry_date=NOW, source_date=NOW)
    said = Note(note_record_id="a.org/n", person_record_id="a.org/1", text="<b>", entry_date=NOW, source_date=NOW)
    raw = writing.person_feed("https://v.fr/find/feeds/person?a=1&b=2", "v.fr", [one], {"a.org/1": [said]}, NOW)
    atom = "{http://www.w3.org/2005/Atom}"
    root = ET.fromstring(raw)
    assert root.tag == atom + "feed"
    assert [e.findtext(atom + "id") for e in root.iter(atom + "entry")] == ["pfif:a.org/1"]
    assert root.findtext(atom + "updated") == "2026-11-13T21:30:00Z"
    document = reading.read(raw)
    assert isinstance(document, Document)
    assert document.persons[0]["full_name"] == "Zoë\nZ"
    assert document.notes[0]["text"] == "<b>"
    notes = reading.read(writing.note_feed("https://v.fr/find/feeds/note", "v.fr", [said], NOW))
    assert isinstance(notes, Document)
    assert notes.notes[0]["note_record_id"] == "a.org/n"
