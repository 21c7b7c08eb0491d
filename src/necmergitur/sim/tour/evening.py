"""An evening in front of a hall, played fast: what a vendor's counter sees of it, and what a person there sees.

The two differ a little, as they do in the field: one crowd is missed, one alarm is false. A step stands for a minute.
"""

import random
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import msgspec

CAPACITY = 200
CALM, FULL = 5, 3  # steps of a wave
WAVES = 9
_CALM, _FULL, _MISSED = (80, 130), (165, 195), (140, 155)  # people; the vendor's second level begins at 160


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """From which step to which, and whether the place was too full."""

    first: int
    last: int
    full: bool


def counts(trial_id: UUID, number: int = 0) -> list[int]:
    """Return what the vendor's counter reads, step by step: other evenings for each trial, the same each time."""
    chance = random.Random(f"{trial_id}/{number}" if number else str(trial_id))  # noqa: S311 -- a story
    missed, mistaken = chance.sample(range(1, 5), 2)
    found: list[int] = []
    for wave in range(WAVES):
        calm = [chance.randint(*_CALM) for _ in range(CALM)]
        if wave == mistaken:
            calm[CALM // 2] = chance.randint(*_FULL)
        found += calm
        found += [chance.randint(*(_MISSED if wave == missed else _FULL)) for _ in range(FULL)]
    return [*found, chance.randint(*_CALM)]


def seen() -> list[Span]:
    """Return what somebody on the spot sees: every crowd there is, and the calm between."""
    wave = CALM + FULL
    found = []
    for first in range(0, WAVES * wave, wave):
        found.append(Span(first=first + 1, last=first + CALM - 1, full=False))
        found.append(Span(first=first + CALM, last=first + wave, full=True))
    return found


def due(steps: Mapping[int, datetime], noted: int) -> list[tuple[Span, datetime, datetime]]:
    """Return what is over and not noted yet, with its times; `noted` is how many were.

    `steps`: when each step was, as far as the evening has come. It goes at the pace of the counter that plays it.
    """
    found = []
    for one in seen()[noted:]:
        since = next((steps[step] for step in sorted(steps) if step >= one.first), None)
        until = next((steps[step] for step in sorted(steps) if step >= one.last), None)
        if since is None or until is None:
            break
        found.append((one, since, until))
    return found
