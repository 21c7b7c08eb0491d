"""A proof that one fact is in the log: what a citizen keeps, and any machine can check without us."""

from collections.abc import Sequence

import msgspec

from necmergitur.ledger import tree
from necmergitur.ledger.checkpoint import Checkpoint, VerifierKey, parse
from necmergitur.ledger.commitment import Opening

FORM = "necmergitur/proof/v1"


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """A fact as far as it is shown, its place in the tree, and the checkpoint over it. Hashes in hexadecimal.

    `log_key` and `witness_keys` say which keys we use: whoever checks takes them from elsewhere too.
    """

    form: str = FORM
    seq: int
    fact: Opening
    index: int
    path: list[str]
    checkpoint: str
    log_key: str
    witness_keys: list[str] = []


class Verdict(msgspec.Struct, frozen=True):
    """What holds of a proof. `witnesses`: those whose cosignature holds, each with the time it looked."""

    included: bool
    signed: bool
    witnesses: dict[str, int]
    why: str = ""


def check(proof: Proof, log_key: VerifierKey, witness_keys: Sequence[VerifierKey] = ()) -> Verdict:
    """Judge a proof with keys that the caller trusts."""
    try:
        checkpoint = parse(proof.checkpoint)
        header = proof.fact.read_header()
        leaf = tree.leaf_hash(proof.fact.commitment())
        path = [bytes.fromhex(step) for step in proof.path]
    except (ValueError, msgspec.ValidationError) as error:
        return Verdict(included=False, signed=False, witnesses={}, why=str(error))
    if proof.form != FORM or not proof.seq == header[0] == proof.index + 1:
        return Verdict(included=False, signed=False, witnesses={}, why="the fact's number is not its place in the log")
    return Verdict(
        included=tree.includes(leaf, proof.index, checkpoint.size, path, checkpoint.root),
        signed=log_key.name == checkpoint.origin and log_key.time_of(checkpoint) is not None,
        witnesses=witnesses_of(checkpoint, witness_keys),
    )


def witnesses_of(checkpoint: Checkpoint, keys: Sequence[VerifierKey]) -> dict[str, int]:
    """Return the witnesses whose cosignature on `checkpoint` holds, and when each looked."""
    times = {key.name: key.time_of(checkpoint) for key in keys}
    return {name: at for name, at in times.items() if at is not None}
