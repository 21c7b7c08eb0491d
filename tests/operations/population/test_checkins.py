"""A check-in is kept sealed, once, however often it is sent; what was taken back stays so."""

import os
from uuid import UUID

import pytest

from necmergitur.ledger import tree
from necmergitur.operations.population import checkins
from necmergitur.operations.population.checkins import root_of
from necmergitur.people.checkins import CheckInsRooted
from tests.operations.population.scene import Night

ONCE = bytes(range(16))
CLEAR = ("Amélie", "Durand", "+33612345678", "612345678", "maman@example.org", "Rivoli")


@pytest.fixture
def crisis(night: Night):
    return night.opened(None)


def test_what_somebody_said_is_nowhere_in_clear_and_opens_with_the_key(night: Night, crisis) -> None:
    answer = night.says(
        crisis, "Amélie Durand", contact="06 12 34 56 78", tell=["maman@example.org"], words="rue de Rivoli"
    )
    ((row,),) = [night.rows("SELECT t::text FROM population.checkin t")]
    stored = night.rows("SELECT id, salt, sealed, contact, tells FROM population.checkin")[0]
    assert not [word for word in CLEAR if word in row[0] or word.encode() in b"".join(map(bytes, stored[:4]))]
    key = night.key(crisis)
    assert bytes(stored[0]) == key.row_of(answer.link)
    said = checkins.opened(key, bytes(stored[0]), bytes(stored[1]), bytes(stored[2]))
    assert said is not None
    assert (said.name, said.words, said.tell[0].written) == ("Amélie Durand", "rue de Rivoli", "maman@example.org")
    assert bytes(stored[3]) == key.lookup("phone", "+33612345678")
    assert checkins.opened(key, os.urandom(16), bytes(stored[1]), bytes(stored[2])) is None


def test_the_same_form_again_is_one_person_with_one_link(night: Night, crisis) -> None:
    first = night.says(crisis, "Amélie", once=ONCE)
    assert night.says(crisis, "Amélie", once=ONCE) == first
    assert night.rows("SELECT count(*), max(rev) FROM population.checkin") == [(1, 1)]
    assert night.says(crisis, "Amélie", "hurt", once=ONCE) == first
    assert night.rows("SELECT count(*), max(rev), max(status) FROM population.checkin") == [(1, 2, 3)]


def test_what_was_taken_back_is_not_brought_back_by_the_form_sent_again(night: Night, crisis) -> None:
    night.says(crisis, "Amélie", once=ONCE)
    with night.store.cursor() as cursor:
        cursor.execute("UPDATE population.checkin SET status = 4")
    night.says(crisis, "Amélie", "hurt", once=ONCE)
    assert night.rows("SELECT status FROM population.checkin") == [(4,)]


def test_each_batch_has_its_root_in_the_record_once(night: Night, crisis) -> None:
    for name in ("Amélie", "Bob", "Chloé"):
        night.says(crisis, name)
    assert checkins.put_roots(night.store, night.now) == 3
    assert checkins.put_roots(night.store, night.now) == 0
    (fact,) = night.facts(f"checkins:{crisis.id}")
    assert fact.kind == CheckInsRooted.__name__
    roots = [bytes(row[0]) for row in night.rows("SELECT root FROM population.batch ORDER BY id")]
    assert root_of(roots).hex().encode() in fact.payload
    assert b"Bob" not in fact.payload


def test_the_root_is_the_one_of_the_record_tree() -> None:
    for size in (1, 2, 3, 5, 8, 13):
        leaves = [tree.leaf_hash(bytes([n])) for n in range(size)]

        def node(level: int, index: int, leaves: list[bytes] = leaves) -> bytes:
            part = leaves[index << level : (index + 1) << level]
            return part[0] if level == 0 else tree.node_hash(node(level - 1, 2 * index), node(level - 1, 2 * index + 1))

        assert root_of(leaves) == tree.root(size, node)


def test_a_crisis_without_the_service_takes_none(night: Night) -> None:
    crisis = night.opened(None, services=("find",))
    (answer,) = [night.says(crisis, "Amélie")]
    assert not answer
    assert isinstance(crisis.id, UUID)
