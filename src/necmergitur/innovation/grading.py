"""How far a solution can be trusted, from evidence: bronze to platinum, each grade holding all that is below it.

The ladder's form is that of Home Assistant's integration quality scale; what is asked is ours. Field measures cannot be
claimed: they count when an experiment of the chain was reported that its own rule ended, with enough alarms judged to
tell good from bad. Evidence grows old.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

EVIDENCE_LASTS = timedelta(days=365)  # ours: software a year without a look is not the software that was looked at


# A trial's rule had heard enough to tell: what was stopped before, or heard too little in its window, measured nothing.
CONCLUDED = frozenset({"too_many_false_alarms", "as_good_as_promised"})


class Criterion(StrEnum):
    """What is asked. Values are stored."""

    DOCUMENTED = "documented"
    TESTED = "tested"
    ACCESSIBLE = "accessible"
    SECURE = "secure"
    MEASURED = "measured"


class Grade(StrEnum):
    """What is shown."""

    NONE = ""
    BRONZE = "bronze"
    SILVER = "silver"
    GOLD = "gold"
    PLATINUM = "platinum"


CLAIMED = (Criterion.DOCUMENTED, Criterion.TESTED, Criterion.ACCESSIBLE, Criterion.SECURE)
LADDER = (
    (Grade.BRONZE, frozenset({Criterion.DOCUMENTED})),
    (Grade.SILVER, frozenset({Criterion.DOCUMENTED, Criterion.TESTED})),
    (Grade.GOLD, frozenset(CLAIMED)),
    (Grade.PLATINUM, frozenset(Criterion)),
)


class Shown(msgspec.Struct, frozen=True):
    """Evidence that somebody of the city looked at."""

    criterion: Criterion
    at: datetime


def holds(evidence: Iterable[Shown], now: datetime, *, measured: bool) -> frozenset[Criterion]:
    """Return which criteria hold today."""
    held = {one.criterion for one in evidence if one.criterion in CLAIMED and one.at <= now < one.at + EVIDENCE_LASTS}
    return frozenset(held | {Criterion.MEASURED}) if measured else frozenset(held)


def grade(held: frozenset[Criterion]) -> Grade:
    """Return the highest grade all of whose criteria hold."""
    return next((name for name, asked in reversed(LADDER) if asked <= held), Grade.NONE)


def missing(held: frozenset[Criterion]) -> tuple[Criterion, ...]:
    """Return what the next grade still asks for."""
    return next(
        (tuple(one for one in Criterion if one in asked - held) for _name, asked in LADDER if not asked <= held), ()
    )
