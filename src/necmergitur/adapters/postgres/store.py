"""The store: transactions over a pool of connections that write as `nec_ledger`."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec
import psycopg
from psycopg import errors
from psycopg_pool import ConnectionPool, PoolTimeout

from necmergitur.adapters.ids import SystemIds
from necmergitur.adapters.postgres.abuse import AbuseMixin
from necmergitur.adapters.postgres.breakglass import BreakGlassMixin
from necmergitur.adapters.postgres.city import CityMixin
from necmergitur.adapters.postgres.confirming import ConfirmingMixin
from necmergitur.adapters.postgres.desk import DeskMixin
from necmergitur.adapters.postgres.doors import DoorsMixin
from necmergitur.adapters.postgres.erasure import ErasureMixin
from necmergitur.adapters.postgres.finding import FindingMixin
from necmergitur.adapters.postgres.following import FollowingMixin
from necmergitur.adapters.postgres.governance import GateCache, GovernanceMixin
from necmergitur.adapters.postgres.incidents import IncidentMixin
from necmergitur.adapters.postgres.ledger import SQL as LEDGER_SQL
from necmergitur.adapters.postgres.ledger import LedgerMixin
from necmergitur.adapters.postgres.mine import MineMixin
from necmergitur.adapters.postgres.missing import MissingMixin
from necmergitur.adapters.postgres.missions import MissionMixin, Sky
from necmergitur.adapters.postgres.notices import NoticeMixin
from necmergitur.adapters.postgres.patience import Patience
from necmergitur.adapters.postgres.places import ZoneIndex
from necmergitur.adapters.postgres.population import CrisisMixin
from necmergitur.adapters.postgres.proposals import ProposalMixin
from necmergitur.adapters.postgres.rights import RightsMixin
from necmergitur.adapters.postgres.sensors import SensorMixin
from necmergitur.adapters.postgres.session import CONNECT_TIMEOUT_S, KEEP_ALIVE, UTC_SESSION
from necmergitur.adapters.postgres.signals import SignalMixin
from necmergitur.adapters.postgres.statements import Statements, sent_ahead
from necmergitur.adapters.postgres.telling import TellingMixin
from necmergitur.adapters.postgres.trials import TrialMixin
from necmergitur.adapters.postgres.trust import TrustMixin
from necmergitur.adapters.sealing import KeyRing
from necmergitur.governance.accesses import SEALED_BY_SUBJECT
from necmergitur.governance.passes import Pass
from necmergitur.kernel.ids import IdSource
from necmergitur.ledger.ports import StoreRefused, VersionConflict
from necmergitur.operations.ports import Effect, Unreachable

# A writer that stalls while it holds the append lock is cut off, so the others go on.
SESSION = (
    f"{UTC_SESSION} -c role=nec_ledger -c idle_in_transaction_session_timeout=5000 -c lock_timeout=8000"
    " -c statement_timeout=15000"
)
# The same for whoever lends their own transaction.
WITHIN = (
    "SET LOCAL ROLE nec_ledger; SET LOCAL idle_in_transaction_session_timeout = 5000; SET LOCAL lock_timeout = 8000;"
    " SET LOCAL statement_timeout = 15000"
)
GUARDS = "NM"  # SQLSTATE class of the triggers in web/facts/migrations


class PostgresTransaction(
    LedgerMixin,
    SignalMixin,
    FindingMixin,
    IncidentMixin,
    MissionMixin,
    GovernanceMixin,
    CityMixin,
    ErasureMixin,
    BreakGlassMixin,
    RightsMixin,
    TrustMixin,
    ProposalMixin,
    SensorMixin,
    TrialMixin,
    CrisisMixin,
    TellingMixin,
    FollowingMixin,
    DeskMixin,
    MissingMixin,
    ConfirmingMixin,
    AbuseMixin,
    MineMixin,
    DoorsMixin,
    NoticeMixin,
):
    """Everything one transaction can do (`operations.registry.RegistryTransaction`, `operations.retention`)."""

    def __init__(
        self, statements: Statements, zone_index: ZoneIndex, gate_cache: GateCache, sky: Sky, keys: KeyRing
    ) -> None:
        """Send `statements` until the caller's `with` block commits."""
        self.cursor = statements
        self.zone_index = zone_index
        self.gate_cache = gate_cache
        self.sky = sky
        self._keys = keys
        self.fresh_keys: dict[str, bytes] = {}
        self._made_keys: dict[str, str] = {}
        self.reading_keys = keys.readings
        self.fresh_reading_keys = {}

    def enqueue(self, effects: Sequence[Effect]) -> None:
        """Put effects in the outbox; one already there is left alone."""
        if not effects:
            return
        self.cursor.execute(
            LEDGER_SQL["enqueue"],
            {
                "kind": [e.kind for e in effects],
                "dedupe": [e.dedupe for e in effects],
                "payload": [msgspec.json.encode(e.payload).decode() for e in effects],
                "due_at": [e.due_at for e in effects],
            },
        )

    def seal(self, plain: bytes, subject: str = "") -> bytes:
        """Encrypt under a key of the subject's own, made with this transaction; without one, under today's key."""
        now = datetime.now(UTC)
        if not subject:
            return self._keys.seal(self.cursor, self.fresh_keys, plain, now)
        return self._keys.seal_for(self.cursor, self.fresh_keys, self._made_keys, plain, subject, now)

    def write_keys(self) -> None:
        """Write the keys made here in one statement; what sealed nothing about anybody writes none."""
        if self._made_keys:
            names = list(self._made_keys.values())
            self.cursor.execute(
                LEDGER_SQL["put_data_keys"], {"names": names, "keys": [self.fresh_keys[name] for name in names]}
            )

    def unseal(self, sealed: bytes, under: Pass, *, vital: bool = False) -> bytes | None:
        """Decrypt, or None when the key is gone; unless `vital`, also while an erased person's key may be back."""
        under.must_be_for(*SEALED_BY_SUBJECT)
        if not vital and self.cursor.execute(LEDGER_SQL["list_short"]).fetchone() is not None:
            return None
        return self._keys.unseal(self.cursor, self.fresh_keys, sealed)


