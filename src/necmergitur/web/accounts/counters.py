"""Counters of sign-in attempts. When they cannot be written, nobody signs in: this limiter fails closed."""

from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.db import DatabaseCache
from django.db import DatabaseError, connections


class CountersUnavailableError(DatabaseError):
    """An attempt could not be counted, so it is not allowed."""


class StrictDatabaseCache(DatabaseCache):
    """Django's database cache, shared by every process, minus its two leniencies.

    Django drops a failed write in silence and, when full, forgets live entries; for attempts both would
    open the door. Here a failed write raises, and only expired entries are ever forgotten.
    """

    def set(
        self,
        key: str,
        value: Any,
        timeout: Any = DEFAULT_TIMEOUT,
        version: int | None = None,
    ) -> None:
        """Store a value. Raises CountersUnavailableError when the database did not take it."""
        if not self._base_set("set", self.make_and_validate_key(key, version=version), value, timeout):
            raise CountersUnavailableError(f"not written: {self._table}")

    def _cull(self, db: str, cursor: Any, now: Any, num: int) -> None:
        connection = connections[db]
        table = connection.ops.quote_name(self._table)
        cursor.execute(f"DELETE FROM {table} WHERE expires < %s", [now])  # noqa: S608 -- our own table name
        if num - cursor.rowcount > self._max_entries:
            raise CountersUnavailableError(f"more than {self._max_entries} live counters")
