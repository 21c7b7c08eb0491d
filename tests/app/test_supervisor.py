"""The supervisor starts in order, replaces what dies, outlives nobody's patience and leaves nothing behind."""

import json
import os
import resource
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

ROOT = Path(__file__).parents[2]

# A real supervisor in its own process; `STAGES` is filled in by each test.
RUNNER = """
import asyncio, sys
from pathlib import Path
from necmergitur.app.lock import held_lock
from necmergitur.app.specs import ProcessSpec, Stage, TaskSpec
from necmergitur.app.supervisor import Supervisor

home = Path(sys.argv[1])
home.mkdir(exist_ok=True)
def python(code):
    return (sys.executable, "-u", "-c", code)
READY = "from necmergitur.app.notify import ready, alive; import time, os, sys, signal; "
def early(name, then="pass"):
    say = "open(sys.argv[1], 'a').write(sys.argv[2] + ' ')"
    code = f"from necmergitur.app.notify import wait_for_turn; sys.argv[2] = '+{{name}}'; {{say}}; wait_for_turn(); "
    code += f"sys.argv[2] = '{{name}}'; {{say}}; {{then}}"
    return (*python(READY + code), str(home / "trace"), "")
(home / "trace").touch()
STAGES = ({stages})
with held_lock(home):
    asyncio.run(Supervisor(home, STAGES, welcome="welcome").run())
"""

TALKER = """
import sys, time
from necmergitur.app.notify import ready
ready()
for number in range(20_000):
    print("a line of some length, so that a pipe of 64 kB is soon full", number, flush=True)
open(sys.argv[1], "w")
time.sleep(60)
"""

# The real application on the real server; its first life blocks its own loop after a while.
BLOCKED_LIVE = """
import asyncio, sys, time
from pathlib import Path
import uvicorn
from necmergitur.adapters.clock import SystemClock
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.app import notify
from necmergitur.kernel.geo import Position
from necmergitur.live.app import LiveApp
from necmergitur.live.parts import LiveParts
from necmergitur.operations.intake import Ground

url, home = "postgresql://nobody@127.0.0.1:9/none", Path(sys.argv[1])
ground = Ground(Position(2.0, 48.0))
parts = LiveParts(PostgresStore(url), url, ("nats://127.0.0.1:9",), SystemClock(), ground, b"k" * 32, home)

class Server(uvicorn.Server):
    async def startup(self, sockets=None):
        await super().startup(sockets)
        notify.ready()
        if not (home / "blocked").exists():
            (home / "blocked").touch()
            asyncio.get_running_loop().call_later(3, time.sleep, 60)

Server(uvicorn.Config(LiveApp(parts, alive=notify.alive), port=0, lifespan="on")).run()
"""


