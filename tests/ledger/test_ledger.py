"""Nothing enters the record but through the gate, and nothing in it changes unseen."""

import dataclasses
import hashlib
import struct
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from necmergitur.governance import gate
from necmergitur.kernel.events import Fact, Recorded
from necmergitur.ledger.admitted import Admitted
from necmergitur.ledger.chain import FORM, GENESIS, Break, backwards, commit, hash_of, link, record, verify

NOW = datetime(2026, 3, 1, tzinfo=UTC)


class Happened(msgspec.Struct, frozen=True, tag=True):
    what: str


FACT = Fact(stream="x:1", version=1, event=Happened("a"), actor="test")


def test_an_admitted_value_cannot_be_built_without_the_mint() -> None:
    for token in (None, object(), "mint", 0, Admitted):
        with pytest.raises(TypeError, match="minted by the gate"):
            Admitted(token, FACT, UUID(int=1), NOW)


def test_an_admitted_value_has_no_heirs() -> None:
    with pytest.raises(TypeError, match="no subclasses"):
        type("Forged", (Admitted,), {})


def test_an_admitted_value_never_changes_nor_is_copied_into_another() -> None:
    (admitted,) = gate.admit_record([FACT], NOW)
    for name, value in (("fact", FACT), ("authorisation_id", UUID(int=9)), ("at", NOW), ("more", 1)):
        with pytest.raises(AttributeError, match="never changes"):
            setattr(admitted, name, value)
    with pytest.raises(TypeError):
        dataclasses.replace(admitted, at=NOW)
    assert not hasattr(admitted, "__dict__")


# --- the hash link --------------------------------------------------------------------------------------


def recorded(seq: int, prev_hash: bytes, **changes: object) -> Recorded:
    fields: dict[str, object] = {
        "stream": "x:1",
        "version": seq,
        "kind": "Happened",
        "recorded_at": NOW + timedelta(seconds=seq),
        "authorisation_id": str(UUID(int=2)),
        "actor": "test",
        "payload": b'{"type":"Happened","what":"a"}',
        "personal": b"sealed",
        "form": FORM,
        **changes,
    }
    if "personal_hash" not in fields:
        fields["personal_hash"] = commit(fields["personal"])
    fact = Recorded(seq=seq, prev_hash=prev_hash, hash=b"", **fields)
    return msgspec.structs.replace(fact, hash=hash_of(fact))


def story(count: int) -> list[Recorded]:
    facts: list[Recorded] = []
    for seq in range(1, count + 1):
        facts.append(recorded(seq, facts[-1].hash if facts else GENESIS))
    return facts


@pytest.mark.parametrize("form", [1, 2])
def test_the_link_is_the_published_encoding(form: int) -> None:
    """Written out by hand from the description, as a stranger would to check us."""
    body = b"necmergitur/fact/v%d\x00" % form + struct.pack(">qqq", 7, 3, 1_772_323_200_000_001)
    sealed = b"sealed" if form == 1 else hashlib.sha256(b"necmergitur/sealed/v2\x00sealed").digest()
    for part in (GENESIS, b"s:1", b"K", b"a", b"w", b"{}", b"\x01" + sealed):
        body += struct.pack(">I", len(part)) + part
    found = recorded(
        7,
        GENESIS,
        stream="s:1",
        version=3,
        kind="K",
        recorded_at=NOW + timedelta(microseconds=1),
        authorisation_id="a",
        actor="w",
        payload=b"{}",
        form=form,
    )
    assert found.hash == hashlib.sha256(body).digest()


def test_what_is_recorded_follows_and_verifies() -> None:
    admitted = gate.admit_record([FACT, msgspec.structs.replace(FACT, version=2, personal=b"sealed")], NOW)
    facts = record(admitted, 0, GENESIS)
    assert verify(facts) == (2, facts[1].hash)
    assert [fact.form for fact in facts] == [FORM, FORM]
    assert verify([*facts, *record(admitted, 2, facts[1].hash)])[0] == 4


