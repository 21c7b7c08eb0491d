"""The tree proves what is in it and that it only grew, and believes no other proof."""

import base64
import hashlib
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from necmergitur.ledger import tree

SIZES = st.integers(1, 70)


def grown(size: int) -> tree.Node:
    """A tree held as a list of its leaves, hashed by RFC 6962's own recursion."""
    leaves = [tree.leaf_hash(bytes([n])) for n in range(size)]

    def node(level: int, index: int) -> bytes:
        part = leaves[index << level : (index + 1) << level]
        assert len(part) == 1 << level, "only complete subtrees are asked for"
        return by_the_book(part)

    return node


def by_the_book(leaves: list[bytes]) -> bytes:
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + by_the_book(leaves[:k]) + by_the_book(leaves[k:])).digest()


@given(SIZES)
def test_a_root_is_the_hash_of_the_leaves(size: int) -> None:
    leaves = [tree.leaf_hash(bytes([n])) for n in range(size)]
    assert tree.root(size, grown(size)) == by_the_book(leaves)


@given(SIZES, st.data())
def test_every_leaf_is_proved_where_it_is_and_nowhere_else(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    node = grown(size)
    proof = tree.inclusion(index, size, node)
    root = tree.root(size, node)
    assert tree.includes(node(0, index), index, size, proof, root)
    for other in range(size):
        assert tree.includes(node(0, index), other, size, proof, root) == (other == index)


@given(SIZES, st.data())
def test_a_tree_that_grew_is_consistent_and_one_rewritten_is_not(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size))
    node = grown(size)
    proof = tree.consistency(old, size, node)
    before, after = tree.root(old, node), tree.root(size, node)
    assert tree.extends(old, size, proof, before, after)
    rewritten = bytes([before[0] ^ 1]) + before[1:]
    assert not tree.extends(old, size, proof, rewritten, after)
    assert not tree.extends(old, size, proof, before, rewritten)


def test_nothing_proves_nothing_about_what_follows() -> None:
    node = grown(5)
    assert tree.consistency(0, 5, node) == []
    assert not tree.extends(0, 5, [], tree.EMPTY_ROOT, tree.root(5, node))


def test_what_is_not_there_has_no_proof() -> None:
    with pytest.raises(IndexError):
        tree.inclusion(5, 5, grown(5))
    with pytest.raises(IndexError):
        tree.consistency(6, 5, grown(5))


def test_a_proof_longer_than_any_tree_is_refused_unread() -> None:
    assert not tree.includes(bytes(32), 0, 1 << 62, [bytes(32)] * 64, bytes(32))


class Vector(msgspec.Struct, rename="camel"):
    """One published vector; inclusion and consistency ones share the shape of what is judged."""

    proof: list[str] | None
    want_err: bool
    leaf_idx: int = 0
    tree_size: int = 0
    root: str = ""
    leaf_hash: str = ""
    size1: int = 0
    size2: int = 0
    root1: str = ""
    root2: str = ""


def raw(text: str | None) -> bytes:
    return base64.b64decode(text or "")


@pytest.mark.corpus
def test_every_published_vector_gets_the_stated_verdict(corpus: Path) -> None:
    wrong, judged = [], 0
    for path in sorted((corpus / "merkle").glob("*/**/*.json")):
        kind = path.relative_to(corpus / "merkle").parts[0]
        if kind not in ("inclusion", "consistency"):
            continue
        vector = msgspec.json.decode(path.read_bytes(), type=Vector)
        proof = [raw(step) for step in vector.proof or []]
        if kind == "inclusion":
            held = tree.includes(raw(vector.leaf_hash), vector.leaf_idx, vector.tree_size, proof, raw(vector.root))
        else:
            held = tree.extends(vector.size1, vector.size2, proof, raw(vector.root1), raw(vector.root2))
        judged += 1
        if held == vector.want_err:
            wrong.append(str(path))
    assert not wrong
    assert judged > 150
