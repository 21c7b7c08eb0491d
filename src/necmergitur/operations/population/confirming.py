"""Whose number it is: a check-in hides nothing before whoever has its number or address says that it was them.

Anybody can type anybody's number. Checking in stays one step; only "nobody may find me" waits for a link that went to
the number itself, or for the desk that called it back. Whoever says "it was not me" frees their number from a check-in
that is not theirs, for good.
"""

from collections.abc import Callable
from datetime import datetime
from enum import IntEnum
from typing import Any, Protocol
from uuid import UUID

import msgspec

from necmergitur.dispatch.incidents import Person
from necmergitur.governance.breakglass import Who
from necmergitur.kernel.ids import IdSource
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.population import missing
from necmergitur.operations.population.checkins import Sealer, opened, text_of
from necmergitur.operations.population.missing_ports import (
    CheckInRow,
    MissingTransaction,
    PersonRow,
    Registry,
    Tie,
    TieState,
)
from necmergitur.operations.population.telling import waiting as letter_waiting
from necmergitur.operations.registry import audit
from necmergitur.people import notes as rules
from necmergitur.people.constants import CONFIRM_LETTERS_MAX
from necmergitur.people.crises import Crisis
from necmergitur.people.letters import Letter

QUEUE_MAX = 200  # ours: as many as a desk reads
NOTICES_SHOWN_MAX = 5  # ours: of one number; more is for a search
LINK_BYTES = 32


class Standing(IntEnum):
    """How far a check-in's claim to a number or address got. Numbers are stored: never change one."""

    ASKED = 0
    THEIRS = 1
    NOT_THEIRS = 2


class Confirmation(msgspec.Struct, frozen=True, kw_only=True):
    """A claim as stored: digests and instants."""

    checkin: bytes
    contact: bytes
    state: int
    letters: int
    asked_at: datetime
    settled_at: datetime | None = None
    by: int | None = None


class Claim(msgspec.Struct, frozen=True):
    """A claim as the desk sees it: under which name, where to call back, and the notices it would hide."""

    row: Confirmation
    name: str
    contact: str
    notices: tuple[str, ...]


class ConfirmingTransaction(MissingTransaction, Protocol):
    """A transaction that knows whose number is whose."""

    def confirmation(self, crisis_id: UUID, checkin: bytes, contact: bytes) -> Confirmation | None:
        """Return how far a check-in's claim to a number or address got."""
        ...

    def letters_to(self, crisis_id: UUID, contact: bytes) -> int:
        """Return how many letters asked whoever has this number or address, for whichever check-in."""
        ...

    def ask_confirmation(self, crisis_id: UUID, checkin: bytes, contact: bytes, letters: int, now: datetime) -> None:
        """Keep that a check-in claims a number or address, and how many letters more asked about it."""
        ...

    def settle_confirmation(
        self, crisis_id: UUID, checkin: bytes, contact: bytes, state: int, by: int | None, now: datetime
    ) -> bool:
        """Say whether it is theirs; False when that was said before."""
        ...

    def confirmations_waiting(self, crisis_id: UUID, limit: int) -> list[Confirmation]:
        """Return claims that nobody settled, oldest first."""
        ...

    def sought_by(self, crisis_id: UUID, contact: bytes, limit: int) -> list[bytes]:
        """Return the notices that look for whoever has this number or address."""
        ...

    def free_checkin(self, crisis_id: UUID, checkin: bytes, now: datetime) -> None:
        """Undo what was proposed between a check-in and others by a number that is not its own."""
        ...


class ConfirmingStore(Registry, Protocol):
    """Where they are kept, and the record."""

    @property
    def ids(self) -> IdSource:
        """Where new identifiers come from."""
        ...


def ask_nobody(
    store: Registry, crisis: Crisis, key: Sealer, link: bytes, random: Callable[[int], bytes], root: str, now: datetime
) -> Refusal | None:
    """Let whoever holds a check-in's private link want to be found by nobody: it beats everything, once confirmed.

    A letter asks the number or address itself; `root` is where its link leads. Nothing is hidden before. Raises
    Unreachable.
    """
    if not crisis.kept(now):
        return Refusal(rule="checkin_unknown")
    with store.transaction() as tx:
        row: CheckInRow | None = tx.checkin(crisis.id, key.row_of(link))
        if row is None or row.contact is None:
            return Refusal(rule="checkin_unknown")
        standing: Confirmation | None = tx.confirmation(crisis.id, row.id, row.contact)
        if standing is not None and standing.state != Standing.ASKED:
            if standing.state == Standing.THEIRS:
                _hide(tx, crisis, row, now)
            return None
        said = opened(key, row.id, row.salt, row.sealed)
        writes = said is not None and said.contact is not None
        writes = writes and tx.letters_to(crisis.id, row.contact) < CONFIRM_LETTERS_MAX
        tx.ask_confirmation(crisis.id, row.id, row.contact, int(writes), now)
        if writes and said is not None and said.contact is not None:
            parts = {"link": f"{root}confirm/{text_of(confirm_link(key, row))}/"}
            letter = Letter(said.contact, "confirm", said.language, parts)
            tx.put_messages([letter_waiting(key, crisis.id, row.id, letter, random)], now)
    return None


