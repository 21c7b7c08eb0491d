"""The notary: follows the record, grows the tree, and signs what it is each second that it grew.

It signs nothing that does not continue what it signed last: the tree on disk must have that root, and the record must
still hold the fact the tree ended with. A record that was cut, replaced or restored from an old copy stops it, with
an alarm; so does a fact that no longer is what the tree committed to (`look_back`).
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import structlog

from necmergitur.adapters.postgres.ledger import READ, recorded
from necmergitur.adapters.postgres.queries import fill, load
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.adapters.publiclog.folder import LogFolder, Memory
from necmergitur.adapters.publiclog.growing import Growing
from necmergitur.ledger.chain import GENESIS, Break, verify
from necmergitur.ledger.checkpoint import Checkpoint, NoteSigner, parse
from necmergitur.ledger.commitment import DIGESTS_BYTES, commit_all, digests_of
from necmergitur.ledger.tiles import WIDTH
from necmergitur.ledger.tree import EMPTY_ROOT, leaf_hash
from necmergitur.operations.alarms import set_alarm

log = structlog.get_logger(__name__)
SQL = {name: fill(query, read=READ) for name, query in load("publiclog").items()}
PAGE = 20_000  # facts hashed by one query, 1.3 MB of digests
PAGES_MAX = 10  # ours: catching up, a checkpoint is signed at least every 200,000 facts
LOOK_BACK = 2_560  # ours: facts held against the tree in one look; a turn a minute passes 3.7 million a day
ALARM = "log_refused"
_BEGUN_BEFORE = "the log {name} was begun before, and its tiles are not here: it never begins twice"


class Inconsistent(Exception):
    """The record does not continue what was signed: nothing more is signed until a person found out why."""


class Notary:
    """Signs one log."""

    def __init__(
        self,
        store: PostgresStore,
        folder: LogFolder,
        signer: NoteSigner,
        secret: bytes,
    ) -> None:
        """Read nothing yet. `secret` makes the salts; the signer's name is the origin."""
        self._store = store
        self._folder = folder
        self._signer = signer
        self._secret = secret
        self._growing: Growing | None = None
        self._memory = Memory(0, EMPTY_ROOT, GENESIS, "")
        self._looked = 0
        self._refusing: bool | None = None
        self._known_begun = ""

    def turn(self, now: datetime) -> Checkpoint | None:
        """Sign a checkpoint when the record grew; return it. An alarm says when it refuses. Raises Unreachable."""
        try:
            signed = self._turn()
        except (Inconsistent, OSError) as why:  # a full disk is told as loudly: nothing is signed meanwhile
            self._growing = None
            if not self._refusing:
                log.error("log_refused", why=str(why))  # noqa: TRY400 -- the reason says it all
                set_alarm(self._store, ALARM, raised=True, detail=str(why), now=now)
            self._refusing = True
            return None
        if self._refusing is not False:
            set_alarm(self._store, ALARM, raised=False, detail="", now=now)
            self._refusing = False
        return signed

    @property
    def name(self) -> str:
        """The log's name."""
        return self._signer.verifier.name

    def why_not(self) -> str:
        """Return why this log cannot go on over this record; empty when it can. Nothing is signed.

        Raises Unreachable.
        """
        try:
            memory = self._folder.memory()
            if why := self._folder.halted():
                return why
            if memory is None:
                return _BEGUN_BEFORE.format(name=self.name) if self._begun(self.name) else ""
            self._memory = memory
            self._continues(memory.size)
        except (Inconsistent, OSError) as why:
            return str(why)
        return ""

    def _turn(self) -> Checkpoint | None:
        if why := self._folder.halted():
            raise Inconsistent(why)
        growing = self._growing or self._open()
        try:
            fact_hash = self._grow(growing)
        except BaseException:
            self._growing = None  # half a page may have been added: begin again from what was signed
            raise
        self._growing = growing
        if fact_hash is None:
            return None
        unsigned = Checkpoint(self._signer.verifier.name, growing.size, growing.settle())
        signed = unsigned.with_signatures([self._signer.sign(unsigned)])
        self._memory = Memory(signed.size, signed.root, fact_hash, signed.note())
        self._folder.remember(self._memory)  # before anybody can see it
        self._begin(signed.origin)  # after: a name begun without a memory would never be signed again
        self._publish(signed)
        return signed

    def _open(self) -> Growing:
        """Take up the tree where it was signed last. Raises Inconsistent when it is not there."""
        memory = self._folder.memory()
        name = self._signer.verifier.name
        if memory is None:
            if self._begun(name):
                raise Inconsistent(
                    f"the log {name} was begun before, and its tiles are not here: it never begins twice"
                )
            return Growing(self._folder, 0)
        try:
            signed = parse(memory.note)
            growing = Growing(self._folder, memory.size)
            root = growing.root()
        except (OSError, ValueError) as error:
            raise Inconsistent(f"the tree signed last cannot be read: {error}") from error
        if signed.origin != self._signer.verifier.name or self._signer.verifier.time_of(signed) is None:
            raise Inconsistent("the checkpoint signed last is not of this key")
        if (signed.size, signed.root) != (memory.size, memory.root) or root != memory.root:
            raise Inconsistent("the tree on disk is not the one signed last")
        self._memory = memory
        self._publish(signed)
        return growing

    def _begun(self, name: str) -> bool:
        """Return whether a log of this name was signed over this record, here or where it was copied from."""
        with self._store.cursor() as cursor:
            return cursor.execute(SQL["begun"], {"name": name}).fetchone() is not None

    def _begin(self, name: str) -> None:
        """Note in the record's own database that this log exists, once."""
        if self._known_begun != name:
            with self._store.cursor() as cursor:
                cursor.execute(SQL["begin"], {"name": name})
            self._known_begun = name

    def _publish(self, signed: Checkpoint) -> None:
        self._folder.publish(signed.note(), str(self._signer.verifier))

    def _grow(self, growing: Growing) -> bytes | None:
        """Add what is new; return the hash of the last fact added, None when there is none."""
        if not self._continues(growing.size):
            return None
        with ThreadPoolExecutor(1) as ahead:
            page, fact_hash = self._digests(growing.size)
            for turn in range(PAGES_MAX):
                full = len(page) == PAGE * DIGESTS_BYTES and turn + 1 < PAGES_MAX
                size = growing.size + len(page) // DIGESTS_BYTES
                following = ahead.submit(self._digests, size) if full else None
                growing.add(commit_all(self._secret, page))
                if following is None:
                    break
                page, newest = following.result()
                fact_hash = newest or fact_hash
        return fact_hash

    def _continues(self, size: int) -> bool:
        """Return whether there are facts beyond `size`. Raises Inconsistent when they do not follow what was signed."""
        with self._store.cursor() as cursor:
            rows = cursor.execute(SQL["joint"], {"size": size}).fetchall()
            head = cursor.execute(SQL["head"]).fetchone() if not rows else None
        found = {seq: (bytes(hash_), bytes(prev_hash)) for seq, hash_, prev_hash in rows}
        if size and size not in found:
            last = head[0] if head else 0
            raise Inconsistent(f"the record ends at fact {last}, and {size} were signed: cut, or restored from a copy")
        if size and found[size][0] != self._memory.fact_hash:
            raise Inconsistent(f"fact {size} is not the one that was signed")
        if size + 1 in found and found[size + 1][1] != self._memory.fact_hash:
            raise Inconsistent(f"fact {size + 1} does not follow the one that was signed")
        return size + 1 in found

    def _digests(self, after: int) -> tuple[bytes, bytes | None]:
        """Return the digests of the next page of facts, and the last one's hash."""
        with self._store.cursor() as cursor:
            cursor.execute(SQL["digests"], {"after": after, "limit": PAGE}, binary=True)
            row = cursor.fetchone()
            assert row is not None
            count, first, last, digests = row
            if not count:
                return b"", None
            newest = cursor.execute(SQL["hash_of"], {"seq": last}).fetchone()
        if (first, last) != (after + 1, after + count) or newest is None:
            raise Inconsistent(f"facts are missing after {after}")
        return bytes(digests), bytes(newest[0])

    def look_back(self, now: datetime) -> int:
        """Hold the next stretch of old facts against the tree, round and round; return how many were looked at.

        A fact that changed stops the notary for good (`halted`): it would sign beside a lie. Raises Unreachable.
        """
        if self._folder.halted() or (memory := self._folder.memory()) is None or not memory.size:
            return 0
        start = self._looked if self._looked < memory.size else 0
        start -= start % WIDTH
        end = min(start + LOOK_BACK, memory.size)
        with self._store.cursor() as cursor:
            rows = cursor.execute(SQL["facts"], {"after": start, "limit": end - start}).fetchall()
        facts = [recorded(row) for row in rows]
        why = ""
        checked = verify(facts, facts[0].prev_hash, start + 1) if facts else Break(start + 1, "is missing")
        if isinstance(checked, Break):
            why = f"fact {checked.seq} {checked.reason}"
        elif len(facts) != end - start:
            why = f"facts are missing after {start + len(facts)}"
        else:
            entries = commit_all(self._secret, b"".join(map(digests_of, facts)))
            differing = self._differing(start, entries, memory.size)
            why = "" if differing is None else f"fact {differing} is not what the tree holds"
        if why:
            self._folder.halt(f"{now.isoformat()}: {why}")
        self._looked = end
        return end - start

    def _differing(self, start: int, entries: list[bytes], size: int) -> int | None:
        """Return the first fact whose commitment is not the leaf in its place."""
        node = self._folder.tiles.node(size)
        for offset, entry in enumerate(entries):
            if node(0, start + offset) != leaf_hash(entry):
                return start + offset + 1
        return None
