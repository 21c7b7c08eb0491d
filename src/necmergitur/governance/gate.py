"""The gate: the only way to an `Admitted` fact.

A `GateTable` is an immutable snapshot of the authorisations, swapped whole by the adapter that loads it.
A table older than one second closes sensors and flights; calls for help and the record stay open, because
their authorisation is standing (GDPR art. 6(1)(d)-(e), recital 46).
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from necmergitur.governance import accesses, issuing
from necmergitur.governance.accesses import Accesses, Opened, Reading
from necmergitur.governance.assessments import DRONE_CAMERA
from necmergitur.governance.authorisations import CALLS_FOR_HELP, RECORD_OF_DECISIONS, STANDING, Authorisation
from necmergitur.governance.grants import NONE, Grants, microseconds
from necmergitur.governance.passes import Pass
from necmergitur.kernel.events import Fact
from necmergitur.kernel.refusal import Refusal
from necmergitur.ledger.admitted import Admitted
from necmergitur.ledger.minting import mint

TABLE_AGE_MAX = timedelta(seconds=1)  # architecture: an older table closes sensors

CALL_FOR_HELP = "call_for_help"
GOVERNANCE = "governance"
FLIGHT = "drone_flight"
CAMERA = DRONE_CAMERA


_NOTHING = Grants(())
_LAW_ALONE = Accesses()


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants to write: which modality, for which purpose, from which stream and zone."""

    modality: str
    purpose: str
    stream: str
    zone_id: str | None = None


class GateTable(msgspec.Struct, frozen=True):
    """Authorisations by modality, and when they were read. Build with `compile_table`."""

    by_modality: dict[str, tuple[Authorisation, ...]]
    loaded_at: datetime
    version: int = 0
    grants: Grants = _NOTHING
    accesses: Accesses = _LAW_ALONE

    def stale(self, now: datetime) -> bool:
        """Return whether the table is too old to open a sensor or a flight."""
        return now - self.loaded_at > TABLE_AGE_MAX

    def find(self, request: Request, now: datetime) -> Authorisation | Refusal:
        """Return the newest authorisation that covers `request` at `now`, or why none does."""
        if not self.stale(now):
            asked = (request.modality, request.purpose, request.stream, request.zone_id)
            index = self.grants.decide(*asked, microseconds(now))
            if index != NONE:
                return self.grants.items[index]
        found = self.find_all(request, now)  # which says why not
        assert isinstance(found, Refusal), "the compiled table and the authorisations disagree"
        return found

    def find_all(self, request: Request, now: datetime) -> tuple[Authorisation, ...] | Refusal:
        """Return every authorisation that covers `request` at `now`, newest first, or why none does.

        A flight needs one that opens its whole way; a newer one that opens less does not take that back.
        """
        if self.stale(now):
            return Refusal(
                rule="gate_table_stale",
                owner="gate",
                detail=f"Authorisations were last read at {self.loaded_at.isoformat()}.",
            )
        nearest: Authorisation | None = None
        current: list[Authorisation] = []
        for candidate in self.by_modality.get(request.modality, ()):
            if candidate.purpose != request.purpose:
                continue
            if candidate.zones is not None and request.zone_id not in candidate.zones:
                continue
            if candidate.streams is not None and request.stream not in candidate.streams:
                continue
            if candidate.current(now):
                current.append(candidate)
            nearest = candidate
        if current:
            return tuple(current)
        if nearest is not None:
            return _not_current(nearest, now)
        return Refusal(
            rule="no_authorisation",
            owner="gate",
            detail=f"Nothing authorises {request.modality} for {request.purpose} here.",
            facts={"modality": request.modality, "purpose": request.purpose, "zone": request.zone_id or ""},
        )


def _not_current(nearest: Authorisation, now: datetime) -> Refusal:
    """Say how the closest authorisation falls short in time."""
    facts = {"authorisation": nearest.label}
    if nearest.revoked_at is not None and nearest.revoked_at <= now:
        return Refusal(rule="authorisation_revoked", owner=nearest.revoked_by or "", facts=facts)
    if nearest.suspended_at is not None and nearest.suspended_at <= now:
        facts["why"] = nearest.suspended_reason or ""
        return Refusal(rule="authorisation_suspended", owner="gate", facts=facts)
    if now < nearest.valid_from:
        return Refusal(rule="authorisation_not_yet", owner=nearest.granted_by, until=nearest.valid_from, facts=facts)
    return Refusal(rule="authorisation_expired", owner=nearest.granted_by, facts=facts)


