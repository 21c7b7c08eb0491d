"""An experiment's protocol, fixed before it starts, and the facts that tell how it went.

The protocol is one canonical text; its SHA-256 is a fact before the first advice is heard, and the terms that three
parties sign name it. Nothing here is free speech but reasons, which are public and name nobody.
"""

import hashlib
from datetime import datetime, timedelta
from math import isfinite
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from necmergitur.innovation.constants import (
    COST_CENTS_MAX,
    FULL_MAX,
    HYPOTHESES_MAX,
    OPERATORS_MAX,
    SAMPLE_MAX,
    SOURCES_MAX,
    TEXT_MAX,
    TOLERANCE_S_MAX,
    TRIAL_LONGEST,
)
from necmergitur.kernel.refusal import Refusal

LEVEL_MAX = 3
PERCENT = 100
# By which rule alarms are judged. The first made every alarm of an event right, so that advice which falls and rises
# again within one earned more; the second counted no event through which an earlier alarm stood. Protocols fixed then
# keep theirs, and their reports.
JUDGED_EACH, JUDGED_ONCE, JUDGED_STOOD = 1, 2, 3

Mode = Literal["shadow", "live"]
Use = Literal["density", "movement", "waiting"]
MetricName = Literal["precision", "recall", "false_alarms_per_hour", "delay_p95_s", "cost_eur", "complaints"]
Seen = Literal["counted_by_hand", "steward", "patrol", "call_for_help", "pictures_reviewed", "control_room"]
Complaint = Literal["false_alarm", "privacy", "nuisance", "access", "other"]
CostOf = Literal["licence", "equipment", "staff", "energy", "other"]
ExitName = Literal["stop", "extend", "adopt", "open"]
Why = Literal["too_many_false_alarms", "as_good_as_promised", "complaints", "window_over", "paper_ended", "by_hand"]
USES: tuple[Use, ...] = ("density", "movement", "waiting")
METRICS: tuple[MetricName, ...] = (
    "precision",
    "recall",
    "false_alarms_per_hour",
    "delay_p95_s",
    "cost_eur",
    "complaints",
)
SHARES: frozenset[MetricName] = frozenset({"precision", "recall"})
SEEN: tuple[Seen, ...] = ("counted_by_hand", "steward", "patrol", "call_for_help", "pictures_reviewed")
COMPLAINTS: tuple[Complaint, ...] = ("false_alarm", "privacy", "nuisance", "access", "other")
COSTS: tuple[CostOf, ...] = ("licence", "equipment", "staff", "energy", "other")
Percent = Annotated[int, msgspec.Meta(ge=0, le=PERCENT)]


class Source(msgspec.Struct, frozen=True, order=True, omit_defaults=True):
    """One key of the vendor's: the sensor it is enrolled as, what it tells of, and at which site (a zone).

    A solution plugs in by one contract, in one of two ways. It advises: a level from 0 to 3. Or it signals, and what is
    to be done is ours to say: a count of people, of which `full` or more are an alarm; 0 for a key that advises, and
    then left out of the text, so that protocols fixed before there were counts keep their hash.
    """

    sensor_id: str
    use: Use
    zone_id: str
    full: int = 0

    @property
    def speaks(self) -> Literal["advice", "crowd_count"]:
        """The modality of its readings."""
        return "crowd_count" if self.full else "advice"


class Goal(msgspec.Struct, frozen=True):
    """What one figure must reach for the hypotheses to hold: at least, or at most, as the figure goes."""

    metric: MetricName
    value: float


class Stop(msgspec.Struct, frozen=True, kw_only=True):
    """When it ends by itself. Shares are hundredths of alarms that were false.

    `good` is what was promised, `bad` what nobody would accept; `alpha` how often a good one may be stopped as bad,
    `beta` how often a bad one may pass. `complaints`: it ends with this many; 0 for never.
    """

    good: Percent
    bad: Percent
    alpha: Percent = 5
    beta: Percent = 10
    complaints: int = 0


