"""Authorisations in PostgreSQL, and the gate table compiled from them."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from necmergitur.adapters.postgres.queries import fill, load
from necmergitur.adapters.postgres.rows import RowCodec
from necmergitur.adapters.postgres.statements import Statements
from necmergitur.governance.accesses import READINGS, Opened, crisis_place, place_of
from necmergitur.governance.authorisations import Authorisation
from necmergitur.governance.gate import GateTable, compile_table

CODEC = RowCodec(Authorisation)
SQL = {name: fill(query, columns=CODEC.columns(), values=CODEC.values()) for name, query in load("governance").items()}


class GateCache:
    """The compiled table of a process. A transaction checks its version, so it is never older than that."""

    def __init__(self) -> None:
        """Start empty."""
        self.table: GateTable | None = None


def announce(cursor: Statements) -> None:
    """Make every gate reload at its next transaction, and wake those that wait for it."""
    cursor.execute(SQL["bump"])
    cursor.execute(SQL["notify"])


def _crises(open_ones: Sequence[Any]) -> Iterator[Opened]:
    for crisis, services, since, until in open_ones:
        yield Opened(id=crisis, place=crisis_place(crisis), since=since, until=until, services=tuple(services))


def _glasses(broken: Sequence[Any]) -> Iterator[Opened]:
    whats = {"holder": "holder", "stills": "still", "readings": READINGS}
    for glass, scope, readers, incident, stream, since, until in broken:
        place = stream or place_of(incident)
        yield Opened(id=glass, place=place, since=since, until=until, glass=(whats[scope], readers))


class GovernanceMixin:
    """`operations.ports.GovernanceStore` inside one transaction."""

    cursor: Statements
    gate_cache: GateCache

    def gate_table(self, now: datetime) -> GateTable:
        """Return the compiled authorisations as of this transaction."""
        row = self.cursor.execute(SQL["version"]).fetchone()
        assert row is not None
        cached = self.gate_cache.table
        if cached is not None and cached.version == row[0] and not row[1]:
            self.gate_cache.table = msgspec.structs.replace(cached, loaded_at=now)
            return self.gate_cache.table
        found = self.cursor.execute(SQL["in_force"], {"now": now}).fetchall()
        broken = self.cursor.execute(SQL["glasses_open"], {"now": now}).fetchall()
        crises = self.cursor.execute(SQL["crises_open"]).fetchall()
        opened = [*_crises(crises), *_glasses(broken)]
        compiled = compile_table((CODEC.from_row(r) for r in found), now, row[0], opened)
        if not row[1]:  # what this transaction itself changed may never be: nobody else decides by it
            self.gate_cache.table = compiled
        return compiled

    def authorisation(self, authorisation_id: UUID) -> Authorisation | None:
        """Return one authorisation."""
        row = self.cursor.execute(SQL["one"], {"id": authorisation_id}).fetchone()
        return None if row is None else CODEC.from_row(row)

    def put_authorisation(self, authorisation: Authorisation, seq: int) -> None:
        """Store an authorisation; every gate reloads at its next transaction."""
        self.cursor.execute(SQL["put"], {**CODEC.to_row(authorisation), "last_seq": seq})
        announce(self.cursor)
