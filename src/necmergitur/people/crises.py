"""A crisis as the city declares it: two people open its services around one incident, and somebody closes them.

Event-sourced in the stream `crisis:<id>`. Its facts are public: a place, services, dates, counts, and who decided by
number and role. A drill is a crisis in all but its name: the same steps, kept apart, and said on every page.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from necmergitur.governance.assessments import Assessment, Foundation
from necmergitur.governance.breakglass import Who
from necmergitur.kernel.geo import Position
from necmergitur.kernel.refusal import Refusal, first
from necmergitur.people.constants import (
    CRISIS_ASKED_LASTS,
    CRISIS_LASTS_MAX,
    CRISIS_NAME_MAX,
    CRISIS_RADIUS_MAX_M,
    CRISIS_RADIUS_MIN_M,
    CRISIS_WORDS_MAX,
    KEPT_AFTER_CLOSING_MAX,
)

Service = Literal["safe", "find", "doors"]
SERVICES: tuple[Service, ...] = ("safe", "find", "doors")
MAY_OPEN = ("lead", "duty_officer")
# Who may say that lives are at stake and no assessment can be waited for (GDPR art. 6(1)(d), recital 46).
MAY_OVERRIDE = "duty_officer"
# What the services gather, as an assessment says what it covers: a kind of data, in one stream.
MODALITY = STREAM = "population"


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """The crisis somebody wants opened. `incident_id` is None only for a drill; `reason` stays out of facts."""

    id: UUID
    incident_id: UUID | None
    name: str
    middle: Position
    radius_m: float
    services: tuple[str, ...]
    languages: tuple[str, ...]
    kept: timedelta
    drill: bool
    reason: str
    vital: bool = False


class Crisis(msgspec.Struct, frozen=True, kw_only=True):
    """One crisis as it stands: asked for, open, closed, erased."""

    id: UUID
    incident_id: UUID | None
    name: str
    lon: float
    lat: float
    radius_m: float
    services: tuple[str, ...]
    languages: tuple[str, ...]
    kept_s: int
    drill: bool
    asked_by: int
    asked_role: str
    asked_at: datetime
    rests_on: Foundation | None = None
    confirmed_by: int | None = None
    confirmed_role: str | None = None
    key: str = ""
    opened_at: datetime | None = None
    withdrawn_at: datetime | None = None
    closed_by: int | None = None
    closed_at: datetime | None = None
    purge_at: datetime | None = None
    erased_at: datetime | None = None
    version: int = 1

    @property
    def middle(self) -> Position:
        """The middle of its area."""
        return Position(self.lon, self.lat)

    def waits(self, now: datetime) -> bool:
        """Return whether somebody else may still confirm it."""
        return self.opened_at is None and self.withdrawn_at is None and now < self.asked_at + CRISIS_ASKED_LASTS

    def open(self, now: datetime) -> bool:
        """Return whether its services take anything at `now`: [opened_at, closed_at)."""
        return self.opened_at is not None and self.opened_at <= now and self.closed_at is None

    def offers(self, service: str, now: datetime) -> bool:
        """Return whether one service is open."""
        return service in self.services and self.open(now)

    def kept(self, now: datetime) -> bool:
        """Return whether what it holds about people may still be read."""
        return self.opened_at is not None and self.erased_at is None and (self.purge_at is None or now < self.purge_at)


class CrisisAsked(msgspec.Struct, frozen=True, tag=True):
    """One person asks that services open. Without `rests_on` they say that lives are at stake, and it is judged so."""

    id: UUID
    incident_id: UUID | None
    name: str
    lon: float
    lat: float
    radius_m: float
    services: tuple[str, ...]
    languages: tuple[str, ...]
    kept_s: int
    drill: bool
    rests_on: Foundation | None
    by: Who
    at: datetime


class CrisisWithdrawn(msgspec.Struct, frozen=True, tag=True):
    """Whoever asked no longer does. Nothing was opened."""

    by: Who
    at: datetime


class CrisisOpened(msgspec.Struct, frozen=True, tag=True):
    """A second person agrees: the services are open. `key`: SHA-256 (hex) of the key that seals what they take."""

    by: Who
    key: str
    at: datetime


class CrisisClosed(msgspec.Struct, frozen=True, tag=True):
    """Nothing more is taken; what is held is erased at `purge_at`. `counts` is all that stays: how many of each."""

    by: Who
    counts: dict[str, int]
    at: datetime
    purge_at: datetime


class CrisisErased(msgspec.Struct, frozen=True, tag=True):
    """All it held about people is gone. `key`: SHA-256 (hex) of the key that was destroyed, as when it opened."""

    counts: dict[str, int]
    key: str
    at: datetime


CrisisEvent = CrisisAsked | CrisisWithdrawn | CrisisOpened | CrisisClosed | CrisisErased


def stream_of(crisis_id: UUID) -> str:
    """Return the ledger stream of one crisis."""
    return f"crisis:{crisis_id}"


def ask(
    asked: Asked, by: Who, current: Crisis | None, on: Assessment | None, now: datetime, *, live: bool
) -> CrisisAsked | Refusal:
    """Ask that services open.

    `current`: one of its kind not closed yet; `on`: the assessment of these services; `live`: the incident is open.
    """
    holds = on is not None and on.covers.modality == MODALITY and on.holds(now)
    problem = first(
        _role(by),
        _described(asked),
        _one_at_a_time(current),
        _founded(asked.incident_id, live=live, drill=asked.drill),
        _assessed(by, holds=holds, vital=asked.vital),
    )
    if problem is not None:
        return problem
    rests_on = None
    if on is not None and holds:
        rests_on = Foundation(assessment_id=on.id, assessment_version=on.version, assessment_digest=on.digest)
    return CrisisAsked(
        id=asked.id,
        incident_id=asked.incident_id,
        name=" ".join(asked.name.split()),
        lon=asked.middle.lon,
        lat=asked.middle.lat,
        radius_m=asked.radius_m,
        services=tuple(name for name in SERVICES if name in asked.services),
        languages=asked.languages,
        kept_s=int(asked.kept.total_seconds()),
        drill=asked.drill,
        rests_on=rests_on,
        by=by,
        at=now,
    )


def confirm(
    state: Crisis, by: Who, current: Crisis | None, key: str, now: datetime, *, live: bool
) -> CrisisOpened | Refusal:
    """Agree as a second person. `key`: the SHA-256 (hex) of the key made for it."""
    if by.id == state.asked_by:
        return Refusal(rule="crisis_two_people", owner="gate")
    if state.opened_at is not None or state.withdrawn_at is not None:
        return Refusal(rule="crisis_decided")
    if not state.waits(now):
        return Refusal(rule="crisis_asked_too_long_ago", until=state.asked_at + CRISIS_ASKED_LASTS)
    problem = first(_role(by), _one_at_a_time(current), _founded(state.incident_id, live=live, drill=state.drill))
    return CrisisOpened(by, key, now) if problem is None else problem


def withdraw(state: Crisis, by: Who, now: datetime) -> CrisisWithdrawn | Refusal:
    """Take back one's own wish, before it is confirmed."""
    if by.id != state.asked_by:
        return Refusal(rule="crisis_not_yours", owner="gate")
    if state.opened_at is not None or state.withdrawn_at is not None:
        return Refusal(rule="crisis_decided")
    return CrisisWithdrawn(by, now)


