"""How our children are started."""

import os
import subprocess
import sys

import msgspec


def test_a_process_whose_threads_take_turns_keeps_to_one_of_the_processors_it_may_use() -> None:
    asked = "import os; from necmergitur.adapters.child_process import keep_to_one_processor as keep; keep(); "
    told = subprocess.run(
        [sys.executable, "-c", asked + "print(sorted(os.sched_getaffinity(0)))"], capture_output=True, check=True
    )
    assert msgspec.json.decode(told.stdout) == [min(os.sched_getaffinity(0))]
