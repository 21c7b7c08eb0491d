"""The tree over the record: hashes, inclusion and consistency proofs, made and checked (RFC 6962, section 2.1).

A tree is known by its nodes: `node(level, index)` is the hash over the leaves [index << level, (index + 1) << level),
complete ones only. Where they lie (a list, tiles on a disk) is the caller's business.
"""

import hashlib
from collections.abc import Callable, Sequence

Node = Callable[[int, int], bytes]

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256().digest()
# A tree of 2^63 leaves: what a bigint sequence number can count. Proofs longer than this are refused unread.
PROOF_LENGTH_MAX = 63


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of one leaf."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of two subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(size: int, node: Node) -> bytes:
    """Return the root of the first `size` leaves."""
    return _over(0, size, node) if size else EMPTY_ROOT


def _over(start: int, end: int, node: Node) -> bytes:
    """Return the hash over [start, end), a range whose left part is complete."""
    size = end - start
    level = size.bit_length() - 1
    if size == 1 << level and start % size == 0:
        return node(level, start >> level)
    split = _split(size)
    return node_hash(_over(start, start + split, node), _over(start + split, end, node))


def _split(size: int) -> int:
    """Return the largest power of two below `size` (RFC 6962's k)."""
    return 1 << ((size - 1).bit_length() - 1)


def inclusion(index: int, size: int, node: Node) -> list[bytes]:
    """Return the proof that leaf `index` is in the tree of `size`. Raises IndexError when it is not."""
    if not 0 <= index < size:
        raise IndexError(f"no leaf {index} in a tree of {size}")
    proof: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            proof.append(_over(middle, end, node))
            end = middle
        else:
            proof.append(_over(start, middle, node))
            start = middle
    return proof[::-1]


def consistency(old: int, size: int, node: Node) -> list[bytes]:
    """Return the proof that the tree of `old` leaves begins that of `size`. Raises IndexError when it cannot."""
    if not 0 <= old <= size:
        raise IndexError(f"a tree of {old} does not begin one of {size}")
    if old in (0, size):
        return []
    proof: list[bytes] = []
    start, end, known = 0, size, True
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            proof.append(_over(middle, end, node))
            end = middle
        else:
            proof.append(_over(start, middle, node))
            start, known = middle, False
    if not known:
        proof.append(_over(start, end, node))
    return proof[::-1]


def includes(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root_hash: bytes) -> bool:
    """Return whether `proof` shows the leaf of hash `leaf` at `index` under `root_hash` (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size or not _well_formed(leaf, root_hash, *proof) or len(proof) > PROOF_LENGTH_MAX:
        return False
    at, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = node_hash(sibling, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and found == root_hash


def extends(  # noqa: C901 -- the steps of the RFC, in its order
    old: int, size: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes
) -> bool:
    """Return whether `proof` shows that the tree of `old` leaves begins that of `size` (RFC 9162, 2.1.4.2).

    A tree of nothing proves nothing about what follows: whoever begins with one says so.
    """
    if not 0 < old <= size:
        return False
    if old == size:
        return not proof and old_root == new_root
    if not _well_formed(old_root, new_root, *proof) or len(proof) > PROOF_LENGTH_MAX:
        return False
    path = list(proof)
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    if not path:
        return False
    at, last = old - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    found_old = found_new = path[0]
    for step in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            found_old, found_new = node_hash(step, found_old), node_hash(step, found_new)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found_new = node_hash(found_new, step)
        at, last = at >> 1, last >> 1
    return last == 0 and found_old == old_root and found_new == new_root


def _well_formed(*hashes: bytes) -> bool:
    return all(len(one) == HASH_BYTES for one in hashes)
