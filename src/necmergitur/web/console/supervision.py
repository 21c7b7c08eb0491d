"""Figures for whoever leads: how fast, how many, with whom. Every figure can be downloaded."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from necmergitur.dispatch.staffing import pilots_needed
from necmergitur.web.console import silence, state
from necmergitur.web.facts.models import Incident, Mission, PilotShift

TARGET_ON_SCENE_S = 60  # the product's promise: information in under a minute
TARGETS_ANSWER_S = (10, 60)  # NFPA 1225:2022: answered within 10 s, processed within 60 s
BIN_S = 5
BINS_MAX = 120  # ten minutes; later ones are gathered in the last
PERIODS_H = {"day": 24, "week": 7 * 24, "month": 30 * 24}

ANSWERED = """
SELECT extract(epoch FROM min(e.recorded_at) - i.opened_at)::float8
FROM incident i JOIN ledger_event e ON e.stream = 'incident:' || i.id AND e.kind = 'RungReached'
WHERE i.opened_at >= %(since)s AND NOT i.test AND e.payload ->> 'rung' = ANY(%(rungs)s)
GROUP BY i.id
"""


def response_times(since: datetime) -> list[float]:
    """Return seconds from a call to its first drone on scene, one per incident that got one."""
    rows = (
        Mission.objects.filter(incident__opened_at__gte=since, on_scene_at__isnull=False, incident__test=False)
        .order_by("incident_id", "on_scene_at")
        .distinct("incident_id")
        .values_list("incident__opened_at", "on_scene_at")
    )
    return sorted((arrived - opened).total_seconds() for opened, arrived in rows)


def answer_times(since: datetime, rungs: Sequence[str]) -> list[float]:
    """Return seconds from a call to the first time a person reached one of `rungs`."""
    with connection.cursor() as cursor:
        cursor.execute(ANSWERED, {"since": since, "rungs": list(rungs)})
        return sorted(row[0] for row in cursor.fetchall())


def distribution(times: Sequence[float]) -> dict[str, Any] | None:
    """Return bins and percentiles of sorted times; None without any."""
    if not times:
        return None
    last = max(0, min(BINS_MAX - 1, int(times[-1] // BIN_S)))
    counts = [0] * (last + 1)
    for one in times:
        counts[min(last, int(max(0.0, one) // BIN_S))] += 1
    return {
        "bin_s": BIN_S,
        "counts": counts,
        "n": len(times),
        "mean_s": round(sum(times) / len(times), 1),
        "p50_s": round(percentile(times, 0.50), 1),
        "p95_s": round(percentile(times, 0.95), 1),
    }


def percentile(times: Sequence[float], share: float) -> float:
    """Return the nearest-rank percentile of sorted, non-empty times."""
    return times[max(0, -(-int(share * 1_000) * len(times) // 1_000) - 1)]


def within(times: Sequence[float], target_s: float) -> int | None:
    """Return the percentage of times within the target; None without any."""
    return None if not times else round(100 * sum(1 for one in times if one <= target_s) / len(times))


def hours(since: datetime, now: datetime) -> list[datetime]:
    """Return the whole hours of a period, UTC."""
    first = since.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return [first + timedelta(hours=step) for step in range(int((now - first).total_seconds() // 3600) + 1)]


def load(since: datetime, now: datetime) -> list[tuple[datetime, int]]:
    """Return real incidents opened in each hour."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT date_trunc('hour', opened_at, 'UTC'), count(*) FROM incident"
            " WHERE opened_at >= %s AND NOT test GROUP BY 1",
            [since.astimezone(UTC).replace(minute=0, second=0, microsecond=0)],
        )
        found = dict(cursor.fetchall())
    return [(hour, found.get(hour, 0)) for hour in hours(since, now)]


def pilots(calls: Sequence[tuple[datetime, int]]) -> list[tuple[datetime, int, int]]:
    """Return, per hour, pilots on shift (at its fullest) and pilots its calls needed (Erlang C)."""
    if not calls:
        return []
    first, end = calls[0][0], calls[-1][0] + timedelta(hours=1)
    spans = [
        (start, min(over or stop, stop))
        for start, stop, over in PilotShift.objects.filter(starts_at__lt=end, ends_at__gt=first).values_list(
            "starts_at", "ends_at", "ended_at"
        )
    ]
    hour_long = timedelta(hours=1)
    return [
        (hour, sum(1 for start, stop in spans if start < hour + hour_long and stop > hour), pilots_needed(count))
        for hour, count in calls
    ]


def figures(period: str, now: datetime) -> dict[str, Any]:
    """Return everything the supervisor's page shows for a period of PERIODS_H (constant queries)."""
    since = now - timedelta(hours=PERIODS_H[period])
    arrived = response_times(since)
    calls = load(since, now)
    staffed = pilots(calls)
    answered = answer_times(since, ("seen", "acknowledged", "acting"))
    acting = answer_times(since, ("acknowledged", "acting"))
    deaf = state.deaf()["devices"]
    silent = silence.by_hour([hour for hour, _count in calls])
    # The hour that runs has not been counted to its end: what is silent now belongs to it.
    silent[-1] = (silent[-1][0], max(deaf, silent[-1][1] or 0))
    return {
        "data": {
            "target_s": TARGET_ON_SCENE_S,
            "now": iso(now),
            "response": distribution(arrived),
            "load": [[iso(hour), count] for hour, count in calls],
            "pilots": [[iso(hour), on_shift, need] for hour, on_shift, need in staffed],
            "deaf": [[iso(hour), devices] for hour, devices in silent],
        },
        "arrived": distribution(arrived),
        "arrived_within": within(arrived, TARGET_ON_SCENE_S),
        "answers": [
            {"target_s": target, "times": distribution(times), "within": within(times, target), "rung": rung}
            for target, times, rung in zip(TARGETS_ANSWER_S, (answered, acting), ("seen", "acknowledged"), strict=True)
        ],
        "hours": [
            {"hour": hour, "calls": count, "on_shift": on_shift, "need": need}
            for (hour, count), (_hour, on_shift, need) in zip(calls, staffed, strict=True)
            if count or on_shift
        ],
        "opened": sum(count for _hour, count in calls),
        "without_drone": Incident.objects.filter(opened_at__gte=since, test=False, drone="refused").count(),
        "deaf": deaf,
        "arrived_times": arrived,
    }


def iso(when: datetime) -> str:
    """Return an instant as islands read it."""
    return when.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
