"""Break-glass: two people open, for half an hour and one live incident, what a role may not usually read.

It widens who reads, never what is collected nor until when. Nobody breaks the next glass before a data protection
officer has judged the last one. Names stay out of its facts: who acted is a number and a role.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from necmergitur.governance.constants import BREAK_GLASS_ASKED_LASTS, BREAK_GLASS_LASTS, BREAK_GLASS_WORDS_MAX
from necmergitur.kernel.refusal import Refusal, first

# What may be opened: who holds the button that called, the stills of the incident, the readings of one sensor.
Scope = Literal["holder", "stills", "readings"]
SCOPES: tuple[Scope, ...] = ("holder", "stills", "readings")
MAY_BREAK = ("lead", "duty_officer")
MAY_REVIEW = "dpo"
# To whom each may be opened: roles that do not read it already. Administrators never do.
READERS: dict[str, tuple[str, ...]] = {
    "holder": ("pilot", "responder", "technician"),
    "stills": ("responder",),
    "readings": ("operator", "pilot", "responder", "technician"),
}


class Who(msgspec.Struct, frozen=True):
    """Who acts: an account's number, and the role it acts in."""

    id: int
    role: str


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants opened. `stream`: the sensor whose readings, empty otherwise. `reason` stays out of facts."""

    id: UUID
    scope: str
    readers: str
    incident_id: UUID
    reason: str
    stream: str = ""


class BreakGlass(msgspec.Struct, frozen=True, kw_only=True):
    """One glass as it stands: asked for, confirmed by somebody else, over, judged."""

    id: UUID
    scope: str
    readers: str
    stream: str
    incident_id: UUID
    asked_by: int
    asked_role: str
    asked_at: datetime
    confirmed_by: int | None = None
    confirmed_role: str | None = None
    confirmed_at: datetime | None = None
    ends_at: datetime | None = None
    withdrawn_at: datetime | None = None
    uses: int = 0
    reviewed_by: int | None = None
    reviewed_at: datetime | None = None
    justified: bool | None = None
    version: int = 1

    def waits(self, now: datetime) -> bool:
        """Return whether somebody else may still confirm it."""
        asked = self.confirmed_at is None and self.withdrawn_at is None
        return asked and now < self.asked_at + BREAK_GLASS_ASKED_LASTS

    def open(self, now: datetime) -> bool:
        """Return whether it opens anything at `now`: [confirmed_at, ends_at)."""
        return self.confirmed_at is not None and self.ends_at is not None and self.confirmed_at <= now < self.ends_at

    @property
    def unreviewed(self) -> bool:
        """Whether it was broken and nobody has judged it yet."""
        return self.confirmed_at is not None and self.reviewed_at is None


class BreakGlassAsked(msgspec.Struct, frozen=True, tag=True):
    """One person asks that something be opened."""

    id: UUID
    scope: str
    readers: str
    stream: str
    incident_id: UUID
    by: Who
    at: datetime


class BreakGlassWithdrawn(msgspec.Struct, frozen=True, tag=True):
    """Whoever asked no longer does. Nothing was opened."""

    by: Who
    at: datetime


class BreakGlassConfirmed(msgspec.Struct, frozen=True, tag=True):
    """A second person agrees: it is open until `until`."""

    by: Who
    at: datetime
    until: datetime


class BreakGlassUsed(msgspec.Struct, frozen=True, tag=True):
    """Somebody read what it opened. `what` names a device, a still or a sensor, never a person."""

    by: Who
    what: str
    at: datetime


class BreakGlassReviewed(msgspec.Struct, frozen=True, tag=True):
    """The data protection officer judged it; if it was still open, it is not any more."""

    by: Who
    justified: bool
    at: datetime


BreakGlassEvent = BreakGlassAsked | BreakGlassWithdrawn | BreakGlassConfirmed | BreakGlassUsed | BreakGlassReviewed


def stream_of(glass_id: UUID) -> str:
    """Return the ledger stream of one glass."""
    return f"breakglass:{glass_id}"


def ask(
    asked: Asked, by: Who, unreviewed: BreakGlass | None, now: datetime, *, live: bool
) -> BreakGlassAsked | Refusal:
    """Ask that something be opened. `live`: the incident is open and real; `unreviewed`: the last one not judged."""
    if by.role not in MAY_BREAK:
        return Refusal(rule="break_glass_not_yours", owner="gate")
    if asked.scope not in SCOPES:
        return Refusal(rule="break_glass_scope_unknown")
    if asked.readers not in READERS[asked.scope]:
        return Refusal(rule="break_glass_readers_unknown")
    if (asked.scope == "readings") != bool(asked.stream.strip()):
        return Refusal(rule="break_glass_stream_missing")
    problem = first(_words(asked.reason), _blocked(unreviewed), _dead(live=live))
    if problem is not None:
        return problem
    stream = asked.stream.strip()
    return BreakGlassAsked(asked.id, asked.scope, asked.readers, stream, asked.incident_id, by, now)


def confirm(
    state: BreakGlass, by: Who, unreviewed: BreakGlass | None, now: datetime, *, live: bool
) -> BreakGlassConfirmed | Refusal:
    """Agree as a second person."""
    if by.role not in MAY_BREAK:
        return Refusal(rule="break_glass_not_yours", owner="gate")
    if by.id == state.asked_by:
        return Refusal(rule="break_glass_two_people", owner="gate")
    if state.confirmed_at is not None or state.withdrawn_at is not None:
        return Refusal(rule="break_glass_decided")
    if not state.waits(now):
        return Refusal(rule="break_glass_asked_too_long_ago", until=state.asked_at + BREAK_GLASS_ASKED_LASTS)
    problem = first(_blocked(unreviewed), _dead(live=live))
    return BreakGlassConfirmed(by, now, now + BREAK_GLASS_LASTS) if problem is None else problem


def withdraw(state: BreakGlass, by: Who, now: datetime) -> BreakGlassWithdrawn | Refusal:
    """Take back one's own wish, before it is confirmed."""
    if by.id != state.asked_by:
        return Refusal(rule="break_glass_not_yours", owner="gate")
    if state.confirmed_at is not None or state.withdrawn_at is not None:
        return Refusal(rule="break_glass_decided")
    return BreakGlassWithdrawn(by, now)


