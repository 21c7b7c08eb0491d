"""An authorisation: who may collect or fly what, for which purpose, where, from when until when.

Event-sourced. Editing is revoking and granting again: the record of what was in force stays whole.
"""

import math
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from necmergitur.governance import assessments, law, signing, terms
from necmergitur.governance.assessments import DRONE_CAMERA, Assessment, Foundation
from necmergitur.governance.constants import CEILING_MAX_M, CEILING_MIN_M, LABEL_LENGTH_MAX, TRANSIT_ALTITUDE_M
from necmergitur.governance.law import Rule
from necmergitur.governance.signing import Paper, Party, Verify
from necmergitur.kernel.refusal import Refusal

Kind = Literal["standing", "stream", "flight"]

# Installed by the first migration; nobody can revoke them (see governance.gate).
CALLS_FOR_HELP = UUID("00000000-0000-7000-8000-000000000001")
RECORD_OF_DECISIONS = UUID("00000000-0000-7000-8000-000000000002")
STANDING = frozenset({CALLS_FOR_HELP, RECORD_OF_DECISIONS})


class Conditions(msgspec.Struct, frozen=True, kw_only=True):
    """What a flight authorisation adds. Geozones are ED-269 identifiers.

    `recording`: on scene, the camera may look. Without it a picture needs a camera authorisation beside the flight's.

    Heights are metres above ground, flown as metres above the dock (docs/how-to/drones.md says what that leaves to
    the city): `transit_m` is the height drones go to the scene at, above the roofs and obstacles of the area.
    """

    ceiling_m: float = CEILING_MAX_M
    transit_m: float = TRANSIT_ALTITUDE_M
    geozones: tuple[str, ...] = ()
    recording: bool = True
    operator_class: str = ""

    def as_flown(self) -> "Conditions":
        """Return the heights as they may be flown: what was written before these bounds is lowered to them."""
        ceiling_m = min(self.ceiling_m, CEILING_MAX_M)
        return msgspec.structs.replace(self, ceiling_m=ceiling_m, transit_m=min(self.transit_m, ceiling_m))

    def heights(self) -> Refusal | None:
        """Return why no flight can keep to these heights, None when one can."""
        if not (math.isfinite(self.ceiling_m) and CEILING_MIN_M <= self.ceiling_m <= CEILING_MAX_M):
            return Refusal(rule="ceiling_out_of_range", detail=f"From {CEILING_MIN_M:.0f} to {CEILING_MAX_M:.0f} m.")
        if not (math.isfinite(self.transit_m) and CEILING_MIN_M <= self.transit_m <= self.ceiling_m):
            return Refusal(rule="transit_out_of_range", detail=f"From {CEILING_MIN_M:.0f} m to the ceiling.")
        return None


class Authorisation(msgspec.Struct, frozen=True, kw_only=True):
    """One authorisation as it stands. `zones` or `streams` None means all of the territory or modality.

    A stream's has its signed `paper`, which the other fields repeat; a flight's has what it `rests_on` (None: entered
    before there was such a thing). One that is suspended opens nothing until people have looked at it again; one that
    is revoked never opens anything again.
    """

    id: UUID
    kind: Kind
    label: str
    purpose: str
    legal_basis: str
    holder: str
    modality: str
    zones: tuple[str, ...] | None
    streams: tuple[str, ...] | None
    valid_from: datetime
    valid_until: datetime | None
    conditions: Conditions
    demo: bool
    granted_by: str
    granted_at: datetime
    revoked_at: datetime | None = None
    revoked_by: str | None = None
    revoked_reason: str | None = None
    suspended_at: datetime | None = None
    suspended_reason: str | None = None
    paper: Paper | None = None
    rests_on: Foundation | None = None
    version: int = 1

    def current(self, now: datetime) -> bool:
        """Return whether it is in force at `now`: [valid_from, valid_until), neither revoked nor suspended."""
        if self.revoked_at is not None and self.revoked_at <= now:
            return False
        if self.suspended_at is not None and self.suspended_at <= now:
            return False
        return self.valid_from <= now and (self.valid_until is None or now < self.valid_until)


