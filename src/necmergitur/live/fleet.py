"""Where the drones are, as last reported: the report's own time, and its age."""

from typing import Any

import msgspec

WHOLE_EVERY = 10  # publications between two whole fleets
SILENT_S = 5.0  # ours: five reports missed, and what is shown of the drones is the past
FORGET_S = 600.0  # ours: older, and a screen that opens is shown no drone rather than a memory
_LINK, _LINKED = 8, 9  # where a row says how good the link is, and whether there is one


class FleetPicture:
    """Keeps the last report. `now_s` is any steady clock's."""

    def __init__(self) -> None:
        """Start without any."""
        self._rows: dict[str, list[Any]] = {}
        self._t = 0
        self._heard_s = 0.0
        self._count = 0
        self._silent = True

    def take(self, report: dict[str, Any], now_s: float) -> bytes | None:
        """Keep a report; return what to pass on: the drones that changed, the whole every tenth time."""
        rows = report["d"]
        changed = [row for row in rows if self._rows.get(row[0]) != row]
        self._rows = {row[0]: row for row in rows}
        self._t, self._heard_s, self._silent = report["t"], now_s, False
        self._count += 1
        told = rows if self._count % WHOLE_EVERY == 0 else changed
        return msgspec.json.encode({"t": self._t, "d": told}) if told else None

    def age(self, now_s: float) -> bytes | None:
        """Return the fleet without its links once the reports have stopped, and forget it after a while."""
        silent_s = now_s - self._heard_s
        if silent_s > FORGET_S:
            self._rows = {}
        if self._silent or silent_s <= SILENT_S:
            return None
        self._silent = True
        for row in self._rows.values():
            row[_LINK : _LINKED + 1] = [0, 0]
        return self.whole()

    def whole(self) -> bytes | None:
        """Return every drone as last reported, at the time it was; None when there is none."""
        return msgspec.json.encode({"t": self._t, "d": list(self._rows.values())}) if self._rows else None
