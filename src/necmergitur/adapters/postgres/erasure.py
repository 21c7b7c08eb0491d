"""Erasing one person in PostgreSQL: their keys, and what the tables hold of them in clear."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from necmergitur.adapters.postgres.queries import load
from necmergitur.adapters.postgres.retention import RetentionMixin
from necmergitur.adapters.sealing import KeyRing
from necmergitur.operations.erasure import GIVEN_UP

SQL = load("erasure")


class ErasureMixin(RetentionMixin):
    """`operations.erasure.ErasureTransaction` beyond the facts and what retention erases."""

    _keys: KeyRing
    fresh_keys: dict[str, bytes]

    def subject_keys(self, subjects: Sequence[str]) -> list[str]:
        """Return the names of every live key of `subjects`."""
        days = [row[0] for row in self.cursor.execute(SQL["key_days"])]
        prefixes = [self._keys.prefix(self.cursor, self.fresh_keys, one, day) for one in subjects for day in days]
        if not prefixes:
            return []
        parts = {"prefixes": prefixes, "length": len(prefixes[0])}
        return [row[0] for row in self.cursor.execute(SQL["keys_beginning"], parts)]

    def subject_mark(self, subject: str) -> str:
        """Return the name under which an erased subject is listed."""
        return self._keys.mark(self.cursor, self.fresh_keys, subject)

    def destroy_named(self, names: Sequence[str], now: datetime) -> int:
        """Destroy these keys; return how many were still alive."""
        row = self.cursor.execute(SQL["destroy_named"], {"names": list(names), "now": now}).fetchone()
        assert row is not None
        return int(row[0])

    def calls_now(self, device_id: str) -> bool:
        """Return whether an open incident holds a call of this button."""
        row = self.cursor.execute(SQL["called_in_open_incident"], {"device": device_id}).fetchone()
        assert row is not None
        return bool(row[0])

    def incidents_about(self, device_id: str, before: datetime) -> list[UUID]:
        """Return the incidents about this button's holder that were opened by then."""
        rows = self.cursor.execute(SQL["incidents_about"], {"device": device_id, "before": before})
        return [row[0] for row in rows]

    def personal_devices(self) -> list[str]:
        """Return every personal button."""
        return [row[0] for row in self.cursor.execute(SQL["personal_devices"])]

    def erase_presses(self, device_id: str, before: datetime) -> int:
        """Erase where this button was pressed until then, in the table and beside the facts."""
        parts = {"device": device_id, "before": before}
        return self._count("erase_sealed_presses", parts, SQL) + self._count("erase_presses", parts, SQL)

    def erase_stills_of(self, incident_ids: Sequence[UUID]) -> int:
        """Erase the stills of incidents."""
        return self._count("erase_stills", {"ids": list(incident_ids)}, SQL)

    def erase_holder(self, device_id: str, before: datetime) -> int:
        """Erase who holds this button, as recorded until then."""
        return self._count("erase_holder", {"device": device_id, "before": before}, SQL)

    def listed(self, streams: Sequence[str]) -> list[dict[str, str]]:
        """Return what these streams said of the list of destroyed keys, oldest first, since it was last given up."""
        found: list[dict[str, str]] = []
        for action, facts in self.cursor.execute(SQL["listed"], {"streams": list(streams), "given_up": GIVEN_UP}):
            found = [] if action == GIVEN_UP else [*found, facts]
        return found
