"""Many posts in one process: their turns to connect, their heartbeats, their presses, and what became of them."""

import asyncio
import contextlib
import random
import time
from collections import deque
from collections.abc import Iterable, Sequence

from necmergitur.adapters.broker import shard_of
from necmergitur.sim.devices.constants import ATTEMPTS_MAX, HEARTBEAT_PERIOD_S, RETURN_SPREAD_S
from necmergitur.sim.devices.credentials import Identity
from necmergitur.sim.devices.post import Post, PressRecord

# Heartbeats leave in slices of the round this long, so that 333 a second are not one burst a minute.
BEAT_SLICE_S = 0.05
# Presses remembered: a burst is a few thousand; an evening of a living city a few hundred.
RECORDS_MAX = 100_000


class Crowd:
    """The street the posts of one process stand in."""

    def __init__(
        self,
        identities: Iterable[Identity],
        brokers: Sequence[tuple[str, int]],
        trust_pem: str,
        seed: int = 1,
        *,
        return_s: float = RETURN_SPREAD_S,
    ) -> None:
        self.rng = random.Random(seed)  # noqa: S311 - jitter and made-up batteries
        self.trust_pem = trust_pem
        self.return_s = return_s
        self._brokers = list(brokers)
        self._waiting: deque[Post] = deque()
        self._trying: set[str] = set()
        self._up: set[str] = set()
        self.failures = 0
        self.lost = 0
        self.full_at: float | None = None
        self.records: deque[PressRecord] = deque(maxlen=RECORDS_MAX)
        boot_id = int(time.time())
        self.posts = {i.device_id: Post(i, self._address(i.device_id), self, boot_id) for i in identities}
        self.beats = 0
        self._beating: asyncio.Task[None] | None = None
        self._missing: set[str] = set()
        self._all_here = asyncio.Event()
        self._dark = 0
        self._all_lit = asyncio.Event()
        self._all_lit.set()

    def _address(self, device_id: str) -> tuple[str, int]:
        return self._brokers[shard_of(device_id, len(self._brokers))]

    @property
    def up_count(self) -> int:
        """How many posts the broker hears now."""
        return len(self._up)

    @property
    def dark_count(self) -> int:
        """How many presses wait for their lamp."""
        return self._dark

    # --- turns ------------------------------------------------------------------------------------------

    def ask_turn(self, post: Post, *, urgent: bool) -> None:
        """Let the post connect now when urgent or when few others are trying; else when one of them is done."""
        if urgent or len(self._trying) < ATTEMPTS_MAX:
            self._let(post)
        else:
            self._waiting.append(post)

    def _let(self, post: Post) -> None:
        if post.connect():
            self._trying.add(post.identity.device_id)

    def turn_over(self, post: Post, *, is_up: bool) -> None:
        """Count, and give the turn on."""
        device_id = post.identity.device_id
        if is_up:
            self._up.add(device_id)
            self._missing.discard(device_id)
            if not self._missing:
                self._all_here.set()
            if len(self._up) == len(self.posts):
                self.full_at = time.time()
        elif device_id in self._up:
            self._up.discard(device_id)
            self.lost += 1
            self.full_at = None
        else:
            self.failures += 1
        self._trying.discard(device_id)
        while self._waiting and len(self._trying) < ATTEMPTS_MAX:
            self._let(self._waiting.popleft())

    # --- what a crowd does ------------------------------------------------------------------------------

    async def connect(self, device_ids: Iterable[str] | None = None, *, seconds_max: float = 300.0) -> float:
        """Connect the posts (all by default) and return how long it took. Raises TimeoutError."""
        began = time.monotonic()
        self._missing = set(self.posts if device_ids is None else device_ids) - self._up
        if self._missing:
            self._all_here.clear()
            for device_id in list(self._missing):
                self.posts[device_id].start()
            async with asyncio.timeout(seconds_max):
                await self._all_here.wait()
        return time.monotonic() - began

    def start_beating(self) -> None:
        """Let every connected post say "I am here" once a minute, evenly."""
        if self._beating is None:
            self._beating = asyncio.get_running_loop().create_task(self._beat())

    async def _beat(self) -> None:
        turn, due = 0.0, time.monotonic()
        while True:  # until stopped
            posts = list(self.posts.values())
            until = turn + len(posts) * BEAT_SLICE_S / HEARTBEAT_PERIOD_S
            for number in range(int(turn), int(until)):
                self.beats += posts[number % len(posts)].beat()
            turn = until
            due = max(due + BEAT_SLICE_S, time.monotonic() - 1.0)
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    def press(self, device_id: str, kind: str = "sos") -> PressRecord:
        """Press one button and keep the record. Raises KeyError for a post that is not here."""
        self._dark += 1
        self._all_lit.clear()
        record = self.posts[device_id].press(kind, self._lit)
        self.records.append(record)
        return record

    def _lit(self, _record: PressRecord) -> None:
        self._dark -= 1
        if self._dark == 0:
            self._all_lit.set()

    async def burst(self, device_ids: Sequence[str], over_s: float, kind: str = "sos") -> None:
        """Press each once, at random instants within `over_s` seconds."""
        instants = sorted(self.rng.uniform(0.0, over_s) for _ in device_ids)
        began = time.monotonic()
        for device_id, instant in zip(device_ids, instants, strict=True):
            await asyncio.sleep(max(0.0, began + instant - time.monotonic()))
            self.press(device_id, kind)

    async def settle(self, seconds_max: float) -> int:
        """Wait until every press so far is lit, at most `seconds_max`; return how many are still dark."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds_max):
                await self._all_lit.wait()
        return self._dark

    def stop(self) -> None:
        """End every post."""
        self._waiting.clear()
        if self._beating is not None:
            self._beating.cancel()
        for post in self.posts.values():
            post.stop()
