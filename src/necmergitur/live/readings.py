"""What screens are told, as the database holds it: whole rows, cut where a sequence number ends."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, TypeVar

import msgspec
import psycopg

from necmergitur.adapters.postgres.queries import fill, load
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.operations.ports import Unreachable

_NAMED = load("live")
SQL = {
    name: fill(query, incident_columns=_NAMED["incident_columns"], mission_columns=_NAMED["mission_columns"])
    for name, query in _NAMED.items()
}
ROWS_MAX = 1_000  # rows of one table read in one go; the facts of one batch (64 presses) are never torn apart
READ_S_MAX = 3.0  # longer, and the screens are already told that they are stale
DEAF_PLACES_MAX = 500
Result = TypeVar("Result")


async def in_time(work: Callable[..., Result], *arguments: Any, executor: Executor | None = None) -> Result:
    """Run `work` in a thread. Raises Unreachable when it takes longer than `READ_S_MAX`: a database that hangs."""
    started = asyncio.get_running_loop().run_in_executor(executor, work, *arguments)
    try:
        return await asyncio.wait_for(started, READ_S_MAX)
    except TimeoutError as slow:
        raise Unreachable("the database hangs") from slow


def sse(name: str, data: str | bytes, seq: int | None = None) -> bytes:
    """Return one server-sent event."""
    text = data if isinstance(data, bytes) else data.encode()
    head = b"" if seq is None else b"id: %d\n" % seq
    return b"event: " + name.encode() + b"\n" + head + b"data: " + text + b"\n\n"


@dataclass(frozen=True)
class Cut:
    """Events of everything that changed up to a sequence number, and whether there is more to read."""

    events: list[bytes]
    upto: int
    more: bool


class Readings:
    """Reads for the board. Synchronous; every method raises Unreachable."""

    def __init__(self, store: PostgresStore) -> None:
        """Read from `store`."""
        self._store = store

    def head(self) -> int:
        """Return the sequence number of the newest fact."""
        with self._store.cursor() as cursor:
            return _head(cursor)

    def changed(self, after: int) -> Cut | None:
        """Return what changed after `after`, None when `after` lies beyond the ledger (another database, a forged id).

        One snapshot serves the three reads, so a row committed between them waits for the next cut. Only the last
        event of a sequence number carries it as id: a browser cut off before it asks for its batch again.
        """
        with self._store.cursor() as cursor:
            cursor.execute(SQL["one_snapshot"])
            head = _head(cursor)
            if after > head:
                return None
            found: list[tuple[int, str, str]] = []
            upto = head
            for name in ("incident", "mission"):
                limits = {"after": after, "upto": head, "limit": ROWS_MAX}
                rows = cursor.execute(SQL[f"{name}s_since"], limits).fetchall()
                found += [(int(seq), name, row) for seq, row in rows]
                if len(rows) >= ROWS_MAX:
                    upto = min(upto, int(rows[-1][0]))
        found = sorted((one for one in found if one[0] <= upto), key=lambda one: one[0])
        last = [here[0] != there[0] for here, there in pairwise(found)] + [True]
        events = [
            sse(name, row, seq if is_last else None) for (seq, name, row), is_last in zip(found, last, strict=False)
        ]
        return Cut(events, upto, more=upto < head)

    def asides(self) -> dict[str, bytes]:
        """Return what no sequence number orders, whole: proposals nobody decided, alarms, how many calls are open."""
        with self._store.cursor() as cursor:
            return _asides(cursor)

    def slow(self) -> dict[str, bytes]:
        """Return deaf areas and pilots."""
        signals = load("signals")
        with self._store.cursor() as cursor:
            zones = cursor.execute(signals["deaf_zones"]).fetchall()
            places = cursor.execute(signals["deaf_devices"], {"limit": DEAF_PLACES_MAX}).fetchall()
            pilots = cursor.execute(SQL["pilots"]).fetchone()
        deaf = {
            "devices": sum(z[1] for z in zones),
            "zones": [list(z) for z in zones],
            "places": [[p[2], p[3], p[0]] for p in places],
        }
        assert pilots is not None
        return {
            "deaf": msgspec.json.encode(deaf),
            "pilots": msgspec.json.encode({"on_shift": pilots[0], "free": pilots[1]}),
        }

    def snapshot(self, more: dict[str, bytes], *, whole: bool) -> bytes:
        """Return the state as JSON. Not `whole`: what the bar of every page shows, without any incident."""
        rows = {"incidents": b"[]", "missions": b"[]", "proposals": b"[]"}
        with self._store.cursor() as cursor:
            cursor.execute(SQL["one_snapshot"])
            head = _head(cursor)
            asides = _asides(cursor)
            city = cursor.execute(SQL["city"]).fetchone()
            if whole:
                rows["proposals"] = asides["proposals"]
                for name in ("incidents", "missions"):
                    rows[name] = b"[" + b",".join(r[0].encode() for r in cursor.execute(SQL[f"{name}_now"])) + b"]"
        if not {"deaf", "pilots"} <= more.keys():
            more = {**more, **self.slow()}
        parts = {"fleet": b"null", **rows, "alarms": asides["alarms"], "counts": asides["counts"], **more}
        return msgspec.json.encode(
            {
                "seq": head,
                "now": datetime.now(UTC),
                "city": {"name": city[0] if city else ""},
                **{name: msgspec.Raw(value) for name, value in parts.items()},
            }
        )


def _head(cursor: psycopg.Cursor[Any]) -> int:
    row = cursor.execute(SQL["head"]).fetchone()
    return 0 if row is None else int(row[0])


def _asides(cursor: psycopg.Cursor[Any]) -> dict[str, bytes]:
    # Planned each time: a plan kept from an empty city reads every incident for each proposal (30 ms for 4, measured).
    row = cursor.execute(SQL["asides"], prepare=False).fetchone()
    assert row is not None
    return {name: value.encode() for name, value in zip(("proposals", "alarms", "counts"), row, strict=True)}
