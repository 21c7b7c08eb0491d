"""A start is timed until a page is answered, and a stop until nothing is left."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from necmergitur.sim.bench import start
from necmergitur.sim.bench.whole import Size

TINY = Size(zones=6, buttons=80, quarters=4, shards=2)


@pytest.mark.slow
@pytest.mark.e2e
@pytest.mark.timeout(400)
def test_a_city_starts_starts_again_and_leaves_nothing() -> None:
    found = start.measure(TINY, again=1)
    assert (found["buttons"], found["drones"], found["again"], found["unclean"]) == (80, 6, 1, 0)
    assert 0 < found["second_s"] == found["second_s_max"] < found["first_s"]
    assert found["second_cpu_s"] > 1
    assert found["stop_s_max"] > 0


def test_a_process_left_behind_is_found_by_its_environment_or_its_command(tmp_path: Path) -> None:
    idle = [sys.executable, "-c", "input()"]
    at_home = {**os.environ, "NEC_HOME": str(tmp_path)}
    with (
        subprocess.Popen(idle, env=at_home, stdin=subprocess.PIPE) as one,
        subprocess.Popen([*idle, str(tmp_path)], stdin=subprocess.PIPE) as other,
    ):
        assert sorted(start.left_of(tmp_path)) == sorted([one.pid, other.pid])
        one.communicate(b"\n")
        other.communicate(b"\n")
    assert start.left_of(tmp_path) == []
