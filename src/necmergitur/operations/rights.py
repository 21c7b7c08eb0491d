"""What we hold about whoever carries a personal button, and who looked: gathered for that person alone."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import msgspec

from necmergitur.dispatch.incidents import Person
from necmergitur.governance import gate
from necmergitur.governance.accesses import OWN_DATA, Reading
from necmergitur.governance.passes import Pass
from necmergitur.kernel.events import Fact
from necmergitur.kernel.ids import IdSource
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.ports import Transaction
from necmergitur.operations.registry import Audited

THE_PERSON = Person(0, "person")


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """Everything held about a button's holder. Numbers of staff stay here: pages turn them into roles."""

    device: str
    installed_at: datetime
    retired_at: datetime | None
    holder: str | None
    presses: tuple[dict[str, Any], ...]
    incidents: tuple[dict[str, Any], ...]


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """One time somebody looked. `what`: holder, still or break_glass; `by`: an account's number, 0 for a role alone."""

    at: datetime
    what: str
    by: int
    why: str
    incident: str
    under_glass: str = ""


class RightsTransaction(Transaction, Protocol):
    """A transaction that gathers one person's data."""

    def credential_of(self, device_id: str) -> bytes | None:
        """Return the digest of a personal button's credential; None when there is no such button or none was given."""
        ...

    def held_about(self, device_id: str) -> Held | None:
        """Return what is held about a button's holder but for their name, None when there is no such button."""
        ...

    def own_holder(self, device_id: str, under: Pass) -> str | None:
        """Return who holds a button, in the transaction whose last fact says that their data is handed out."""
        ...

    def looked_at(self, device_id: str) -> list[Looked]:
        """Return who looked at what, newest first."""
        ...


class Archive(Protocol):
    """Where data about persons lies."""

    def transaction(self) -> AbstractContextManager[Any]:
        """Open a RightsTransaction."""
        ...

    @property
    def ids(self) -> IdSource:
        """Where new identifiers come from."""
        ...


def credential_of(archive: Archive, device_id: str) -> bytes | None:
    """Return the digest of a personal button's credential."""
    with archive.transaction() as tx:
        found: bytes | None = tx.credential_of(device_id)
        return found


def own_data(archive: Archive, device_id: str, now: datetime, vouched_by: int = 0) -> tuple[Held, list[Looked]] | None:
    """Return what is held about a button's holder and who looked; that it was handed out is a fact that counts.

    `vouched_by`: who said that whoever reads is the holder, where no credential did. Then the fact names both: an
    officer who vouches for themselves reads anybody's.
    """
    asked = Reading(what="holder", purpose=OWN_DATA, readers=("dpo" if vouched_by else "person",), place="")
    with archive.transaction() as tx:
        held: Held | None = tx.held_about(device_id)
        under = gate.access(tx.gate_table(now), asked, now)
        if held is None or isinstance(under, Refusal):
            return None
        looked: list[Looked] = tx.looked_at(device_id)
        told = {"presses": str(len(held.presses)), "looks": str(len(looked))}
        action, subject = "person:data:export", ""
        if vouched_by:
            action, subject = "dpo:data:export", device_id
            told["vouched_by"] = f"user:{vouched_by}"
        tx.append(gate.admit_record([_told(archive, action, THE_PERSON, told, subject)], now))
        return msgspec.structs.replace(held, holder=tx.own_holder(device_id, under)), looked


def tell(archive: Archive, action: str, by: Person, now: datetime, facts: dict[str, str], subject: str = "") -> None:
    """Record that a request was made, extended or answered: what kind and on which ground, never whose.

    `subject`: the button that somebody at the desk said is this person's; it is they who answer for that.
    """
    with archive.transaction() as tx:
        tx.append(gate.admit_record([_told(archive, action, by, facts, subject)], now))


def _told(archive: Archive, action: str, by: Person, facts: dict[str, str], subject: str = "") -> Fact:
    event = Audited(action, subject, facts)
    return Fact(stream=f"audit:{archive.ids.new()}", version=1, event=event, actor=f"user:{by.id}")


def accounts_in(looked: Sequence[Looked]) -> set[int]:
    """Return whose roles a page needs, to say who looked without a name."""
    return {one.by for one in looked if one.by}


def incident_ids(held: Held) -> list[UUID]:
    """Return the incidents about this person."""
    return [one["id"] for one in held.incidents]
