"""Telephone numbers and addresses as people write them: what is read in short is read as the library reads it."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from necmergitur.people import contacts
from necmergitur.people.contacts import Contact

SPACED = st.text("0123456789 .-+()", max_size=20)
USUAL = st.from_regex(r"(0|\+33 ?|0033 ?)[0-9]([ .-]?[0-9]{2}){4}", fullmatch=True)


def by_the_library(text: str) -> Contact | None:
    try:
        number = phonenumbers.parse(text, "FR")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number) or number.extension:
        return None
    return Contact("phone", phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


@given(USUAL | SPACED)
def test_a_french_number_is_read_as_the_library_reads_it(text: str) -> None:
    ours = contacts.read(text, "FR")
    assert (ours if isinstance(ours, Contact) else None) == by_the_library(text.strip())


@pytest.mark.parametrize(
    "text", ["06 12 34 56 78", "06.12.34.56.78", "+33 6 12 34 56 78", "0612345678", "+33612345678"]
)
def test_one_number_has_one_form(text: str) -> None:
    assert contacts.read(text, "FR") == Contact("phone", "+33612345678")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("A.Durand@Example.ORG", "a.durand@example.org"),
        ("é@exämple.org", "é@xn--exmple-cua.org"),
        (" a@b.fr ", "a@b.fr"),
    ],
)
def test_an_address_has_one_form(text: str, written: str) -> None:
    assert contacts.read(text, "FR") == Contact("email", written)


@pytest.mark.parametrize(
    "text", ["a@b", "a@@b.fr", "a@b..fr", "a b@c.fr", "@b.fr", "a@-b.fr", "a@b.fr\n@c.fr", "a" * 65 + "@b.fr"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    assert not contacts.read(text, "FR")
