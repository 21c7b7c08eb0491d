"""Looks of agents at what is sealed about somebody: each for a purpose, with a reason, kept for the person to see.

The look is written in the same transaction as the opening: what was read and not written down was not read. The fact
in the record says that a look happened, in which role and for what, and nothing of whom.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Literal, Protocol
from uuid import UUID

import msgspec

from necmergitur.dispatch.incidents import Person
from necmergitur.governance.accesses import Reading, crisis_place, place_of
from necmergitur.governance.breakglass import Who
from necmergitur.governance.passes import Pass
from necmergitur.kernel.ids import IdSource
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import accessing
from necmergitur.operations.population import helping
from necmergitur.operations.population.checkins import Sealer, opened
from necmergitur.operations.registry import audit
from necmergitur.people.checkins import Said, Status
from necmergitur.people.constants import LOOK_REASON_MAX
from necmergitur.people.crises import Crisis

What = Literal["search", "candidate", "record", "call", "queue", "case"]
Purpose = Literal["answer_call", "family", "identify", "abuse", "duplicate", "import"]
KeyOf = Callable[[UUID], Sealer | None]


class Look(msgspec.Struct, frozen=True):
    """One look, as stored: `reason` is sealed under the salt beside it."""

    what: What
    purpose: Purpose
    by: int
    role: str
    salt: bytes
    reason: bytes
    at: datetime


class Opened(msgspec.Struct, frozen=True):
    """A check-in of some crisis, still sealed."""

    crisis_id: UUID
    id: bytes
    salt: bytes
    sealed: bytes
    status: int
    at: datetime
    changed_at: datetime


class Call(msgspec.Struct, frozen=True):
    """What somebody who called for help on the page says now."""

    said: Said
    status: Status
    at: datetime
    changed_at: datetime
    drill: bool


class Seen(msgspec.Struct, frozen=True):
    """A look as the person sees it: when, in which role, for what. Agents are told by their role, as everywhere."""

    at: datetime
    role: str
    purpose: Purpose
    what: What


class LookTransaction(Protocol):
    """A transaction that knows who looked at what."""

    def put_looks(self, crisis_id: UUID, subjects: Sequence[bytes], look: Look) -> None:
        """Keep that somebody looked at each of these rows."""
        ...

    def looks_of(self, crisis_id: UUID, subject: bytes) -> list[Look]:
        """Return who looked at a row, oldest first."""
        ...

    def looks_by(self, crisis_id: UUID, by: int, since: datetime) -> tuple[int, int]:
        """Return how many searches somebody made since, and how many records they opened."""
        ...

    def call_words(self, crises: Sequence[UUID], row_id: bytes) -> Opened | None:
        """Return a check-in of one of these crises, sealed."""
        ...


class LookStore(Protocol):
    """Where looks are kept."""

    def transaction(self) -> AbstractContextManager[Any]:
        """Open a LookTransaction."""
        ...

    @property
    def ids(self) -> IdSource:
        """Where new identifiers come from."""
        ...


def write(  # noqa: PLR0913  each is a thing of its own
    store: LookStore,
    tx: Any,
    crisis: Crisis,
    key: Sealer,
    subjects: Sequence[bytes],
    what: What,
    purpose: Purpose,
    reason: str,
    by: Who,
    salt: bytes,
    now: datetime,
    asked: str = "",
    at_call: UUID | None = None,
) -> Pass | Refusal:
    """Keep a look in the caller's transaction, before what it opens is given out; return the gate's pass for it.

    Refused without a reason, and outside of what the crisis opens: its hours, its people, these readers and purposes.
    `asked`: whom a search was for, sealed with its reason; `at_call`: the open call that somebody made from the page.
    """
    words = reason.strip()
    if not words:
        return Refusal(rule="reason_missing", detail="Say why you look.")
    if len(words) > LOOK_REASON_MAX:
        return Refusal(rule="reason_too_long")
    under = may(store, tx, crisis, what, purpose, by, now, at_call)
    if isinstance(under, Refusal):
        return under
    tx.serialise()
    tx.put_looks(
        crisis.id,
        subjects,
        Look(
            what,
            purpose,
            by.id,
            by.role,
            salt,
            key.seal(salt, f"{words}\n{asked}".strip().encode(), crisis.id.bytes),
            now,
        ),
    )
    person = Person(by.id, "")
    audit(store, tx, f"{by.role}:{what}:look", str(crisis.id), person, now, purpose=purpose, rows=str(len(subjects)))
    return under


def may(
    store: LookStore,
    tx: Any,
    crisis: Crisis,
    what: What | Literal["reasons", "allowance"],
    purpose: str,
    by: Who,
    now: datetime,
    at_call: UUID | None = None,
) -> Pass | Refusal:
    """Ask the gate; a refusal is a fact."""
    place = crisis_place(crisis.id) if at_call is None else place_of(at_call)
    asked = Reading(what=what, purpose=purpose, readers=(by.role,), place=place, live=at_call is not None)
    return accessing.ask(store, tx, asked, Person(by.id, ""), now)


def at_call(
    store: LookStore, key_of: KeyOf, incident_id: UUID, device_id: str, reason: str, by: Who, salt: bytes, now: datetime
) -> Call | Refusal:
    """Return what the person wrote whose call this incident heard; only while it is open. Raises Unreachable."""
    row_id = helping.row_of(device_id)
    with store.transaction() as tx:
        incident = tx.incident(incident_id)
        if incident is None:
            return Refusal(rule="incident_unknown")
        heard = {*tx.callers_of(incident_id), incident.personal_device}
        if row_id is None or device_id not in heard:
            return Refusal(rule="call_not_of_page")
        asked = Reading(
            what="call",
            purpose="answer_call",
            readers=(by.role,),
            place=place_of(incident_id),
            live=incident.state == "open",
        )
        under = accessing.ask(store, tx, asked, Person(by.id, ""), now)
        if isinstance(under, Refusal):
            return under
        kept = {state.id: state for state in tx.crises_now() if state.kept(now)}
        row: Opened | None = tx.call_words(list(kept), row_id)
        key = None if row is None else key_of(row.crisis_id)
        said = None if row is None or key is None else opened(key, row.id, row.salt, row.sealed)
        if row is None or key is None or said is None:
            return Refusal(rule="call_without_words")
        crisis = kept[row.crisis_id]
        under = write(
            store, tx, crisis, key, [row_id], "call", "answer_call", reason, by, salt, now, at_call=incident_id
        )
        if isinstance(under, Refusal):
            return under
        return Call(said, Status(row.status), row.at, row.changed_at, crisis.drill)


def seen_by_person(store: LookStore, key_of: KeyOf, link: bytes, now: datetime, *, drill: bool) -> list[Seen]:
    """Return every look at what a private link opens, for whoever holds the link. Raises Unreachable."""
    found: list[Seen] = []
    with store.transaction() as tx:
        for crisis in tx.crises_now():
            key = key_of(crisis.id) if crisis.drill == drill and crisis.kept(now) else None
            if key is not None:
                looks: list[Look] = tx.looks_of(crisis.id, key.row_of(link))
                found += [Seen(one.at, one.role, one.purpose, one.what) for one in looks]
    return found
