"""From a finger to a lamp, a decision and a pixel, with the whole city connected and calling at once."""

import contextlib
import random
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
import psutil
import psycopg

from necmergitur.adapters.broker import shard_of
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.sim.bench import floor, screen
from necmergitur.sim.bench.figures import load, machine, percentile
from necmergitur.sim.bench.ledger_watch import LedgerWatch
from necmergitur.sim.bench.processor import ProcessorTime, give_way
from necmergitur.sim.bench.sky import Crew
from necmergitur.sim.bench.whole import FULL, QUICK, Whole, whole_city
from necmergitur.sim.devices.crowd_process import Burst, Connect, CrowdProcess, Look, Settle, all_records, ask_all
from necmergitur.sim.devices.post import PressRecord

if TYPE_CHECKING:
    from playwright.sync_api import Page

CROWD_PROCESSES = 2
PRESSES_PER_S = 200
QUICK_CLIENTS = 1_200
CONNECT_S_MAX = 300.0
SETTLE_S_MAX = 60.0
# The queue shows only the rows that fit: a sample of calls of one kind, with the queue filtered to it, all fit.
SAMPLE = 30
SAMPLE_KIND = "medical"
SCREEN_WIDTH_PX, SCREEN_HEIGHT_PX = 800, 52 * (SAMPLE + 15)
# A browser that starts to show rows, or an engine that has just connected, is not what is measured.
QUIET_S = 3.0
DECIDED_S_MAX = 30.0
# A city's screens and drones are other machines: here they share the processor, and yield it.
ELSEWHERE_NICE = 10
PAINTED_MS_MAX = 10_000.0

# Stamps each new row of the queue once the frame that shows it has been painted.
_WATCH_ROWS = """() => {
  const seen = window.paintedAt = {};
  const stamp = (id) => requestAnimationFrame(() => {
    const after = new MessageChannel();
    after.port1.onmessage = () => { seen[id] ??= (performance.timeOrigin + performance.now()) / 1000; };
    after.port2.postMessage(null);
  });
  new MutationObserver((changes) => {
    for (const change of changes) for (const node of change.addedNodes)
      if (node.dataset?.id && !(node.dataset.id in seen)) stamp(node.dataset.id);
  }).observe(document.getElementById("queue"), { childList: true });
}"""


class Outcome(msgspec.Struct, frozen=True):
    """What the database holds of the presses: which are kept, which opened an incident, when each was decided."""

    kept: set[tuple[str, int, int]]
    opened: dict[tuple[str, int, int], UUID]
    decided: dict[UUID, tuple[str, float]]


def measure(clients: int = 19_900, shards: int = 2, seconds: float = 10.0, *, quick: bool = False) -> dict[str, Any]:
    """Connect `clients` posts, let them beat, burst 200 presses a second for `seconds`; return the figures.

    `lost` counts presses whose lamp lit with no signal kept, and presses that stayed dark for a minute. As many
    pilots as drones are on shift, so that every call is chosen for until no drone is left; they do not answer.
    Raises DidNotStart, NoBrowser.
    """
    size = msgspec.structs.replace(QUICK if quick else FULL, shards=shards)
    if quick:
        clients, seconds = min(clients, QUICK_CLIENTS), min(seconds, 4.0)
    with whole_city(size) as city, screen.browser(*screen.WITHOUT_MAP) as running:
        posts = city.posts()
        chosen = random.Random(1).sample(posts, min(clients, len(posts) - 1))  # noqa: S311 - a sample
        spare = next(iter(set(posts) - set(chosen)))
        with (
            city.crowds(chosen, CROWD_PROCESSES) as crowds,
            screen.control_room(city, running, width=SCREEN_WIDTH_PX, height=SCREEN_HEIGHT_PX) as page,
            LedgerWatch(city.database_url) as watch,
        ):
            standings = ask_all(crowds, Connect(CONNECT_S_MAX))
            problems = [s.problem for s in standings if s.problem]
            if problems:
                raise RuntimeError(f"{sum(s.up for s in standings)} of {len(chosen)} connected: {problems}")
            floors = _floors(city, spare, quick=quick)
            _staff(city, size.zones)
            _open_queue(city, page)
            time.sleep(QUIET_S)
            others = _others(city, crowds)
            give_way((pid for name, pid in others.items() if not name.startswith("posts")), ELSEWHERE_NICE)
            spent = ProcessorTime(city, others)
            before, began = sum(s.beats for s in ask_all(crowds, Look())), time.monotonic()
            records = _burst(crowds, chosen, seconds)
            after = sum(s.beats for s in ask_all(crowds, Look()))
            took_s = time.monotonic() - began
            cpu_s = spent.since()
            outcome = _settled(city, watch)
            painted = _painted(page, outcome, records)
    return {
        "clients": len(chosen),
        "connect_s": round(max(s.seconds for s in standings), 1),
        "heartbeats_per_s": round((after - before) / took_s, 1),
        "presses": len(records),
        **_figures(records, outcome, painted),
        "took_s": round(took_s, 1),
        "nice": {name: ELSEWHERE_NICE for name in others if not name.startswith("posts")},
        "cpu_s": cpu_s,
        "floor": floors,
        "machine": machine(),
        "load": load(),
    }


