"""The phases of an incubation, dated; two of the ways out are honest abandonment, as good an outcome as others.

After the life cycle of beta.gouv.fr's products: of 554 investigations 182 were stopped there and 124 given up later.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from enum import StrEnum
from itertools import pairwise
from types import MappingProxyType

import msgspec

from necmergitur.kernel.refusal import Refusal

REASON_LENGTH_MIN = 10  # ours: "no" explains nothing to whoever comes next


class Phase(StrEnum):
    """Where a project stands. Values are stored."""

    INVESTIGATION = "investigation"
    CONSTRUCTION = "construction"
    ACCELERATION = "acceleration"
    TRANSFER = "transfer"
    PERENNIAL = "perennial"  # it stands without the programme
    STOPPED = "stopped"  # given up while it was investigated
    ABANDONED = "abandoned"  # given up later
    EXCLUDED = "excluded"  # it broke the rules


FOLLOWS: Mapping[Phase, frozenset[Phase]] = MappingProxyType(
    {
        Phase.INVESTIGATION: frozenset({Phase.CONSTRUCTION, Phase.STOPPED, Phase.EXCLUDED}),
        Phase.CONSTRUCTION: frozenset({Phase.ACCELERATION, Phase.TRANSFER, Phase.ABANDONED, Phase.EXCLUDED}),
        Phase.ACCELERATION: frozenset({Phase.CONSTRUCTION, Phase.TRANSFER, Phase.ABANDONED, Phase.EXCLUDED}),
        Phase.TRANSFER: frozenset({Phase.ACCELERATION, Phase.PERENNIAL, Phase.ABANDONED, Phase.EXCLUDED}),
    }
)
OVER = frozenset(Phase) - frozenset(FOLLOWS)


class Step(msgspec.Struct, frozen=True):
    """A project entered a phase."""

    project: str
    phase: Phase
    at: datetime


def may_enter(now_in: Phase, phase: Phase, reason: str) -> Refusal | None:
    """Return why a project may not go from one phase to another."""
    if phase not in FOLLOWS.get(now_in, frozenset()):
        return Refusal(rule="phase_does_not_follow", facts={"from": now_in.value, "to": phase.value})
    if len(reason.strip()) < REASON_LENGTH_MIN:
        return Refusal(rule="reason_missing")
    return None


class Year(msgspec.Struct, frozen=True):
    """What one year came to. `days`: the middle time spent in each phase that ended that year."""

    year: int
    entered: Mapping[str, int]
    days: Mapping[str, float]
    under_way: int


def years(steps: Sequence[Step], zone: tzinfo) -> list[Year]:
    """Return the indicators of each year in which anything happened, from the steps alone; years begin in `zone`."""

    def year_of(step: Step) -> int:
        return step.at.astimezone(zone).year

    by_project: dict[str, list[Step]] = {}
    for step in sorted(steps, key=lambda one: one.at):
        by_project.setdefault(step.project, []).append(step)
    found = []
    for year in sorted({year_of(step) for step in steps}):
        entered = Counter(step.phase.value for step in steps if year_of(step) == year)
        spent: dict[str, list[float]] = {}
        for walk in by_project.values():
            for begun, ended in pairwise(walk):
                if year_of(ended) == year:
                    spent.setdefault(begun.phase.value, []).append((ended.at - begun.at).total_seconds() / 86_400)
        found.append(
            Year(
                year,
                dict(entered),
                {name: _middle(of) for name, of in spent.items()},
                _at_end([[step for step in walk if year_of(step) <= year] for walk in by_project.values()]),
            )
        )
    return found


def _at_end(walks: Iterable[Sequence[Step]]) -> int:
    return sum(bool(walk) and walk[-1].phase not in OVER for walk in walks)


def _middle(of: list[float]) -> float:
    ordered, half = sorted(of), len(of) // 2
    middle = ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
    return round(middle, 1)
