"""What the use cases of open doors ask of a store: rows as stored, and how they are found."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import msgspec

from necmergitur.operations.population.checkins import Sealer
from necmergitur.operations.population.looking import Look
from necmergitur.operations.population.telling import Waiting
from necmergitur.people.crises import Crisis
from necmergitur.people.shelter import Side


class OfferRow(msgspec.Struct, frozen=True, kw_only=True):
    """An offer as stored. `contact`: a keyed digest of the host's phone; `free`: places nobody was given."""

    crisis_id: UUID
    id: bytes
    salt: bytes
    sealed: bytes
    contact: bytes
    state: int
    level: int
    places: int
    free: int
    at: datetime
    until: datetime
    changed_at: datetime
    tries: int = 0


class AskRow(msgspec.Struct, frozen=True, kw_only=True):
    """A request as stored. `asked`: to how many hosts it went."""

    crisis_id: UUID
    id: bytes
    salt: bytes
    sealed: bytes
    contact: bytes
    state: int
    people: int
    at: datetime
    until: datetime
    changed_at: datetime
    asked: int = 0
    tries: int = 0


class MatchRow(msgspec.Struct, frozen=True, kw_only=True):
    """A guest and a host as they stand with each other."""

    crisis_id: UUID
    id: bytes
    offer_id: bytes
    request_id: bytes
    salt: bytes
    sealed: bytes
    state: int
    people: int
    at: datetime
    changed_at: datetime
    offered_at: datetime | None = None
    agreed_at: datetime | None = None
    there_at: datetime | None = None
    address_at: datetime | None = None
    host_met_at: datetime | None = None
    guest_met_at: datetime | None = None
    host_tries: int = 0
    guest_tries: int = 0
    alerted_at: datetime | None = None
    reported_by: int | None = None
    looked_at: datetime | None = None
    handled_at: datetime | None = None


class Shelter(msgspec.Struct, frozen=True, kw_only=True):
    """A hall, a school, a hotel that the city opens. Public."""

    crisis_id: UUID
    id: UUID
    name: str
    kind: str
    address: str
    lon: float
    lat: float
    places: int
    taken: int
    animals: bool
    wheelchair: bool
    open: bool
    by: int
    at: datetime

    @property
    def left(self) -> int:
        """How many places are left."""
        return self.places - self.taken if self.open else 0


OF_NOTICES = "00000000-0000-8000-8000-"  # RFC 9562, version 8: the rest is the notice's number


class ClosedArea(msgspec.Struct, frozen=True, kw_only=True):
    """Where nobody is sent. `kind`: "danger", or "stay_indoors". `incident_id`: the call with which it is lifted."""

    crisis_id: UUID
    id: UUID
    kind: str
    lon: float
    lat: float
    radius_m: float
    by: int
    at: datetime
    incident_id: UUID | None = None

    @property
    def ordered(self) -> bool:
        """Whether it is one of the city's notices: lifted with it, and by nothing else."""
        return str(self.id).startswith(OF_NOTICES)


class Post(msgspec.Struct, frozen=True):
    """A street button: public, known, and help is one press away."""

    label: str
    lon: float
    lat: float


class Line(msgspec.Struct, frozen=True):
    """One message between the two, as stored."""

    side: int
    salt: bytes
    sealed: bytes
    at: datetime


