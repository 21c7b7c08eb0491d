"""The log that prints when screens die: a plain text file a day, one line for each step of each incident.

No personal data: numbers, streets of posts, states and names of functions, never a caller or a person's place.
"""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from necmergitur.adapters.postgres.store import PostgresStore

CITY_TIME = ZoneInfo("Europe/Paris")
LINES_MAX = 5_000
_QUERY = """
SELECT e.seq, e.recorded_at, e.kind, i.number,
  CASE WHEN i.personal_device IS NULL THEN i.label ELSE '' END, e.payload::text
FROM ledger_event e JOIN incident i ON e.stream = 'incident:' || i.id
WHERE e.seq > %(after)s ORDER BY e.seq LIMIT %(limit)s
"""
_SAID = ("rung", "level", "status", "reason", "outcome", "kind")


class Paper:
    """Appends to `<folder>/incidents-<day>.txt`."""

    def __init__(self, store: PostgresStore, folder: Path) -> None:
        """Continue after the last line written, as kept in `<folder>/position`."""
        self._store = store
        self._folder = folder
        self._position = folder / "position"

    def write(self) -> int:
        """Write what is new; return how many lines. Raises Unreachable."""
        self._folder.mkdir(parents=True, exist_ok=True)
        after = int(self._position.read_text()) if self._position.exists() else 0
        with self._store.cursor() as cursor:
            rows = cursor.execute(_QUERY, {"after": after, "limit": LINES_MAX}).fetchall()
        for seq, at, kind, number, label, payload in rows:
            said = msgspec.json.decode(payload)
            words = "  ".join(str(said[name]) for name in _SAID if said.get(name) not in (None, ""))
            self._append(at, f"{_clock(at)}  {number:<10}  {kind:<20}  {words}  {label}".rstrip())
            after = seq
        if rows:
            self._position.write_text(str(after))
        return len(rows)

    def _append(self, at: datetime, line: str) -> None:
        day = at.astimezone(CITY_TIME).date().isoformat()
        with (self._folder / f"incidents-{day}.txt").open("a", encoding="utf-8") as file:
            file.write(line + "\n")


def _clock(at: datetime) -> str:
    return at.astimezone(CITY_TIME).strftime("%H:%M:%S")