class AuthorisationGranted(msgspec.Struct, frozen=True, tag=True):
    """An authorisation entered into the record."""

    authorisation: Authorisation


class AuthorisationRevoked(msgspec.Struct, frozen=True, tag=True):
    """An authorisation ended before its time."""

    id: UUID
    at: datetime
    by: str
    reason: str


class AuthorisationSuspended(msgspec.Struct, frozen=True, tag=True):
    """What an authorisation rests on went away; `reason` is `rule key=value …`."""

    id: UUID
    at: datetime
    by: str
    reason: str


class AuthorisationResumed(msgspec.Struct, frozen=True, tag=True):
    """What an authorisation rests on stands again, unchanged."""

    id: UUID
    at: datetime
    by: str


AuthorisationEvent = AuthorisationGranted | AuthorisationRevoked | AuthorisationSuspended | AuthorisationResumed


def stream_of(authorisation_id: UUID) -> str:
    """Return the ledger stream of an authorisation."""
    return f"authorisation:{authorisation_id}"


def grant(
    asked: Authorisation, assessment: Assessment | None, now: datetime, *, rules: Sequence[Rule]
) -> AuthorisationGranted | Refusal:
    """Check a flight authorisation as asked for, under the law. Refusals name the field a form should point at."""
    for refusal in (*_written(asked, now), *_unfounded(asked, assessment, rules, now)):
        if refusal is not None:
            return refusal
    return AuthorisationGranted(asked)


def _written(asked: Authorisation, now: datetime) -> Iterator[Refusal | None]:
    """Return what the words, the window and the heights have against flights, the first first."""
    if asked.kind != "flight" or asked.id in STANDING or asked.paper is not None:
        rule = "stream_needs_paper" if asked.kind == "stream" else "standing_is_not_granted"
        yield Refusal(rule=rule, detail="A form grants flights: a stream opens on a signed paper, the law stands.")
    for field in ("label", "purpose", "legal_basis", "holder", "modality"):
        value = getattr(asked, field)
        if not value.strip():
            yield Refusal(rule=f"{field}_missing", detail=f"Say the {field.replace('_', ' ')}.")
        if len(value) > LABEL_LENGTH_MAX:
            yield Refusal(rule=f"{field}_too_long", detail=f"At most {LABEL_LENGTH_MAX} characters.")
    if asked.valid_until is None:
        yield Refusal(rule="valid_until_missing", detail="An authorisation has an end.")
    elif asked.valid_until <= asked.valid_from:
        yield Refusal(rule="valid_until_before_start", detail="It ends before it starts.")
    elif asked.valid_until <= now:
        yield Refusal(rule="valid_until_past", detail="It would already be over.")
    if asked.zones is not None and not asked.zones:
        yield Refusal(rule="zones_empty", detail="Choose zones, or the whole territory.")
    yield asked.conditions.heights()


def _unfounded(
    asked: Authorisation, assessment: Assessment | None, rules: Sequence[Rule], now: datetime
) -> list[Refusal | None]:
    """Return what assessment and law have against flights. A camera that may look is judged as a drone's camera."""
    on = asked.rests_on
    if on is None or assessment is None or asked.valid_until is None:
        return [Refusal(rule="assessment_missing", detail="Flights rest on an assessment of the drones' cameras.")]
    if (on.assessment_version, on.assessment_digest) != (assessment.version, assessment.digest):
        return [Refusal(rule="assessment_other_version", facts={"version": str(assessment.version)})]
    use = law.Use(
        modality=DRONE_CAMERA if asked.conditions.recording else asked.modality,
        purpose=asked.purpose,
        operator_class=asked.conditions.operator_class,
        retention_days=assessment.covers.retention_days,
        law=on.law,
        valid_until=asked.valid_until,
    )
    carried = assessments.carries(assessment, on, asked.purpose, asked.zones, asked.valid_until, now)
    return [*law.against(use, rules, now), carried]


