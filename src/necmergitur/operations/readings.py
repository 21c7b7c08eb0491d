"""Reading back what sensors said: for a purpose, in a role, both as the paper permits, and never in silence.

What the public may read is read by anybody without a trace. Any other reading is a fact, and so is how often one was
refused. The database judges by itself: a query that says another purpose, or none, sees nothing.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

import msgspec

from necmergitur.dispatch.incidents import Person
from necmergitur.governance import gate
from necmergitur.governance.accesses import READINGS, Reading
from necmergitur.governance.authorisations import Authorisation
from necmergitur.governance.breakglass import Who
from necmergitur.governance.modalities import MODALITIES
from necmergitur.governance.sensors import ReadingsRead
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import breakglass
from necmergitur.operations.constants import READ_LONGEST, READ_ROWS_MAX
from necmergitur.operations.retry import on_conflict
from necmergitur.operations.sensors import Refused, Row, SensorStore, SensorTransaction, say

PUBLIC = "public"


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks for which readings, and what for. `by` None is anybody; `glass` a glass two people broke."""

    stream: str
    role: str
    purpose: str
    since: datetime
    until: datetime
    by: Person | None = None
    glass: UUID | None = None


def read(store: SensorStore, asked: Asked, now: datetime) -> Sequence[Row] | Refusal:
    """Return the readings asked for, oldest first, or why they are not shown. Either way it is on record."""

    def attempt(tx: SensorTransaction) -> Sequence[Row] | Refusal:
        found = tx.sensors([asked.stream.removeprefix("sensor:")])
        if not found:
            return Refusal(rule="sensor_unknown")
        papers = _papers(tx.papers_of(asked.stream), asked, now)
        under = papers if isinstance(papers, Refusal) else gate.access(tx.gate_table(now), _reading(asked), now)
        if isinstance(papers, Refusal) or isinstance(under, Refusal):
            against = papers if isinstance(papers, Refusal) else cast(Refusal, under)
            minute = now.replace(second=0, microsecond=0)
            tx.put_refused([Refused(asked.stream, f"read_{against.rule}", minute, 1)])
            return against
        if asked.glass is not None:
            by = Who(0 if asked.by is None else asked.by.id, asked.role)
            opened = breakglass.use_for_readings(cast(Any, tx), asked.glass, asked.stream, by, now)
            if isinstance(opened, Refusal):
                return opened
        personal = MODALITIES[found[0].modality].personal
        silent = asked.glass is None and not personal and all(_is_public(paper) for paper in papers)
        if not silent:
            tx.serialise()
        as_anybody = asked.glass is None and not any(asked.role in _readers(paper) for paper in papers)
        tx.say_who(PUBLIC if as_anybody else asked.role, asked.purpose, asked.glass)
        rows = tx.readings(asked.stream, under, asked.since, asked.until, now, READ_ROWS_MAX)
        if not silent:
            event = ReadingsRead(
                papers[0].id, asked.role, asked.purpose, asked.since, asked.until, len(rows), asked.glass
            )
            actor = "public:" if asked.by is None else f"user:{asked.by.id}"
            say(tx, asked.stream, event, actor, now)
        return rows

    if not timedelta(0) < asked.until - asked.since <= READ_LONGEST:
        return Refusal(rule="range_too_long", facts={"days": str(READ_LONGEST.days)})
    return on_conflict(store, attempt)


def _reading(asked: Asked) -> Reading:
    """Return what the gate is asked: in one's own role before as anybody, so that a reader's look is on record."""
    readers = (asked.role,) if asked.role == PUBLIC else (asked.role, PUBLIC)
    return Reading(what=READINGS, purpose=asked.purpose, readers=readers, place=asked.stream)


def _papers(of_stream: Sequence[Authorisation], asked: Asked, now: datetime) -> list[Authorisation] | Refusal:
    """Return the papers under which it may be read, the newest first, or why there is none.

    A paper whose time is over still opens what was gathered under it, until that is erased; one that was revoked or is
    suspended opens nothing.
    """
    if not of_stream:
        return Refusal(rule="no_authorisation", owner="gate", facts={"stream": asked.stream})
    standing = [p for p in of_stream if p.revoked_at is None and p.suspended_at is None and p.valid_from <= now]
    if not standing:
        return Refusal(rule="authorisation_not_in_force", owner="gate")
    for_purpose = [paper for paper in standing if paper.purpose == asked.purpose]
    if not for_purpose:
        return Refusal(rule="purpose_not_authorised", owner="gate", facts={"purpose": asked.purpose[:40]})
    opened = [p for p in for_purpose if asked.glass is not None or _readers(p) & {asked.role, PUBLIC}]
    if not opened:
        return Refusal(rule="reader_not_authorised", owner="gate", facts={"role": asked.role[:40]})
    return opened


def _readers(paper: Authorisation) -> set[str]:
    assert paper.paper is not None
    return set(paper.paper.terms.readers)


def _is_public(paper: Authorisation) -> bool:
    return PUBLIC in _readers(paper)
