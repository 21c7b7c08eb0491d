"""How soon the form of "I am safe" begins to come when thousands open it each second, beside what serves a city."""

import subprocess
import sys
import time
from typing import Any

import msgspec
import psutil

from necmergitur.sim.bench import two_g
from necmergitur.sim.bench.checkin import open_drill
from necmergitur.sim.bench.whole import QUICK, Whole, whole_city
from necmergitur.sim.population.lookers import Plan, Tally

PATH = "/drill/safe"
PER_S = 5_000.0
CONNECTIONS = 400
SECONDS, QUICK_SECONDS = 20.0, 4.0
PATIENCE_S = 60.0


def measure(*, quick: bool = False) -> dict[str, Any]:
    """Return the time to the first byte at 5,000 looks a second, the most there is, the bytes, and one slow line."""
    seconds = QUICK_SECONDS if quick else SECONDS
    with (
        two_g.gateway() as relatives,
        whole_city(msgspec.structs.replace(QUICK, surroundings="", given={"NEC_SMS_URL": relatives.url})) as city,
    ):
        open_drill(city)
        time.sleep(2.0)  # live looks each second for crises
        slow = two_g.measure(f"{city.url}{PATH}?lang=en", relatives)
        live = psutil.Process(next(one.pid for one in city.report().processes if one.name == "live"))
        before = live.cpu_times()
        asked = _look(city, seconds, PER_S)
        after = live.cpu_times()
        most = _look(city, seconds, 0.0)
    cpu_s = (after.user + after.system) - (before.user + before.system)
    return {
        "asked_per_s": PER_S,
        "got_per_s": round(asked.answered / asked.took_s),
        "first_byte_ms_p50": asked.first_ms_p50,
        "first_byte_ms_p99": asked.first_ms_p99,
        "most_per_s": round(most.answered / most.took_s),
        "cpu_us": round(cpu_s / max(1, asked.answered) * 1e6, 1),
        "bytes_on_the_wire": asked.bytes,
        **slow,
        "refused": asked.refused + most.refused,
        "connections": CONNECTIONS,
    }


def _look(city: Whole, seconds: float, per_s: float) -> Tally:
    plan = Plan("127.0.0.1", city.settings.port, PATH, CONNECTIONS, seconds, per_s)
    command = [sys.executable, "-m", "necmergitur.sim.population.lookers"]
    said = subprocess.run(  # noqa: S603 -- ours
        command, input=msgspec.json.encode(plan), stdout=subprocess.PIPE, timeout=seconds + PATIENCE_S, check=True
    )
    return msgspec.json.decode(said.stdout.splitlines()[-1], type=Tally)
