"""The log that prints when screens die: a plain text file a day, one line for each step of each incident.

No personal data: numbers, streets of posts, states and names of functions, never a caller or a person's place.
"""

import os
from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from pathlib import Path

import msgspec
import structlog

from necmergitur.adapters.postgres.queries import load
from necmergitur.adapters.postgres.store import PostgresStore

log = structlog.get_logger(__name__)
LINES_MAX = 5_000
_QUERY = """
SELECT e.seq, e.recorded_at, e.kind, i.number,
  CASE WHEN i.personal_device IS NULL THEN i.label ELSE '' END, e.payload::text
FROM ledger_event e JOIN incident i ON e.stream = 'incident:' || i.id
WHERE e.seq > %(after)s ORDER BY e.seq LIMIT %(limit)s
"""
_LAST_BEFORE = "SELECT coalesce(max(seq), 0) FROM ledger_event WHERE recorded_at < %(at)s"
_SAID = ("rung", "level", "status", "reason", "outcome", "kind")


class Paper:
    """Appends to `<folder>/incidents-<day>.txt`."""

    def __init__(self, store: PostgresStore, folder: Path, zone: tzinfo = UTC) -> None:
        """Continue after the last line written, as kept in `<folder>/position`. `zone`: the city's own time."""
        self._store = store
        self._folder = folder
        self._zone = zone
        self._position = folder / "position"
        self._after: int | None = None

    def write(self, now: datetime) -> int:
        """Write what is new; return how many lines. Raises Unreachable."""
        self._folder.mkdir(parents=True, exist_ok=True)
        if self._after is None:
            self._after = self._read_position(now)
        with self._store.cursor() as cursor:
            rows = cursor.execute(_QUERY, {"after": self._after, "limit": LINES_MAX}).fetchall()
        if not rows:
            return 0
        by_day: dict[Path, list[str]] = {}
        for _seq, at, kind, number, label, payload in rows:
            said = msgspec.json.decode(payload)
            words = "  ".join(str(said[name]) for name in _SAID if said.get(name) not in (None, ""))
            local = at.astimezone(self._zone)
            line = f"{local:%H:%M:%S}  {number:<10}  {kind:<20}  {words}  {label}".rstrip()
            by_day.setdefault(self._file(local), []).append(line)
        for path, lines in by_day.items():
            _append(path, lines)
        self._after = rows[-1][0]
        _replace(self._position, str(self._after))
        return len(rows)

    def write_head(self, now: datetime) -> None:
        """Write the newest fact's number and hash: paper that left the building tells whether the record was cut.

        `nec ledger verify --from-head` takes them as they stand. Raises Unreachable.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        with self._store.cursor() as cursor:
            head = cursor.execute(load("ledger")["head"]).fetchone()
        if head is not None:
            local = now.astimezone(self._zone)
            _append(self._file(local), [f"{local:%H:%M:%S}  record      {head[0]}:{bytes(head[1]).hex()}"])

    def _file(self, local: datetime) -> Path:
        return self._folder / f"incidents-{local.date().isoformat()}.txt"

    def _read_position(self, now: datetime) -> int:
        """Return where to go on; a position that cannot be read costs writing today's file once more."""
        try:
            return int(self._position.read_text())
        except FileNotFoundError:
            return 0
        except (OSError, ValueError):
            log.exception("paper_position_unreadable")
        today = now.astimezone(self._zone)
        midnight = today.replace(hour=0, minute=0, second=0, microsecond=0)
        with self._store.cursor() as cursor:
            row = cursor.execute(_LAST_BEFORE, {"at": midnight}).fetchone()
        self._file(today).unlink(missing_ok=True)
        return 0 if row is None else int(row[0])


def _append(path: Path, lines: Sequence[str]) -> None:
    """Append and sync: power may go before the paper is needed."""
    with path.open("a", encoding="utf-8") as file:
        file.write("".join(line + "\n" for line in lines))
        file.flush()
        os.fsync(file.fileno())


def _replace(path: Path, text: str) -> None:
    """Write a small file so that it is the old one or the new one, whatever happens meanwhile."""
    fresh = path.with_suffix(".new")
    with fresh.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
