"""Where every line of every process goes: its own rotated file, and the console in plain words.

Neither may hold up the supervisor: a full disk loses lines, a console that stands still (Ctrl-S, a stopped pager)
misses some, and the city goes on.
"""

import contextlib
import logging
import queue
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path

import msgspec

from necmergitur.app import constants
from necmergitur.app.logs import readable


class Screen:
    """Shows lines in a thread of its own, and drops what a console that stands still does not take."""

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show = show
        self._lines: queue.Queue[str | None] = queue.Queue(constants.LINES_WAITING_MAX)
        self._missed = 0
        self._thread = threading.Thread(target=self._work, name="screen", daemon=True)
        self._thread.start()

    def show(self, line: str) -> None:
        """Show a line as soon as the console takes it."""
        try:
            self._lines.put_nowait(line)
        except queue.Full:
            self._missed += 1

    def close(self) -> None:
        """Show what waits, for a moment at most."""
        with contextlib.suppress(queue.Full):
            self._lines.put(None, timeout=constants.LAST_WORDS_S_MAX)
            self._thread.join(constants.LAST_WORDS_S_MAX)

    def _work(self) -> None:
        while (line := self._lines.get()) is not None:
            with contextlib.suppress(OSError, ValueError):  # the console is gone
                self._show(line)
                if self._missed and self._lines.empty():
                    missed, self._missed = self._missed, 0
                    self._show(f"({missed} lines were not shown; they are in the logs)")


class _Quiet(RotatingFileHandler):
    """A file that says nothing about its own troubles: the console may be what stands still."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 -- the library's name
        """Lose the line."""


class Journal:
    """The logs of one home. `show` receives each line as a person reads it, in a thread of its own."""

    def __init__(self, folder: Path, show: Callable[[str], None]) -> None:
        self._folder = folder
        self._screen = Screen(show)
        self._files: dict[str, RotatingFileHandler] = {}

    def record(self, name: str, line: str, *, shown: bool = True) -> None:
        """Keep a line that process `name` wrote, and show it. Never raises, never waits for the console."""
        with contextlib.suppress(OSError):
            if name not in self._files:
                self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                self._files[name] = _Quiet(
                    self._folder / f"{name}.log", maxBytes=constants.LOG_BYTES_MAX, backupCount=constants.LOG_FILES_MAX
                )
            self._files[name].emit(logging.makeLogRecord({"msg": line}))
        if shown:
            self._screen.show(readable(name, line))

    def tell(self, event: str, *, level: str = "info", **details: object) -> None:
        """Record what the supervisor itself has to say."""
        said = {"at": datetime.now(UTC).isoformat(), "level": level, "event": event, **details}
        self.record("supervisor", msgspec.json.encode(said).decode())

    def show(self, text: str) -> None:
        """Show a text that no file may hold, such as a one-time link."""
        self._screen.show(text)

    def close(self) -> None:
        """Close every file."""
        for file in self._files.values():
            with contextlib.suppress(OSError):
                file.close()
        self._files.clear()
        self._screen.close()
