"""What people type on such a night, by accident or to harm: taken as words, or left out, and never a way to hide."""

import os
import unicodedata
from typing import Any

import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from necmergitur.kernel.geo import Position
from necmergitur.people import contacts, notices, shelter
from necmergitur.people.checkins import Channel, CheckIn, Form, read
from necmergitur.people.contacts import Contact
from necmergitur.people.notices import Asking, Declaration, Declared, Question
from necmergitur.people.shelter import Offer
from necmergitur.people.texts import MARKS_MAX

RLO, ZERO_WIDTH, TAG = "\u202e", "\u200b", "\U000e0041"
ZALGO = "Z" + "\u0335\u0321\u0322\u0327\u0328\u0336\u0337\u0338" * 20 + "oé"
NAMES = {
    "one letter": ("O", "O"),
    "one name only": ("Suharto", "Suharto"),
    "an emoji": ("🦊 Renard", "🦊 Renard"),
    "emoji alone": ("👩‍👩‍👧", "👩‍👩‍👧"),
    "Chinese": ("王小明", "王小明"),
    "Arabic": ("محمد بن سلمان", "محمد بن سلمان"),
    "an apostrophe": ("O\u2019Neill", "O\u2019Neill"),
    "an override": (f"Ana{RLO}gpj.exe", "Anagpj.exe"),
    "tags and zero width": (f"A{ZERO_WIDTH}n{TAG}a", "Ana"),
    "lines": ("Ana\r\nBcc: all@example.org\x00", "Ana Bcc: all@example.org"),
    "not composed": ("Ame\u0301lie", "Amélie"),
}


def checked_in(name: str) -> str:
    said = read(Form(name=name, status="safe"), os.urandom(16), Channel.PAGE, "FR")
    assert isinstance(said, CheckIn), said
    return said.said.name


def declared(name: str) -> str:
    form = Declaration(name=name, author="Rose", contact="rose@example.org")
    said = notices.declare(form, os.urandom(16), "x/person.1", "x", "FR")
    assert isinstance(said, Declared), said
    return said.notice.person.full_name


def asked(name: str) -> str:
    said = notices.ask(Asking("06 12 34 56 78", name, "rose@example.org"), "FR")
    assert isinstance(said, Question), said
    return said.name


def offered(name: str) -> str:
    fields = {"name": name, "phone": "0612345678", "address": "1 rue X", "places": "2", "languages": "fr"}
    said = shelter.read_offer(fields, Position(2.35, 48.85), "FR")
    assert isinstance(said, Offer), said
    return said.name


@pytest.mark.parametrize("door", [checked_in, declared, asked, offered])
@pytest.mark.parametrize("written", NAMES)
def test_a_name_is_kept_as_its_bearer_writes_it_without_what_hides_or_reorders(door: Any, written: str) -> None:
    typed, kept = NAMES[written]
    assert door(typed) == kept


@pytest.mark.parametrize("door", [checked_in, declared, asked, offered])
def test_a_tower_of_accents_is_no_taller_than_a_letter(door: Any) -> None:
    kept = door(ZALGO)
    assert sum(unicodedata.category(char).startswith("M") for char in kept) <= MARKS_MAX
    assert kept.endswith("oé")


@pytest.mark.parametrize("nothing", ["", "  ", RLO, ZERO_WIDTH * 9, "\x00\x01"])
def test_a_name_of_nothing_is_none(nothing: str) -> None:
    assert not isinstance(read(Form(name=nothing, status="safe"), b"o" * 16, Channel.PAGE, "FR"), CheckIn)
    help_ = read(Form(name=nothing, status="need_help"), b"o" * 16, Channel.PAGE, "FR")
    assert isinstance(help_, CheckIn), "but whoever needs help needs no name"


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_a_telephone_of_any_country_is_read_as_the_published_plan_writes_it(region: str) -> None:
    example = phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE)
    if example is None:
        pytest.skip("the plan has no mobile example")
    wanted = Contact("phone", phonenumbers.format_number(example, PhoneNumberFormat.E164))
    for style in (PhoneNumberFormat.INTERNATIONAL, PhoneNumberFormat.E164, PhoneNumberFormat.RFC3966):
        assert contacts.read(phonenumbers.format_number(example, style), "FR") == wanted
    national = phonenumbers.format_number(example, PhoneNumberFormat.NATIONAL)
    assert contacts.read(national, region) == wanted, national
