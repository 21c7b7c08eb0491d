"""What a full control room asks of its browser: when the queue can be read, what each update costs, what it keeps."""

import json
import statistics
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.sim.bench import screen
from necmergitur.sim.bench.figures import load, machine, percentile
from necmergitur.sim.bench.full_board import FullBoard
from necmergitur.sim.bench.whole import FULL, Size, Whole, whole_city

if TYPE_CHECKING:
    from playwright.sync_api import Browser, CDPSession, Page

INCIDENTS = 500
# Cold loads, of which the median counts, and how long updates are traced.
LOADS, QUICK_LOADS = 3, 1
TRACED_S, QUICK_TRACED_S = 60.0, 5.0
# The page keeps 300 readings of each drone: past that many updates its memory has nothing left to fill.
WARM_FRAMES = 320
# An hour of updates at the rate they come, one a second, hurried. Full runs take all of it.
HOUR_FRAMES, QUICK_FRAMES = 3_600, 90
HURRIED_HZ = 20.0
# Nothing is measured while the page's readings fill.
WARM_HZ = 60.0
QUICK_BOARD = Size(zones=240, buttons=1_000, quarters=80, shards=1)
SETTLE_S = 3.0
MAP_S_MAX = 60.0
_BYTES_PER_MB = 1024**2

# The main thread's own work as Chromium's timeline names it; painting and compositing are other threads' here.
SCRIPTING = frozenset(
    {"FunctionCall", "EvaluateScript", "v8.compile", "FireAnimationFrame", "TimerFire", "EventDispatch"}
    | {"RunMicrotasks", "v8.callFunction", "MajorGC", "MinorGC", "V8.GCScavenger", "FireIdleCallback"}
)
CATEGORIES = ["-*", "devtools.timeline", "v8.execute", "blink.user_timing"]
UPDATE = "live-update"
# Updates within one frame are folded and drawn together: they count as one.
FRAME_US = 16_667

# Marks each batch of events that reaches the page from the worker that holds the stream.
_MARK_UPDATES = f"""(() => {{
  const Plain = window.SharedWorker;
  window.SharedWorker = class extends Plain {{
    constructor(...given) {{
      super(...given);
      this.port.addEventListener("message", (event) => {{
        if (event.data?.say === "events") performance.mark("{UPDATE}");
      }});
    }}
  }};
}})()"""
# Stamps the frame that first shows a row of the queue, in ms since the navigation began.
_STAMP_QUEUE = """(() => {
  const looking = new MutationObserver(() => {
    if (!document.querySelector("#queue > li")) return;
    looking.disconnect();
    requestAnimationFrame(() => {
      const after = new MessageChannel();
      after.port1.onmessage = () => { window.queuePaintedMs = performance.now(); };
      after.port2.postMessage(null);
    });
  });
  looking.observe(document, { childList: true, subtree: true });
})()"""


def measure(*, quick: bool = False) -> dict[str, Any]:
    """Open the control room on a full city and return what it costs. Raises DidNotStart, NoBrowser.

    `first_paint_ms`: until the frame that shows the queue, median of cold loads. `update_ms_p95`: the main
    thread's scripting between one live update and the next. Heaps are measured after a collection.
    """
    size = QUICK_BOARD if quick else msgspec.structs.replace(FULL, shards=1)
    size = msgspec.structs.replace(size, surroundings="", without=("engine", "worker"))
    frames = QUICK_FRAMES if quick else HOUR_FRAMES
    with whole_city(size) as city:
        store = PostgresStore(city.database_url, connections_max=2)
        with (
            screen.browser(*screen.DRAWN_BY_PROCESSOR) as running,
            FullBoard(city, store, incidents=INCIDENTS) as board,
        ):
            paints_ms = [_first_paint_ms(city, running) for _ in range(QUICK_LOADS if quick else LOADS)]
            with screen.control_room(city, running) as page:
                page.add_init_script(_MARK_UPDATES)
                page.goto(f"{city.url}/console/")
                page.wait_for_selector("#map canvas", timeout=MAP_S_MAX * 1000)
                time.sleep(SETTLE_S)
                updates_ms = _updates_ms(running, page, QUICK_TRACED_S if quick else TRACED_S)
                heaps_mb = _heaps_mb(page, board, frames)
                shown = page.locator("#queue > li").count()
        store.close()
    return {
        "incidents": INCIDENTS,
        "drones": board.flying,
        "rows_shown": shown,
        "first_paint_ms": round(statistics.median(paints_ms), 1),
        "first_paint_ms_max": round(max(paints_ms), 1),
        "updates": len(updates_ms),
        "update_ms_p50": percentile(updates_ms, 50),
        "update_ms_p95": percentile(updates_ms, 95),
        "heap_frames": frames,
        "heap_mb_start": heaps_mb[0],
        "heap_mb_end": heaps_mb[-1],
        "heap_mb": heaps_mb,
        "machine": machine(),
        "load": load(),
    }


