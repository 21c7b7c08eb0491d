"""A hospital's table is read however it was saved; what is no table is refused, and nothing of it kept."""

from datetime import UTC, datetime

import pytest

from necmergitur.adapters.lists import BYTES_MAX, LINES_MAX, read
from necmergitur.kernel.refusal import Refusal
from necmergitur.people.records import Note, Person, read_note, read_person

NOW = datetime(2026, 11, 26, 21, 40, tzinfo=UTC)
FRENCH = "Numéro;Nom de famille;Prénom;Né le;Sexe;État;Service\r\n12;Durand;Amélie;03/05/1990;F;admise;Réa\r\n"
ENGLISH = "number,name,age,sex,state\n7,Bob Stone,41,m,dead\n"


def table(text: str | bytes) -> tuple[Person, Note]:
    raw = text if isinstance(text, bytes) else text.encode()
    found = read(raw, "salpetriere.invalid", "Salpêtrière", NOW)
    assert not isinstance(found, Refusal), found
    ((person,), (note,)) = found
    one, said = read_person(person, NOW), read_note(note, NOW)
    assert isinstance(one, Person) and isinstance(said, Note)
    return one, said


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_a_french_sheet_is_read_in_any_usual_encoding(encoding: str) -> None:
    person, note = table(FRENCH.encode(encoding))
    assert (person.full_name, person.date_of_birth, person.sex) == ("Amélie Durand", "1990-05-03", "female")
    assert (note.status, note.text, person.person_record_id) == ("believed_alive", "Réa", "salpetriere.invalid/12")


def test_an_english_one_too_and_a_death_is_only_what_it_says() -> None:
    person, note = table(ENGLISH)
    assert (person.full_name, person.age, person.sex, note.status) == ("Bob Stone", "41", "male", "believed_dead")


@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        (b"", "list_without_names"),
        (b"\x00\xff\x00", "list_without_names"),
        (b"name\nAda", "list_without_names"),
        (b"number;name\n" + b"1;a\n" * (LINES_MAX + 1), "list_too_long"),
        (b"x" * (BYTES_MAX + 1), "list_too_long"),
    ],
)
def test_what_is_no_list_is_refused(raw: bytes, rule: str) -> None:
    refused = read(raw, "h.invalid", "H", NOW)
    assert isinstance(refused, Refusal) and refused.rule == rule