class DoorsTransaction(Protocol):
    """A transaction that knows of offers, requests, and who meets whom."""

    def crisis(self, crisis_id: UUID) -> Crisis | None: ...  # noqa: D102
    def crises_now(self) -> list[Crisis]: ...  # noqa: D102
    def banned(self, crisis_id: UUID) -> frozenset[bytes]: ...  # noqa: D102
    def put_offer(self, row: OfferRow) -> bool:
        """Store an offer; False when its form came before."""
        ...

    def put_request(self, row: AskRow) -> bool:
        """Store a request; False when its form came before."""
        ...

    def put_match(self, row: MatchRow) -> None:
        """Bring a guest and a host together; PostgreSQL judges it."""
        ...

    def change_offer(self, row: OfferRow) -> None:
        """Store an offer as changed."""
        ...

    def change_request(self, row: AskRow) -> None:
        """Store a request as changed."""
        ...

    def change_match(self, row: MatchRow) -> None:
        """Store a pair as changed."""
        ...

    def find_offer(self, row_id: bytes) -> OfferRow | None:
        """Return the offer of a private link, in whichever crisis."""
        ...

    def find_request(self, row_id: bytes) -> AskRow | None:
        """Return the request of a private link."""
        ...

    def offer_of(self, crisis_id: UUID, row_id: bytes) -> OfferRow | None:
        """Return an offer, held until this transaction ends."""
        ...

    def request_of(self, crisis_id: UUID, row_id: bytes) -> AskRow | None:
        """Return a request, held until this transaction ends."""
        ...

    def offer_referred(self, crisis_id: UUID, reference: str) -> OfferRow | None:
        """Return the one offer whose name begins so (8 hexadecimal digits), held; None for none, or two."""
        ...

    def match_of(self, crisis_id: UUID, row_id: bytes) -> MatchRow | None:
        """Return a pair. Whoever changes one holds its request and its offer first, in this order."""
        ...

    def matches_of(self, crisis_id: UUID, side: Side, row_id: bytes) -> list[MatchRow]:
        """Return the pairs of one host or one guest, newest first."""
        ...

    def same_contact(self, crisis_id: UUID, side: Side, contact: bytes, but: bytes) -> list[bytes]:
        """Return other offers, or requests, of the same phone that still stand."""
        ...

    def addresses_given(self, crisis_id: UUID, contact: bytes) -> int:
        """Return how many addresses a guest's phone was given."""
        ...

    def count_code(self, crisis_id: UUID, contact: bytes) -> int:
        """Count one more code sent to a phone; return how many that makes."""
        ...

    def open_offers(self, crisis_id: UUID, level: int, now: datetime) -> list[OfferRow]:
        """Return offers that somebody may be sent to now: nobody is being proposed to them."""
        ...

    def due_requests(self, crisis_id: UUID, now: datetime, asked_before: datetime) -> list[AskRow]:
        """Return requests for which another host is to be asked now."""
        ...

    def met_before(self, crisis_id: UUID) -> list[tuple[bytes, bytes]]:
        """Return phones (guest's, host's) that were brought together once, whatever came of it."""
        ...

    def standing(self, crisis_id: UUID) -> list[MatchRow]:
        """Return the pairs that are proposed, offered or agreed."""
        ...

    def offers_standing(self, crisis_id: UUID) -> list[OfferRow]:
        """Return the offers of those pairs."""
        ...

    def expire_due(self, crisis_id: UUID, now: datetime) -> int:
        """End offers and requests whose time is over; return how many."""
        ...

    def to_desk(self, crisis_id: UUID, asked: int, now: datetime) -> int:
        """Hand to the desk the requests that went to so many hosts in vain; return how many."""
        ...

    def cases(self, crisis_id: UUID) -> list[MatchRow]:
        """Return pairs that the desk must look at: late, or reported."""
        ...

    def at_desk(self, crisis_id: UUID) -> list[AskRow]:
        """Return requests that a person looks after, oldest first."""
        ...

    def drop(self, crisis_id: UUID, side: Side, row_id: bytes) -> None:
        """Delete an offer or a request with all that hangs on it."""
        ...

    def forget_doors(self, crisis_id: UUID, before: datetime) -> int:
        """Delete what has been over for long; return how many."""
        ...

    def lines(self, crisis_id: UUID, match_id: bytes) -> list[Line]:
        """Return the messages of a pair, oldest first."""
        ...

    def put_line(self, crisis_id: UUID, match_id: bytes, line: Line) -> None:
        """Store a message."""
        ...

    def shelters(self, crisis_id: UUID) -> list[Shelter]:
        """Return the official shelters."""
        ...

    def put_shelter(self, shelter: Shelter) -> None:
        """Store a shelter, new or changed."""
        ...

    def closed_areas(self, crisis_id: UUID) -> list[ClosedArea]:
        """Return the areas that are closed now."""
        ...

    def put_closed(self, area: ClosedArea) -> None:
        """Close an area."""
        ...

    def end_closed(self, crisis_id: UUID, area_id: UUID, by: int, now: datetime) -> bool:
        """Open an area again; False when it was not closed."""
        ...

    def doors_level(self, crisis_id: UUID) -> int:
        """Return how far a host must be known."""
        ...

    def put_doors_level(self, crisis_id: UUID, level: int, by: int, now: datetime) -> None:
        """Set how far a host must be known."""
        ...

    def posts_near(self, lon: float, lat: float, limit: int) -> list[Post]:
        """Return the street buttons nearest to a place."""
        ...

    def city_streets(self) -> tuple[object, bytes] | None:
        """Return when the city was imported, and its streets as stored; None without a city."""
        ...

    def count_up(self, crisis_id: UUID, what: str, n: int) -> None:
        """Count what a crisis did."""
        ...

    def put_messages(self, messages: Sequence[Waiting], due_at: datetime) -> None:
        """Let messages wait for their sending."""
        ...

    def looks_of(self, crisis_id: UUID, subject: bytes) -> list[Look]:
        """Return who looked at a row, oldest first."""
        ...

    def raise_alarm(self, name: str, detail: str, now: datetime) -> bool:
        """Raise a system alarm."""
        ...

    def clear_alarm(self, name: str, now: datetime) -> bool:
        """Clear a system alarm."""
        ...


class Doors(Protocol):
    """Where offers and requests are kept."""

    def transaction(self) -> AbstractContextManager[Any]:
        """Open a DoorsTransaction."""
        ...


class Tools(msgspec.Struct, frozen=True):
    """What use cases of open doors work with: keys, chance, where links lead, whose numbers lack a prefix."""

    key_of: Callable[[UUID], Sealer | None]
    random: Callable[[int], bytes]
    address: str = ""
    region: str = "FR"


Fields = Mapping[str, str]