def close(state: Crisis, by: Who, counts: Mapping[str, int], now: datetime) -> CrisisClosed | Refusal:
    """Close it: the erasure clock starts. One person is enough to stop."""
    problem = _role(by)
    if problem is not None:
        return problem
    if state.opened_at is None:
        return Refusal(rule="crisis_not_open")
    if state.closed_at is not None:
        return Refusal(rule="crisis_closed", until=state.purge_at)
    return CrisisClosed(by, dict(counts), now, now + timedelta(seconds=state.kept_s))


def erased(state: Crisis, counts: Mapping[str, int], now: datetime) -> CrisisErased | Refusal:
    """Record that all it held is gone."""
    if state.purge_at is None:
        return Refusal(rule="crisis_not_closed")
    if state.erased_at is not None:
        return Refusal(rule="crisis_erased")
    if now < state.purge_at:
        return Refusal(rule="crisis_still_kept", until=state.purge_at)
    return CrisisErased(dict(counts), state.key, now)


def overdue(state: Crisis, now: datetime) -> bool:
    """Return whether it has been open for longer than any crisis may be."""
    return state.opened_at is not None and state.closed_at is None and now >= state.opened_at + CRISIS_LASTS_MAX


def evolve(state: Crisis | None, event: CrisisEvent) -> Crisis:
    """Fold one event. Raises ValueError when there is nothing to change."""
    if isinstance(event, CrisisAsked):
        return Crisis(
            id=event.id,
            incident_id=event.incident_id,
            name=event.name,
            lon=event.lon,
            lat=event.lat,
            radius_m=event.radius_m,
            services=event.services,
            languages=event.languages,
            kept_s=event.kept_s,
            drill=event.drill,
            asked_by=event.by.id,
            asked_role=event.by.role,
            asked_at=event.at,
            rests_on=event.rests_on,
        )
    if state is None:
        raise ValueError("changed before it was asked for")
    after = msgspec.structs.replace(state, version=state.version + 1)
    match event:
        case CrisisWithdrawn():
            return msgspec.structs.replace(after, withdrawn_at=event.at)
        case CrisisOpened():
            return msgspec.structs.replace(
                after, confirmed_by=event.by.id, confirmed_role=event.by.role, key=event.key, opened_at=event.at
            )
        case CrisisClosed():
            return msgspec.structs.replace(after, closed_by=event.by.id, closed_at=event.at, purge_at=event.purge_at)
        case CrisisErased():
            return msgspec.structs.replace(after, erased_at=event.at)


