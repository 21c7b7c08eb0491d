"""What a host offers and a guest needs, as read from forms; places as fixed cells; what may be paired with what."""

from datetime import UTC, datetime, timedelta

import h3
import pytest

from necmergitur.kernel.geo import Position, distance_m, offset
from necmergitur.people import shelter
from necmergitur.people.shelter import Ask, Circle, Level, Offer, read_ask, read_offer

HERE = Position(2.3522, 48.8566)
NOW = datetime(2026, 11, 13, 21, 0, tzinfo=UTC)
OFFER = {"name": "Hélène", "phone": "06 12 34 56 78", "places": "3", "address": "12 rue des Essais"}
ASK = {"name": "Gaël", "phone": "06 12 34 56 79", "people": "2"}


def problems(found: object) -> set[tuple[str, str]]:
    assert isinstance(found, tuple), found
    return {(one.facts["field"], one.rule) for one in found}


def test_a_whole_form_is_read() -> None:
    offer = read_offer(OFFER | {"children": "yes", "languages": "FR, en"}, HERE, "FR")
    assert isinstance(offer, Offer)
    assert (offer.places, offer.children, offer.animals, offer.languages) == (3, True, False, ("fr", "en"))
    assert offer.phone.written == "+33612345678"
    ask = read_ask(ASK | {"minors": "yes"}, HERE, "FR")
    assert isinstance(ask, Ask)
    assert not ask.adult


def test_every_field_to_mend_is_said_at_once() -> None:
    found = problems(read_offer({"places": "0", "phone": "maman@example.org"}, None, "FR"))
    assert found == {
        ("name", "name_missing"),
        ("phone", "phone_missing"),
        ("places", "number_wrong"),
        ("address", "address_missing"),
        ("quarter", "place_missing"),
    }


@pytest.mark.parametrize("people", ["0", "13", "-1", "\u0663", "1e1", "", "9999999999", "2.5"])
def test_a_number_is_a_number_within_its_bounds(people: str) -> None:
    assert problems(read_ask(ASK | {"people": people}, HERE, "FR")) == {("people", "number_wrong")}


def test_names_are_made_safe_to_show() -> None:
    ask = read_ask(ASK | {"name": "\u202eGa\u0308el\u0000  X"}, HERE, "FR")
    assert isinstance(ask, Ask)
    assert ask.name == "Gäel X"


def test_a_place_is_always_the_same_cell_and_no_finer_than_its_hexagon() -> None:
    cell = shelter.cell_of(HERE)
    assert h3.get_resolution(cell) == 9
    assert {shelter.cell_of(HERE) for _ in range(100)} == {cell}
    edge = h3.average_hexagon_edge_length(9, unit="m")
    assert distance_m(shelter.middle_of(cell), HERE) <= edge * 1.3


def test_whoever_is_in_a_closed_area_or_at_its_edge_is_shut_in() -> None:
    cell = shelter.cell_of(HERE)
    middle = shelter.middle_of(cell)
    assert shelter.shut_in(cell, [Circle(offset(middle, 300, 0), 150.0)])
    assert not shelter.shut_in(cell, [Circle(offset(middle, 900, 0), 150.0)])
    assert not shelter.shut_in(cell, [])


def test_women_only_holds_both_ways_and_needs_a_verified_host() -> None:
    asked = read_ask(ASK | {"all_women": "yes", "women_only": "yes"}, HERE, "FR")
    mixed = read_ask(ASK | {"women_only": "yes"}, HERE, "FR")
    host = read_offer(OFFER | {"women_at_home": "yes", "women_only": "yes"}, HERE, "FR")
    assert isinstance(asked, Ask) and isinstance(mixed, Ask) and isinstance(host, Offer)
    assert not mixed.women_only, "a group that is not of women cannot ask for women alone"

    def suits(ask: Ask, level: Level) -> bool:
        guest, side = shelter.guest_party(ask), shelter.host_party(host, host.places, level)
        return side.bits & guest.bits == guest.bits

    assert suits(asked, Level.VERIFIED)
    assert not suits(asked, Level.PHONE)
    assert not suits(mixed, Level.VERIFIED), "who receives women alone receives nobody else"


def test_an_offer_lasts_as_said_and_twelve_hours_at_most() -> None:
    assert shelter.ends_at(shelter.until_of("2", NOW), NOW) == NOW + timedelta(hours=2)
    for text in ("99", "", "-1", "x", "0", "\u0663"):
        assert shelter.ends_at(shelter.until_of(text, NOW), NOW) == NOW + timedelta(hours=12), text


def test_codes_have_six_digits() -> None:
    assert shelter.code_from(bytes(8)) == "000000"
    assert len({shelter.code_from(n.to_bytes(8, "big")) for n in range(1_000)}) == 1_000
