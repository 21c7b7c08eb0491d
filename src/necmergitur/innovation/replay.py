"""An evening played again: candidates advise on the same counts, and are scored against the same notes.

A replay is no experiment: nothing of it is a fact, and nobody was there to be disturbed. It tells which of two
candidates is worth one.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from necmergitur.innovation.judging import Told
from necmergitur.innovation.metrics import Figures, figures
from necmergitur.innovation.protocol import (
    Protocol,
    Source,
    Stop,
    TrialAdvised,
    TrialBegun,
    TrialEvent,
    TrialStopped,
    TrialTruth,
)

START = datetime(2000, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)
SITE = "replayed"


def compare(
    levels: Mapping[str, Sequence[int]],
    seen: Sequence[tuple[int, int]],
    *,
    alarm_level: int = 2,
    tolerance_s: int = 120,
    operators: int = 1,
) -> dict[str, Figures]:
    """Return the figures of each candidate; as `played`."""
    found = played(levels, seen, alarm_level=alarm_level, tolerance_s=tolerance_s, operators=operators)
    return {name: figures(protocol, told, protocol.ends) for name, (protocol, told) in found.items()}


def played(
    levels: Mapping[str, Sequence[int]],
    seen: Sequence[tuple[int, int]],
    *,
    alarm_level: int = 2,
    tolerance_s: int = 120,
    operators: int = 1,
) -> dict[str, tuple[Protocol, list[Told]]]:
    """Return the evening of each candidate. `levels`: its advice, minute by minute; `seen`: (first, last) minutes.

    Of a recorded evening everything is known: where nothing was seen, nothing was there. Raises ValueError when the
    candidates did not advise on the same minutes.
    """
    lengths = {len(one) for one in levels.values()}
    if len(lengths) != 1:
        raise ValueError("candidates are compared on the same evening")
    (minutes,) = lengths
    protocol = Protocol(
        id=UUID(int=0),
        chain=0,
        title="",
        hypotheses=(),
        goals=(),
        sources=(Source("candidate", "density", SITE),),
        mode="shadow",
        starts=START,
        ends=START + minutes * _MINUTE,
        alarm_level=alarm_level,
        tolerance_s=tolerance_s,
        operators=operators,
        sample=1,
        stop=Stop(good=20, bad=50),
    )
    notes = [_note(0, minutes, present=False), *(_note(since, until, present=True) for since, until in seen)]
    found: dict[str, tuple[Protocol, list[Told]]] = {}
    for name, advised in levels.items():
        heard = [TrialAdvised("candidate", START + n * _MINUTE, n, level, 0, 1, n) for n, level in enumerate(advised)]
        events: list[TrialEvent] = [*notes, *heard]
        told = [Told(START, TrialBegun((), "")), *(Told(protocol.ends, one) for one in events)]
        told.append(Told(protocol.ends, TrialStopped("window_over")))
        found[name] = (protocol, told)
    return found


def _note(since: int, until: int, *, present: bool) -> TrialTruth:
    return TrialTruth("density", SITE, START + since * _MINUTE, START + until * _MINUTE, present, "pictures_reviewed")
