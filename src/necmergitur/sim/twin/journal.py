"""Tables in memory that can be put back as they were: every write notes what it replaced."""

from collections.abc import Callable, Hashable, MutableMapping, MutableSequence
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Journal:
    """The writes of one transaction, undone in reverse order by `undo`."""

    def __init__(self) -> None:
        """Start with nothing to undo."""
        self._steps: list[Callable[[], object]] = []

    def put(self, table: MutableMapping[Key, Value], key: Key, value: Value) -> None:
        """Set `table[key]`."""
        if key in table:
            before = table[key]
            self._steps.append(lambda: table.__setitem__(key, before))
        else:
            self._steps.append(lambda: table.pop(key))
        table[key] = value

    def drop(self, table: MutableMapping[Key, Value], key: Key) -> None:
        """Remove `key` if it is there."""
        if key in table:
            before = table.pop(key)
            self._steps.append(lambda: table.__setitem__(key, before))

    def append(self, rows: MutableSequence[Value], row: Value) -> None:
        """Add a row at the end."""
        rows.append(row)
        self._steps.append(rows.pop)

    def undo(self) -> None:
        """Put everything back."""
        while self._steps:
            self._steps.pop()()