class PostgresStore:
    """`operations.ports.Store`. One per process; threads share it."""

    def __init__(
        self, url: str, *, connections_max: int = 4, ids: IdSource | None = None, patience_s: float | None = None
    ) -> None:
        """Open lazily on `url`; at most `connections_max` connections.

        With `patience_s`, a transaction that lasts longer is cut and Unreachable: the server stands still.
        """
        self._patience = Patience(patience_s)
        self._cut_seen = 0
        self._pool = ConnectionPool(
            url,
            min_size=1,
            max_size=connections_max,
            open=False,
            timeout=CONNECT_TIMEOUT_S,
            reconnect_timeout=0.5,
            kwargs={"options": SESSION, "connect_timeout": CONNECT_TIMEOUT_S, **KEEP_ALIVE},
            name="ledger",
        )
        self._ids: IdSource = ids or SystemIds()
        self.zone_index = ZoneIndex()
        self._gate_cache = GateCache()
        self._sky = Sky()
        self._keys = KeyRing()
        self.full = False  # whether a write failed for want of room, until `has_room` finds some

    @property
    def ids(self) -> IdSource:
        """Where new identifiers come from."""
        return self._ids

    @contextmanager
    def transaction(self) -> Iterator[PostgresTransaction]:
        """Open a transaction.

        Raises Unreachable when the database cannot be had, VersionConflict on a race, StoreRefused when one of
        its own guards fires.
        """
        if self._pool.closed:
            self._pool.open()
        with (
            self._told_apart(),
            self._pool.connection() as connection,
            self._patience.over(connection),
            sent_ahead(connection) as statements,
        ):
            transaction = self._on(statements)
            yield transaction
            transaction.write_keys()
        now = datetime.now(UTC)
        self._keys.keep(transaction.fresh_keys, now)
        self._keys.readings.keep(transaction.fresh_reading_keys, now)

    @contextmanager
    def within(self, connection: psycopg.Connection[Any]) -> Iterator[PostgresTransaction]:
        """Lend a transaction inside the caller's own on `connection`, which commits both or neither. Seals nothing.

        Raises as `transaction` does. The append lock is held until the caller commits, so this comes last.
        """
        with self._told_apart():
            row = connection.execute("SELECT quote_ident(current_user)").fetchone()
            assert row is not None, "a server that answers"
            connection.execute(WITHIN)
            with connection.pipeline():
                yield self._on(Statements(connection))
            connection.execute(f"SET LOCAL ROLE {row[0]}")

    def _on(self, statements: Statements) -> PostgresTransaction:
        return PostgresTransaction(statements, self.zone_index, self._gate_cache, self._sky, self._keys)

    @contextmanager
    def _told_apart(self) -> Iterator[None]:
        """Raise what psycopg says as what operations know."""
        try:
            yield
        except (errors.UniqueViolation, errors.SerializationFailure, errors.DeadlockDetected) as race:
            raise VersionConflict(str(race)) from race
        except (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout) as lost:
            raise self._lost(lost) from lost
        except psycopg.DatabaseError as refused:
            if refused.sqlstate is None or not refused.sqlstate.startswith(GUARDS):
                raise
            raise StoreRefused(refused.sqlstate, str(refused.diag.message_primary)) from refused

    @contextmanager
    def cursor(self) -> Iterator[psycopg.Cursor[Any]]:
        """Open a plain transaction for adapters of their own. Raises Unreachable."""
        if self._pool.closed:
            self._pool.open()
        try:
            with (
                self._pool.connection() as connection,
                self._patience.over(connection),
                connection.cursor() as cursor,
            ):
                yield cursor
        except (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout) as lost:
            raise self._lost(lost) from lost

    def has_room(self) -> bool:
        """Return whether the server's disk takes a few megabytes, which are given back at once. Raises Unreachable.

        An append may find room in a page that is there already: it proves nothing.
        """
        try:
            with self.cursor() as cursor:
                cursor.execute(LEDGER_SQL["spill_little"])
                cursor.execute(LEDGER_SQL["spill"])
        except Unreachable as lost:
            if isinstance(lost.__cause__, errors.DiskFull):
                return False
            raise
        self.full = False
        return True

    def _lost(self, why: Exception) -> Unreachable:
        """Drop what else the same restart broke, so that the next transaction finds a live connection."""
        if isinstance(why, errors.DiskFull):
            self.full = True
            return Unreachable(str(why))
        if self._patience.cut > self._cut_seen:
            self._cut_seen = self._patience.cut
            self._pool.drain()  # the others stand still too: a question to each would wait as long
        elif not isinstance(why, PoolTimeout):
            self._pool.check()
        return Unreachable(str(why))

    def close(self) -> None:
        """Close every connection."""
        self._patience.close()
        self._pool.close()
