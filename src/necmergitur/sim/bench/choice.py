"""How long choosing takes: the production `dispatch.choice.choose`, from the arrays of a fleet to reasons in words.

Building the fleet's arrays happens once per round, whatever the number of calls; it is measured apart.
"""

import random
import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from necmergitur.dispatch.choice import DroneFact, Fleet, Need, choose
from necmergitur.kernel.geo import Position, offset

DRONES = 240
CALLS = (1, 100, 240)
MIDDLE = Position(2.35, 48.86)
HALF_SIDE_M = 5_130.0  # a square of Paris's area, 105.4 km²
REPEATS = 200
REPEATS_QUICK = 40


def measure(*, quick: bool = False, seed: int = 1) -> dict[str, Any]:
    """Return median milliseconds for 240 drones and 1, 100 and 240 calls, and to build the fleet once."""
    chance = random.Random(seed)  # noqa: S311  places on a map
    facts = [_drone(f"D-{n:03d}", chance) for n in range(DRONES)]
    fleet = Fleet(facts)
    repeats = REPEATS_QUICK if quick else REPEATS
    figures: dict[str, float] = {}
    for calls in CALLS:
        rounds = [[Need(UUID(int=n + 1), _place(chance)) for n in range(calls)] for _ in range(8)]
        assert all(len(choose(fleet, needs)) == calls for needs in rounds), "every call got a drone"
        turns = [partial(choose, fleet, needs) for needs in rounds]
        figures[f"{DRONES}x{calls}"] = _median_ms(turns, repeats)
    return {"ms": figures, "fleet_ms": _median_ms([partial(Fleet, facts)], repeats), "repeats": repeats}


def _median_ms(turns: Sequence[Callable[[], object]], repeats: int) -> float:
    samples: list[float] = []
    for n in range(repeats):
        started = time.perf_counter_ns()
        turns[n % len(turns)]()
        samples.append((time.perf_counter_ns() - started) / 1e6)
    return round(statistics.median(samples), 4)


def _place(chance: random.Random) -> Position:
    return offset(MIDDLE, chance.uniform(-HALF_SIDE_M, HALF_SIDE_M), chance.uniform(-HALF_SIDE_M, HALF_SIDE_M))


def _drone(name: str, chance: random.Random) -> DroneFact:
    return DroneFact(id=name, position=_place(chance), battery_pct=100.0, link_pct=100.0, wind_m_s=3.0, linked=True)
