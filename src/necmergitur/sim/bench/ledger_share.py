"""What the gate and the ledger cost a press, of all that a press costs the processor.

Presses are taken as the engine takes them (intake, then the round that chooses a drone), in this process and on a real
PostgreSQL; posts, brokers and MAVLink are left out, so that the share is larger than in a city. Ours is counted: the
gate's calls; making, hashing and sending the facts; PostgreSQL's work on their rows; the notary, its queries included.
An append also waits for the answers to all that was asked before it, which is not its own work: what facts cost is
taken from as many transactions of as many facts with nothing else in them, less what a commit costs without them.
"""

import functools
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import msgspec

from necmergitur.adapters.postgres.governance import GovernanceMixin
from necmergitur.adapters.postgres.ledger import LedgerMixin
from necmergitur.adapters.publiclog.notary import Notary
from necmergitur.governance import gate
from necmergitur.kernel.events import Fact
from necmergitur.kernel.geo import Position
from necmergitur.operations import dispatching, intake
from necmergitur.operations.dispatching import DroneState
from necmergitur.operations.intake import Ground, Received
from necmergitur.signals.press import Press
from necmergitur.sim.bench.ledger_town import Town

BATCH = 4  # presses in one transaction: what the engine joins at 200 a second (20 ms)
BETWEEN_SIGNATURES = 200  # presses between two checkpoints (1 s), at 200 a second
ROUNDS = 5  # the two are measured in turn, so that other work on the machine meets both
VERSIONS = 4  # of a stream, in the filling: an incident's have a few
READY = DroneState(battery_pct=100.0, link_pct=100.0, wind_m_s=3.0, linked=True, docked=True)
GATE = ("admit", "admit_under", "admit_call_for_help", "admit_record")


class Filler(msgspec.Struct, frozen=True, tag=True):
    """A fact as heavy as a press's."""

    words: str


FILLER = Filler("x" * 280)


class Fleet:
    """Drones that wait in their docks."""

    def __init__(self, names: list[str]) -> None:
        self._states = dict.fromkeys(names, READY)

    def states(self) -> Mapping[str, DroneState]:
        """Return all of them, ready."""
        return self._states


@contextmanager
def counted(spent: Counter[str]) -> Iterator[None]:
    """Count the processor time of this thread within the gate's and the ledger's functions."""
    places: list[tuple[Any, str, str]] = [(gate, name, "gate") for name in GATE]
    places += [(GovernanceMixin, "gate_table", "gate"), (LedgerMixin, "append", "appending")]
    kept = [(owner, name, getattr(owner, name)) for owner, name, _ in places]
    for owner, name, part in places:
        setattr(owner, name, _timed(getattr(owner, name), part, spent))
    try:
        yield
    finally:
        for owner, name, before in kept:
            setattr(owner, name, before)


def _timed(work: Callable[..., Any], part: str, spent: Counter[str]) -> Callable[..., Any]:
    @functools.wraps(work)
    def timed(*args: Any, **kwargs: Any) -> Any:
        begun = time.thread_time_ns()
        try:
            return work(*args, **kwargs)
        finally:
            spent[part] += time.thread_time_ns() - begun
            spent[f"{part}_calls"] += 1

    return timed


def share(town: Town, notary: Notary, presses: int) -> dict[str, float]:
    """Return the share in per cent, and what it is made of, in microseconds a press.

    After each stretch of presses what their facts alone cost is measured at once: a machine that slows down meets both.
    """
    spent: Counter[str] = Counter()
    ours = {"notary": 0, "notary_database": 0}
    with town.store.cursor() as cursor:
        names = [row[0] for row in cursor.execute("SELECT id FROM drone")]
    fleet, posts = Fleet(names), town.posts()
    engine_ns = database_ns = facts = 0
    append: list[tuple[int, int]] = []
    _facts_ns(town, 6, 20)  # warms up
    notary.turn(datetime.now(UTC))
    for first in range(0, presses, BETWEEN_SIGNATURES):
        before, calls = _last(town), spent["appending_calls"]
        with counted(spent):
            begun, database = time.thread_time_ns(), town.database_ns()
            for start in range(first, min(first + BETWEEN_SIGNATURES, presses), BATCH):
                _press(town, fleet, posts[start : start + BATCH])
            engine_ns += time.thread_time_ns() - begun
            database_ns += town.database_ns() - database
        begun, database = time.process_time_ns(), town.database_ns()
        notary.turn(datetime.now(UTC))
        ours["notary"] += time.process_time_ns() - begun
        ours["notary_database"] += town.database_ns() - database
        made = _last(town) - before
        facts += made
        append.append(_facts_ns(town, made, spent["appending_calls"] - calls))
        notary.turn(datetime.now(UTC))  # of what was only filling
    ours["gate"] = spent["gate"]
    # Each stretch is like the others: the middle one stands for all, whatever else the machine did during some.
    for name, part in (("append", 0), ("append_database", 1)):
        ours[name] = round(statistics.median(one[part] for one in append) * presses / BETWEEN_SIGNATURES)
    total = engine_ns + database_ns + ours["notary"] + ours["notary_database"]
    parts = {f"{name}_us": round(ns / presses / 1_000, 1) for name, ns in ours.items()}
    return {
        "press_cpu_share_pct": round(100 * sum(ours.values()) / total, 2),
        "press_cpu_us": round(total / presses / 1_000, 1),
        "facts_a_press": round(facts / presses, 2),
        **parts,
    }


def _press(town: Town, fleet: Fleet, posts: list[str]) -> None:
    now = datetime.now(UTC)
    presses = [Press(device=post, boot_id=1, seq=1, kind="sos", claimed_time=now, position=None) for post in posts]
    intake.take(town.store, [Received(press, now, b"") for press in presses], Ground(Position(2.35, 48.86)), now)
    dispatching.offer_pending(town.store, fleet, now)


def _facts_ns(town: Town, facts: int, transactions: int) -> tuple[int, int]:
    """Return what `facts` in so many transactions cost this thread and PostgreSQL.

    From transactions of as many facts, less the same with one fact each: a press commits in any case.
    """
    each = max(2, round(facts / transactions))
    rounds = [[_transactions_ns(town, count, transactions // ROUNDS) for count in (1, each)] for _ in range(ROUNDS)]
    found = []
    for part in (0, 1):
        more = statistics.median(filled[part] - one[part] for one, filled in rounds)
        found.append(max(0, round(more * ROUNDS * each / (each - 1) * facts / (each * transactions))))
    return found[0], found[1]


def _transactions_ns(town: Town, facts: int, transactions: int) -> tuple[int, int]:
    """Return what transactions of `facts` each cost, the first of them following one of the transaction before."""
    batches: list[list[Fact]] = []
    for number in range(transactions):
        if number % VERSIONS == 0:
            stream = f"signal:{uuid4()}"
        names = [(stream, number % VERSIONS + 1), *((f"signal:{uuid4()}", 1) for _ in range(facts - 1))][:facts]
        batches.append([Fact(stream=s, version=v, event=FILLER, actor="device:b-00001") for s, v in names])
    database, begun = town.database_ns(), time.thread_time_ns()
    for batch in batches:
        with town.store.transaction() as tx:
            tx.serialise()
            tx.append(gate.admit_call_for_help(batch, datetime.now(UTC)))
    return time.thread_time_ns() - begun, town.database_ns() - database


def _last(town: Town) -> int:
    with town.store.cursor() as cursor:
        row = cursor.execute("SELECT coalesce(max(seq), 0) FROM ledger_event").fetchone()
    assert row is not None, "an aggregate has a row"
    return int(row[0])
