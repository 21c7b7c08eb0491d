"""A crowd of posts in a process of its own, asked over its standard input, one JSON line each way.

A process holds at most as many posts as it may open files, and the measuring process stays free to measure.
"""

import asyncio
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import msgspec
import uvloop

from necmergitur.adapters.child_process import prepare_child
from necmergitur.sim.devices.constants import RETURN_SPREAD_S
from necmergitur.sim.devices.credentials import read_identities
from necmergitur.sim.devices.crowd import Crowd
from necmergitur.sim.devices.post import PressRecord

# One line: a burst names every device it presses, 20,000 of 70 bytes at most.
LINE_BYTES_MAX = 4 * 1024**2
STOP_S_MAX = 10.0
# Besides one per post: the loop's own, standard streams, the libraries' files.
SPARE_FILES = 100


class Stand(msgspec.Struct, frozen=True, tag=True):
    """Be these posts. `brokers` are (host, port) by shard; `ids` chooses from the file, all when empty.

    `return_s`: over how long idle posts spread their return to a broker that was lost.
    """

    identities: str
    trust_pem: str
    brokers: list[tuple[str, int]]
    ids: list[str] = []
    seed: int = 1
    return_s: float = RETURN_SPREAD_S


class Connect(msgspec.Struct, frozen=True, tag=True):
    """Connect all posts, and beat from then on."""

    seconds_max: float = 300.0


class Burst(msgspec.Struct, frozen=True, tag=True):
    """Press each of these once within `over_s`; answered at once."""

    device_ids: list[str]
    over_s: float
    kind: str = "sos"


class Settle(msgspec.Struct, frozen=True, tag=True):
    """Wait for the lamps of the presses so far."""

    seconds_max: float


class Look(msgspec.Struct, frozen=True, tag=True):
    """Say how the crowd stands."""


class Tell(msgspec.Struct, frozen=True, tag=True):
    """Hand over the records of every press, and forget them."""


Request = Stand | Connect | Burst | Settle | Look | Tell


class Standing(msgspec.Struct, frozen=True):
    """How a crowd stands. Times are seconds since 1970; `full_at` is None while a post is away."""

    posts: int
    up: int
    dark: int
    beats: int
    lost: int
    failures: int
    full_at: float | None
    cpu_s: float
    seconds: float = 0.0
    problem: str = ""


class CrowdProcess:
    """The asking side. Requests go out with `ask`, and each is answered once, read with `standing` or `records`."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "necmergitur.sim.devices.crowd_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            preexec_fn=prepare_child(signal.SIGKILL),  # noqa: PLW1509 - started before any thread
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def ask(self, request: Request) -> None:
        """Send a request."""
        _pipe(self._process.stdin).write(msgspec.json.encode(request) + b"\n")
        _pipe(self._process.stdin).flush()

    def standing(self) -> Standing:
        """Read the answer to any request but Tell. Raises EOFError when the process died."""
        return msgspec.json.decode(self._line(), type=Standing)

    def records(self) -> list[PressRecord]:
        """Read the answer to Tell. Raises EOFError when the process died."""
        return msgspec.json.decode(self._line(), type=list[PressRecord])

    def _line(self) -> bytes:
        line = _pipe(self._process.stdout).readline()
        if not line:
            raise EOFError("the process of simulated posts ended")
        return line

    def stop(self) -> None:
        """End it."""
        _pipe(self._process.stdin).close()
        try:
            self._process.wait(STOP_S_MAX)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        _pipe(self._process.stdout).close()


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None, "opened with pipes"
    return stream


def ask_all(crowds: Sequence[CrowdProcess], request: Request) -> list[Standing]:
    """Ask every crowd the same at once, and wait for all."""
    for crowd in crowds:
        crowd.ask(request)
    return [crowd.standing() for crowd in crowds]


def all_records(crowds: Sequence[CrowdProcess]) -> list[PressRecord]:
    """Collect what became of every press."""
    for crowd in crowds:
        crowd.ask(Tell())
    return [record for crowd in crowds for record in crowd.records()]


@contextmanager
def crowds_of(stands: Sequence[Stand]) -> Iterator[list[CrowdProcess]]:
    """Start one process per stand, each standing there, and end them."""
    crowds: list[CrowdProcess] = []
    try:
        for stand in stands:
            crowds.append(CrowdProcess())
            crowds[-1].ask(stand)
        for crowd in crowds:
            crowd.standing()
        yield crowds
    finally:
        for crowd in crowds:
            crowd.stop()


# --- the asked side -------------------------------------------------------------------------------------


class _Server:
    """Answers one request after another."""

    def __init__(self) -> None:
        self._crowd: Crowd | None = None
        self._bursts: set[asyncio.Task[None]] = set()

    async def serve(self) -> None:
        """Answer until the input ends."""
        reader = asyncio.StreamReader(limit=LINE_BYTES_MAX)
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin.buffer)
        decoder = msgspec.json.Decoder(Request)
        while line := await reader.readline():
            answer = await self._answer(decoder.decode(line))
            sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")
            sys.stdout.buffer.flush()
        if self._crowd is not None:
            self._crowd.stop()

    async def _answer(self, request: Request) -> Standing | list[PressRecord]:
        if isinstance(request, Stand):
            self._crowd = _crowd(request)
            return self._standing()
        assert self._crowd is not None, "the first request is Stand"
        if isinstance(request, Connect):
            began = time.monotonic()
            try:
                await self._crowd.connect(seconds_max=request.seconds_max)
            except TimeoutError:
                return self._standing(time.monotonic() - began, "not all connected in time")
            self._crowd.start_beating()
            return self._standing(time.monotonic() - began)
        if isinstance(request, Burst):
            task = asyncio.create_task(self._crowd.burst(request.device_ids, request.over_s, request.kind))
            self._bursts.add(task)
            task.add_done_callback(self._bursts.discard)
        elif isinstance(request, Settle):
            await asyncio.gather(*self._bursts)
            await self._crowd.settle(request.seconds_max)
        elif isinstance(request, Tell):
            told = list(self._crowd.records)
            self._crowd.records.clear()
            return told
        return self._standing()

    def _standing(self, seconds: float = 0.0, problem: str = "") -> Standing:
        crowd = self._crowd
        assert crowd is not None
        return Standing(
            posts=len(crowd.posts),
            up=crowd.up_count,
            dark=crowd.dark_count,
            beats=crowd.beats,
            lost=crowd.lost,
            failures=crowd.failures,
            full_at=crowd.full_at,
            cpu_s=time.process_time(),
            seconds=seconds,
            problem=problem,
        )


def _crowd(stand: Stand) -> Crowd:
    wanted = set(stand.ids)
    identities = [i for i in read_identities(Path(stand.identities)) if not wanted or i.device_id in wanted]
    files_max = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if len(identities) + SPARE_FILES > files_max:
        raise OSError(f"{len(identities)} posts in one process that may open {files_max} files")
    return Crowd(identities, stand.brokers, stand.trust_pem, stand.seed, return_s=stand.return_s)


if __name__ == "__main__":
    uvloop.run(_Server().serve())
