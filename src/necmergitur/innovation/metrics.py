"""What a trial measured, computed from facts alone: what our gate heard against what our observer saw.

What a vendor says of itself counts nowhere: not its confidence, and the minute it speaks of only orders nothing; the
time is the one at which the gate heard it. An alarm that no observer's note covers is neither right nor false, and no
more is a further one of an event that has made one right (`judging`): both are counted apart, and said.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil, sqrt
from typing import Literal

import msgspec

from necmergitur.innovation.judging import Alarm, Told, alarms, outcomes, standing, withdrawn
from necmergitur.innovation.judging import complaints as standing_complaints
from necmergitur.innovation.protocol import (
    HEARD,
    JUDGED_STOOD,
    Goal,
    Protocol,
    TrialBegun,
    TrialComplaint,
    TrialCost,
    TrialStopped,
    TrialTruth,
)

Z_95 = 1.959964  # of the normal distribution, two-sided 95 %
AT_MOST = frozenset({"false_alarms_per_hour", "delay_p95_s", "cost_eur", "complaints"})


class Share(msgspec.Struct, frozen=True):
    """`hits` of `of`, with Wilson's 95 % interval; all None when there is nothing to divide by."""

    hits: int
    of: int
    value: float | None
    low: float | None
    high: float | None


class Row(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The figures of one use at one site, or of all together ("" for both).

    `repeats`: further alarms of an event that has made one right; left out of the digest where there are none, so that
    reports fixed before they were counted keep theirs. `stood`: events that no alarm told of, during which one that
    began earlier still stood; counted where the protocol's rule says so, and left out as repeats are.
    """

    use: str
    zone_id: str
    advice: int
    alarms: int
    unjudged: int
    precision: Share
    recall: Share
    false_alarms: int
    false_alarms_per_hour: float | None
    delay_p50_s: float | None
    delay_p95_s: float | None
    repeats: int = 0
    stood: int = 0


class Met(msgspec.Struct, frozen=True):
    """One goal of the protocol and what was measured; `holds` None when there was nothing to measure."""

    metric: str
    goal: float
    value: float | None
    holds: bool | None


class Figures(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything a report says.

    `withdrawn`, `unmade`: notes of what was seen, and complaints, that were taken back; left out of the digest where
    none was.
    """

    began_at: datetime | None
    until: datetime
    operator_hours: float
    rows: tuple[Row, ...]
    total: Row
    costs: tuple[tuple[str, int], ...]
    cost_cents: int
    complaints: int
    goals: tuple[Met, ...]
    outcomes: tuple[bool, ...]
    outcome: Literal["hold", "fail", "unknown"]
    withdrawn: int = 0
    unmade: int = 0


def wilson(hits: int, of: int) -> Share:
    """Return a share with its interval (E. B. Wilson, 1927), which stays within 0 and 1 for few cases too."""
    if of == 0:
        return Share(hits, of, None, None, None)
    p, zz = hits / of, Z_95 * Z_95
    middle = (p + zz / (2 * of)) / (1 + zz / of)
    half = Z_95 / (1 + zz / of) * sqrt(p * (1 - p) / of + zz / (4 * of * of))
    low = 0.0 if hits == 0 else max(0.0, middle - half)
    high = 1.0 if hits == of else min(1.0, middle + half)
    return Share(hits, of, round(p, 6), round(low, 6), round(high, 6))


def percentile(values: Sequence[float], share: float) -> float | None:
    """Return the nearest-rank percentile: a value that was measured, never one between two."""
    ordered = sorted(values)
    return ordered[max(0, ceil(share * len(ordered)) - 1)] if ordered else None


def figures(protocol: Protocol, told: Sequence[Told], now: datetime) -> Figures:
    """Compute everything from the facts of a trial's stream, in their order."""
    began = next((one.at for one in told if isinstance(one.event, TrialBegun)), None)
    stopped = next((one.at for one in told if isinstance(one.event, TrialStopped)), None)
    until = stopped or now
    hours = 0.0 if began is None else max(0.0, (until - max(began, protocol.starts)).total_seconds() / 3600)
    found = alarms(protocol, told)
    advised = [one.event for one in told if isinstance(one.event, HEARD)]
    truths = [said for _place, said in standing(told) if said.present]
    pairs = sorted({(source.use, source.zone_id) for source in protocol.sources})
    at = {source.sensor_id: (source.use, source.zone_id) for source in protocol.sources}
    rows = tuple(
        _row(
            protocol,
            pair,
            sum(1 for one in advised if at.get(one.sensor_id) == pair),
            [one for one in found if (one.use, one.zone_id) == pair],
            [one for one in truths if (one.use, one.zone_id) == pair],
            hours * protocol.operators,
            until,
        )
        for pair in pairs
    )
    known = [one for one in truths if (one.use, one.zone_id) in pairs]
    total = _row(protocol, ("", ""), len(advised), found, known, hours * protocol.operators, until)
    costs: dict[str, int] = {}
    for one in told:
        if isinstance(one.event, TrialCost):
            costs[one.event.of] = costs.get(one.event.of, 0) + one.event.cents
    complaints = len(standing_complaints(told))
    cents = sum(costs.values())
    goals = tuple(_met(goal, total, cents, complaints) for goal in protocol.goals)
    return Figures(
        began_at=began,
        until=until,
        operator_hours=round(hours * protocol.operators, 4),
        rows=rows,
        total=total,
        costs=tuple(sorted(costs.items())),
        cost_cents=cents,
        complaints=complaints,
        goals=goals,
        outcomes=tuple(outcomes(found)),
        outcome="fail"
        if any(m.holds is False for m in goals)
        else "hold"
        if all(m.holds for m in goals)
        else "unknown",
        withdrawn=len(withdrawn(one.event for one in told)),
        unmade=sum(isinstance(one.event, TrialComplaint) for one in told) - complaints,
    )


def digest_of(found: Figures) -> str:
    """Return the hash of a report's figures: whoever recomputes them from the facts finds the same."""
    return hashlib.sha256(msgspec.json.encode(found, order="sorted")).hexdigest()


def _row(
    protocol: Protocol,
    pair: tuple[str, str],
    advice: int,
    found: Sequence[Alarm],
    truths: Sequence[TrialTruth],
    operator_hours: float,
    until: datetime,
) -> Row:
    slack = timedelta(seconds=protocol.tolerance_s)
    judged = [one for one in found if one.right is not None]
    right = sum(1 for one in judged if one.right)
    repeats = sum(one.repeat for one in found)
    delays: list[float] = []
    stood = 0
    for truth in truths:
        near = [
            one.at
            for one in found
            if (one.use, one.zone_id) == (truth.use, truth.zone_id)
            and truth.since - slack <= one.at <= truth.until + slack
        ]
        if near:
            delays.append(round((min(near) - truth.since).total_seconds(), 3))
        elif protocol.judging >= JUDGED_STOOD:
            stood += any(_stood(one, truth, until) for one in found)
    false = len(judged) - right
    return Row(
        use=pair[0],
        zone_id=pair[1],
        advice=advice,
        alarms=len(found),
        unjudged=len(found) - len(judged) - repeats,
        precision=wilson(right, len(judged)),
        recall=wilson(len(delays), len(truths)),
        false_alarms=false,
        false_alarms_per_hour=round(false / operator_hours, 4) if operator_hours else None,
        delay_p50_s=percentile(delays, 0.5),
        delay_p95_s=percentile(delays, 0.95),
        repeats=repeats,
        stood=stood,
    )


def _stood(one: Alarm, truth: TrialTruth, until: datetime) -> bool:
    """Return whether an alarm began before an event, and stood when that began; none stands once the trial ended."""
    same = (one.use, one.zone_id) == (truth.use, truth.zone_id)
    return same and one.ends is not None and one.at < truth.since < min(one.ends, until)


def _met(goal: Goal, total: Row, cents: int, complaints: int) -> Met:
    measured: dict[str, float | None] = {
        "precision": total.precision.value,
        "recall": total.recall.value,
        "false_alarms_per_hour": total.false_alarms_per_hour,
        "delay_p95_s": total.delay_p95_s,
        "cost_eur": cents / 100,
        "complaints": float(complaints),
    }
    value = measured[goal.metric]
    if value is None:
        return Met(goal.metric, goal.value, None, None)
    return Met(goal.metric, goal.value, value, value <= goal.value if goal.metric in AT_MOST else value >= goal.value)
