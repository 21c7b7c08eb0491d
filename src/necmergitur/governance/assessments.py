"""An impact assessment as it stands in force: what it covers, who signed it, and whether reality left it behind.

How it is written is the trust desk's business; what is here is what opens a stream, and what closes it again.
Event-sourced in the stream `assessment:<id>`: signed, gone stale, signed again as its next version.
"""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from necmergitur.governance.constants import REVIEW_DAYS_MAX
from necmergitur.governance.terms import Terms
from necmergitur.kernel.refusal import Refusal

# What the drones' cameras sense, in the words of the law's rules; a flight rests on an assessment of it.
DRONE_CAMERA = "drone_camera"
# In the place of zones: the whole territory, whatever its zones are called after the next import.
EVERYWHERE = "*"


class Covers(msgspec.Struct, frozen=True, kw_only=True):
    """The facts an assessment was made on. A device that differs in one of them is not what was assessed.

    `firmware` may name several, with commas between them: a fleet that is being brought up to date runs two.
    """

    streams: tuple[str, ...]
    modality: str
    payload_schema: str
    purpose: str
    zones: tuple[str, ...]
    rate_per_minute: int
    retention_days: int
    firmware: str = ""


class Foundation(msgspec.Struct, frozen=True, kw_only=True):
    """What a flight authorisation rests on: a version of an assessment, and the rules of law it names."""

    assessment_id: UUID
    assessment_version: int
    assessment_digest: str
    law: tuple[str, ...] = ()


class Observed(msgspec.Struct, frozen=True, kw_only=True):
    """What a device is now, as far as it is known."""

    stream: str
    payload_schema: str
    zone_id: str | None
    rate_per_minute: int
    firmware: str


class Assessment(msgspec.Struct, frozen=True, kw_only=True):
    """One signed assessment. `digest` is the SHA-256 (hex) of its whole text; `revision` counts its facts."""

    id: UUID
    version: int
    digest: str
    title: str
    covers: Covers
    opinion: str
    signed_by: str
    signed_at: datetime
    review_by: datetime
    stale_at: datetime | None = None
    stale_reason: str = ""
    revision: int = 1

    def holds(self, now: datetime) -> bool:
        """Return whether streams may rest on it at `now`."""
        return self.stale_at is None and now < self.review_by


class AssessmentSigned(msgspec.Struct, frozen=True, tag=True):
    """A version was signed, with all that is public of it."""

    assessment: Assessment


class AssessmentWentStale(msgspec.Struct, frozen=True, tag=True):
    """Reality left it behind; `reason` is `rule key=value …`."""

    id: UUID
    at: datetime
    reason: str


AssessmentEvent = AssessmentSigned | AssessmentWentStale


def stream_of(assessment_id: UUID) -> str:
    """Return the ledger stream of an assessment."""
    return f"assessment:{assessment_id}"


def sign(before: Assessment | None, asked: Assessment, now: datetime) -> AssessmentSigned | Refusal:
    """Sign a version. It must follow the one before, state an opinion and be reviewed within three years."""
    if not asked.opinion.strip():
        return Refusal(rule="opinion_missing", detail="The data protection officer's opinion is owed.")
    if before is not None and asked.version <= before.version:
        return Refusal(rule="version_not_new", facts={"version": str(before.version)})
    if not now < asked.review_by <= now + timedelta(days=REVIEW_DAYS_MAX):
        return Refusal(rule="review_by_out_of_range", facts={"days": str(REVIEW_DAYS_MAX)})
    if not (asked.covers.streams and asked.covers.zones):
        return Refusal(rule="covers_nothing", detail="Say which streams and zones it is about.")
    revision = 1 if before is None else before.revision + 1
    return AssessmentSigned(
        msgspec.structs.replace(asked, signed_at=now, stale_at=None, stale_reason="", revision=revision)
    )


