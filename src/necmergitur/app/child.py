"""One supervised process, through all its lives."""

import asyncio
import contextlib
import os
import secrets
import signal
import socket
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from necmergitur.adapters.child_process import spawn
from necmergitur.app import constants
from necmergitur.app.journal import Journal
from necmergitur.app.notify import HELD
from necmergitur.app.specs import ProcessReport, ProcessSpec, ProcessState


class Child:
    """Gives a process one life after the other; `changed` is called whenever its report would differ."""

    def __init__(self, spec: ProcessSpec, journal: Journal, changed: Callable[[], None]) -> None:
        self.spec = spec
        self.ready = asyncio.Event()
        self.gave_up = asyncio.Event()
        self.said: deque[str] = deque(maxlen=constants.LAST_LINES)
        self._journal = journal
        self._changed = changed
        self._state: ProcessState = "waiting"
        self._since = datetime.now(UTC)
        self._process: subprocess.Popen[bytes] | None = None
        self._gone = asyncio.Event()
        self._restarts = 0
        self._last_exit: int | None = None
        self._told_ready = asyncio.Event()
        self._turn = asyncio.Event()
        self._last_sign_s: float | None = None

    def report(self) -> ProcessReport:
        """Return its present state."""
        pid = self._process.pid if self._process is not None and not self._gone.is_set() else None
        return ProcessReport(self.spec.name, self._state, pid, self._restarts, self._since, self._last_exit)

    def give_turn(self) -> None:
        """Let a process that was started early begin."""
        self._turn.set()

    async def keep(self, stopping: asyncio.Event) -> None:
        """Live until `stopping`; give up only when it never once became ready."""
        pause_s = constants.RESTART_S_FIRST
        while not stopping.is_set():
            begun = time.monotonic()
            try:
                await self._live_once(stopping)
            except Exception as error:  # noqa: BLE001 - whatever kept it down, it is tried again
                self.said.append(str(error))
                self._journal.tell("could not start", name=self.spec.name, why=str(error), level="error")
            if stopping.is_set():
                return
            self._restarts += 1
            if not self.ready.is_set() and self._restarts >= constants.FIRST_TRIES_MAX:
                self.gave_up.set()
                return
            if time.monotonic() - begun >= constants.STEADY_S:
                pause_s = constants.RESTART_S_FIRST
            self._set("pausing")
            self._journal.tell("died", name=self.spec.name, code=self._last_exit, again_s=pause_s, level="warning")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), pause_s)
            pause_s = min(2 * pause_s, constants.RESTART_S_MAX)

    async def stop(self) -> None:
        """End the present life by the process's own signals, then by kill -9."""
        if self._process is None or self._gone.is_set():
            return
        for number in (*self.spec.stop_signals, signal.SIGKILL):
            self.send(number)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._gone.wait(), self.spec.stop_s_max)
                return

    def send(self, number: signal.Signals) -> None:
        """Signal the process; kill -9 takes its whole group with it."""
        process = self._process
        if process is None or self._gone.is_set():
            return
        with contextlib.suppress(ProcessLookupError):
            if number == signal.SIGKILL:
                os.killpg(process.pid, number)
            else:
                process.send_signal(number)

    async def _live_once(self, stopping: asyncio.Event) -> None:
        self._set("starting")
        if self.spec.before is not None:
            await asyncio.to_thread(self.spec.before)
        if stopping.is_set():
            return
        with self._ear() as address:
            process = self._process = self._spawn(address)
            self._gone.clear()
            self._set("starting" if self._turn.is_set() else "waiting")
            if stopping.is_set():
                self.send(self.spec.stop_signals[0])
            companions = [
                asyncio.create_task(self._drain(process)),
                asyncio.create_task(self._become_ready()),
                asyncio.create_task(self._watch()),
            ]
            self._last_exit = await _exit_code(process)
            self._gone.set()
            # What it started in its group goes with it, or would hold its ports and its pipe.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await asyncio.wait(companions[:1], timeout=constants.LAST_WORDS_S_MAX)
            for companion in companions:
                companion.cancel()
            await asyncio.gather(*companions, return_exceptions=True)
            self._set("stopped")

    def _spawn(self, address: str) -> subprocess.Popen[bytes]:
        spec = self.spec
        told = {"NOTIFY_SOCKET": address}
        if spec.watchdog_s:
            told["WATCHDOG_USEC"] = str(int(spec.watchdog_s * 1_000_000))
        is_held = not self._turn.is_set()
        if is_held:
            told[HELD] = "1"
        return spawn(
            spec.argv,
            stdin=subprocess.PIPE if is_held else subprocess.DEVNULL,
            death_signal=spec.death_signal,
            output=subprocess.PIPE,
            user=spec.user,
            environ={**os.environ, **spec.environ, **told},
            cwd=spec.cwd,
            nice=spec.nice,
        )

    @contextlib.contextmanager
    def _ear(self) -> Iterator[str]:
        """Listen to one life's notifications on an address nobody can guess."""
        self._told_ready.clear()
        self._last_sign_s = None
        name = f"nec-{os.getpid()}-{self.spec.name}-{secrets.token_hex(8)}"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as ear:
            ear.bind("\0" + name)
            loop = asyncio.get_running_loop()
            loop.add_reader(ear, self._hear, ear)
            try:
                yield "@" + name
            finally:
                loop.remove_reader(ear)

    def _hear(self, ear: socket.socket) -> None:
        with contextlib.suppress(BlockingIOError):
            said = ear.recv(constants.NOTIFICATION_BYTES_MAX)
            if b"READY=1" in said:
                self._told_ready.set()
            if b"WATCHDOG=1" in said:
                self._last_sign_s = time.monotonic()

    async def _become_ready(self) -> None:
        spec = self.spec
        await self._begin()
        try:
            async with asyncio.timeout(spec.ready_s_max):
                if spec.is_ready is None:
                    await self._told_ready.wait()
                else:
                    await _until(spec.is_ready)
                if spec.once_ready is not None:
                    await asyncio.to_thread(spec.once_ready)
        except Exception as error:  # noqa: BLE001 - a time-out or what once_ready raised: the life is no good
            why = f"not ready after {spec.ready_s_max:.0f} s" if isinstance(error, TimeoutError) else str(error)
            self.said.append(why)
            self._journal.tell("not ready, so it is killed", name=spec.name, why=why, level="error")
            self.send(signal.SIGKILL)
            return
        self.ready.set()
        self._set("running")
        self._journal.tell("running", name=spec.name)

    async def _begin(self) -> None:
        """Wait for this process's turn, and tell the process if it was started ahead of it."""
        await self._turn.wait()
        rein = self._process.stdin if self._process is not None else None
        if rein is not None:
            self._set("starting")
            with contextlib.suppress(OSError):  # it died meanwhile: its next life begins at once
                rein.write(b"\n")
                rein.close()

    async def _watch(self) -> None:
        limit_s = self.spec.watchdog_s
        while limit_s:
            await asyncio.sleep(limit_s / 4)
            if self._last_sign_s is not None and time.monotonic() - self._last_sign_s > limit_s:
                self._journal.tell("silent, so it is killed", name=self.spec.name, level="error")
                self.send(signal.SIGKILL)
                return

    async def _drain(self, process: subprocess.Popen[bytes]) -> None:
        """Keep every line of the process until its pipe closes, or this task is cancelled."""
        reader = asyncio.StreamReader(limit=constants.LINE_BYTES_MAX)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), process.stdout
        )
        try:
            while True:
                try:
                    raw = await reader.readline()
                except ValueError:
                    continue  # a line beyond the bound was dropped whole
                if not raw:
                    return
                line = raw.decode(errors="replace").rstrip()
                self.said.append(line)
                self._journal.record(self.spec.name, line, shown=not self.spec.quiet)
        finally:
            transport.close()

    def _set(self, state: ProcessState) -> None:
        self._state = state
        self._since = datetime.now(UTC)
        self._changed()


async def _exit_code(process: subprocess.Popen[bytes]) -> int:
    """Wait for the process alone: asyncio's own wait() also waits for whoever else holds its pipe."""
    loop = asyncio.get_running_loop()
    exited = asyncio.Event()
    descriptor = os.pidfd_open(process.pid)
    loop.add_reader(descriptor, exited.set)
    try:
        await exited.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)
    return process.wait()


async def _until(condition: Callable[[], bool]) -> None:
    """Poll a blocking `condition` in a thread until it holds; the caller bounds the time."""
    while not await asyncio.to_thread(condition):  # noqa: ASYNC110 - another program's state, no event of ours
        await asyncio.sleep(constants.POLL_S)