def _others(city: Whole, crowds: Sequence[CrowdProcess]) -> dict[str, int]:
    """Return the processes that measure, and those that play the city's surroundings."""
    posts = {f"posts-{number}": crowd.pid for number, crowd in enumerate(crowds)}
    known = {*posts.values(), *city.surroundings.values(), *(p.pid for p in city.report().processes)}
    # What is left of our children: the library that drives the browser, and the browser under it.
    left = [p.pid for p in psutil.Process().children() if "playwright" in " ".join(p.cmdline()) and p.pid not in known]
    return posts | city.surroundings | dict(zip(["browser"], left, strict=False))


def _floors(city: Whole, spare: str, *, quick: bool) -> dict[str, float]:
    """Measure the floors with the posts connected and beating, before anybody calls."""
    return {
        "pgbench_tps": round(floor.pgbench_tps(city, 2 if quick else 5), 1),
        "nats_qos1_ms_p99": floor.nats_qos1_ms_p99(city, spare, 2.0 if quick else 5.0),
    }


def _open_queue(city: Whole, page: "Page") -> None:
    """Open the control room with its queue filtered to the sample's kind, and stamp its rows from now on."""
    page.goto(f"{city.url}/console/")
    page.wait_for_function("() => document.getElementById('queue').hasAttribute('data-empty')")
    word = page.evaluate(
        "kind => JSON.parse(document.getElementById('ui-words').textContent)['kind.' + kind]", SAMPLE_KIND
    )
    page.fill("#queue-search", word)
    page.evaluate(_WATCH_ROWS)


def _burst(crowds: Sequence[CrowdProcess], chosen: Sequence[str], seconds: float) -> list[PressRecord]:
    """Press a tenth of the posts once each, a sample of them with the kind the screen shows; wait for the lamps."""
    pressed = list(chosen[: int(PRESSES_PER_S * seconds)])
    kinds = {SAMPLE_KIND: set(pressed[:SAMPLE]), "sos": set(pressed[SAMPLE:])}
    for number, crowd in enumerate(crowds):
        for kind, ids in kinds.items():
            crowd.ask(Burst([i for i in ids if shard_of(i, len(crowds)) == number], seconds, kind))
            crowd.standing()
    ask_all(crowds, Settle(SETTLE_S_MAX))
    return all_records(crowds)


def _staff(city: Whole, pilots: int) -> None:
    store = PostgresStore(city.database_url, connections_max=1)
    Crew(store).come_on_shift(pilots)
    store.close()


def _settled(city: Whole, watch: LedgerWatch) -> Outcome:
    """Wait until every incident was decided on, or long enough: a late decision counts, a missing one is told."""
    until = time.monotonic() + DECIDED_S_MAX
    while True:
        outcome = _outcome(city, watch)
        if set(outcome.opened.values()) <= set(outcome.decided) or time.monotonic() > until:
            return outcome
        time.sleep(QUIET_S / 10)


