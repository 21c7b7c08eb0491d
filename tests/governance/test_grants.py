"""The compiled table answers as the authorisations themselves do, one question at a time and thousands at once."""

import random
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from necmergitur.governance.authorisations import Authorisation
from necmergitur.governance.grants import NONE, Batch, Grants, microseconds
from tests.governance.test_gate import law

NOW = datetime(2026, 3, 1, 20, tzinfo=UTC)
S = timedelta(seconds=1)
NAMES = ("a", "b", "c")


@st.composite
def laws(draw: st.DrawFn, *, named: bool = False) -> list[Authorisation]:
    """Some authorisations over few names, so that they meet."""

    def some(names: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...] | None]:
        chosen = st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True).map(tuple)
        return chosen if named else st.none() | chosen

    instant = st.integers(-5, 5).map(lambda n: NOW + n * S)
    found = []
    for number in range(draw(st.integers(0, 8))):
        start = draw(instant)
        found.append(
            law(
                id=UUID(int=100 + number),
                modality=draw(st.sampled_from(NAMES)),
                purpose=draw(st.sampled_from(NAMES)),
                streams=draw(some(NAMES)),
                zones=draw(some(NAMES)),
                valid_from=start,
                valid_until=draw(st.none() | st.integers(1, 6).map(lambda n, start=start: start + n * S)),
                revoked_at=draw(st.none() | instant),
                suspended_at=draw(st.none() | instant),
            )
        )
    return found


def plainly(
    items: list[Authorisation], modality: str, purpose: str, stream: str, zone: str | None, at: datetime
) -> int:
    """The rule itself, without a table."""
    for index, item in enumerate(items):
        if (item.modality, item.purpose) != (modality, purpose) or not item.current(at):
            continue
        if item.streams is not None and stream not in item.streams:
            continue
        if item.zones is None or zone in item.zones:
            return index
    return NONE


questions = st.tuples(
    st.sampled_from((*NAMES, "x")),
    st.sampled_from((*NAMES, "x")),
    st.sampled_from((*NAMES, "x")),
    st.none() | st.sampled_from((*NAMES, "x")),
    st.integers(-7_000_000, 7_000_000).map(lambda n: NOW + timedelta(microseconds=n)),
)


@settings(max_examples=300)
@given(laws(), st.lists(questions, min_size=1, max_size=20))
def test_one_question_is_answered_as_the_authorisations_answer(
    items: list[Authorisation], asked: list[tuple[str, str, str, str | None, datetime]]
) -> None:
    table = Grants(items)
    for modality, purpose, stream, zone, at in asked:
        wanted = plainly(items, modality, purpose, stream, zone, at)
        assert table.decide(modality, purpose, stream, zone, microseconds(at)) == wanted


@settings(max_examples=200)
@given(laws(named=True), st.lists(questions, min_size=1, max_size=40))
def test_many_at_once_are_answered_as_one_by_one(
    items: list[Authorisation], asked: list[tuple[str, str, str, str | None, datetime]]
) -> None:
    table = Grants(items)
    batch = Batch(table)
    at_us = np.array([microseconds(a) for *_, a in asked], dtype=np.int64)
    found = batch.decide(
        batch.number(0, [(m, p) for m, p, *_ in asked]),
        batch.number(1, [s for _, _, s, *_ in asked]),
        batch.number(2, [z for *_, z, _ in asked]),
        at_us,
    )
    wanted = [table.decide(m, p, s, z, int(at)) for (m, p, s, z, _), at in zip(asked, at_us, strict=True)]
    assert found.tolist() == wanted


def test_the_instant_of_the_end_is_outside() -> None:
    item = law(valid_from=NOW, valid_until=NOW + S)
    table = Grants([item])
    begins, ends = microseconds(NOW), microseconds(NOW + S)

    def at(instant_us: int) -> int:
        return table.decide(item.modality, item.purpose, "any", "any", instant_us)

    assert [at(begins - 1), at(begins), at(ends - 1), at(ends)] == [NONE, 0, 0, NONE]


def test_arrays_need_every_stream_and_zone_named() -> None:
    with pytest.raises(ValueError, match="more than one"):
        Batch(Grants([law(streams=None, zones=("Z",))]))


def test_a_table_of_a_thousand_papers_stays_small() -> None:
    chance = random.Random(1)
    items = [
        law(id=UUID(int=n + 1), modality="crowd_count", streams=(f"s{n}",), zones=(f"Z-{chance.randrange(240)}",))
        for n in range(1000)
    ]
    assert Batch(Grants(items))._cell.nbytes < 2_000_000