class Protocol(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is tried, and by what it is judged. Times are aware UTC.

    An advice of `alarm_level` or more is an alarm, and so is a count that reaches its source's `full`. It is right when
    what it tells of was seen within `tolerance_s`. `operators` is how many people would be disturbed by it. `sample`
    alarms are judged before it can pass as good. `midterm` is when the mid-term report is made, half-way when none is
    said: left out of the text then, so that protocols fixed before there was one keep their hash. `judging` is the rule
    by which alarms are judged, in the text as all the rest; a text that names none was fixed under the first.
    """

    id: UUID
    chain: int
    title: str
    hypotheses: tuple[str, ...]
    goals: tuple[Goal, ...]
    sources: tuple[Source, ...]
    mode: Mode
    starts: datetime
    ends: datetime
    alarm_level: int
    tolerance_s: int
    operators: int
    sample: int
    stop: Stop
    midterm: datetime | None = None
    judging: int = msgspec.field(default_factory=lambda: JUDGED_STOOD)

    @property
    def midway(self) -> datetime:
        """When the mid-term report is due."""
        return self.midterm or self.starts + (self.ends - self.starts) / 2

    @property
    def sites(self) -> tuple[str, ...]:
        """The zones it happens in."""
        return tuple(sorted({source.zone_id for source in self.sources}))


class _Rule(msgspec.Struct, frozen=True):
    """The rule a text names."""

    judging: int = JUDGED_EACH


def text_of(protocol: Protocol) -> str:
    """Return the canonical text: JSON with sorted keys, to the byte what is hashed; read back, it gives itself."""
    told = msgspec.to_builtins(read(msgspec.json.encode(protocol).decode()))
    if protocol.judging == JUDGED_EACH:
        del told["judging"]
    return msgspec.json.encode(told, order="sorted").decode()


def digest_of(text: str) -> str:
    """Return the SHA-256 of a protocol's text, as `sha256sum` says it."""
    return hashlib.sha256(text.encode()).hexdigest()


def read(text: str) -> Protocol:
    """Read a canonical text back. Raises msgspec.ValidationError when it is none."""
    found = msgspec.json.decode(text, type=Protocol)
    return msgspec.structs.replace(found, judging=msgspec.json.decode(text, type=_Rule).judging)


def check(asked: Protocol, now: datetime) -> list[Refusal]:
    """Return everything that stands against a protocol; each names its field by its rule."""
    found = [
        _unless(asked.title.strip(), "title_missing"),
        _unless(asked.hypotheses and all(one.strip() for one in asked.hypotheses), "hypotheses_missing"),
        _unless(len(asked.hypotheses) <= HYPOTHESES_MAX, "hypotheses_too_many"),
        _unless(all(len(one) <= TEXT_MAX for one in (asked.title, *asked.hypotheses)), "hypotheses_too_long"),
        _unless(asked.goals, "goals_missing"),
        _unless(len({goal.metric for goal in asked.goals}) == len(asked.goals), "goals_twice"),
        _unless(all(is_reachable(goal) for goal in asked.goals), "goals_out_of_range"),
        _unless(0 < len(asked.sources) <= SOURCES_MAX, "sources_missing"),
        _unless(len({source.sensor_id for source in asked.sources}) == len(asked.sources), "sources_twice"),
        _unless(all(0 <= source.full <= FULL_MAX for source in asked.sources), "full_out_of_range"),
        _unless(asked.starts < asked.ends, "ends_before_start"),
        _unless(now <= asked.starts, "starts_past"),
        _unless(asked.ends - asked.starts <= TRIAL_LONGEST, "ends_too_late"),
        _unless(asked.midterm is None or asked.starts < asked.midterm < asked.ends, "midterm_outside"),
        _unless(1 <= asked.alarm_level <= LEVEL_MAX, "alarm_level_out_of_range"),
        _unless(0 <= asked.tolerance_s <= TOLERANCE_S_MAX, "tolerance_s_out_of_range"),
        _unless(1 <= asked.operators <= OPERATORS_MAX, "operators_out_of_range"),
        _unless(1 <= asked.sample <= SAMPLE_MAX, "sample_out_of_range"),
        _unless(0 < asked.stop.good < asked.stop.bad < PERCENT, "bad_not_above_good"),
        _unless(0 < asked.stop.alpha < PERCENT / 2 and 0 < asked.stop.beta < PERCENT / 2, "alpha_out_of_range"),
        _unless(asked.stop.complaints >= 0, "complaints_negative"),
        _unless(asked.judging == JUDGED_STOOD, "judging_unknown"),
    ]
    return [one for one in found if one is not None]


def is_reachable(goal: Goal) -> bool:
    """Return whether a figure can be what is asked: a share is more than nothing and at most one."""
    return 0 < goal.value <= 1 if goal.metric in SHARES else isfinite(goal.value) and goal.value >= 0


def _unless(holds: object, rule: str) -> Refusal | None:
    return None if holds else Refusal(rule=f"trial_{rule}")


def changed(before: Protocol, after: Protocol) -> tuple[str, ...]:
    """Return the fields that differ."""
    return tuple(name for name in Protocol.__struct_fields__ if getattr(before, name) != getattr(after, name))


# --- facts ----------------------------------------------------------------------------------------------------------


class TrialProtocol(msgspec.Struct, frozen=True, tag=True):
    """The protocol is fixed: its text and the text's SHA-256. Always the first fact of a trial."""

    text: str
    digest: str


class TrialChangeRefused(msgspec.Struct, frozen=True, tag=True):
    """Somebody wanted another protocol than the fixed one: which fields, and the hash of what they wanted."""

    fields: tuple[str, ...]
    digest: str


class TrialBegun(msgspec.Struct, frozen=True, tag=True):
    """The vendor's keys are open, under these signed papers, which name the protocol's hash."""

    authorisations: tuple[UUID, ...]
    digest: str


class TrialAdvised(msgspec.Struct, frozen=True, tag=True):
    """One advice, as the gate let it in at `at` from the vendor's own key."""

    sensor_id: str
    at: datetime
    minute: int
    level: int
    confidence: int
    boot_id: int
    seq: int


class TrialCounted(msgspec.Struct, frozen=True, tag=True):
    """One count of people, as the gate let it in at `at` from the vendor's own key."""

    sensor_id: str
    at: datetime
    minute: int
    count: int
    boot_id: int
    seq: int


Heard = TrialAdvised | TrialCounted
HEARD = (TrialAdvised, TrialCounted)


def level_of(source: Source, heard: Heard) -> int:
    """Return the level, 0 to LEVEL_MAX, of a reading: the vendor's own, or what the protocol makes of a count."""
    if isinstance(heard, TrialAdvised):
        return heard.level
    return LEVEL_MAX if source.full and heard.count >= source.full else 0


class TrialTruth(msgspec.Struct, frozen=True, tag=True):
    """What the city's observer saw: from when to when it was there; `present` False: that it was not."""

    use: Use
    zone_id: str
    since: datetime
    until: datetime
    present: bool
    seen: Seen


class TrialTruthWithdrawn(msgspec.Struct, frozen=True, tag=True):
    """A note of what was seen was a mistake: the fact at `version` of the stream counts no more, and stays readable."""

    version: int
    reason: str


class TrialComplaint(msgspec.Struct, frozen=True, tag=True):
    """Somebody complained: about what, never who."""

    about: Complaint
    zone_id: str
    at: datetime


class TrialComplaintWithdrawn(msgspec.Struct, frozen=True, tag=True):
    """A complaint was noted by mistake: the fact at `version` of the stream counts no more, and stays readable."""

    version: int
    reason: str


class TrialCost(msgspec.Struct, frozen=True, tag=True):
    """What it cost the city, in cents."""

    of: CostOf
    cents: int


class TrialMidterm(msgspec.Struct, frozen=True, tag=True):
    """The mid-term report, made by itself: what was known at `until`, from the facts up to `version` of this stream."""

    version: int
    until: datetime
    digest: str


class TrialStopped(msgspec.Struct, frozen=True, tag=True):
    """The vendor's keys are dead. `reason` is somebody's own words when it was by hand."""

    why: Why
    reason: str = ""


class TrialReported(msgspec.Struct, frozen=True, tag=True):
    """The report, by the hash of its figures, computed from the facts up to `version` of this stream."""

    version: int
    digest: str


class TrialExit(msgspec.Struct, frozen=True, tag=True):
    """How it ended for the city: stopped, extended, adopted or open to all, and why."""

    how: ExitName
    reason: str


TrialEvent = (
    TrialProtocol
    | TrialChangeRefused
    | TrialBegun
    | TrialAdvised
    | TrialCounted
    | TrialTruth
    | TrialTruthWithdrawn
    | TrialComplaint
    | TrialComplaintWithdrawn
    | TrialCost
    | TrialMidterm
    | TrialStopped
    | TrialReported
    | TrialExit
)
_EVENTS = msgspec.json.Decoder(TrialEvent)


def event_of(payload: bytes) -> TrialEvent:
    """Read one fact of a trial's stream."""
    event: TrialEvent = _EVENTS.decode(payload)
    return event


def stream_of(trial_id: UUID) -> str:
    """Return the ledger stream of a trial."""
    return f"trial:{trial_id}"


def truth_against(asked: TrialTruth, protocol: Protocol, now: datetime) -> Refusal | None:
    """Return why a note of what was seen is not kept: another site or use, or a time that is not the trial's."""
    slack = timedelta(seconds=protocol.tolerance_s)
    if (asked.use, asked.zone_id) not in {(source.use, source.zone_id) for source in protocol.sources}:
        return Refusal(rule="trial_truth_elsewhere")
    if asked.until < asked.since or asked.until > now + timedelta(minutes=1):
        return Refusal(rule="trial_truth_not_yet")
    if asked.since < protocol.starts - slack or asked.since > protocol.ends + slack:
        return Refusal(rule="trial_truth_outside")
    return None


def cost_against(asked: TrialCost) -> Refusal | None:
    """Return why a cost is not kept."""
    return None if 0 < asked.cents <= COST_CENTS_MAX else Refusal(rule="trial_cost_out_of_range")
