"""The twin's ledger, outbox, authorisations and seal."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from necmergitur.governance.authorisations import Authorisation
from necmergitur.governance.gate import CALL_FOR_HELP, GOVERNANCE, GateTable, compile_table
from necmergitur.governance.passes import Pass
from necmergitur.kernel.events import Recorded
from necmergitur.ledger.admitted import Admitted
from necmergitur.ledger.chain import GENESIS, record
from necmergitur.ledger.ports import StoreRefused, VersionConflict
from necmergitur.operations.ports import Effect
from necmergitur.sim.twin.journal import Journal
from necmergitur.sim.twin.tables import Tables

_SEAL = b"sealed by the twin:"
# As the table ledger_scope: which laws may carry which facts, '*' being the others of the stream.
_HELP, _FLIGHT, _RECORD = frozenset({CALL_FOR_HELP}), frozenset({"flight"}), frozenset({GOVERNANCE})
_LAWS = (
    {(stream, "*"): _HELP for stream in ("signal", "incident", "responder", "observation", "still")}
    | {("mission", "*"): _HELP | _FLIGHT}
    | {("mission", kind): _FLIGHT for kind in ("MissionOffered", "MissionAccepted", "MissionLaunched")}
    | {(stream, "*"): _RECORD for stream in ("audit", "authorisation", "assessment", "party", "dialogue", "proposal")}
)


class FactsMixin:
    """`ledger.ports.Ledger`, `GovernanceStore`, the outbox and the seal, in memory."""

    tables: Tables
    journal: Journal

    def serialise(self) -> None:
        """Nothing to wait for: a transaction of the twin holds the whole store."""

    def append(self, batch: Sequence[Admitted]) -> int:
        """Write facts in order. Raises VersionConflict, and StoreRefused as the database's triggers would."""
        events = self.tables.events
        for item in batch:
            fact = item.fact
            told = self.tables.by_stream[fact.stream]
            if fact.version != len(told) + 1:
                raise VersionConflict(f"{fact.stream}: at {len(told)}, wanted {fact.version - 1}")
            self._authorised(item)
            (recorded,) = record([item], len(events), events[-1].hash if events else GENESIS)
            self.journal.append(events, recorded)
            self.journal.append(told, recorded)
        return len(events)

    def _authorised(self, item: Admitted) -> None:
        """Refuse what the trigger `ledger_authorised` refuses."""
        found = self.tables.authorisations.get(item.authorisation_id)
        if found is None:
            raise StoreRefused("NM001", f"ledger: unknown authorisation {item.authorisation_id}")
        if found.kind != "standing" and not found.current(item.at):
            raise StoreRefused("NM002", f"ledger: authorisation {item.authorisation_id} is not current at {item.at}")
        law = found.modality if found.kind == "standing" else found.kind
        stream = item.fact.stream.partition(":")[0]
        if law not in _LAWS.get((stream, item.fact.kind), _LAWS.get((stream, "*"), frozenset())):
            raise StoreRefused("NM007", f"ledger: {law} may not carry this fact")

    def stream(self, stream: str, kinds: Sequence[str] | None = None) -> list[Recorded]:
        """Return one stream's facts in version order, all or those of some kinds."""
        facts = self.tables.by_stream.get(stream, ())
        return [fact for fact in facts if kinds is None or fact.kind in kinds]

    def tail(self, after_seq: int, limit: int) -> Iterator[Recorded]:
        """Yield at most `limit` facts after `after_seq`."""
        yield from self.tables.events[after_seq : after_seq + limit]

    def enqueue(self, effects: Sequence[Effect]) -> None:
        """Put effects in the outbox; one already there is left alone."""
        for effect in effects:
            if effect.dedupe not in self.tables.outbox:
                self.journal.put(self.tables.outbox, effect.dedupe, effect)

    def seal(self, plain: bytes, subject: str = "") -> bytes:  # noqa: ARG002  the twin has no keys
        """Mark bytes as sealed. The twin keeps no secrets: only the shape of the port."""
        return _SEAL + plain

    def unseal(self, sealed: bytes, under: Pass, *, vital: bool = False) -> bytes | None:  # noqa: ARG002 -- the port's
        """Return what `seal` was given; nothing was ever restored here."""
        return sealed.removeprefix(_SEAL) if sealed.startswith(_SEAL) else None

    def gate_table(self, now: datetime) -> GateTable:
        """Return the compiled authorisations as of this transaction."""
        cached = self.tables.gate_table
        if cached is None:
            newest_first = sorted(self.tables.authorisations.values(), key=lambda a: a.granted_at, reverse=True)
            cached = compile_table(newest_first, now)
        self.tables.gate_table = msgspec.structs.replace(cached, loaded_at=now)
        return self.tables.gate_table

    def authorisation(self, authorisation_id: UUID) -> Authorisation | None:
        """Return one authorisation."""
        return self.tables.authorisations.get(authorisation_id)

    def put_authorisation(self, authorisation: Authorisation, seq: int) -> None:  # noqa: ARG002  the twin keeps no seq
        """Store an authorisation; the gate follows."""
        self.journal.put(self.tables.authorisations, authorisation.id, authorisation)
        self.tables.gate_table = None
