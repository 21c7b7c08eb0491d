"""Make proofs of single facts, from the record and the tiles."""

from datetime import datetime

import msgspec

from necmergitur.adapters.postgres.ledger import recorded
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.adapters.publiclog.folder import LogFolder
from necmergitur.adapters.publiclog.notary import SQL
from necmergitur.kernel.events import Recorded
from necmergitur.kernel.refusal import Refusal
from necmergitur.ledger import tree
from necmergitur.ledger.checkpoint import Checkpoint, parse
from necmergitur.ledger.commitment import Opening, commit_all, open_fact
from necmergitur.ledger.proof import Proof
from necmergitur.ledger.tiles import WIDTH
from necmergitur.operations.publishing import PUBLISHED, Shown, names_somebody, shown_of

PAGE = 1_000  # public facts read by one query
FACTS_AT_ONCE = 64 * WIDTH  # facts held against the tree at once, whole bundles


class Prover:
    """Proves facts of one log."""

    def __init__(self, store: PostgresStore, folder: LogFolder, secret: bytes) -> None:
        """`secret` is what the notary makes salts from."""
        self._store = store
        self._folder = folder
        self._secret = secret

    def public(self, seq: int, now: datetime) -> Proof | Refusal:
        """Prove a fact as far as anybody may see it. Raises Unreachable."""
        fact = self._fact(seq)
        shown = _shown(fact, now) if fact else None
        if fact is None or shown is None:
            return Refusal(rule="fact_not_public", detail="No such fact, or not one that everybody may see yet.")
        return self._prove(fact, shown)

    def any(self, seq: int, shown: Shown) -> Proof | Refusal:
        """Prove any fact: for whoever answers for the record, not for a page. Raises Unreachable."""
        fact = self._fact(seq)
        return Refusal(rule="fact_unknown", detail=f"No fact {seq}.") if fact is None else self._prove(fact, shown)

    def page(
        self, now: datetime, after: int = 0, limit: int = PAGE, stream: str | None = None
    ) -> list[tuple[int, Opening | None]]:
        """Return facts of published streams after number `after`, in order, each as far as anybody may see it now.

        None stands for one whose time has not come. With `stream`, of that stream alone. Raises Unreachable.
        """
        asked = {"after": after, "limit": limit, "streams": list(PUBLISHED), "stream": stream}
        with self._store.cursor() as cursor:
            facts = [recorded(row) for row in cursor.execute(SQL["published"], asked)]
        shown = [(fact, _shown(fact, now)) for fact in facts]
        return [(fact.seq, open_fact(self._secret, fact, how) if how else None) for fact, how in shown]

    def _fact(self, seq: int) -> Recorded | None:
        with self._store.cursor() as cursor:
            row = cursor.execute(SQL["facts"], {"after": seq - 1, "limit": 1}).fetchone()
        fact = None if row is None else recorded(row)
        return fact if fact is not None and fact.seq == seq else None

    def _prove(self, fact: Recorded, shown: Shown) -> Proof | Refusal:
        checkpoint = self._covering(fact.seq)
        if checkpoint is None:
            return Refusal(rule="fact_not_signed_yet", detail="The next checkpoint will hold it: a second or two.")
        index = fact.seq - 1
        path = tree.inclusion(index, checkpoint.size, self._folder.tiles.node(checkpoint.size))
        opening = open_fact(self._secret, fact, shown)
        proof = Proof(
            seq=fact.seq,
            fact=opening,
            index=index,
            path=[step.hex() for step in path],
            checkpoint=checkpoint.note(),
            log_key=self._folder.key(),
            witness_keys=self._folder.witness_keys(),
        )
        leaf = tree.leaf_hash(opening.commitment())
        if not tree.includes(leaf, index, checkpoint.size, path, checkpoint.root):
            return Refusal(rule="fact_not_what_was_signed", detail=f"Fact {fact.seq} is not what the log holds.")
        return proof

    def _covering(self, seq: int) -> Checkpoint | None:
        """Return the newest checkpoint a witness cosigned when it holds fact `seq`, else the newest."""
        for note in (self._folder.cosigned(), self._folder.checkpoint_or_nothing()):
            if note and (checkpoint := parse(note)).size >= seq:
                return checkpoint
        return None


def _shown(fact: Recorded, now: datetime) -> Shown | None:
    """Return how much of a fact anybody may see: where a name stands in it, its header alone."""
    shown = shown_of(fact.stream, fact.kind, fact.recorded_at, now)
    return "header" if shown == "whole" and names_somebody(fact.kind, fact.payload) else shown


def check_tree(store: PostgresStore, folder: LogFolder, secret: bytes) -> int | str:
    """Hold the record against the newest checkpoint; return how many facts agree, or what does not.

    Raises Unreachable. Zero before the first checkpoint.
    """
    note = folder.checkpoint_or_nothing()
    size = parse(note).size if note else 0
    if note and tree.root(size, folder.tiles.node(size)) != parse(note).root:
        return "the tree on disk is not the one that was signed"
    last = 0
    while last < size:
        with store.cursor() as cursor:
            asked = {"after": last, "limit": min(FACTS_AT_ONCE, size - last)}
            row = cursor.execute(SQL["digests"], asked, binary=True).fetchone()
        count, _first, newest, digests = row or (0, None, None, b"")
        if not count or newest != last + count:
            return f"facts are missing after {last}, and {size} were signed"
        entries = commit_all(secret, bytes(digests))
        for start in range(0, count, WIDTH):
            held = folder.entries((last + start) // WIDTH, size)
            for offset, entry in enumerate(entries[start : start + WIDTH]):
                if entry != held[offset]:
                    return f"fact {last + start + offset + 1} is not what the log holds"
        last += count
    return size


def as_json(proof: Proof) -> bytes:
    """Return a proof as it is given out, laid out for people to read."""
    return msgspec.json.format(msgspec.json.encode(proof), indent=1) + b"\n"