class Run:
    """One supervisor under test."""

    def __init__(self, home: Path, stages: str) -> None:
        self.home = home
        self.output = home.parent / f"output-{time.monotonic_ns()}"
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-c", RUNNER.format(stages=textwrap.dedent(stages)), str(home)],
                stdout=output,
                stderr=output,
                env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
            )

    @property
    def said(self) -> str:
        return self.output.read_text()

    def trace(self) -> str:
        path = self.home / "trace"
        return path.read_text() if path.exists() else ""

    def report(self) -> dict[str, Any]:
        try:
            decoded: dict[str, Any] = json.loads((self.home / "run" / "state.json").read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return {"up": False, "processes": []}
        return decoded

    def child(self, name: str) -> dict[str, Any]:
        return next((p for p in self.report()["processes"] if p["name"] == name), {})

    def wait_until(self, condition: Callable[[], object], seconds: float = 15.0) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"waited in vain\n{self.said}"
            time.sleep(0.02)

    def up(self) -> None:
        self.wait_until(lambda: self.report()["up"] and self.report()["pid"] == self.process.pid)

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(15)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    runs: list[Run] = []

    def start(stages: str) -> Run:
        runs.append(Run(tmp_path / "home", stages))
        return runs[-1]

    yield start
    for one in runs:
        one.process.kill()
        one.process.wait()


STEADY = """
[Stage(processes=(
    ProcessSpec(name="one", argv=python(READY + "ready(); time.sleep(60)")),
    ProcessSpec(name="two", argv=python(READY + "ready(); time.sleep(60)")),
))]
"""


def gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_it_greets_once_everything_is_ready_and_stops_cleanly_on_ctrl_c(run: Any) -> None:
    city = run(STEADY)
    city.up()
    pids = [p["pid"] for p in city.report()["processes"]]
    city.wait_until(lambda: "welcome" in city.said)
    assert city.end() == 0
    assert all(gone(pid) for pid in pids)
    assert not (city.home / "run" / "state.json").exists()


def test_a_killed_process_is_replaced_within_half_a_second(run: Any) -> None:
    """The best of three: the machine may be busy with other things, the supervisor may not."""
    city = run(STEADY)
    city.up()
    other = city.child("two")["pid"]
    took_s = []
    for life in range(3):
        victim = city.child("one")["pid"]
        killed = time.monotonic()
        os.kill(victim, signal.SIGKILL)
        city.wait_until(lambda victim=victim: city.child("one").get("pid") not in {None, victim})
        took_s.append(time.monotonic() - killed)
        city.wait_until(lambda: city.child("one")["state"] == "running")
        assert city.child("one")["restarts"] == life + 1
    assert min(took_s) < 0.5
    assert city.child("two")["pid"] == other


def test_the_pause_between_restarts_grows(run: Any) -> None:
    city = run(
        """
        [Stage(processes=(ProcessSpec(name="weak", argv=python(READY + "ready(); time.sleep(0.05); sys.exit(3)")),))]
        """
    )
    city.wait_until(lambda: city.said.count("died") >= 4)
    pauses = [float(w.removeprefix("again_s=")) for w in city.said.split() if w.startswith("again_s=")]
    assert pauses[:4] == [0.1, 0.2, 0.4, 0.8]
    assert "code=3" in city.said


def test_nothing_outlives_a_supervisor_that_is_killed(run: Any) -> None:
    city = run(STEADY)
    city.up()
    pids = [p["pid"] for p in city.report()["processes"]]
    city.end(signal.SIGKILL)
    city.wait_until(lambda: all(gone(pid) for pid in pids), 2.0)


def test_a_second_supervisor_of_the_same_home_is_refused_by_name(run: Any) -> None:
    city = run(STEADY)
    city.up()
    second = run(STEADY)
    assert second.process.wait(10) != 0
    assert f"already running (process {city.process.pid}" in second.said
    assert city.report()["up"]


def test_a_home_whose_supervisor_was_killed_can_be_taken_over(run: Any) -> None:
    first = run(STEADY)
    first.up()
    first.end(signal.SIGKILL)
    second = run(STEADY)
    second.up()
    assert second.report()["pid"] == second.process.pid


def test_stages_start_in_order_and_stop_in_the_opposite_one(run: Any) -> None:
    last = "open(os.environ['TRACE'], 'a').write"
    quiet = f"signal.signal(signal.SIGTERM, lambda *_: ({last}('-' + sys.argv[1]), sys.exit())); "
    spec = f"""ProcessSpec(name="{{0}}", environ={{{{"TRACE": str(home / "trace")}}}}, argv=(*python(READY + "{quiet}"
        "{last}('+' + sys.argv[1]); ready(); time.sleep(60)"), "{{0}}"))"""
    city = run("[" + ", ".join(f"Stage(processes=({spec.format(name)},))" for name in "abc") + "]")
    city.up()
    city.end()
    assert (city.home / "trace").read_text() == "+a+b+c-c-b-a"


def test_a_task_runs_between_its_stages_and_its_words_are_shown_but_not_kept(run: Any) -> None:
    city = run(
        """
        [
            Stage(
                processes=(ProcessSpec(name="one", argv=python(READY + "ready(); time.sleep(60)")),),
                then=(TaskSpec(name="link", argv=python("print('one-time link')")),),
            ),
            Stage(processes=(ProcessSpec(name="two", argv=python(READY + "ready(); time.sleep(60)")),)),
        ]
        """
    )
    city.up()
    city.wait_until(lambda: "one-time link" in city.said)
    assert all("one-time link" not in log.read_text() for log in (city.home / "logs").iterdir())


# It writes when it was loaded and when it began; `one` becomes ready only once the early ones are loaded.
EARLY = """
[
    Stage(
        processes=(ProcessSpec(name="one", argv=python(READY +
            "[time.sleep(0.02) for _ in iter(lambda: os.path.getsize(sys.argv[1]) < 11, False)];"
            "open(sys.argv[1], 'a').write('one '); ready(); time.sleep(60)") + (str(home / "trace"),)),),
        then=(TaskSpec(name="task", argv=early("task"), early=True),),
    ),
    Stage(processes=(ProcessSpec(name="two", argv=early("two", "ready(); time.sleep(60)"), early=True),)),
]
"""


def test_what_is_started_early_loads_at_once_and_begins_at_its_turn(run: Any) -> None:
    city = run(EARLY)
    city.up()
    loaded, begun = city.trace().split(" one ")
    assert set(loaded.split()) == {"+task", "+two"}
    assert begun.split() == ["task", "two"]


def test_an_early_process_killed_before_its_turn_is_replaced_and_begins_once(run: Any) -> None:
    city = run(EARLY.replace("< 11", "< 16"))  # `one` waits for a third load
    city.wait_until(lambda: "+two" in city.trace() and city.child("two").get("pid"))
    assert city.child("two")["state"] == "waiting"
    os.kill(city.child("two")["pid"], signal.SIGKILL)
    city.up()
    assert city.trace().split().count("two") == 1
    assert city.child("two")["restarts"] == 1


def test_what_is_started_early_ends_with_a_supervisor_that_is_stopped_or_killed_before_its_turn(run: Any) -> None:
    for number in (signal.SIGINT, signal.SIGKILL):
        city = run(EARLY.replace("< 11", "< 99"))
        city.wait_until(lambda city=city: {"+task", "+two"} <= set(city.trace().split()))
        city.wait_until(lambda city=city: len(psutil.Process(city.process.pid).children()) == 3)
        children = psutil.Process(city.process.pid).children()
        city.end(number)
        city.wait_until(lambda children=children: all(gone(child.pid) for child in children))
        assert " two" not in city.trace()
        (city.home / "trace").write_text("")


def test_a_stage_beside_another_starts_with_it_and_stops_before_it(run: Any) -> None:
    last = "open(os.environ['TRACE'], 'a').write"
    quiet = f"signal.signal(signal.SIGTERM, lambda *_: ({last}('-' + sys.argv[1]), sys.exit())); "
    # `a` is ready only once `b` has begun.
    code = f'"{quiet}" + wait + "{last}(\'+\' + sys.argv[1]); ready(); time.sleep(60)"'
    waits = "\"[time.sleep(0.02) for _ in iter(lambda: os.path.getsize(os.environ['TRACE']) > 0, True)];\""
    spec = 'ProcessSpec(name="{0}", environ={{"TRACE": str(home / "trace")}}, argv=(*python(READY + {1}), "{0}"))'
    first = spec.format("a", code.replace("wait", waits))
    second = spec.format("b", code.replace("wait + ", ""))
    city = run(f"[Stage(processes=({first},)), Stage(processes=({second},), beside=True)]")
    city.up()
    city.end()
    assert city.trace() == "+b+a-b-a"


def test_a_task_waits_only_for_what_it_needs_and_the_next_stage_for_everything(run: Any) -> None:
    city = run(
        """
        [
            Stage(
                processes=(
                    ProcessSpec(name="quick", argv=python(READY + "ready(); time.sleep(60)")),
                    ProcessSpec(name="slow", argv=python(READY +
                        "[time.sleep(0.02) for _ in iter(lambda: 'task' in open(sys.argv[1]).read(), True)];"
                        "open(sys.argv[1], 'a').write('slow '); ready(); time.sleep(60)") + (str(home / "trace"),)),
                ),
                then=(TaskSpec(name="task", argv=early("task"), after=frozenset({"quick"})),),
            ),
            Stage(processes=(ProcessSpec(name="last", argv=early("last", "ready(); time.sleep(60)")),)),
        ]
        """
    )
    city.up()
    assert city.trace().split() == ["+task", "task", "slow", "+last", "last"]


def test_a_task_that_fails_stops_everything_and_is_told(run: Any) -> None:
    city = run(
        """
        [Stage(
            processes=(ProcessSpec(name="one", argv=python(READY + "ready(); time.sleep(60)")),),
            then=(TaskSpec(name="migrate", argv=python("import sys; sys.exit('the disk is full')")),),
        )]
        """
    )
    assert city.process.wait(10) != 0
    assert "migrate failed:\nthe disk is full" in city.said


def test_a_process_that_never_comes_up_ends_the_start_with_its_last_words(run: Any) -> None:
    city = run('[Stage(processes=(ProcessSpec(name="broken", argv=python("raise SystemExit(\'no such port\')")),))]')
    assert city.process.wait(10) != 0
    assert "broken does not start:\nno such port" in city.said


def test_a_process_not_ready_in_time_is_killed_and_told(run: Any) -> None:
    city = run(
        '[Stage(processes=(ProcessSpec(name="slow", ready_s_max=0.3, argv=python("import time; time.sleep(60)")),))]'
    )
    assert city.process.wait(10) != 0
    assert "slow does not start" in city.said
    assert "not ready after 0 s" in city.said


def test_a_process_that_falls_silent_is_killed_and_replaced(run: Any) -> None:
    city = run(
        """
        [Stage(processes=(
            ProcessSpec(name="stuck", watchdog_s=0.4, argv=python(READY + "ready(); alive(); time.sleep(60)")),
            ProcessSpec(name="lively", watchdog_s=0.4, argv=python(
                READY + "ready(); [(alive(), time.sleep(0.1)) for _ in range(600)]")),
        ))]
        """
    )
    city.up()
    city.wait_until(lambda: city.child("stuck")["restarts"] >= 1)
    assert city.child("lively")["restarts"] == 0


def test_a_process_deaf_to_its_stop_signal_is_killed_within_the_bound(run: Any) -> None:
    city = run(
        """
        [Stage(processes=(ProcessSpec(name="deaf", stop_s_max=0.3, argv=python(
            READY + "signal.signal(signal.SIGTERM, signal.SIG_IGN); ready(); time.sleep(60)")),))]
        """
    )
    city.up()
    pid = city.child("deaf")["pid"]
    begun = time.monotonic()
    assert city.end() == 0
    assert gone(pid)
    assert time.monotonic() - begun < 5


def test_a_signal_during_the_start_stops_it(run: Any) -> None:
    city = run('[Stage(processes=(ProcessSpec(name="slow", argv=python("import time; time.sleep(60)")),))]')
    city.wait_until(lambda: city.child("slow").get("pid"))
    assert city.end(signal.SIGTERM) == 0
    assert "welcome" not in city.said


def test_an_endless_line_neither_blocks_nor_ends_a_process(run: Any) -> None:
    city = run(
        """
        [Stage(processes=(ProcessSpec(name="loud", argv=python(
            READY + "print('x' * 300_000); print('after'); ready(); time.sleep(60)")),))]
        """
    )
    city.up()
    city.wait_until(lambda: "after" in (city.home / "logs" / "loud.log").read_text())


def test_a_process_that_leaves_a_grandchild_behind_is_replaced_and_the_grandchild_is_ended(run: Any) -> None:
    """The grandchild holds the pipe open; neither the restart nor the stop may wait for it."""
    city = run(
        """
        [Stage(processes=(ProcessSpec(name="parent", argv=python(
            READY + "import subprocess; p = subprocess.Popen(['sleep', '50']); print('left', p.pid); ready(); "
            "time.sleep(60)")),))]
        """
    )
    city.up()
    city.wait_until(lambda: "left" in city.said)
    left = int(city.said.split("left ")[1].split()[0])
    victim = city.child("parent")["pid"]
    begun = time.monotonic()
    os.kill(victim, signal.SIGKILL)
    city.wait_until(lambda: city.child("parent").get("pid") not in {None, victim})
    assert time.monotonic() - begun < 2
    assert gone(left)
    begun = time.monotonic()
    assert city.end() == 0
    assert time.monotonic() - begun < 3


def test_a_disk_that_takes_nothing_ends_no_keeper(run: Any) -> None:
    one = run("""Stage(processes=(ProcessSpec(name="worker", argv=python(READY + "ready(); time.sleep(60)")),)),""")
    one.up()
    pid = one.child("worker")["pid"]
    # No file of the supervisor may grow from here on: to it, a full disk. Its children inherit what they need not.
    resource.prlimit(one.process.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    os.kill(pid, signal.SIGKILL)

    def replaced() -> bool:
        return [c.pid for c in psutil.Process(one.process.pid).children() if c.pid != pid] != []

    one.wait_until(replaced)
    time.sleep(0.5)
    assert replaced()


def test_a_nice_process_yields_to_the_others(run: Any) -> None:
    city = run("""
        [Stage(processes=(
            ProcessSpec(name="chores", argv=python(READY + "ready(); time.sleep(60)"), nice=7),
            ProcessSpec(name="calls", argv=python(READY + "ready(); time.sleep(60)")),
        ))]
    """)
    city.up()
    before = psutil.Process(city.process.pid).nice()
    assert [psutil.Process(city.child(name)["pid"]).nice() for name in ("chores", "calls")] == [before + 7, before]


def test_a_console_that_stands_still_holds_up_nobody(tmp_path: Path) -> None:
    done, script = tmp_path / "done", tmp_path / "talker.py"
    script.write_text(TALKER)
    stages = (
        f"""Stage(processes=(ProcessSpec(name="talker", argv=(sys.executable, {str(script)!r}, {str(done)!r})),)),"""
    )
    process = subprocess.Popen(
        [sys.executable, "-c", RUNNER.format(stages=stages), str(tmp_path / "home")],
        stdout=subprocess.PIPE,  # nobody ever reads it
        stderr=subprocess.STDOUT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )
    try:
        deadline = time.monotonic() + 60
        while not done.exists():
            assert process.poll() is None
            assert time.monotonic() < deadline, "the talker waits for the console"
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        assert process.wait(15) == 0
    finally:
        process.kill()
        process.communicate()


def test_a_live_process_whose_loop_is_blocked_is_killed_and_replaced(run: Any, tmp_path: Path) -> None:
    script = tmp_path / "live.py"
    script.write_text(BLOCKED_LIVE)
    argv = f"(sys.executable, {str(script)!r}, {str(tmp_path)!r})"
    one = run(f"""Stage(processes=(ProcessSpec(name="live", argv={argv}, watchdog_s=3.0),)),""")
    one.up()
    first = one.child("live")["pid"]
    one.wait_until(lambda: one.child("live").get("restarts") == 1 and one.child("live")["state"] == "running", 60)
    assert one.child("live")["pid"] != first
    assert "silent, so it is killed" in (one.home / "logs" / "supervisor.log").read_text()
