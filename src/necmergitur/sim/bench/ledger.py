"""What the record and its public log can carry: facts a second, leaves a second, a proof, the checkpoint's delay.

Facts go through the store's own append: the lock, the versions, the trigger, the foreign key, fsync. Leaves are made by
the notary from rows that are committed. The proof is read from tiles on a disk. Nothing is replaced.
"""

import os
import random
import shutil
import statistics
import tempfile
import threading
import time
from bisect import bisect_left
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from necmergitur.adapters.publiclog.folder import LogFolder
from necmergitur.adapters.publiclog.notary import Notary
from necmergitur.adapters.publiclog.signing import log_signer
from necmergitur.adapters.publiclog.synthetic import plant
from necmergitur.app.wiring.publiclog import LOG_S
from necmergitur.governance import gate
from necmergitur.kernel.events import Fact
from necmergitur.sim.bench.figures import percentile
from necmergitur.sim.bench.ledger_share import Filler, share
from necmergitur.sim.bench.ledger_town import Town, town

BATCH = 256  # the batch the figure is asked for
LEAVES = 10_000_000
APPENDED, APPENDED_QUICK = 200_000, 70_000
PROOFS, PROOFS_QUICK = 5_000, 1_000
LAG_S, LAG_QUICK_S = 60.0, 8.0
LAG_EVERY_S = 0.02  # one small transaction fifty times a second
PRESSES, PRESSES_QUICK = 1_600, 800  # whole stretches between two signatures
LOOK_S = 0.005


def measure(*, quick: bool = False, seed: int = 1) -> dict[str, Any]:
    """Return the figures; proofs are checked before they are counted."""
    figures: dict[str, Any] = {}
    with town(zones=24, buttons=1_600, seed=seed) as here:
        notary = _notary(here, "press")
        notary.turn(datetime.now(UTC))
        figures |= share(here, notary, PRESSES_QUICK if quick else PRESSES)
        figures |= _append(here, APPENDED_QUICK if quick else APPENDED)
        figures |= _integrate(here)
        figures |= _lag(here, LAG_QUICK_S if quick else LAG_S)
    figures |= _prove(PROOFS_QUICK if quick else PROOFS, seed)
    return figures


def _notary(here: Town, name: str) -> Notary:
    """Return the notary of a log of its own: one name begins once, and is kept in one folder."""
    folder = LogFolder(here.home / name)
    return Notary(here.store, folder, log_signer(folder, f"bench.example/{name}", bytes(32)), bytes(32))


def _facts(count: int) -> list[Fact]:
    event = Filler("x" * 280)
    return [Fact(stream=f"signal:{uuid4()}", version=1, event=event, actor="device:b-00001") for _ in range(count)]


def _append(here: Town, count: int) -> dict[str, float]:
    """Append from one writer, as fast as it goes."""
    batches = [_facts(BATCH) for _ in range(-(-count // BATCH))]
    begun = time.perf_counter()
    for batch in batches:
        with here.store.transaction() as tx:
            tx.append(gate.admit_call_for_help(batch, datetime.now(UTC)))
    return {"append_per_s": round(len(batches) * BATCH / (time.perf_counter() - begun))}


def _integrate(here: Town) -> dict[str, float]:
    """Make a tree of everything committed so far, from nothing to a signed checkpoint."""
    notary = _notary(here, "integrate")
    begun, leaves = time.perf_counter(), 0
    used, database = time.process_time(), here.database_ns()
    while (signed := notary.turn(datetime.now(UTC))) is not None:
        leaves = signed.size
    return {
        "integrate_per_s": round(leaves / (time.perf_counter() - begun)),
        "integrated": leaves,
        # Two processes work at once: on idle processors the slower of the two sets the pace.
        "integrate_cpu_us": round((time.process_time() - used) * 1e6 / leaves, 2),
        "integrate_database_cpu_us": round((here.database_ns() - database) / 1e3 / leaves, 2),
    }


def _lag(here: Town, seconds: float) -> dict[str, float]:
    """Append in small transactions while the notary turns in its rhythm; time each fact until it is seen signed."""
    notary, folder = _notary(here, "integrate"), LogFolder(here.home / "integrate")
    stop = threading.Event()

    def keep() -> None:
        while not stop.is_set():
            notary.turn(datetime.now(UTC))
            stop.wait(LOG_S)

    seen: list[tuple[int, float]] = []

    def look() -> None:
        while not stop.is_set():
            size = int(folder.checkpoint().split("\n", 2)[1])
            if not seen or size > seen[-1][0]:
                seen.append((size, time.perf_counter()))
            time.sleep(LOOK_S)

    threads = [threading.Thread(target=work) for work in (keep, look)]
    for thread in threads:
        thread.start()
    committed: list[tuple[int, float]] = []
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        with here.store.transaction() as tx:
            seq = tx.append(gate.admit_call_for_help(_facts(4), datetime.now(UTC)))
        committed.append((seq, time.perf_counter()))
        time.sleep(LAG_EVERY_S)
    time.sleep(4 * LOG_S)
    stop.set()
    for thread in threads:
        thread.join()
    sizes = [size for size, _ in seen]
    lags = [seen[bisect_left(sizes, seq)][1] - at for seq, at in committed]
    return {"checkpoint_lag_s_p99": percentile(lags, 99), "checkpoint_lag_s_p50": percentile(lags, 50)}


def _prove(count: int, seed: int) -> dict[str, float]:
    """Prove random leaves of a log of ten million, from its tiles."""
    home = Path(tempfile.mkdtemp(prefix="nec-bench-"))
    try:
        return _prove_in(LogFolder(home / "log"), count, seed)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _prove_in(folder: LogFolder, count: int, seed: int) -> dict[str, float]:
    planted = plant(folder, LEAVES, os.urandom)
    chance = random.Random(seed)  # noqa: S311 -- which leaves
    samples: list[float] = []
    for index in (chance.randrange(LEAVES) for _ in range(count)):
        begun = time.perf_counter()
        proof = planted.prove(index)
        samples.append((time.perf_counter() - begun) * 1_000)
        assert planted.holds(index, proof), f"the proof of leaf {index} does not hold"
    return {"proof_ms_10m": round(statistics.median(samples), 4), "proof_ms_10m_p99": percentile(samples, 99)}