def use(
    state: BreakGlass, scope: Scope, incident_id: UUID, what: str, by: Who, now: datetime, *, live: bool
) -> BreakGlassUsed | Refusal:
    """Read under it: this scope, this incident, this role, now, and the incident still live."""
    if (state.scope, state.incident_id, state.readers) != (scope, incident_id, by.role):
        return Refusal(rule="break_glass_other_scope", owner="gate")
    if scope == "readings" and what != state.stream:
        return Refusal(rule="break_glass_other_scope", owner="gate")
    if not state.open(now):
        return Refusal(rule="break_glass_over", owner="gate", until=state.ends_at)
    problem = _dead(live=live)
    return BreakGlassUsed(by, what, now) if problem is None else problem


def review(
    state: BreakGlass, by: Who, words: str, now: datetime, *, justified: bool, readers: Collection[int]
) -> BreakGlassReviewed | Refusal:
    """Judge it. Whoever took part in it does not: asked, confirmed, or read under it (`readers`, by number)."""
    if by.role != MAY_REVIEW:
        return Refusal(rule="break_glass_dpo_only", owner="gate")
    if by.id in (state.asked_by, state.confirmed_by) or by.id in readers:
        return Refusal(rule="break_glass_own_review", owner="gate")
    if state.confirmed_at is None:
        return Refusal(rule="break_glass_not_broken")
    if state.reviewed_at is not None:
        return Refusal(rule="break_glass_reviewed")
    problem = _words(words)
    return BreakGlassReviewed(by, justified, now) if problem is None else problem


def evolve(state: BreakGlass | None, event: BreakGlassEvent) -> BreakGlass:
    """Fold one event. Raises ValueError when there is nothing to change."""
    if isinstance(event, BreakGlassAsked):
        return BreakGlass(
            id=event.id,
            scope=event.scope,
            readers=event.readers,
            stream=event.stream,
            incident_id=event.incident_id,
            asked_by=event.by.id,
            asked_role=event.by.role,
            asked_at=event.at,
        )
    if state is None:
        raise ValueError("changed before it was asked for")
    after = msgspec.structs.replace(state, version=state.version + 1)
    match event:
        case BreakGlassWithdrawn():
            return msgspec.structs.replace(after, withdrawn_at=event.at)
        case BreakGlassConfirmed():
            return msgspec.structs.replace(
                after,
                confirmed_by=event.by.id,
                confirmed_role=event.by.role,
                confirmed_at=event.at,
                ends_at=event.until,
            )
        case BreakGlassUsed():
            return msgspec.structs.replace(after, uses=state.uses + 1)
        case BreakGlassReviewed():
            ends_at = None if state.ends_at is None else min(state.ends_at, event.at)
            return msgspec.structs.replace(
                after, reviewed_by=event.by.id, reviewed_at=event.at, justified=event.justified, ends_at=ends_at
            )


def _words(text: str) -> Refusal | None:
    if not text.strip():
        return Refusal(rule="reason_missing", detail="Say why.")
    if len(text) > BREAK_GLASS_WORDS_MAX:
        return Refusal(rule="reason_too_long", detail=f"At most {BREAK_GLASS_WORDS_MAX} characters.")
    return None


def _blocked(unreviewed: BreakGlass | None) -> Refusal | None:
    return None if unreviewed is None else Refusal(rule="break_glass_unreviewed", owner="gate")


def _dead(*, live: bool) -> Refusal | None:
    return None if live else Refusal(rule="incident_not_open", detail="Break-glass serves a live incident.")
