"""Chores in threads of their own: one that waits for a slow source keeps no other from its turn."""

import asyncio
import os
import signal
import threading
from pathlib import Path

from necmergitur.adapters.clock import SystemClock
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.worker.main import Sweep, WorkerParts, run
from necmergitur.worker.outbox import Outbox

SLOW = 24  # more than any machine's usual number of threads for such work on two processors


def test_many_slow_chores_keep_no_other_from_its_turn(database: str, tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    let_go, turned = threading.Event(), threading.Event()

    def last() -> None:
        turned.set()
        os.kill(os.getpid(), signal.SIGTERM)

    slow = [Sweep(f"slow-{number}", 60, lambda: let_go.wait(30)) for number in range(SLOW)]
    store, clock = PostgresStore(database), SystemClock()
    outbox = Outbox(store, clock, {})
    parts = WorkerParts(store, clock, tmp_path, outbox, (), sweeps=(*slow, Sweep("last", 60, last)))

    async def play() -> None:
        running = asyncio.create_task(run(parts))
        await asyncio.to_thread(turned.wait, 10)
        came = turned.is_set()
        let_go.set()
        if not came:
            os.kill(os.getpid(), signal.SIGTERM)
        await running
        assert came

    asyncio.run(play())
