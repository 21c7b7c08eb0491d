"""A source's body read in a process of its own, with little memory and little time.

Its makers are strangers: sixty kilobytes of unclosed tags hold an HTML parser, and all of its process, for minutes; a
comment of sixty megabytes an XML parser; a list of empty lists takes gigabytes. A child that does so is ended, and the
source is told of it.
"""

import resource
import subprocess
import sys
from collections.abc import Collection
from datetime import datetime

import msgspec

from necmergitur.adapters.watch.constants import CHILD_CPU_S_MAX, CHILD_MEMORY_BYTES_MAX, CHILD_S_MAX
from necmergitur.adapters.watch.entries import Reading
from necmergitur.kernel.refusal import Refusal


class _Asked(msgspec.Struct, frozen=True):
    """What the child is given."""

    what: str
    body: bytes
    url: str
    now: datetime
    charset: str
    known: list[str]


class _Said(msgspec.Struct, frozen=True):
    """What it answers: what was read, or the rule that refused it."""

    reading: Reading | None
    rule: str = ""


def read(
    what: str, body: bytes, url: str, now: datetime, *, charset: str = "", known: Collection[str] = ()
) -> Reading | Refusal:
    """Return what a body holds as `reading.read` does, or that it takes more than a body may."""
    asked = msgspec.msgpack.encode(_Asked(what, body, url, now, charset, list(known)))
    command = (sys.executable, "-m", "necmergitur.adapters.watch.apart")
    try:
        done = subprocess.run(command, input=asked, capture_output=True, timeout=CHILD_S_MAX, check=False)  # noqa: S603 -- ours
    except subprocess.TimeoutExpired:
        return Refusal(rule="watch_heavy")
    if done.returncode:
        return Refusal(rule="watch_heavy", detail=done.stderr[-200:].decode(errors="replace"))
    said = msgspec.msgpack.decode(done.stdout, type=_Said)
    return Refusal(rule=said.rule) if said.reading is None else said.reading


def main() -> int:
    """Read, and write what was read."""
    resource.setrlimit(resource.RLIMIT_AS, (CHILD_MEMORY_BYTES_MAX, CHILD_MEMORY_BYTES_MAX))
    resource.setrlimit(resource.RLIMIT_CPU, (CHILD_CPU_S_MAX, CHILD_CPU_S_MAX))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    from necmergitur.adapters.watch import reading  # noqa: PLC0415 -- after the limits

    asked = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=_Asked)
    form = reading.Format(asked.what)
    found = reading.read(form, asked.body, asked.url, asked.now, charset=asked.charset, known=asked.known)
    said = _Said(None, found.rule) if isinstance(found, Refusal) else _Said(found)
    sys.stdout.buffer.write(msgspec.msgpack.encode(said))
    return 0


if __name__ == "__main__":
    sys.exit(main())