def _first_paint_ms(city: Whole, running: "Browser") -> float:
    """Open the control room in a fresh profile and return when its queue was on screen."""
    with screen.control_room(city, running) as page:
        page.add_init_script(_STAMP_QUEUE)
        page.goto(f"{city.url}/console/")
        page.wait_for_function("() => window.queuePaintedMs")
        painted: float = page.evaluate("() => window.queuePaintedMs")
        return painted


def _updates_ms(running: "Browser", page: "Page", seconds: float) -> list[float]:
    """Trace the page while the fleet moves once a second and rows change; return the scripting of each update."""
    running.start_tracing(page=page, categories=CATEGORIES)
    time.sleep(seconds)
    return scripting_ms(json.loads(running.stop_tracing())["traceEvents"])


def scripting_ms(events: Sequence[Mapping[str, Any]]) -> list[float]:
    """Return, for each live update of a trace, the ms its page's main thread spent in scripts until the next one.

    Whatever runs in between counts, also what no update caused: timers, and the map's own frames. Thread time is
    used where the trace has it. Raises ValueError when the trace holds fewer than two updates.
    """
    marks = [e for e in events if e.get("name") == UPDATE and e.get("ph") in {"I", "R", "i", "n"}]
    if not marks:
        raise ValueError("no live update in the trace")
    thread = (marks[0]["pid"], marks[0]["tid"])
    starts: list[int] = []
    for at in sorted(int(e["ts"]) for e in marks):
        if not starts or at - starts[-1] > FRAME_US:
            starts.append(at)
    slices = sorted(
        (
            (int(e["ts"]), int(e["ts"]) + int(e["dur"]), float(e.get("tdur", e["dur"])))
            for e in events
            if e.get("ph") == "X" and (e["pid"], e["tid"]) == thread and e["name"] in SCRIPTING and "dur" in e
        ),
        key=lambda piece: (piece[0], -piece[1]),
    )
    spent_us = [0.0] * len(starts)
    ended, window = 0, -1
    for begins, ends, took_us in slices:
        if begins < ended:
            continue  # inside one already counted
        ended = ends
        while window + 1 < len(starts) and starts[window + 1] <= ends:
            window += 1
        if window >= 0:
            spent_us[window] += took_us
    if len(starts) < 2:  # noqa: PLR2004 - the last update's window is cut by the end of the trace
        raise ValueError("fewer than two live updates in the trace")
    return [us / 1000 for us in spent_us[:-1]]


def _heaps_mb(page: "Page", board: FullBoard, frames: int) -> list[float]:
    """Fill what the page keeps, then pass `frames` more updates; return the heap before, on the way, and after."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    board.fleet_hz = WARM_HZ
    _pass(board, WARM_FRAMES)
    board.fleet_hz = board.changes_hz = HURRIED_HZ
    heaps = [_heap_mb(session)]
    for _ in range(4):
        _pass(board, frames // 4)
        heaps.append(_heap_mb(session))
    return heaps


def _pass(board: FullBoard, frames: int) -> None:
    until = board.frames + frames
    while board.frames < until:
        time.sleep(1.0 / HURRIED_HZ)


def _heap_mb(session: "CDPSession") -> float:
    session.send("HeapProfiler.collectGarbage")
    metrics = {m["name"]: float(m["value"]) for m in session.send("Performance.getMetrics")["metrics"]}
    return round(metrics["JSHeapUsedSize"] / _BYTES_PER_MB, 2)