def grant_signed(
    paper: Paper,
    assessment: Assessment | None,
    parties: Sequence[Party],
    verify: Verify,
    by: str,
    now: datetime,
    *,
    rules: Sequence[Rule],
    demo: bool = False,
) -> AuthorisationGranted | Refusal:
    """Grant the stream that a signed paper describes, under the law, resting on the assessment it names."""
    asked = paper.terms
    against = [
        *terms.check(asked, now),
        *law.against(asked, rules, now),
        assessments.opens(assessment, asked, now),
        signing.check(paper, parties, verify),
    ]
    for refusal in against:
        if refusal is not None:
            return refusal
    return AuthorisationGranted(
        Authorisation(
            id=asked.id,
            kind="stream",
            label=asked.label,
            purpose=asked.purpose,
            legal_basis=asked.legal_basis,
            holder=asked.holder,
            modality=asked.modality,
            zones=asked.zones,
            streams=(asked.stream,),
            valid_from=asked.valid_from,
            valid_until=asked.valid_until,
            conditions=Conditions(operator_class=asked.operator_class),
            demo=demo,
            granted_by=by,
            granted_at=now,
            paper=paper,
        )
    )


def revoke(state: Authorisation, by: str, reason: str, now: datetime) -> AuthorisationRevoked | Refusal:
    """End an authorisation now. Standing ones cannot be ended; a reason is owed."""
    if state.id in STANDING:
        return Refusal(rule="standing_is_not_revoked", detail="A call for help is never refused.")
    if state.revoked_at is not None:
        return Refusal(rule="already_revoked", until=state.revoked_at)
    if not reason.strip():
        return Refusal(rule="reason_missing", detail="Say why it ends.")
    return AuthorisationRevoked(state.id, now, by, reason.strip())


def suspend(state: Authorisation, by: str, reason: str, now: datetime) -> AuthorisationSuspended | Refusal:
    """Close a stream or flights until people looked again. Standing ones are never closed."""
    if state.id in STANDING:
        return Refusal(rule="standing_is_not_revoked", detail="A call for help is never refused.")
    if state.revoked_at is not None or state.suspended_at is not None:
        return Refusal(rule="already_closed", until=state.revoked_at or state.suspended_at)
    return AuthorisationSuspended(state.id, now, by, reason)


def resume(
    state: Authorisation, assessment: Assessment | None, by: str, now: datetime
) -> AuthorisationResumed | Refusal:
    """Open what was suspended again, when what it rests on stands again: a stream's very version, a flight's last."""
    if state.suspended_at is None or state.revoked_at is not None:
        return Refusal(rule="not_suspended")
    against = stands(state, assessment, now)
    return AuthorisationResumed(state.id, now, by) if against is None else against


def stands(state: Authorisation, assessment: Assessment | None, now: datetime) -> Refusal | None:
    """Return why an authorisation no longer rests on the assessment it was entered on, None when it does."""
    if state.paper is not None:
        return assessments.opens(assessment, state.paper.terms, now)
    if state.rests_on is None:
        return Refusal(rule="assessment_missing")
    return assessments.carries(assessment, state.rests_on, state.purpose, state.zones, state.valid_until, now)


def evolve(state: Authorisation | None, event: AuthorisationEvent) -> Authorisation:
    """Fold one event. Raises ValueError when there is nothing to end."""
    if isinstance(event, AuthorisationGranted):
        return event.authorisation
    if state is None:
        raise ValueError("ended before granted")
    version = state.version + 1
    if isinstance(event, AuthorisationSuspended):
        return msgspec.structs.replace(state, suspended_at=event.at, suspended_reason=event.reason, version=version)
    if isinstance(event, AuthorisationResumed):
        return msgspec.structs.replace(state, suspended_at=None, suspended_reason=None, version=version)
    return msgspec.structs.replace(
        state,
        revoked_at=event.at,
        revoked_by=event.by,
        revoked_reason=event.reason,
        version=version,
    )
