"""How long `nec run --demo` takes to be up, the first time and again, and Ctrl-C to end all of it."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path
from statistics import median
from typing import Any

import msgspec
import psutil

from necmergitur.app.settings import Settings
from necmergitur.sim.bench.processor import used_s
from necmergitur.sim.bench.whole import (
    FULL,
    QUICK,
    START_S_MAX,
    STOP_S_MAX,
    Size,
    environment,
    found,
    is_up,
    release_ports,
    start,
    stop,
    wait_until,
)

AGAIN = 5
AGAIN_QUICK = 2


def measure(size: Size | None = None, *, again: int | None = None, quick: bool = False) -> dict[str, Any]:
    """Return seconds until everything is up, then a page answered, and seconds from Ctrl-C until nothing is left.

    The first start makes the database, the keys, the city and its certificates (`quick`: the small city is founded
    beforehand); each of `again` more finds them. `unclean` counts stops that failed, or left a process behind.
    Raises DidNotStart.
    """
    given, again = size or (QUICK if quick else FULL), again or (AGAIN_QUICK if quick else AGAIN)
    given = msgspec.structs.replace(given, shards=Settings().broker_shards)  # as a newcomer has it
    home = Path(tempfile.mkdtemp(prefix="nec-bench-"))
    starts: list[float] = []
    looks: list[float] = []
    worked: list[float] = []
    stops: list[float] = []
    unclean = 0
    try:
        environ = environment(home, given)
        settings = Settings.from_environment(environ)
        if given.buttons != FULL.buttons:
            found(settings, given, 1, environ, None)
        for _ in range(1 + again):
            up_s, look_s, cpu_s, down_s, clean = _once(home, settings.public_url, environ)
            starts.append(up_s)
            looks.append(look_s)
            worked.append(cpu_s)
            stops.append(down_s)
            unclean += not clean
    finally:
        release_ports()
        shutil.rmtree(home, ignore_errors=True)
    return {
        "buttons": given.buttons,
        "drones": given.zones,
        "first_s": starts[0],
        "second_s": median(starts[1:]),
        "second_s_max": max(starts[1:]),
        "second_page_s": median(looks[1:]),
        "second_cpu_s": median(worked[1:]),
        "again": again,
        "stop_s_max": max(stops),
        "unclean": unclean,
    }


def _once(home: Path, url: str, environ: dict[str, str]) -> tuple[float, float, float, float, bool]:
    """Start, look at a page, press Ctrl-C.

    Return seconds up, until the page, of processors, and down, and whether it ended well.
    """
    began_s = time.monotonic()
    process = start(home, "run", ["run", "--demo"], environ)
    try:
        wait_until(home, process, lambda: is_up(home, process.pid))
        up_s = round(time.monotonic() - began_s, 2)
        with urllib.request.urlopen(url, timeout=START_S_MAX) as page:  # noqa: S310 - our own, on loopback
            page.read()
        look_s, cpu_s = round(time.monotonic() - began_s, 2), round(used_s(process.pid), 2)
        began_s = time.monotonic()
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the whole group in front
        try:
            code = process.wait(STOP_S_MAX)
        except subprocess.TimeoutExpired:
            code = 1
        return up_s, look_s, cpu_s, round(time.monotonic() - began_s, 2), code == 0 and not left_of(home)
    finally:
        stop(process)


def left_of(home: Path) -> list[int]:
    """Return the processes that still work in `home`: by their command, or by the environment they were given."""
    left = []
    for process in psutil.process_iter():
        try:
            words = [*process.cmdline(), process.environ().get("NEC_HOME", "")]
        except psutil.Error:
            continue  # gone meanwhile, or another person's: then not one of ours
        if any(str(home) in word for word in words):
            left.append(process.pid)
    return left
