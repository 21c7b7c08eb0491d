"""Asking the gate whether something about a person may be read, in the very transaction that reads it.

A refusal is a fact, as a reading is: the register counts both. What our gate lets through and PostgreSQL refuses is
rolled back, and then told as well.
"""

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol, TypeVar

from necmergitur.dispatch.incidents import Person
from necmergitur.governance import gate
from necmergitur.governance.accesses import Reading
from necmergitur.governance.passes import Pass
from necmergitur.kernel.ids import IdSource
from necmergitur.kernel.refusal import Refusal
from necmergitur.ledger.ports import StoreRefused
from necmergitur.operations.registry import audit

Result = TypeVar("Result")


class Shelf(Protocol):
    """Where something about people lies."""

    def transaction(self) -> AbstractContextManager[Any]:
        """Open a transaction that can append, and knows the gate's table."""
        ...

    @property
    def ids(self) -> IdSource:
        """Where new identifiers come from."""
        ...


def ask(
    shelf: Shelf, tx: Any, asked: Reading, by: Person, now: datetime, untold: Collection[str] = ()
) -> Pass | Refusal:
    """Return a pass for what an account asks to read now, or why it has none; the refusal is a fact.

    `untold`: rules that refuse what a page asks by itself every second, and nobody tried.
    """
    found = gate.access(tx.gate_table(now), asked, now)
    if isinstance(found, Refusal) and found.rule not in untold:
        _tell(shelf, tx, asked, found.rule, by, now)
    return found


def open_to(tx: Any, reader: str, what: str, purpose: str, place: str, now: datetime) -> bool:
    """Return whether the gate opens this to a reader without an account: a person, the public, a process of ours.

    Its refusals are no facts: nobody at the desk tried, and whoever sends a wrong address could fill the record.
    """
    asked = Reading(what=what, purpose=purpose, readers=(reader,), place=place)
    return not isinstance(gate.access(tx.gate_table(now), asked, now), Refusal)


def judged_twice(
    shelf: Shelf, asked: Reading, by: Person, now: datetime, attempt: Callable[[], Result]
) -> Result | Refusal:
    """Return what `attempt` reads; what the database alone refuses is told too, and is a refusal like any other."""
    try:
        return attempt()
    except StoreRefused as refused:
        rule = "refused_by_the_database"
        with shelf.transaction() as tx:
            _tell(shelf, tx, asked, rule, by, now)
        return Refusal(rule=rule, owner="gate", facts={"guard": refused.code})


def _tell(shelf: Shelf, tx: Any, asked: Reading, rule: str, by: Person, now: datetime) -> None:
    reader = next(iter(asked.readers), "nobody")
    told = {"rule": f"read_{rule}", "purpose": asked.purpose[:40]}
    audit(shelf, tx, f"{reader}:{asked.what}:refuse", asked.place, by, now, **told)
