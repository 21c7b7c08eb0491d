"""The proof that the browser's tests judge (ui/tests/proof.json) is one that our own code makes and believes.

`NEC_WRITE_GOLDEN=1 pytest tests/adapters/publiclog/test_golden.py` writes it anew.
"""

import os
from pathlib import Path

import msgspec

from necmergitur.ledger import tree
from necmergitur.ledger.chain import GENESIS
from necmergitur.ledger.checkpoint import COSIGNATURE, Checkpoint, NoteSigner, VerifierKey
from necmergitur.ledger.commitment import commit_all, digests_of, open_fact
from necmergitur.ledger.proof import Proof, check
from tests.ledger.test_ledger import recorded

GOLDEN = Path(__file__).parents[3] / "ui" / "tests" / "proof.json"
SECRET = bytes(range(32))
LOG = NoteSigner("city.example/log", bytes([1]) * 32)
WITNESS = NoteSigner("witness.example/w", bytes([2]) * 32, COSIGNATURE)


def made(shown: str) -> Proof:
    facts = []
    for seq in range(1, 8):
        words = f'{{"type":"Happened","what":"é\\"\\u2028 {seq}"}}'.encode()
        facts.append(recorded(seq, facts[-1].hash if facts else GENESIS, payload=words))
    leaves = [tree.leaf_hash(entry) for entry in commit_all(SECRET, b"".join(map(digests_of, facts)))]

    def node(level: int, index: int) -> bytes:
        part = leaves[index << level : (index + 1) << level]
        while len(part) > 1:
            part = [tree.node_hash(part[n], part[n + 1]) for n in range(0, len(part), 2)]
        return part[0]

    plain = Checkpoint("city.example/log", 7, tree.root(7, node))
    signed = plain.with_signatures([LOG.sign(plain), WITNESS.sign(plain, 1_800_000_000)])
    return Proof(
        seq=5,
        fact=open_fact(SECRET, facts[4], shown),
        index=4,
        path=[step.hex() for step in tree.inclusion(4, 7, node)],
        checkpoint=signed.note(),
        log_key=str(LOG.verifier),
        witness_keys=[str(WITNESS.verifier)],
    )


def test_the_browsers_proof_is_ours() -> None:
    fresh = {shown: msgspec.to_builtins(made(shown)) for shown in ("whole", "header")}
    if os.environ.get("NEC_WRITE_GOLDEN"):
        GOLDEN.write_bytes(msgspec.json.format(msgspec.json.encode(fresh), indent=1) + b"\n")
    golden = msgspec.json.decode(GOLDEN.read_bytes())
    assert golden == fresh
    for proof in golden.values():
        found = check(msgspec.convert(proof, Proof), VerifierKey.parse(str(LOG.verifier)), [WITNESS.verifier])
        assert found.included and found.signed
        assert found.witnesses == {"witness.example/w": 1_800_000_000}
