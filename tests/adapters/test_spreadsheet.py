"""A hospital's list as hospitals write it; what is none is refused whole."""

from datetime import UTC, datetime

import pytest

from necmergitur.adapters.pfif import spreadsheet
from necmergitur.adapters.pfif.reading import BYTES_MAX, RECORDS_MAX, Document
from necmergitur.kernel.refusal import Refusal
from necmergitur.people import records
from necmergitur.people.records import Note, Person

NOW = datetime(2026, 11, 13, 22, tzinfo=UTC)
FRENCH = """Numéro;Nom;Prénom;Âge;Sexe;Né le;Téléphone;État;Service;Chambre
12 34;DURAND;Amélie;34;F;03/02/1992;06 12 34 56 78;Hospitalisée;Chirurgie;7
;Martin;;;H;;;décédé;;
;;;;;;;;;
"""


def read(text: str | bytes) -> Document:
    found = spreadsheet.read(text if isinstance(text, bytes) else text.encode(), "chu.example.org")
    assert isinstance(found, Document), found
    return found


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_a_french_list_is_read_whatever_the_sheet_was_saved_as(encoding: str) -> None:
    document = read(FRENCH.encode(encoding))
    first, second = (records.read_person(each, NOW) for each in document.persons)
    assert isinstance(first, Person)
    assert isinstance(second, Person)
    assert (first.person_record_id, first.full_name, first.age, first.sex, first.date_of_birth) == (
        "chu.example.org/1234",
        "Amélie DURAND",
        "34",
        "female",
        "1992-02-03",
    )
    assert document.persons[0]["sought_phone"] == "06 12 34 56 78"
    assert (second.person_record_id, second.full_name, second.sex) == ("chu.example.org/row-3", "Martin", "male")
    notes = [records.read_note(each, NOW) for each in document.notes]
    assert all(isinstance(note, Note) for note in notes)
    assert [(n.status, n.last_known_location) for n in notes if isinstance(n, Note)] == [
        ("believed_alive", "Chirurgie"),
        ("believed_dead", ""),
    ]
    assert document.unknown == 1, "the room is no field, and is left out"


def test_pfifs_own_headings_and_commas_are_read_too() -> None:
    document = read('person_record_id,full_name,status,text\na.org/1,"Zoë, dite Zo",believed_alive,"two\nlines"\n')
    assert document.persons == [{"person_record_id": "a.org/1", "full_name": "Zoë, dite Zo"}]
    assert document.notes[0] == {
        "note_record_id": "a.org/note.1",
        "person_record_id": "a.org/1",
        "status": "believed_alive",
        "text": "two\nlines",
    }


@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        (b"", "list_headings"),
        (b"PK\x03\x04\x00\x00", "list_unreadable"),
        (b"a;b;c\n1;2;3\n", "list_headings"),
        (b";".join([b"nom"] * 100), "list_headings"),
        (b"nom\n" + b"x" * 200_000, "list_unreadable"),
        (b"nom\n" + b"x\n" * (RECORDS_MAX + 1), "list_too_many"),
        (b" " * (BYTES_MAX + 1), "list_too_long"),
    ],
)
def test_what_is_no_list_or_too_much_of_one_is_refused(raw: bytes, rule: str) -> None:
    found = spreadsheet.read(raw, "chu.example.org")
    assert isinstance(found, Refusal)
    assert found.rule == rule


def test_a_row_longer_than_its_headings_loses_the_rest() -> None:
    assert read("nom;prénom\nDurand;Amélie;and;more\n").persons[0]["given_name"] == "Amélie"
