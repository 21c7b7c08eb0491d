"""When an airspace zone applies, as ED-269 and ED-318 write it. What cannot be read applies always."""

from datetime import UTC, datetime, time, timedelta, timezone
from typing import Any

from necmergitur.territory.geozones import WEEK, DailyWindow, Period

_ALWAYS = Period()
_END_OF_DAY = "24:00"


def periods(value: Any, doubts: list[str]) -> tuple[Period, ...]:
    """Return the periods of `applicability` or `limitedApplicability`; none means always."""
    if value is None or value == []:
        return ()
    found = list[Period]()
    for entry in value if isinstance(value, list) else [value]:
        try:
            found.append(_period(entry, doubts))
        except ValueError as error:
            doubts.append(f"applicability not understood, taken as permanent: {error}")
            return ()
    return () if _ALWAYS in found else tuple(found)


def instant(value: Any) -> datetime | None:
    """Return an aware UTC instant, or None for none. Raises ValueError; text without an offset is refused."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise ValueError(f"not a date and time: {str(value)[:40]}")  # noqa: TRY004 - it came from a file
    found = datetime.fromisoformat(value.strip())
    if found.tzinfo is None:
        raise ValueError(f"no UTC offset: {value[:40]}")
    return found.astimezone(UTC)


def validity(value: Any, which: str, doubts: list[str], *, start: bool = False) -> datetime | None:
    """Return when a whole set begins (`start`) or ends to hold; None for none stated.

    Text without an offset is taken where it leaves the shortest time: as the last place on Earth to begin a day, or
    the first to end it. What cannot be read at all is told, and leaves the set the age it may have.
    """
    try:
        return instant(value)
    except ValueError as error:
        doubts.append(f"{which} not understood: {error}")
    try:
        found = datetime.fromisoformat(str(value).strip())
    except ValueError:
        return None
    return found.replace(tzinfo=timezone(timedelta(hours=-12 if start else 14))).astimezone(UTC)


def _period(entry: Any, doubts: list[str]) -> Period:
    if not isinstance(entry, dict):
        raise ValueError(f"not an object: {str(entry)[:40]}")  # noqa: TRY004 - it came from a file
    permanent = str(entry.get("permanent", "NO")).upper() == "YES"
    start, end = instant(entry.get("startDateTime")), instant(entry.get("endDateTime"))
    if permanent:
        start = end = None
    if start is not None and end is not None and end < start:
        raise ValueError(f"ends {end.isoformat()}, before it starts")
    # Samples in the wild write `dailyPeriod` for ED-269's `schedule`.
    schedule = entry.get("schedule") or entry.get("dailyPeriod") or []
    windows = list[DailyWindow]()
    for item in schedule if isinstance(schedule, list) else [schedule]:
        try:
            windows.append(_window(item))
        except ValueError as error:
            doubts.append(f"schedule not understood, taken as all day: {error}")
            return Period(start, end)
    return Period(start, end, () if DailyWindow() in windows else tuple(windows))


def _window(item: Any) -> DailyWindow:
    if not isinstance(item, dict):
        raise ValueError(f"not an object: {str(item)[:40]}")  # noqa: TRY004 - it came from a file
    stated = item.get("day") or []
    days = tuple(str(day).upper() for day in (stated if isinstance(stated, list) else [stated]))
    if any(day not in {*WEEK, "ANY"} for day in days):
        raise ValueError(f"unknown day in {days}")
    # Sunrise, sunset and twilight (ED-318 events) move with the date: the whole day is taken, and the days beside it,
    # because a night from sunset to sunrise ends on the next one, and a day of the city is no day of UTC.
    by_event = item.get("startEvent") or item.get("endEvent")
    if by_event and "ANY" not in days:
        days = tuple(day for i, day in enumerate(WEEK) if {WEEK[i - 1], day, WEEK[(i + 1) % 7]} & set(days))
    start = None if by_event else _clock(item.get("startTime"))
    end = None if by_event else _clock(item.get("endTime"))
    return DailyWindow(() if "ANY" in days else days, start, end)


def _clock(value: Any) -> time | None:
    if value is None or value == "":
        return None
    text = str(value).strip()
    if text.startswith(_END_OF_DAY):
        return None
    found = time.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(f"no UTC offset: {text[:20]}")
    return found
