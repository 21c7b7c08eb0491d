"""How soon a drone stands over the scene: simulated evenings of a city at several loads, beside the bound.

The production operations decide under a virtual clock (`sim.evening`). Each load is played twice: once with
people who answer at once and never lack (what drones and rules alone can do), once with pilots who take their
seeded time and are only as many as Erlang's formula asks.
"""

import os
import random
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from necmergitur.adapters.citydata.importing import read_city
from necmergitur.dispatch.flight_time import CRUISE_M_S, LAUNCH_S
from necmergitur.dispatch.staffing import pilots_needed
from necmergitur.operations.intake import Ground
from necmergitur.sim.bench.figures import percentile
from necmergitur.sim.clock import VirtualClock
from necmergitur.sim.evening.callers import Callers, DemandKind
from necmergitur.sim.evening.constants import PILOT_MEDIAN_S, PILOT_SIGMA
from necmergitur.sim.evening.fleet import EveningFleet
from necmergitur.sim.evening.play import START, Evening, Outcome, Plan
from necmergitur.sim.evening.town import town_of
from necmergitur.sim.ids import SeededIds
from necmergitur.sim.twin.store import TwinStore
from necmergitur.territory.generated import generate
from necmergitur.territory.model import City
from necmergitur.territory.siting import bound

LOADS_PER_HOUR = (5, 50, 100, 200)
DEMANDS: tuple[DemandKind, ...] = ("area", "street")
MEASURED, MEASURED_QUICK = 1_500, 200  # calls measured at each load
WARM_UP_H, WARM_UP_QUICK_H = 1.5, 0.8  # a drone's round takes 40 minutes: after that the fleet is as worn as it gets
WORKERS = os.cpu_count() or 1
CORPUS = "../shared/data"
SHIFT = timedelta(days=60)  # longer than any evening here: 1,500 calls at 5 an hour take 13 days


def measure(*, quick: bool = False, seed: int = 1, city: City | None = None) -> dict[str, Any]:
    """Return times in seconds from the press to the drone over the scene, by load; `street` has the other demand."""
    city = city or city_at_hand(seed)
    measured, warm_up_h = (MEASURED_QUICK, WARM_UP_QUICK_H) if quick else (MEASURED, WARM_UP_H)
    evenings = [
        (demand, Plan(per_hour=load, measured=measured, warm_up_h=warm_up_h, human=human), pilots)
        for demand in DEMANDS
        for load in LOADS_PER_HOUR
        for human, pilots in ((False, len(city.docks)), (True, pilots_needed(load)))
    ]
    with ProcessPoolExecutor(WORKERS, get_context("spawn"), initializer=_open, initargs=(city, seed)) as pool:
        outcomes = list(pool.map(_play, evenings))
    told = {
        (demand, plan.per_hour, plan.human): came for (demand, plan, _), came in zip(evenings, outcomes, strict=True)
    }
    area, street = (_demand(city, demand, told) for demand in DEMANDS)
    delay = {"median_s": PILOT_MEDIAN_S, "sigma": PILOT_SIGMA}
    return {**area, "street": street, "city": city.name, "drones": len(city.docks), "pilot_delay": delay, "seed": seed}


def city_at_hand(seed: int) -> City:
    """Read Paris when its data is at hand, else invent a city."""
    folder = Path(os.environ.get("NEC_CORPUS") or CORPUS) / "paris"
    quarters, streets = folder / "quartier_paris.geojson", folder / "paris_54000.txt"
    if quarters.exists() and streets.exists():
        return read_city(quarters, streets, name="Paris")
    return generate(seed)


_opened: list[tuple[City, int]] = []  # of a worker process


def _open(city: City, seed: int) -> None:
    _opened.append((city, seed))


def _play(evening: tuple[DemandKind, Plan, int]) -> Outcome:
    demand, plan, pilots = evening
    city, seed = _opened[0]
    return play(city, demand, plan, seed, pilots=pilots)


def _demand(city: City, demand: DemandKind, told: Mapping[tuple[DemandKind, float, bool], Outcome]) -> dict[str, Any]:
    at_best = bound(city, demand, CRUISE_M_S, LAUNCH_S)
    return {
        "per_hour": {
            str(load): _load(load, told[demand, load, False], told[demand, load, True]) for load in LOADS_PER_HOUR
        },
        "bound": {"mean_s": round(at_best.mean_s, 2), "p95_s": round(at_best.p95_s, 2)},
    }


def _load(per_hour: int, alone: Outcome, manned: Outcome) -> dict[str, Any]:
    """`alone`: drones and rules, nobody slow and nobody lacking; `manned`: with the pilots there are."""
    return {
        **_times("", alone),
        **_times("with_pilot_", manned),
        "pilots": pilots_needed(per_hour),
        "calls": len(alone.on_scene_s),
        "not_served": alone.not_served + manned.not_served,
        "watched_mean_s": round(sum(alone.watched_s) / len(alone.watched_s), 1),
    }


def play(city: City, demand: DemandKind, plan: Plan, seed: int, *, pilots: int) -> Outcome:
    """Play one evening on a fresh store. The same arguments give the same evening."""
    clock = VirtualClock(START)
    town = town_of(city, pilots, START, SHIFT)
    store = TwinStore(town, SeededIds(seed))
    fleet = EveningFleet(town.drones, clock)
    callers = Callers(city, demand, random.Random(seed))  # noqa: S311  an evening
    return Evening(store, fleet, clock, Ground(city.zones[0].centre), callers).play(plan, seed)


def _times(prefix: str, outcome: Outcome) -> dict[str, float]:
    times = outcome.on_scene_s
    return {f"{prefix}mean_s": round(sum(times) / len(times), 2), f"{prefix}p95_s": percentile(times, 95)}
