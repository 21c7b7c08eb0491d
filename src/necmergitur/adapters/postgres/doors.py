"""Open doors in PostgreSQL. Whom it brings together is judged again by the triggers of its migration."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from necmergitur.adapters.postgres.queries import fill, load
from necmergitur.adapters.postgres.rows import RowCodec, Struct
from necmergitur.adapters.postgres.statements import Statements
from necmergitur.operations.population.doors_ports import (
    AskRow,
    ClosedArea,
    Line,
    MatchRow,
    OfferRow,
    Post,
    Shelter,
)
from necmergitur.people.shelter import Level, Side

OFFER, REQUEST, MATCH = RowCodec(OfferRow), RowCodec(AskRow), RowCodec(MatchRow)
SHELTER, CLOSED = RowCodec(Shelter), RowCodec(ClosedArea)
_PARTS = {
    name + suffix: text
    for name, codec in (
        ("offer", OFFER),
        ("request", REQUEST),
        ("match", MATCH),
        ("shelter", SHELTER),
        ("closed", CLOSED),
    )
    for suffix, text in (("", codec.columns()), ("_values", codec.values()))
}
SQL = {name: fill(query, **_PARTS) for name, query in load("doors").items()}
COUNT_UP = load("telling")["count_up"]
_OF = {Side.HOST: "host", Side.GUEST: "guest"}


class DoorsMixin:
    """`operations.population.doors_ports.DoorsTransaction` beyond crises, messages and alarms."""

    cursor: Statements

    def put_offer(self, row: OfferRow) -> bool:
        """Store an offer; False when its form came before."""
        return self.cursor.execute(SQL["put_offer"], OFFER.to_row(row)).rowcount > 0

    def put_request(self, row: AskRow) -> bool:
        """Store a request; False when its form came before."""
        return self.cursor.execute(SQL["put_request"], REQUEST.to_row(row)).rowcount > 0

    def put_match(self, row: MatchRow) -> None:
        """Bring a guest and a host together; PostgreSQL judges it."""
        self.cursor.execute(SQL["put_match"], MATCH.to_row(row))

    def change_offer(self, row: OfferRow) -> None:
        """Store an offer as changed."""
        self.cursor.execute(SQL["change_offer"], OFFER.to_row(row))

    def change_request(self, row: AskRow) -> None:
        """Store a request as changed."""
        self.cursor.execute(SQL["change_request"], REQUEST.to_row(row))

    def change_match(self, row: MatchRow) -> None:
        """Store a pair as changed."""
        self.cursor.execute(SQL["change_match"], MATCH.to_row(row))

    def find_offer(self, row_id: bytes) -> OfferRow | None:
        """Return the offer of a private link, in whichever crisis."""
        return _one(OFFER, self._found("find_offer", id=row_id))

    def find_request(self, row_id: bytes) -> AskRow | None:
        """Return the request of a private link."""
        return _one(REQUEST, self._found("find_request", id=row_id))

    def offer_of(self, crisis_id: UUID, row_id: bytes) -> OfferRow | None:
        """Return an offer, held until this transaction ends."""
        return _one(OFFER, self._found("offer_of", crisis_id=crisis_id, id=row_id))

    def request_of(self, crisis_id: UUID, row_id: bytes) -> AskRow | None:
        """Return a request, held until this transaction ends."""
        return _one(REQUEST, self._found("request_of", crisis_id=crisis_id, id=row_id))

    def offer_referred(self, crisis_id: UUID, reference: str) -> OfferRow | None:
        """Return the one offer whose name begins so (8 hexadecimal digits), held; None for none, or two."""
        rows = self._found("offer_referred", crisis_id=crisis_id, reference=reference)
        return _one(OFFER, rows) if len(rows) == 1 else None

    def match_of(self, crisis_id: UUID, row_id: bytes) -> MatchRow | None:
        """Return a pair. Whoever changes one holds its request and its offer first, in this order."""
        return _one(MATCH, self._found("match_of", crisis_id=crisis_id, id=row_id))

    def matches_of(self, crisis_id: UUID, side: Side, row_id: bytes) -> list[MatchRow]:
        """Return the pairs of one host or one guest, newest first."""
        return [MATCH.from_row(row) for row in self._found(f"matches_of_{_OF[side]}", crisis_id=crisis_id, id=row_id)]

    def same_contact(self, crisis_id: UUID, side: Side, contact: bytes, but: bytes) -> list[bytes]:
        """Return other offers, or requests, of the same phone that still stand."""
        rows = self._found(f"same_contact_{_OF[side]}", crisis_id=crisis_id, contact=contact, but=but)
        return [bytes(row[0]) for row in rows]

    def addresses_given(self, crisis_id: UUID, contact: bytes) -> int:
        """Return how many addresses a guest's phone was given, or was about to be."""
        return int(self._found("addresses_given", crisis_id=crisis_id, contact=contact)[0][0])

    def count_code(self, crisis_id: UUID, contact: bytes) -> int:
        """Count one more code sent to a phone; return how many that makes."""
        return int(self._found("count_code", crisis_id=crisis_id, contact=contact)[0][0])

    def open_offers(self, crisis_id: UUID, level: int, now: datetime) -> list[OfferRow]:
        """Return offers that somebody may be sent to now: nobody is being proposed to them."""
        return [OFFER.from_row(row) for row in self._found("open_offers", crisis_id=crisis_id, level=level, now=now)]

    def due_requests(self, crisis_id: UUID, now: datetime, asked_before: datetime) -> list[AskRow]:
        """Return requests for which another host is to be asked now."""
        rows = self._found("due_requests", crisis_id=crisis_id, now=now, asked_before=asked_before)
        return [REQUEST.from_row(row) for row in rows]

    def met_before(self, crisis_id: UUID) -> list[tuple[bytes, bytes]]:
        """Return phones (guest's, host's) that were brought together once, whatever came of it."""
        return [(bytes(row[0]), bytes(row[1])) for row in self._found("met_before", crisis_id=crisis_id)]

    def standing(self, crisis_id: UUID) -> list[MatchRow]:
        """Return the pairs that are proposed, offered or agreed."""
        return [MATCH.from_row(row) for row in self._found("standing", crisis_id=crisis_id)]

    def offers_standing(self, crisis_id: UUID) -> list[OfferRow]:
        """Return the offers of those pairs."""
        return [OFFER.from_row(row) for row in self._found("offers_standing", crisis_id=crisis_id)]

    def expire_due(self, crisis_id: UUID, now: datetime) -> int:
        """End offers and requests whose time is over; return how many."""
        parts = {"crisis_id": crisis_id, "now": now}
        ended = [self.cursor.execute(SQL[name], parts).rowcount for name in ("expire_offers", "expire_requests")]
        return sum(ended)

    def to_desk(self, crisis_id: UUID, asked: int, now: datetime) -> int:
        """Hand to the desk the requests that went to so many hosts in vain; return how many."""
        return self.cursor.execute(SQL["to_desk"], {"crisis_id": crisis_id, "asked": asked, "now": now}).rowcount

    def cases(self, crisis_id: UUID) -> list[MatchRow]:
        """Return pairs that the desk must look at: late, or reported."""
        return [MATCH.from_row(row) for row in self._found("cases", crisis_id=crisis_id)]

    def at_desk(self, crisis_id: UUID) -> list[AskRow]:
        """Return requests that a person looks after, oldest first."""
        return [REQUEST.from_row(row) for row in self._found("at_desk", crisis_id=crisis_id)]

    def drop(self, crisis_id: UUID, side: Side, row_id: bytes) -> None:
        """Delete an offer or a request with all that hangs on it, and messages to its person that have not left."""
        parts = {"crisis_id": crisis_id, "id": row_id}
        self.cursor.execute(SQL[f"drop_{_OF[side]}"], parts)
        self.cursor.execute(SQL["drop_messages"], parts)

    def forget_doors(self, crisis_id: UUID, before: datetime) -> int:
        """Delete what has been over for long; return how many."""
        parts = {"crisis_id": crisis_id, "before": before}
        return sum(self.cursor.execute(SQL[name], parts).rowcount for name in ("forget_offers", "forget_requests"))

    def lines(self, crisis_id: UUID, match_id: bytes) -> list[Line]:
        """Return the messages of a pair, oldest first."""
        rows = self._found("lines", crisis_id=crisis_id, match_id=match_id)
        return [Line(row[0], bytes(row[1]), bytes(row[2]), row[3]) for row in rows]

    def put_line(self, crisis_id: UUID, match_id: bytes, line: Line) -> None:
        """Store a message."""
        parts = {"crisis_id": crisis_id, "match_id": match_id, "side": line.side}
        self.cursor.execute(SQL["put_line"], parts | {"salt": line.salt, "sealed": line.sealed, "at": line.at})

    def shelters(self, crisis_id: UUID) -> list[Shelter]:
        """Return the official shelters."""
        return [SHELTER.from_row(row) for row in self._found("shelters", crisis_id=crisis_id)]

    def put_shelter(self, shelter: Shelter) -> None:
        """Store a shelter, new or changed."""
        self.cursor.execute(SQL["put_shelter"], SHELTER.to_row(shelter))

    def closed_areas(self, crisis_id: UUID) -> list[ClosedArea]:
        """Return the areas that are closed now."""
        return [CLOSED.from_row(row) for row in self._found("closed_areas", crisis_id=crisis_id)]

    def put_closed(self, area: ClosedArea) -> None:
        """Close an area."""
        self.cursor.execute(SQL["put_closed"], CLOSED.to_row(area))

    def end_closed(self, crisis_id: UUID, area_id: UUID, by: int, now: datetime) -> bool:
        """Open an area again; False when it was not closed."""
        parts = {"crisis_id": crisis_id, "id": area_id, "by": by, "now": now}
        return self.cursor.execute(SQL["end_closed"], parts).rowcount > 0

    def doors_level(self, crisis_id: UUID) -> int:
        """Return how far a host must be known."""
        rows = self._found("level", crisis_id=crisis_id)
        return int(rows[0][0]) if rows else Level.PHONE

    def put_doors_level(self, crisis_id: UUID, level: int, by: int, now: datetime) -> None:
        """Set how far a host must be known."""
        self.cursor.execute(SQL["put_level"], {"crisis_id": crisis_id, "level": level, "by": by, "now": now})

    def count_up(self, crisis_id: UUID, what: str, n: int) -> None:
        """Count what a crisis did."""
        self.cursor.execute(COUNT_UP, {"crisis_id": crisis_id, "what": what, "n": n})

    def posts_near(self, lon: float, lat: float, limit: int) -> list[Post]:
        """Return the street buttons nearest to a place."""
        return [Post(*row) for row in self._found("posts_near", lon=lon, lat=lat, limit=limit)]

    def city_streets(self) -> tuple[object, bytes] | None:
        """Return when the city was imported, and its streets as stored; None without a city."""
        rows = self._found("city_streets")
        return (rows[0][0], bytes(rows[0][1])) if rows else None

    def erase_doors(self, crisis_id: UUID) -> Mapping[str, int]:
        """Drop all it holds about hosts and guests; return how many rows of each kind that was."""
        offers, requests = self._found("erase_doors", crisis_id=crisis_id)[0]
        return {"offers": int(offers), "requests": int(requests)}

    def _found(self, query: str, **parts: Any) -> list[tuple[Any, ...]]:
        return self.cursor.execute(SQL[query], parts).fetchall()


def _one(codec: RowCodec[Struct], rows: list[tuple[Any, ...]]) -> Struct | None:
    return codec.from_row(rows[0]) if rows else None
