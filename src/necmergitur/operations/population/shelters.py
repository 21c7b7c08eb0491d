"""What the desk does for open doors: official shelters and their places, closed areas, hosts checked, cases."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from necmergitur.dispatch.incidents import Person
from necmergitur.governance.breakglass import Who
from necmergitur.kernel.geo import Position
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.population import doors as taking
from necmergitur.operations.population import looking
from necmergitur.operations.population.doors_ports import ClosedArea, MatchRow, Shelter, Tools
from necmergitur.operations.population.looking import Purpose
from necmergitur.operations.registry import audit
from necmergitur.people.constants import (
    ADDRESS_MAX,
    CLOSED_RADIUS_MAX_M,
    CRISIS_RADIUS_MIN_M,
    SHELTER_NAME_MAX,
    SHELTER_PLACES_MAX,
)
from necmergitur.people.shelter import Ask, AskState, Level, MatchState, Offer, OfferState
from necmergitur.people.texts import one_line

KINDS = ("town_hall", "school", "hotel", "hall", "hospital", "other")
CLOSED_KINDS = ("danger", "stay_indoors")
Outcome = Literal["cleared", "kept_out"]


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A pair as the desk sees it before it is opened: no name, no number, no address."""

    id: str
    reported: bool
    reported_by: str
    since: datetime
    agreed_at: datetime | None
    opened_at: datetime | None


class Opened(msgspec.Struct, frozen=True):
    """A case with both its people, shown once a reason is on record."""

    id: str
    host: Offer
    guest: Ask
    point: str
    reported: str
    verified: bool
    notes: tuple[str, ...] = ()


def put(town: Any, shelter: Shelter, by: Person, now: datetime) -> Shelter | Refusal:
    """Enter an official shelter, or change it."""
    shelter = msgspec.structs.replace(
        shelter, name=one_line(shelter.name), address=one_line(shelter.address), by=by.id, at=now
    )
    if not shelter.name or len(shelter.name) > SHELTER_NAME_MAX:
        return Refusal(rule="shelter_name_missing")
    if not shelter.address or len(shelter.address) > ADDRESS_MAX:
        return Refusal(rule="shelter_address_missing")
    if shelter.kind not in KINDS:
        return Refusal(rule="shelter_kind_unknown")
    if not 1 <= shelter.places <= SHELTER_PLACES_MAX or not 0 <= shelter.taken <= shelter.places:
        return Refusal(rule="shelter_places_out_of_range")
    with town.transaction() as tx:
        tx.serialise()
        tx.put_shelter(shelter)
        facts = {"places": str(shelter.places), "taken": str(shelter.taken), "open": str(shelter.open).lower()}
        audit(town, tx, "web:shelter:put", str(shelter.id), by, now, **facts)
    return shelter


def count(town: Any, crisis_id: UUID, shelter_id: UUID, taken: int, by: Person, now: datetime) -> Shelter | Refusal:
    """Say how many places of a shelter are taken now."""
    with town.transaction() as tx:
        found = next((one for one in tx.shelters(crisis_id) if one.id == shelter_id), None)
    if found is None:
        return Refusal(rule="shelter_unknown")
    return put(town, msgspec.structs.replace(found, taken=taken), by, now)


def close_area(
    town: Any,
    crisis_id: UUID,
    kind: str,
    middle: Position,
    radius_m: float,
    by: Person,
    now: datetime,
    incident_id: UUID | None = None,
) -> ClosedArea | Refusal:
    """Close an area: offers in it freeze, nobody is sent into it or through it. `incident_id`: until that call ends."""
    if kind not in CLOSED_KINDS:
        return Refusal(rule="closed_kind_unknown")
    if not CRISIS_RADIUS_MIN_M <= radius_m <= CLOSED_RADIUS_MAX_M:
        return Refusal(rule="closed_radius_out_of_range")
    area = ClosedArea(
        crisis_id=crisis_id,
        id=town.ids.new(),
        kind=kind,
        lon=middle.lon,
        lat=middle.lat,
        radius_m=radius_m,
        by=by.id,
        at=now,
        incident_id=incident_id,
    )
    with town.transaction() as tx:
        if incident_id is not None:
            found = tx.incident(incident_id)
            if found is None or found.state != "open":
                return Refusal(rule="incident_not_open")
        tx.serialise()
        tx.put_closed(area)
        audit(town, tx, "web:closed_area:closed", str(area.id), by, now, kind=kind, radius_m=f"{radius_m:g}")
    return area


def open_area(town: Any, crisis_id: UUID, area_id: UUID, by: Person, now: datetime) -> Refusal | None:
    """Open an area again."""
    with town.transaction() as tx:
        tx.serialise()
        if not tx.end_closed(crisis_id, area_id, by.id, now):
            return Refusal(rule="closed_area_unknown")
        audit(town, tx, "web:closed_area:opened", str(area_id), by, now)
    return None


def set_level(town: Any, crisis_id: UUID, level: int, by: Person, now: datetime) -> Refusal | None:
    """Set how far a host must be known before anybody is sent to them: phone confirmed at least."""
    if level not in (Level.PHONE, Level.VERIFIED, Level.PARTNER):
        return Refusal(rule="level_out_of_range")
    with town.transaction() as tx:
        tx.serialise()
        tx.put_doors_level(crisis_id, level, by.id, now)
        audit(town, tx, "web:doors:level", str(crisis_id), by, now, level=Level(level).name.lower())
    return None