def evolve(state: Assessment | None, event: AssessmentEvent) -> Assessment:
    """Fold one event. Raises ValueError when what goes stale was never signed."""
    if isinstance(event, AssessmentSigned):
        return event.assessment
    if state is None:
        raise ValueError("stale before signed")
    return msgspec.structs.replace(state, stale_at=event.at, stale_reason=event.reason, revision=state.revision + 1)


def drift(covers: Covers, seen: Observed) -> str:
    """Return how a device differs from what was assessed, as `rule key=value …`; "" when it does not."""
    if seen.payload_schema != covers.payload_schema:
        return f"drift_schema assessed={covers.payload_schema} now={seen.payload_schema}"
    if seen.zone_id is not None and not _within(covers, (seen.zone_id,)):
        return f"drift_zone assessed={','.join(covers.zones)} now={seen.zone_id}"
    if seen.rate_per_minute > covers.rate_per_minute:
        return f"drift_rate assessed={covers.rate_per_minute} now={seen.rate_per_minute}"
    if covers.firmware and seen.firmware not in {one.strip() for one in covers.firmware.split(",")}:
        return f"drift_firmware assessed={covers.firmware} now={seen.firmware}"
    return ""


def go_stale(state: Assessment, reason: str, now: datetime) -> AssessmentWentStale | None:
    """Mark it stale; None when it already is."""
    return None if state.stale_at is not None else AssessmentWentStale(state.id, now, reason)


def opens(state: Assessment | None, terms: Terms, now: datetime) -> Refusal | None:
    """Return why streams under `terms` cannot rest on the assessment, None when they can."""
    if state is None or state.id != terms.assessment_id:
        return Refusal(rule="assessment_missing", detail="No signed impact assessment stands behind this.")
    if not state.holds(now):
        return Refusal(rule="assessment_stale", detail=state.stale_reason, facts={"title": state.title})
    if (state.version, state.digest) != (terms.assessment_version, terms.assessment_digest):
        return Refusal(rule="assessment_other_version", facts={"version": str(state.version)})
    covers = state.covers
    beyond = [
        field
        for field, within in (
            ("stream", terms.stream in covers.streams),
            ("modality", terms.modality == covers.modality),
            ("payload_schema", terms.payload_schema == covers.payload_schema),
            ("purpose", terms.purpose == covers.purpose),
            ("zones", _within(covers, terms.zones)),
            ("rate_per_minute", terms.rate_per_minute <= covers.rate_per_minute),
            ("retention_days", terms.retention_days <= covers.retention_days),
        )
        if not within
    ]
    if beyond:
        return Refusal(rule="beyond_assessment", facts={"fields": " ".join(beyond)})
    if terms.valid_until > state.review_by:
        return Refusal(rule="review_first", until=state.review_by, facts={"title": state.title})
    return None


def carries(
    state: Assessment | None,
    on: Foundation,
    purpose: str,
    zones: tuple[str, ...] | None,
    valid_until: datetime | None,
    now: datetime,
) -> Refusal | None:
    """Return why flights cannot rest on the assessment as it stands, None when they can. `zones` None: all of them.

    Any later version carries them that still covers them: nobody's signature is over the one they were entered on.
    """
    if state is None or state.id != on.assessment_id:
        return Refusal(rule="assessment_missing", detail="No signed impact assessment stands behind this.")
    if not state.holds(now):
        return Refusal(rule="assessment_stale", detail=state.stale_reason, facts={"title": state.title})
    if valid_until is not None and valid_until > state.review_by:
        return Refusal(rule="review_first", until=state.review_by, facts={"title": state.title})
    covers = state.covers
    beyond = [
        field
        for field, within in (
            ("modality", covers.modality == DRONE_CAMERA),
            ("purpose", purpose == covers.purpose),
            ("zones", _within(covers, (EVERYWHERE,) if zones is None else zones)),
        )
        if not within
    ]
    return Refusal(rule="beyond_assessment", facts={"fields": " ".join(beyond)}) if beyond else None


def _within(covers: Covers, zones: tuple[str, ...]) -> bool:
    return EVERYWHERE in covers.zones or set(zones) <= set(covers.zones)
