"""One press that cannot be written costs no other its record, live or spooled."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from necmergitur.adapters.clock import SystemClock
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.adapters.press_line import FOR_ONE_DEVICE_MAX, NotKept, PressLine
from necmergitur.adapters.spool import Spool
from necmergitur.dispatch.incidents import Person
from necmergitur.kernel.geo import Position
from necmergitur.operations import devices, intake
from necmergitur.operations.intake import Answer, Ground, Received
from necmergitur.operations.ports import Unreachable
from necmergitur.operations.registry import NewDevice
from necmergitur.signals.press import Press

HERE = Position(2.35, 48.85)
POISON = "a\0b"  # no text column of PostgreSQL takes it


def received(device: str = "post-1", seq: int = 1) -> Received:
    return Received(Press(device=device, boot_id=1, seq=seq, kind="sos"), datetime.now(UTC))


class Line:
    """A real line over a real database that can be told to be away."""

    def __init__(self, database: str, home: Path) -> None:
        self.away = False
        self.store = PostgresStore(database)
        new = NewDevice(id="post-1", kind="post", transport="mqtt", label="Post", place=HERE)
        devices.enrol(self.store, [new], Person(0, "nec"), datetime.now(UTC))
        self.spool = Spool(home / "spool" / "test.jsonl", Received)
        self.line: PressLine[Received] = PressLine(
            "test", self.store, SystemClock(), spool=self.spool, take=self.take, key_of=lambda item: item.press.key
        )

    def take(self, items: Sequence[Received]) -> Sequence[Answer]:
        if self.away:
            raise Unreachable("told so")
        return intake.take(self.store, items, Ground(HERE), datetime.now(UTC))

    def seqs(self) -> list[int]:
        with self.store.cursor() as cursor:
            return [row[0] for row in cursor.execute("SELECT seq FROM signal ORDER BY seq")]

    def alarms(self) -> list[str]:
        with self.store.cursor() as cursor:
            found = cursor.execute("SELECT name FROM system_alarm WHERE cleared_at IS NULL")
            return [row[0] for row in found]

    def play(self, story: Callable[[], Awaitable[None]]) -> None:
        async def run() -> None:
            self.line.start()
            try:
                await story()
            finally:
                await self.line.stop()

        asyncio.run(run())
        self.store.close()

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(15):
            while not holds():  # noqa: ASYNC110 -- the database's state, no event of ours
                await asyncio.sleep(0.05)


@pytest.fixture
def line(database: str, tmp_path: Path) -> Line:
    return Line(database, tmp_path)


def test_a_poisoned_press_spoils_its_batch_for_itself_alone(line: Line) -> None:
    async def story() -> None:
        batch = [received(seq=1), received(device=POISON, seq=2), received(seq=3)]
        outcomes = await asyncio.gather(*map(line.line.submit, batch), return_exceptions=True)
        assert [isinstance(o, Answer) and o.lit for o in outcomes] == [True, False, True]
        assert isinstance(outcomes[1], NotKept)

    line.play(story)


def test_the_drain_sets_a_poisoned_press_aside_and_goes_on_with_an_alarm(line: Line) -> None:
    line.spool.keep([received(seq=1), received(device=POISON, seq=2), received(seq=3)])

    async def story() -> None:
        await line.until(lambda: not line.spool.size_bytes and line.alarms() == ["press_set_aside_test"])
        assert line.seqs() == [1, 3]
        assert line.spool.aside_bytes > 0

    line.play(story)


def test_a_poisoned_press_alone_does_not_hold_the_spool_for_ever(line: Line) -> None:
    line.spool.keep([received(device=POISON, seq=2)])

    async def story() -> None:
        await line.until(lambda: not line.spool.size_bytes)
        assert (await line.line.submit(received(seq=9))).lit

    line.play(story)


def test_what_comes_while_the_database_is_away_is_recorded_when_it_is_back_and_once(line: Line) -> None:
    line.away = True

    async def story() -> None:
        for _ in range(3):
            with pytest.raises(NotKept) as told:
                await line.line.submit(received(seq=1))
            assert told.value.spooled
        assert len(line.spool.peek(10)[0]) == 1, "a repeated press waits once"
        line.away = False
        await line.until(lambda: not line.spool.size_bytes)
        assert (await line.line.submit(received(seq=1))).duplicate

    line.play(story)


def test_one_device_does_not_fill_the_spool(line: Line) -> None:
    line.away = True

    async def story() -> None:
        kept = [await line.line.spool(received(seq=n)) for n in range(FOR_ONE_DEVICE_MAX + 1)]
        assert kept == [True] * FOR_ONE_DEVICE_MAX + [False]

    line.play(story)


def test_when_nothing_at_all_can_be_written_everything_waits(line: Line, database: str) -> None:
    line.spool.keep([received(seq=1), received(seq=2)])
    with psycopg.connect(database) as owner:
        owner.execute("ALTER TABLE signal RENAME TO signal_being_upgraded")

    async def story() -> None:
        await asyncio.sleep(1.5)
        assert (len(line.spool.peek(10)[0]), line.spool.aside_bytes) == (2, 0)
        with psycopg.connect(database) as owner:
            owner.execute("ALTER TABLE signal_being_upgraded RENAME TO signal")
        await line.until(lambda: not line.spool.size_bytes)
        assert line.seqs() == [1, 2]

    line.play(story)