def picture(table: GateTable, flight_id: UUID, request: Request, now: datetime) -> Authorisation | Refusal:
    """Return what authorises the picture of a drone that flies under `flight_id`, or why nothing does.

    The flight's own authorisation, in force, where its conditions say that the camera may look; else, beside it, a
    camera authorisation that covers `request`.
    """
    if table.stale(now):
        return Refusal(rule="gate_table_stale", owner="gate")
    flight = next((item for item in table.by_modality.get(FLIGHT, ()) if item.id == flight_id), None)
    if flight is None:
        return Refusal(rule="no_authorisation", owner="gate", facts={"authorisation": str(flight_id)})
    if not flight.current(now):
        return _not_current(flight, now)
    if flight.conditions.recording:
        return flight
    found = table.find(request, now)
    if isinstance(found, Refusal):
        return Refusal(rule="picture_not_authorised", owner="gate", facts={"authorisation": flight.label})
    return found


# What the law opens by itself, whatever the database says: it never lapses, and no table is too old for it.
LAW = GateTable({}, datetime.min.replace(tzinfo=UTC))


def sees_calls(purpose: str, readers: Iterable[str], place: str, now: datetime) -> bool:
    """Return whether places and words of calls are open to one of these classes of readers, where they are read."""
    asked = Reading(what=accesses.CALLS, purpose=purpose, readers=tuple(sorted(readers)), place=place)
    return not isinstance(access(LAW, asked, now), Refusal)


def access(table: GateTable, asked: Reading, now: datetime) -> Pass | Refusal:
    """Return a pass to read something about a person, or why there is none.

    What answers a call for help rests on a standing authorisation, which never lapses: a table too old shuts only what
    people opened for a while, crises and broken glass.
    """
    line = accesses.known(asked.what, asked.purpose)
    if line is None:
        return Refusal(rule="purpose_not_authorised", owner="gate", facts={"purpose": asked.purpose[:40]})
    found = table.accesses.decide(asked, microseconds(now))
    if found is None:
        places = table.accesses.places(asked)
        if not places and not line.readers & set(asked.readers):
            return Refusal(rule="reader_not_authorised", owner="gate")
        rule = "authorisation_not_in_force" if asked.place in places else "place_not_authorised"
        return Refusal(rule=rule, owner="gate")
    if found.authority not in STANDING and table.stale(now):
        return Refusal(rule="gate_table_stale", owner="gate")
    if line.live and not asked.live:
        return Refusal(rule="incident_not_open", owner="gate", detail="Only while the call is open.")
    return issuing.issue(asked, found.reader, found.authority, now, by_glass=found.by_glass)


def compile_table(
    authorisations: Iterable[Authorisation], loaded_at: datetime, version: int = 0, opened: Iterable[Opened] = ()
) -> GateTable:
    """Group authorisations by modality (standing ones need no row: they are law), with what is open beside them."""
    grouped: dict[str, list[Authorisation]] = {}
    for item in authorisations:
        if item.id not in STANDING:
            grouped.setdefault(item.modality, []).append(item)
    by_modality = {name: tuple(items) for name, items in grouped.items()}
    grants = Grants([item for items in by_modality.values() for item in items])
    readings = [read for items in by_modality.values() for item in items for read in accesses.readings_of(item)]
    return GateTable(by_modality, loaded_at, version, grants, Accesses([*opened, *readings]))


def admit_call_for_help(facts: Sequence[Fact], now: datetime) -> list[Admitted]:
    """Admit what follows from a call for help: signals, incidents, the humans' answer. Never refused."""
    return [mint(fact, CALLS_FOR_HELP, now) for fact in facts]


def admit_record(facts: Sequence[Fact], now: datetime) -> list[Admitted]:
    """Admit a record of a decision about the system itself (grants, refusals, shifts). Never refused."""
    return [mint(fact, RECORD_OF_DECISIONS, now) for fact in facts]


def admit(table: GateTable, request: Request, facts: Sequence[Fact], now: datetime) -> list[Admitted] | Refusal:
    """Admit facts of a sensor or a flight under the authorisation that covers `request`, or say why not."""
    found = table.find(request, now)
    if isinstance(found, Refusal):
        return found
    return [mint(fact, found.id, now) for fact in facts]


def admit_under(
    table: GateTable, authorisation_id: UUID, facts: Sequence[Fact], now: datetime
) -> list[Admitted] | Refusal:
    """Admit facts under one known authorisation, if it is current (a mission keeps the one it was offered under)."""
    for items in table.by_modality.values():
        for item in items:
            if item.id == authorisation_id:
                if table.stale(now):
                    return Refusal(rule="gate_table_stale", owner="gate")
                return [mint(fact, item.id, now) for fact in facts] if item.current(now) else _not_current(item, now)
    return Refusal(rule="no_authorisation", owner="gate", facts={"authorisation": str(authorisation_id)})
