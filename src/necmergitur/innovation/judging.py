"""What a trial's alarms are worth: right, false, a repeat, or judged by nobody.

An event that was seen makes one alarm right and no more: advice that falls and rises again within it tells of nothing
new, and earns nothing. Notes are taken in the order of the record, and an alarm that was made right stays so while its
notes stand: a note that comes late adds at the end of what was judged, never in the middle of it.
"""

from bisect import insort
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import msgspec

from necmergitur.innovation.constants import ALARM_GAP
from necmergitur.innovation.protocol import (
    HEARD,
    JUDGED_ONCE,
    Protocol,
    TrialComplaint,
    TrialComplaintWithdrawn,
    TrialEvent,
    TrialTruth,
    TrialTruthWithdrawn,
    Use,
    level_of,
)


class Told(msgspec.Struct, frozen=True):
    """One fact of a trial: when it was recorded, and what it says."""

    at: datetime
    event: TrialEvent


class Alarm(msgspec.Struct, frozen=True):
    """One alarm: when the gate heard it begin, where, and what the observer's notes make of it (None: nothing).

    `judged_by`: the place, among the facts, of the one that judged it. `repeat`: a further alarm of an event that has
    made one right already; it is neither right nor false. `ends`: when it fell, or had been silent too long.
    """

    at: datetime
    use: Use
    zone_id: str
    right: bool | None
    judged_by: int
    repeat: bool = False
    ends: datetime | None = None


class _Begun(msgspec.Struct, frozen=True):
    """An alarm before it is judged; `place` is that of its fact, `ends` when it fell or had been silent too long."""

    at: datetime
    use: Use
    zone_id: str
    place: int
    ends: datetime | None = None


class _Note(msgspec.Struct, frozen=True):
    """A note that stands, the place of its fact, and how far the tolerance carries it."""

    place: int
    said: TrialTruth
    early: datetime
    late: datetime

    def is_within(self, at: datetime) -> bool:
        """Whether a moment lies within what was noted itself."""
        return self.said.since <= at <= self.said.until


def standing(told: Sequence[Told]) -> list[tuple[int, TrialTruth]]:
    """Return the observer's notes that nobody took back, each with the place of its fact."""
    gone = withdrawn(one.event for one in told)
    return [
        (place, one.event) for place, one in enumerate(told) if isinstance(one.event, TrialTruth) and place not in gone
    ]


def complaints(told: Sequence[Told]) -> list[tuple[int, TrialComplaint]]:
    """Return the complaints that nobody took back, each with the place of its fact."""
    gone = {one.event.version - 1 for one in told if isinstance(one.event, TrialComplaintWithdrawn)}
    return [
        (place, one.event)
        for place, one in enumerate(told)
        if isinstance(one.event, TrialComplaint) and place not in gone
    ]


def withdrawn(events: Iterable[TrialEvent]) -> set[int]:
    """Return the places of the notes that were taken back: a fact's version is its place and one."""
    return {one.version - 1 for one in events if isinstance(one, TrialTruthWithdrawn)}


def alarms(protocol: Protocol, told: Sequence[Told]) -> list[Alarm]:
    """Return the alarms, in time. Advice that stays at the alarm's level is one alarm, until it falls or falls silent.

    An alarm is right when what it tells of was seen within the tolerance; false when an observer noted that it was not.
    """
    begun, notes = _begun(protocol, told), _notes(protocol, told)
    near = [
        [note for note in notes.get((one.use, one.zone_id), ()) if note.early <= one.at <= note.late] for one in begun
    ]
    if protocol.judging < JUDGED_ONCE:
        return [_each(one, close) for one, close in zip(begun, near, strict=True)]
    right = _once(begun, near)
    return [_judged(one, close, right.get(at)) for at, (one, close) in enumerate(zip(begun, near, strict=True))]


def _notes(protocol: Protocol, told: Sequence[Told]) -> dict[tuple[str, str], list[_Note]]:
    """Return the notes that stand by use and site. No tolerance carries a note that it was not there."""
    slack = timedelta(seconds=protocol.tolerance_s)
    found: dict[tuple[str, str], list[_Note]] = {}
    for place, said in standing(told):
        wide = slack if said.present else timedelta()
        note = _Note(place, said, said.since - wide, said.until + wide)
        found.setdefault((said.use, said.zone_id), []).append(note)
    return found


