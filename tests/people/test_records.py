"""A record is understood as far as it can be shown, and refused whole where it cannot be trusted."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from necmergitur.kernel.refusal import Refusal
from necmergitur.people import notices, records
from necmergitur.people.notices import Asking, Declaration, Declared, Question
from necmergitur.people.records import Note, Person

NOW = datetime(2026, 11, 13, 22, tzinfo=UTC)
GOOD = {"person_record_id": "example.org/1", "full_name": "Zoë"}


def read(**fields: str) -> Any:
    return records.read_person(GOOD | fields, NOW)


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"full_name": ""}, "record_nameless"),
        ({"full_name": "\u202e\u200b"}, "record_nameless"),
        ({"person_record_id": ""}, "record_unnumbered"),
        ({"person_record_id": "no-domain"}, "record_unnumbered"),
        ({"person_record_id": "a/" + "x" * 250}, "record_unnumbered"),
        ({"source_date": "yesterday"}, "record_date"),
        ({"source_date": "2026-13-45T00:00:00Z"}, "record_date"),
        ({"source_date": "2026-11-14T22:00:01Z"}, "record_ahead"),
        ({"expiry_date": "2026-11-13T22:00:00Z"}, "record_expired"),
        ({"expiry_date": "1999-01-01T00:00:00Z"}, "record_expired"),
    ],
)
def test_a_record_that_cannot_be_trusted_is_refused_with_its_reason(fields: dict[str, str], rule: str) -> None:
    found = read(**fields)
    assert isinstance(found, Refusal)
    assert found.rule == rule


def test_a_clock_an_hour_off_is_taken() -> None:
    assert isinstance(read(source_date="2026-11-13T23:00:00Z"), Person)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("A", "A"),
        ("Madonna", "Madonna"),
        ("😀 Zoë", "😀 Zoë"),
        ("evil\u202etxt.exe", "eviltxt.exe"),
        ("Z" + "\u0301" * 40 + "oe", "Ź" + "\u0301" * 4 + "oe"),
        ("محمد علي", "محمد علي"),
        ("阮 文 英", "阮 文 英"),
        ("Nguyễn Thị Ánh", "Nguyễn Thị Ánh"),
        ("O'Brien-d\u2019Arc", "O'Brien-d\u2019Arc"),
    ],
)
def test_names_of_all_kinds_are_names_and_tricks_are_taken_off(name: str, shown: str) -> None:
    found = read(full_name=name)
    assert found.full_name == shown


@pytest.mark.parametrize(
    ("fields", "young"),
    [
        ({"age": "17"}, True),
        ({"age": "18"}, False),
        ({"age": "16-20"}, True),
        ({"date_of_birth": "2008-11-14"}, True),
        ({"date_of_birth": "2008-11-13"}, False),
        ({"date_of_birth": "2008"}, True),
        ({"date_of_birth": "1970-01"}, False),
        ({}, False),
    ],
)
def test_whoever_may_be_a_minor_is_one(fields: dict[str, str], young: bool) -> None:
    assert records.minor(read(**fields), NOW) is young


def test_values_outside_the_standard_are_left_out() -> None:
    found = read(sex="robot", age="old", date_of_birth="1.1.1970", home_country="France")
    assert (found.sex, found.age, found.date_of_birth, found.home_country) == ("", "", "", "")


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"person_record_id": ""}, "note_of_nobody"),
        ({"note_record_id": ""}, "record_unnumbered"),
        ({"status": "believed_fine"}, "note_status_unknown"),
    ],
)
def test_a_note_needs_a_number_a_person_and_a_status_of_the_standard(fields: dict[str, str], rule: str) -> None:
    good = {"note_record_id": "a/n", "person_record_id": "a/1"}
    assert isinstance(records.read_note(good, NOW), Note)
    found = records.read_note(good | fields, NOW)
    assert isinstance(found, Refusal)
    assert found.rule == rule


def test_dates_are_written_as_they_were_read() -> None:
    date = records.date_of(" 2026-11-13T22:00:00.250Z ")
    assert date == NOW
    assert records.text_of(date) == "2026-11-13T22:00:00Z"
    assert records.date_of("2026-11-13 22:00") is None


def test_a_declaration_says_every_field_to_mend() -> None:
    found = notices.declare(Declaration(age="old", contact="nowhere", sought="x"), b"1" * 16, "a/1", "a", "FR")
    assert isinstance(found, tuple)
    assert {one.facts["field"]: one.rule for one in found} == {
        "name": "name_missing",
        "author": "name_missing",
        "contact": "contact_unreadable",
        "sought": "contact_unreadable",
        "age": "age_unreadable",
    }


@pytest.mark.parametrize("phone", ["+1 202 555 0123", "+81 3-1234-5678", "+225 07 01 02 03 04", "06 12 34 56 78"])
def test_a_phone_of_any_country_is_a_contact(phone: str) -> None:
    form = Declaration(name="Ng", author="Li", contact=phone, sought=phone)
    found = notices.declare(form, b"1" * 16, "a/1", "a", "FR")
    assert isinstance(found, Declared)
    assert found.notice.sought == (found.notice.contact,)


@pytest.mark.parametrize(
    ("whom", "named"), [("06 12 34 56 78", ""), ("a@example.org", ""), ("Zoë", "Zoë"), ("Q", "Q"), ("😀", "😀")]
)
def test_a_question_is_about_a_number_an_address_or_a_name(whom: str, named: str) -> None:
    found = notices.ask(Asking(whom=whom, name="Rose", contact="r@example.org"), "FR")
    assert isinstance(found, Question)
    assert (found.named, found.about is None) == (named, bool(named))


def test_ages_ahead_of_time_are_no_ages() -> None:
    assert not records.minor(read(date_of_birth="1900-02"), NOW + timedelta(days=1))