def test_a_sealed_part_may_be_erased_and_not_replaced() -> None:
    facts = story(5)
    head = facts[-1].hash
    facts[2] = msgspec.structs.replace(facts[2], personal=None)
    assert verify(facts) == (5, head)
    facts[2] = msgspec.structs.replace(facts[2], personal=b"another")
    assert verify(facts) == Break(3, "content was changed")
    old = [recorded(1, GENESIS, form=1)]
    assert verify(old)[0] == 1
    assert verify([msgspec.structs.replace(old[0], personal=None)]) == Break(1, "content was changed")


def test_a_form_nobody_knows_is_a_break() -> None:
    facts = [msgspec.structs.replace(recorded(1, GENESIS), form=9)]
    assert verify(facts) == Break(1, "is of an unknown form, 9")


def test_time_that_goes_back_is_told_and_a_writer_that_waited_its_turn_is_not() -> None:
    def at(seconds: float) -> Recorded:
        return recorded(int(seconds) + 1, GENESIS, recorded_at=NOW + timedelta(seconds=seconds))

    assert backwards([at(0), at(30), at(20), at(100)]) == ([], NOW + timedelta(seconds=100))
    assert backwards([at(0), at(100), at(30), at(99)]) == ([31], NOW + timedelta(seconds=100))
    assert backwards([at(30)], NOW + timedelta(seconds=100))[0] == [31], "from one page to the next"


def test_a_whole_story_verifies_from_any_point() -> None:
    facts = story(5)
    assert verify(facts) == (5, facts[-1].hash)
    assert verify(facts[2:], facts[1].hash, 3) == (3, facts[-1].hash)
    assert verify([]) == (0, GENESIS)


CHANGES = {
    "stream": "x:2",
    "version": 99,
    "kind": "Other",
    "recorded_at": NOW,
    "authorisation_id": str(UUID(int=3)),
    "actor": "somebody else",
    "payload": b'{"type":"Happened","what":"b"}',
    "personal": b"",
    "personal_hash": bytes(32),
    "form": 1,
}


@pytest.mark.parametrize("field", CHANGES)
@pytest.mark.parametrize("at", [0, 2, 4])
def test_changing_any_field_of_any_fact_is_found(field: str, at: int) -> None:
    facts = story(5)
    facts[at] = msgspec.structs.replace(facts[at], **{field: CHANGES[field]})
    assert verify(facts) == Break(at + 1, "content was changed")


def test_a_changed_fact_with_its_hash_made_good_breaks_the_next_link() -> None:
    facts = story(5)
    facts[2] = recorded(3, facts[1].hash, actor="somebody else")
    assert verify(facts) == Break(4, "does not follow the fact before it")


def test_a_fact_taken_out_or_put_twice_or_moved_is_found() -> None:
    facts = story(5)
    assert verify(facts[:2] + facts[3:]) == Break(3, "missing: the next fact is 4")
    assert verify([*facts[:3], *facts[2:]]) == Break(4, "missing: the next fact is 3")
    assert verify([facts[1], facts[0]]) == Break(1, "missing: the next fact is 2")


TEXT = st.text(max_size=6)
BYTES = st.binary(max_size=6)


@given(st.lists(st.tuples(TEXT, TEXT, TEXT, TEXT, BYTES, st.none() | BYTES), min_size=2, max_size=2, unique=True))
def test_two_different_facts_never_share_bytes(pair) -> None:
    """Length prefixes: text moved from one field to the next is another fact."""
    one, other = (
        link(
            GENESIS,
            seq=1,
            version=1,
            recorded_at=NOW,
            stream=stream,
            kind=kind,
            authorisation_id=law,
            actor=actor,
            payload=payload,
            personal=personal,
        )
        for stream, kind, law, actor, payload, personal in pair
    )
    assert one != other
