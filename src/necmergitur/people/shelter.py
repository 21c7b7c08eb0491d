"""Shelter for a night: what a host offers, what a guest needs, and how the two meet without finding each other first.

A place is a fixed H3 cell for everybody but its owner until both have accepted; what is paired, and every walking time
shown, is reckoned from the middles of cells, so that no number of questions narrows a place down further.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import IntEnum

import h3
import msgspec

from necmergitur.kernel.geo import Position
from necmergitur.kernel.refusal import Refusal
from necmergitur.people import contacts
from necmergitur.people.constants import (
    ADDRESS_MAX,
    ARRIVAL_WITHIN,
    ASK_LASTS,
    CODE_DIGITS,
    LANGUAGES_MAX,
    NAME_MAX,
    OFFER_LASTS,
    PEOPLE_MAX,
    PLACES_MAX,
    SHOWN_CELL,
    WORDS_MAX,
)
from necmergitur.people.contacts import Contact
from necmergitur.people.texts import one_line


class Circle(msgspec.Struct, frozen=True):
    """A closed area: nobody is sent into it or through it."""

    middle: Position
    radius_m: float


class Party(msgspec.Struct, frozen=True):
    """One side of a pair. `bits` of a guest must all be in those of the host; `size`: people, or places.

    `at` is as coarse as it is shown to the other side: what is paired tells no more than what is shown.
    """

    at: Position
    size: int
    bits: int
    languages: frozenset[str] = frozenset()
    preferred: bool = False


class Level(IntEnum):
    """How far a host is known. Stored: never change one."""

    NOBODY = 0
    PHONE = 1
    VERIFIED = 2
    PARTNER = 3


class OfferState(IntEnum):
    """Where an offer stands. Stored."""

    UNCONFIRMED = 1
    OPEN = 2
    HELD = 3
    WITHDRAWN = 4
    EXPIRED = 5


class AskState(IntEnum):
    """Where a request stands. Stored."""

    UNCONFIRMED = 1
    WAITING = 2
    AGREED = 3
    ARRIVED = 4
    DESK = 5
    WITHDRAWN = 6
    EXPIRED = 7


class MatchState(IntEnum):
    """Where a guest and a host stand with each other. Stored."""

    PROPOSED = 1
    OFFERED = 2
    AGREED = 3
    ARRIVED = 4
    DECLINED = 5
    EXPIRED = 6
    ENDED = 7
    REPORTED = 8


class Side(IntEnum):
    """Who of the two. Stored."""

    HOST = 1
    GUEST = 2


LIVE = frozenset({MatchState.PROPOSED, MatchState.OFFERED, MatchState.AGREED})
CHILDREN, ANIMALS, WHEELCHAIR, WOMEN_AT_HOME, ANYBODY = 1, 2, 4, 8, 16
# A woman who asks for women alone is sent only to somebody whom a person at the desk has verified.
WOMEN_ONLY_LEVEL = Level.VERIFIED
_LANGUAGE = re.compile(r"[a-z]{2,3}")


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """What is sealed of an offer. `address` is given to one guest, once both have accepted."""

    name: str
    phone: Contact
    address: str
    cell: str
    places: int
    children: bool = False
    animals: bool = False
    wheelchair: bool = False
    women_at_home: bool = False
    women_only: bool = False
    languages: tuple[str, ...] = ()
    words: str = ""
    language: str = "fr"
    link: str = ""
    code: str = ""


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """What is sealed of a request. `all_women`: women and children alone; `adult`: somebody of age is among them."""

    name: str
    phone: Contact
    cell: str
    people: int
    children: bool = False
    animals: bool = False
    wheelchair: bool = False
    women_only: bool = False
    all_women: bool = False
    adult: bool = True
    languages: tuple[str, ...] = ()
    language: str = "fr"
    link: str = ""
    code: str = ""


NOTES_MAX = 20  # ours: what the desk writes on one case


class Meeting(msgspec.Struct, frozen=True):
    """What is sealed of a pair: the public place where they meet, a code for each, the walk in minutes."""

    point: str
    lon: float
    lat: float
    walk_min: int
    host_code: str
    guest_code: str
    reported: str = ""
    notes: tuple[str, ...] = ()


def cell_of(at: Position) -> str:
    """Return the cell a place is shown as: always the same for the same place."""
    return str(h3.latlng_to_cell(at.lat, at.lon, SHOWN_CELL))


def middle_of(cell: str) -> Position:
    """Return the middle of a cell."""
    lat, lon = h3.cell_to_latlng(cell)
    return Position(lon, lat)


def shut_in(cell: str, closed: Sequence[Circle]) -> bool:
    """Return whether a cell touches a closed area: nobody is sent there, and nobody leaves it on foot."""
    reach = float(h3.average_hexagon_edge_length(SHOWN_CELL, unit="m"))
    middle = middle_of(cell)
    return any(h3.great_circle_distance(*_both(middle, c.middle), unit="m") <= c.radius_m + reach for c in closed)


def _both(a: Position, b: Position) -> tuple[tuple[float, float], tuple[float, float]]:
    return (a.lat, a.lon), (b.lat, b.lon)


def host_party(offer: Offer, free: int, level: int) -> Party:
    """Return how an offer is paired."""
    bits = CHILDREN * offer.children | ANIMALS * offer.animals | WHEELCHAIR * offer.wheelchair
    bits |= WOMEN_AT_HOME * (offer.women_at_home and level >= WOMEN_ONLY_LEVEL) | ANYBODY * (not offer.women_only)
    return Party(middle_of(offer.cell), free, bits, frozenset(offer.languages), preferred=level >= Level.VERIFIED)


def guest_party(ask: Ask) -> Party:
    """Return how a request is paired."""
    bits = CHILDREN * ask.children | ANIMALS * ask.animals | WHEELCHAIR * ask.wheelchair
    bits |= WOMEN_AT_HOME * ask.women_only | ANYBODY * (not ask.all_women)
    return Party(middle_of(ask.cell), ask.people, bits, frozenset(ask.languages))


def ends_at(until: datetime | None, now: datetime) -> datetime:
    """Return when an offer dies: when its host said, after twelve hours at the latest."""
    last = now + OFFER_LASTS
    return last if until is None or until <= now else min(until, last)


def ask_ends_at(now: datetime) -> datetime:
    """Return when a request dies."""
    return now + ASK_LASTS


def late(agreed_at: datetime | None, now: datetime) -> bool:
    """Return whether two who agreed should have met by now."""
    return agreed_at is not None and now >= agreed_at + ARRIVAL_WITHIN


def code_from(chance: bytes) -> str:
    """Return a code to read aloud, from at least eight random bytes."""
    return str(int.from_bytes(chance, "big") % 10**CODE_DIGITS).zfill(CODE_DIGITS)


def read_offer(fields: Mapping[str, str], at: Position | None, region: str) -> Offer | tuple[Refusal, ...]:
    """Understand an offer, or say every field to mend (`facts["field"]`)."""
    problems: list[Refusal] = []
    name, phone = _who(fields, region, problems)
    places = _number(fields, "places", PLACES_MAX, problems)
    address = one_line(fields.get("address", ""))
    if not address or len(address) > ADDRESS_MAX:
        problems.append(_at("address", "address_missing" if not address else "words_too_long"))
    words = one_line(fields.get("words", ""))
    if len(words) > WORDS_MAX:
        problems.append(_at("words", "words_too_long"))
    if at is None:
        problems.append(_at("quarter", "place_missing"))
    languages = _languages(fields, problems)
    if problems or phone is None or at is None:
        return tuple(problems)
    return Offer(
        name=name,
        phone=phone,
        address=address,
        cell=cell_of(at),
        places=places,
        children=_yes(fields, "children"),
        animals=_yes(fields, "animals"),
        wheelchair=_yes(fields, "wheelchair"),
        women_at_home=_yes(fields, "women_at_home"),
        women_only=_yes(fields, "women_only"),
        languages=languages,
        words=words,
        language=fields.get("language", "fr")[:2],
    )


def read_ask(fields: Mapping[str, str], at: Position | None, region: str) -> Ask | tuple[Refusal, ...]:
    """Understand a request, or say every field to mend."""
    problems: list[Refusal] = []
    name, phone = _who(fields, region, problems)
    people = _number(fields, "people", PEOPLE_MAX, problems)
    if at is None:
        problems.append(_at("quarter", "place_missing"))
    languages = _languages(fields, problems)
    if problems or phone is None or at is None:
        return tuple(problems)
    all_women = _yes(fields, "all_women")
    return Ask(
        name=name,
        phone=phone,
        cell=cell_of(at),
        people=people,
        children=_yes(fields, "children"),
        animals=_yes(fields, "animals"),
        wheelchair=_yes(fields, "wheelchair"),
        women_only=all_women and _yes(fields, "women_only"),
        all_women=all_women,
        adult=not _yes(fields, "minors"),
        languages=languages,
        language=fields.get("language", "fr")[:2],
    )


def until_of(text: str, now: datetime) -> datetime | None:
    """Return when an offer ends, from hours as chosen in a form; None for as long as it may last."""
    return now + timedelta(hours=int(text)) if text.isascii() and text.isdigit() and 0 < len(text) <= 2 else None  # noqa: PLR2004


def _who(fields: Mapping[str, str], region: str, problems: list[Refusal]) -> tuple[str, Contact | None]:
    name = one_line(fields.get("name", ""))
    if not name or len(name) > NAME_MAX:
        problems.append(_at("name", "name_missing" if not name else "name_too_long"))
    found = contacts.read(fields.get("phone", ""), region)
    if isinstance(found, Refusal) or found.kind != "phone":
        problems.append(_at("phone", "phone_missing"))
        return name, None
    return name, found


def _number(fields: Mapping[str, str], field: str, most: int, problems: list[Refusal]) -> int:
    text = fields.get(field, "").strip()
    if text.isascii() and text.isdigit() and 0 < len(text) <= 3 and 1 <= int(text) <= most:  # noqa: PLR2004
        return int(text)
    problems.append(Refusal(rule="number_wrong", facts={"field": field, "most": str(most)}))
    return 0


def _languages(fields: Mapping[str, str], problems: list[Refusal]) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(_LANGUAGE.findall(fields.get("languages", "").lower())))
    if len(found) > LANGUAGES_MAX:
        problems.append(_at("languages", "languages_too_many"))
    return found


def _yes(fields: Mapping[str, str], field: str) -> bool:
    return fields.get(field) == "yes"


def _at(field: str, rule: str) -> Refusal:
    return Refusal(rule=rule, facts={"field": field})
