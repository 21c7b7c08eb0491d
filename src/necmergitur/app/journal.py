"""Where every line of every process goes: its own rotated file, and the console in plain words."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path

import msgspec

from necmergitur.app import constants
from necmergitur.app.logs import readable


class Journal:
    """The logs of one home. `show` receives each line as a person reads it."""

    def __init__(self, folder: Path, show: Callable[[str], None]) -> None:
        self._folder = folder
        self._show = show
        self._files: dict[str, RotatingFileHandler] = {}

    def record(self, name: str, line: str, *, shown: bool = True) -> None:
        """Keep a line that process `name` wrote, and show it."""
        if name not in self._files:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._files[name] = RotatingFileHandler(
                self._folder / f"{name}.log", maxBytes=constants.LOG_BYTES_MAX, backupCount=constants.LOG_FILES_MAX
            )
        self._files[name].emit(logging.makeLogRecord({"msg": line}))
        if shown:
            self._show(readable(name, line))

    def tell(self, event: str, *, level: str = "info", **details: object) -> None:
        """Record what the supervisor itself has to say."""
        said = {"at": datetime.now(UTC).isoformat(), "level": level, "event": event, **details}
        self.record("supervisor", msgspec.json.encode(said).decode())

    def show(self, text: str) -> None:
        """Show a text that no file may hold, such as a one-time link."""
        self._show(text)

    def close(self) -> None:
        """Close every file."""
        for file in self._files.values():
            file.close()
        self._files.clear()