def confirm_link(key: Sealer, row: CheckInRow) -> bytes:
    """Return the link that goes to a check-in's number or address and nowhere else."""
    assert row.contact is not None, "there is nobody to send it to"
    return row.id + key.link_of(b"confirm" + row.id + row.contact)


def claimed(store: Registry, crisis: Crisis, key: Sealer, link: bytes, now: datetime) -> Confirmation | None:
    """Return the claim that a confirmation's link is about; None when we did not make it, or it was never asked."""
    if not crisis.kept(now):
        return None
    with store.transaction() as tx:
        found = _claimed(tx, crisis, key, link)
        return None if found is None else found[1]


def settle(store: Registry, crisis: Crisis, key: Sealer, link: bytes, now: datetime, *, theirs: bool) -> bool | Refusal:
    """Say, by the link that went to the number or address, whether the check-in is of whoever has it."""
    if not crisis.kept(now):
        return Refusal(rule="checkin_unknown")
    with store.transaction() as tx:
        found = _claimed(tx, crisis, key, link)
        if found is None:
            return Refusal(rule="checkin_unknown")
        return _settle(tx, crisis, found[0], None, now, theirs=theirs)


def settle_by_desk(
    store: ConfirmingStore, crisis: Crisis, checkin: bytes, by: Who, now: datetime, *, theirs: bool
) -> bool | Refusal:
    """Say it for whoever has the number, once the desk called it back; a fact of the record without a name."""
    problem = rules.tend(by)
    if problem is not None:
        return problem
    with store.transaction() as tx:
        row: CheckInRow | None = tx.checkin(crisis.id, checkin)
        if row is None or row.contact is None or tx.confirmation(crisis.id, checkin, row.contact) is None:
            return Refusal(rule="checkin_unknown")
        tx.serialise()
        audit(store, tx, f"{by.role}:number:settle", str(crisis.id), Person(by.id, ""), now, theirs=str(theirs).lower())
        return _settle(tx, crisis, row, by.id, now, theirs=theirs)


def claims(store: Registry, crisis: Crisis, key: Sealer, limit: int = QUEUE_MAX) -> list[Claim]:
    """Return what waits to be confirmed, oldest first, with the notices it is in conflict with."""
    found: list[Claim] = []
    with store.transaction() as tx:
        for row in tx.confirmations_waiting(crisis.id, limit):
            held: CheckInRow | None = tx.checkin(crisis.id, row.checkin)
            said = None if held is None else opened(key, held.id, held.salt, held.sealed)
            if held is None or said is None or said.contact is None or held.contact != row.contact:
                continue
            ids = tx.sought_by(crisis.id, row.contact, NOTICES_SHOWN_MAX)
            persons: list[PersonRow] = [one for each in ids if (one := tx.person(crisis.id, each)) is not None]
            notices = [notice for one in persons if (notice := missing.opened(key, one)) is not None]
            found.append(Claim(row, said.name, said.contact.written, tuple(one.person.full_name for one in notices)))
    return found


def _claimed(tx: Any, crisis: Crisis, key: Sealer, link: bytes) -> tuple[CheckInRow, Confirmation] | None:
    if len(link) != LINK_BYTES:
        return None
    row: CheckInRow | None = tx.checkin(crisis.id, link[:16])
    if row is None or row.contact is None or link != confirm_link(key, row):
        return None
    standing: Confirmation | None = tx.confirmation(crisis.id, row.id, row.contact)
    return None if standing is None else (row, standing)


def _settle(tx: Any, crisis: Crisis, row: CheckInRow, by: int | None, now: datetime, *, theirs: bool) -> bool:
    state = Standing.THEIRS if theirs else Standing.NOT_THEIRS
    if not tx.settle_confirmation(crisis.id, row.id, row.contact, state, by, now):
        return False
    if theirs:
        _hide(tx, crisis, row, now)
    else:
        tx.free_checkin(crisis.id, row.id, now)
    return True


def _hide(tx: Any, crisis: Crisis, row: CheckInRow, now: datetime) -> None:
    """Hide what looks for a confirmed number; and for others of one person, where the desk tied notice and check-in."""
    wanted = [row.contact]
    for tie in tx.ties_of(crisis.id, row.id):
        is_tied = tie.kind == Tie.CHECKIN and tie.state == TieState.TIED
        looked: PersonRow | None = tx.person(crisis.id, tie.left) if is_tied else None
        wanted += [] if looked is None else list(looked.sought)
    tx.put_not_to_be_found(crisis.id, list(dict.fromkeys(wanted)), now)
