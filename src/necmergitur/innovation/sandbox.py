"""An evening in a city that does not exist, for teams to build on: the same for everybody, minute by minute.

It is computed from the edition's name alone. Nothing of the real city goes into it, so nothing can be learnt of it.
"""

from hashlib import sha256
from math import exp

import msgspec

MINUTES = 240  # ours: an evening, from the doors to the last train
CALLS_PER_MINUTE = 0.08  # ours: some twenty calls in an evening
# ours: places of a simulated hall; how many people each holds, and in which minute it is fullest
PLACES = {
    "gate-north": (900, 40),
    "gate-south": (700, 55),
    "forecourt": (2_500, 50),
    "stands": (9_000, 120),
    "fan-zone": (3_000, 90),
    "station": (1_800, 205),
}
KINDS = ("help", "medical", "fire", "theft")


class Place(msgspec.Struct, frozen=True):
    """How many people stand somewhere, of how many it holds."""

    place: str
    people: int
    holds: int


class Call(msgspec.Struct, frozen=True):
    """A simulated call for help."""

    place: str
    kind: str


class Minute(msgspec.Struct, frozen=True):
    """What a program sees of one minute. `simulated` is always true."""

    minute: int
    places: tuple[Place, ...]
    calls: tuple[Call, ...]
    simulated: bool = True


def minute_of(edition: str, minute: int) -> Minute:
    """Return one minute of an edition's evening. Raises ValueError outside the evening."""
    if not 0 <= minute < MINUTES:
        raise ValueError(f"an evening has {MINUTES} minutes")
    places = []
    for name, (holds, fullest) in PLACES.items():
        share = exp(-(((minute - fullest) / 38) ** 2)) * (0.85 + 0.3 * _drawn(edition, name, minute))
        places.append(Place(name, int(holds * share), holds))
    calls: tuple[Call, ...] = ()
    if _drawn(edition, "call", minute) < CALLS_PER_MINUTE:
        names = list(PLACES)
        where = names[int(_drawn(edition, "where", minute) * len(names))]
        calls = (Call(where, KINDS[int(_drawn(edition, "kind", minute) * len(KINDS))]),)
    return Minute(minute, tuple(places), calls)


def _drawn(edition: str, what: str, minute: int) -> float:
    """Return a number from 0 to 1 that is the same for everybody."""
    return int.from_bytes(sha256(f"{edition}|{what}|{minute}".encode()).digest()[:7], "big") / 2**56