def cases(town: Any, crisis_id: UUID) -> list[Case]:
    """Return the pairs that wait for the desk, without anybody's name."""
    sides = {1: "host", 2: "guest"}
    with town.transaction() as tx:
        rows: list[MatchRow] = tx.cases(crisis_id)
    return [
        Case(
            id=row.id.hex(),
            reported=row.state == MatchState.REPORTED,
            reported_by=sides.get(row.reported_by or 0, ""),
            since=row.alerted_at or row.changed_at,
            agreed_at=row.agreed_at,
            opened_at=row.looked_at,
        )
        for row in rows
    ]


def open_case(
    town: Any, tools: Tools, crisis_id: UUID, match_id: bytes, reason: str, by: Who, now: datetime
) -> Opened | Refusal:
    """Show both people of a case to somebody at the desk: the look is kept first, and both see it on their pages."""
    key = tools.key_of(crisis_id)
    with town.transaction() as tx:
        crisis = tx.crisis(crisis_id)
        row: MatchRow | None = taking.held_match(tx, crisis_id, match_id)
        if (
            crisis is None
            or row is None
            or key is None
            or (row.alerted_at is None and row.state != MatchState.REPORTED)
        ):
            return Refusal(rule="case_unknown")
        offered, request = tx.offer_of(crisis_id, row.offer_id), tx.request_of(crisis_id, row.request_id)
        host, guest = taking.opened(key, offered, Offer), taking.opened(key, request, Ask)
        purpose: Purpose = "abuse" if row.state == MatchState.REPORTED else "answer_call"
        seen = [row.offer_id, row.request_id]
        under = looking.write(town, tx, crisis, key, seen, "case", purpose, reason, by, tools.random(16), now)
        if isinstance(under, Refusal):
            return under
        tx.change_match(msgspec.structs.replace(row, looked_at=now))
    meeting = taking.sealed_meeting(key, row)
    return Opened(
        row.id.hex(), host, guest, meeting.point, meeting.reported, offered.level >= Level.VERIFIED, meeting.notes
    )


def close_case(town: Any, crisis_id: UUID, match_id: bytes, outcome: str, by: Person, now: datetime) -> Refusal | None:
    """Say what came of a case: the host may be sent guests again, or not. A guest who waits is waited for no more."""
    if outcome not in ("cleared", "kept_out"):
        return Refusal(rule="outcome_missing")
    with town.transaction() as tx:
        tx.serialise()
        row: MatchRow | None = taking.held_match(tx, crisis_id, match_id)
        if row is None or row.handled_at is not None:
            return Refusal(rule="case_unknown")
        state = MatchState.ENDED if row.state == MatchState.AGREED else row.state
        tx.change_match(msgspec.structs.replace(row, state=state, handled_at=now, changed_at=now))
        offered, request = tx.offer_of(crisis_id, row.offer_id), tx.request_of(crisis_id, row.request_id)
        if offered is not None and outcome == "kept_out":
            tx.change_offer(msgspec.structs.replace(offered, state=OfferState.HELD, changed_at=now))
        elif offered is not None and offered.state == OfferState.HELD and offered.contact not in tx.banned(crisis_id):
            tx.change_offer(msgspec.structs.replace(offered, state=OfferState.OPEN, changed_at=now))
        if request is not None and request.state == AskState.AGREED:
            tx.change_request(msgspec.structs.replace(request, state=AskState.DESK, changed_at=now))
        audit(town, tx, "web:shelter_case:closed", row.id.hex(), by, now, outcome=outcome)
    return None


def verify_host(town: Any, crisis_id: UUID, reference: str, level: int, by: Person, now: datetime) -> Refusal | None:
    """Raise how far a host is known, by the reference on their own page, read to the desk over the telephone.

    Whoever was called back needs no code any more.
    """
    if level not in (Level.VERIFIED, Level.PARTNER):
        return Refusal(rule="level_out_of_range")
    with town.transaction() as tx:
        tx.serialise()
        row = tx.offer_referred(crisis_id, reference)
        if row is None:
            return Refusal(rule="reference_unknown")
        row = msgspec.structs.replace(row, level=level, changed_at=now)
        if row.state == OfferState.UNCONFIRMED:  # no text message reached them, or somebody else used their three up
            taking.open_offer(tx, row, now)
        else:
            tx.change_offer(row)
        audit(town, tx, "web:host:verified", "", by, now, level=Level(level).name.lower())
    return None


def waiting(town: Any, tools: Tools, crisis_id: UUID, now: datetime) -> list[tuple[str, int, datetime, bool]]:
    """Return requests a person looks after: reference, people, since when, whether minors are alone. No names."""
    key = tools.key_of(crisis_id)
    if key is None:
        return []
    with town.transaction() as tx:
        rows = tx.at_desk(crisis_id)
    opened = [(row, taking.opened(key, row, Ask)) for row in rows if row.until > now]
    return [(row.id.hex()[:8], row.people, row.at, not ask.adult) for row, ask in opened if ask is not None]


def open_request(
    town: Any, tools: Tools, crisis_id: UUID, reference: str, reason: str, by: Who, now: datetime
) -> Ask | Refusal:
    """Show a guest whom a person looks after: the look is kept first, and they see it on their page."""
    key = tools.key_of(crisis_id)
    with town.transaction() as tx:
        crisis = tx.crisis(crisis_id)
        row = next((one for one in tx.at_desk(crisis_id) if one.id.hex()[:8] == reference), None)
        ask: Ask | None = None if row is None or key is None else taking.opened(key, row, Ask)
        if crisis is None or row is None or key is None or ask is None:
            return Refusal(rule="case_unknown")
        under = looking.write(town, tx, crisis, key, [row.id], "case", "answer_call", reason, by, tools.random(16), now)
    return under if isinstance(under, Refusal) else ask