def _painted(page: "Page", outcome: Outcome, records: Sequence[PressRecord]) -> dict[str, float]:
    """Wait likewise for the rows of the sample, and return when each was painted."""
    keys = [(r.device_id, r.boot_id, r.seq) for r in records if r.kind == SAMPLE_KIND]
    wanted = [str(outcome.opened[key]) for key in keys if key in outcome.opened]
    with contextlib.suppress(Exception):  # what is missing is counted
        page.wait_for_function("ids => ids.every(id => id in window.paintedAt)", arg=wanted, timeout=PAINTED_MS_MAX)
    painted: dict[str, float] = page.evaluate("() => window.paintedAt")
    return painted


def _outcome(city: Whole, watch: LedgerWatch) -> Outcome:
    with psycopg.connect(city.database_url) as connection:
        kept = {(row[0], row[1], row[2]) for row in connection.execute("SELECT device_id, boot_id, seq FROM signal")}
        opened = connection.execute(
            "SELECT s.device_id, s.boot_id, s.seq, l.incident_id FROM incident_signal l"
            " JOIN signal s ON s.id = l.signal_id WHERE l.reason = 'first signal'"
        ).fetchall()
        # A decision: a drone was offered to a pilot, or people were told why none can fly.
        decided = connection.execute(
            "SELECT DISTINCT ON (stream) substr(stream, 10)::uuid, payload->>'status', seq FROM ledger_event"
            " WHERE kind = 'DroneStatusChanged' AND payload->>'status' <> 'searching' ORDER BY stream, seq"
        ).fetchall()
    instants = watch.committed_at([row[2] for row in decided])
    return Outcome(
        kept,
        {(row[0], row[1], row[2]): row[3] for row in opened},
        {row[0]: (row[1], at) for row, at in zip(decided, instants, strict=True) if at is not None},
    )


def _figures(records: Sequence[PressRecord], outcome: Outcome, painted: dict[str, float]) -> dict[str, Any]:
    """Turn what the posts, the ledger and the screen saw into the figures."""
    lamps_ms = [(r.lit_at - r.pressed_at) * 1000 for r in records if r.lit_at is not None]
    lost = sum(r.lit_at is None or (r.device_id, r.boot_id, r.seq) not in outcome.kept for r in records)
    pressed_at = {outcome.opened[key]: r for r in records if (key := (r.device_id, r.boot_id, r.seq)) in outcome.opened}
    decided = [
        (how, (at - pressed_at[i].pressed_at) * 1000) for i, (how, at) in outcome.decided.items() if i in pressed_at
    ]
    sampled = {str(i): r.pressed_at for i, r in pressed_at.items() if r.kind == SAMPLE_KIND}
    screens_ms = [(painted[i] - at) * 1000 for i, at in sampled.items() if i in painted]
    decisions_ms = [ms for _, ms in decided]
    offers_ms = [ms for how, ms in decided if how == "offered"]
    return {
        "repeated": sum(r.sends > 1 for r in records),
        "lamp_ms_p50": percentile(lamps_ms, 50),
        "lamp_ms_p99": percentile(lamps_ms, 99),
        "incidents": len(pressed_at),
        "offered": sum(how == "offered" for how, _ in decided),
        "refused": sum(how == "refused" for how, _ in decided),
        "undecided": len(pressed_at) - len(decided),
        "decision_ms_p50": percentile(decisions_ms, 50),
        "decision_ms_p99": percentile(decisions_ms, 99),
        "decision_offered_ms_p99": percentile(offers_ms, 99) if offers_ms else None,
        "screen_samples": len(screens_ms),
        "screen_missing": len(sampled) - len(screens_ms),
        "screen_ms_p50": percentile(screens_ms, 50),
        "screen_ms_p99": percentile(screens_ms, 99),
        "lost": lost,
    }