def _begun(protocol: Protocol, told: Sequence[Told]) -> list[_Begun]:
    of = {source.sensor_id: source for source in protocol.sources}
    last: dict[str, datetime] = {}
    stands: dict[str, int] = {}
    found: list[_Begun] = []

    def end(sensor_id: str, at: datetime) -> None:
        if sensor_id in stands:
            place = stands.pop(sensor_id)
            found[place] = msgspec.structs.replace(found[place], ends=min(at, last[sensor_id] + ALARM_GAP))

    heard = ((at, one.event) for at, one in enumerate(told) if isinstance(one.event, HEARD))
    for place, advice in sorted(heard, key=lambda one: (one[1].at, one[1].sensor_id, one[1].seq)):
        source = of.get(advice.sensor_id)
        if source is None:
            continue
        if level_of(source, advice) < protocol.alarm_level:
            end(advice.sensor_id, advice.at)
            last.pop(advice.sensor_id, None)
            continue
        before = last.get(advice.sensor_id)
        if before is None or advice.at - before > ALARM_GAP:
            end(advice.sensor_id, advice.at)
            stands[advice.sensor_id] = len(found)
            found.append(_Begun(advice.at, source.use, source.zone_id, place))
        last[advice.sensor_id] = advice.at
    for sensor_id in list(stands):
        end(sensor_id, last[sensor_id] + ALARM_GAP)
    return found


def _once(begun: Sequence[_Begun], near: Sequence[Sequence[_Note]]) -> dict[int, int]:
    """Return which alarms are right, each with the place of the fact that made it so: one for each event seen.

    Of events that overlap each makes one right: as many as can be are, whatever the order of the notes (Kuhn 1955, by
    augmenting paths). What is right stays right as facts follow. A note is known by the place of its fact.
    """
    events = [
        [one.place for one in sorted(close, key=lambda one: (one.late, one.early, one.place)) if one.said.present]
        for close in near
    ]
    facts: list[tuple[int, int | None]] = [(place, None) for place in {place for one in events for place in one}]
    facts += [(one.place, at) for at, one in enumerate(begun) if events[at]]
    known: set[int] = set()
    held: tuple[dict[int, int], dict[int, int]] = {}, {}
    waiting: list[int] = []
    right: dict[int, int] = {}
    for place, alarm in sorted(facts, key=lambda one: one[0]):
        if alarm is None:
            known.add(place)
            # The earliest that it can make right; what led nowhere for one alarm leads nowhere for the next.
            came: dict[int, int] = {}
            made = next((one for one in waiting if _takes(one, events, known, held, came)), None)
            if made is not None:
                waiting.remove(made)
        elif _takes(alarm, events, known, held, {}):
            made = alarm
        else:
            made = None
            insort(waiting, alarm)
        if made is not None:
            right[made] = place
    return right


def _takes(
    alarm: int,
    events: Sequence[Sequence[int]],
    known: set[int],
    held: tuple[dict[int, int], dict[int, int]],
    came: dict[int, int],
) -> bool:
    """Give an alarm an event of its own, where one that holds it can move to another; return whether it has one.

    `held`: by event the alarm that holds it, and by alarm the event; `came`: by event the alarm it was reached from.
    """
    holder, holds = held
    queue = [alarm]
    for one in queue:
        for note in events[one]:
            if note not in known or note in came:
                continue
            came[note] = one
            if note in holder:
                queue.append(holder[note])
                continue
            at: int | None = note
            while at is not None:
                taker = came[at]
                holder[at], holds[taker], at = taker, at, holds.get(taker)
            return True
    return False


def _judged(one: _Begun, close: Sequence[_Note], right: int | None) -> Alarm:
    if right is not None:
        return Alarm(one.at, one.use, one.zone_id, right=True, judged_by=right, ends=one.ends)
    there = [note for note in close if note.said.present]
    absent = next((note for note in close if not note.said.present), None)
    # The tolerance of an event excuses one alarm, as the event itself does: no further one where nothing was.
    if absent is not None and not any(note.is_within(one.at) for note in there):
        judged_by = max(one.place, absent.place)
        return Alarm(one.at, one.use, one.zone_id, right=False, judged_by=judged_by, ends=one.ends)
    return Alarm(one.at, one.use, one.zone_id, None, one.place, bool(there), one.ends)


def _each(one: _Begun, close: Sequence[_Note]) -> Alarm:
    """Judge as protocols fixed before there were repeats say: their figures stay what they were."""
    right, judged_by = None, one.place
    for note in close:
        if right is None or (note.said.present and not right):
            right, judged_by = note.said.present, max(one.place, note.place)
    return Alarm(one.at, one.use, one.zone_id, right, judged_by)


def outcomes(found: Iterable[Alarm]) -> list[bool]:
    """Return whether each judged alarm was right, in the order in which the facts judged them."""
    judged = sorted((one for one in found if one.right is not None), key=lambda one: (one.judged_by, one.at))
    return [bool(one.right) for one in judged]
