"""A signed paper as a file: written for anybody to keep, read and judged with no database and no server."""

import json
from datetime import UTC

import msgspec

from necmergitur.adapters import passkeys
from necmergitur.governance import terms
from necmergitur.governance.constants import PAPER_BYTES_MAX
from necmergitur.governance.signing import Paper, Signature, missing
from necmergitur.kernel.refusal import Refusal


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What one signature is worth. `against` None: it holds. The fingerprint is for comparing by phone."""

    signature: Signature
    fingerprint: str
    against: Refusal | None


def write(paper: Paper) -> bytes:
    """Return the paper as its file: JSON, keys sorted, no spaces, so that its terms are the very bytes signed."""
    return msgspec.json.encode(paper, order="sorted")


def read(raw: bytes) -> Paper | Refusal:
    """Return what a file holds. What says one word more than was signed is refused."""
    if len(raw) > PAPER_BYTES_MAX:
        return Refusal(rule="paper_too_long")
    try:
        paper = msgspec.json.decode(raw, type=Paper)
        said = json.loads(raw)["terms"]
        written = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:  # msgspec's own errors are ValueErrors
        return Refusal(rule="paper_unreadable", detail=str(error)[:200])
    if written != terms.canonical(paper.terms) or paper.terms.valid_from.tzinfo != UTC:
        return Refusal(rule="paper_not_canonical", detail="Its terms are not written as they were signed.")
    return paper


def verdicts(paper: Paper) -> list[Verdict]:
    """Check each signature by the key beside it. Whose key that is, its fingerprint says to whoever knows it."""
    challenge = terms.digest(paper.terms)
    return [
        Verdict(signature=one, fingerprint=_fingerprint(one.public_key), against=passkeys.verify(one, challenge))
        for one in paper.signatures
    ]


def holds(paper: Paper) -> bool:
    """Return whether every needed signature is there and holds."""
    return not missing(paper) and all(one.against is None for one in verdicts(paper))


def _fingerprint(public_key: str) -> str:
    try:
        return passkeys.fingerprint(public_key)
    except ValueError:
        return ""