def _role(by: Who) -> Refusal | None:
    return None if by.role in MAY_OPEN else Refusal(rule="crisis_not_yours", owner="gate")


def _described(asked: Asked) -> Refusal | None:
    name = asked.name.strip()
    if not name or len(name) > CRISIS_NAME_MAX:
        return Refusal(rule="crisis_name", detail=f"1 to {CRISIS_NAME_MAX} characters.")
    if not asked.reason.strip() or len(asked.reason) > CRISIS_WORDS_MAX:
        return Refusal(rule="reason_missing", detail="Say why, in a sentence or two.")
    if not CRISIS_RADIUS_MIN_M <= asked.radius_m <= CRISIS_RADIUS_MAX_M:
        return Refusal(rule="crisis_area", facts={"radius_max_km": f"{CRISIS_RADIUS_MAX_M / 1000:g}"})
    if not asked.services or not set(asked.services) <= set(SERVICES):
        return Refusal(rule="crisis_services")
    if not asked.languages:
        return Refusal(rule="crisis_languages")
    if not timedelta() < asked.kept <= KEPT_AFTER_CLOSING_MAX:
        return Refusal(rule="crisis_kept", facts={"days_max": str(KEPT_AFTER_CLOSING_MAX.days)})
    return None


def _assessed(by: Who, *, holds: bool, vital: bool) -> Refusal | None:
    """No paper, no data; the last resort is a duty officer's, who answers for it."""
    if holds or (vital and by.role == MAY_OVERRIDE):
        return None
    return Refusal(rule="crisis_not_assessed", owner="gate", facts={"role": MAY_OVERRIDE})


def _one_at_a_time(current: Crisis | None) -> Refusal | None:
    if current is None:
        return None
    return Refusal(rule="crisis_already", facts={"name": current.name})


def _founded(incident_id: UUID | None, *, live: bool, drill: bool) -> Refusal | None:
    """A real crisis is about a live incident. A drill needs none."""
    if drill or (incident_id is not None and live):
        return None
    return Refusal(rule="incident_not_open", detail="A crisis is opened from a live incident; without one, a drill.")
