"""How rows are followed: all of them, once, and never more at a time than memory bears."""

from collections.abc import Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from necmergitur.finder import holding
from necmergitur.finder.constants import REST, REST_S_MAX, SPAN_S, TURN_S
from necmergitur.finder.holding import CrisisPeople
from necmergitur.finder.main import rest_s
from necmergitur.operations.population.finding import SealedRow
from necmergitur.people.findable import Findable

BEGUN = datetime(2026, 11, 13, 21, tzinfo=UTC)


class Rows:
    """A source whose rows are a list, so that what is asked of it can be counted."""

    kind = "checkin"

    def __init__(self) -> None:
        self.rows: list[SealedRow] = []
        self.most = 0

    def put(self, number: int, after_s: float) -> None:
        at = BEGUN + timedelta(seconds=after_s)
        self.rows.append(SealedRow(id=number.to_bytes(16), salt=b"", sealed=b"", status=1, changed_at=at))

    def page(self, *_: Any) -> Sequence[SealedRow]:
        return ()

    def changed(self, tx: Any, crisis_id: Any, since: datetime, before: datetime | None) -> Sequence[SealedRow]:
        found = [row for row in self.rows if since <= row.changed_at and (before is None or row.changed_at < before)]
        self.most = max(self.most, len(found))
        return found

    def open(self, key: Any, row: SealedRow) -> Findable:
        return Findable(kind=self.kind, id=row.id, names=(f"n{int.from_bytes(row.id)}",))

    def standing(self, tx: Any, crisis_id: Any, ids: Sequence[bytes]) -> Sequence[bytes]:
        return ids


class Store:
    @contextmanager
    def transaction(self) -> Any:
        yield None


class Crisis:
    id = uuid4()


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> Rows:
    monkeypatch.setattr(holding, "PAGE_ROWS", 100)
    return Rows()


def people_of(rows: Rows) -> CrisisPeople:
    people = CrisisPeople(Crisis(), None, [rows], BEGUN)  # type: ignore[arg-type]
    people.load(Store(), lambda: None)  # type: ignore[arg-type]
    return people


def follow(people: CrisisPeople) -> int:
    return people.follow(Store(), lambda: None)  # type: ignore[arg-type]


def test_what_piled_up_is_read_in_spans_and_nobody_is_left_out(rows: Rows) -> None:
    people = people_of(rows)
    for number in range(100):
        rows.put(number, number / 100)
    assert follow(people) == 100
    for number in range(100, 5_000):  # a crowd of a hundred a second, while a turn read a second of it
        rows.put(number, number / 100)
    rows.put(5_000, 500.0)  # and one long after it
    rows.most = 0
    turns = 0
    while len(people.people.known("checkin")) < 5_001 and turns < 100:
        follow(people)
        turns += 1
    assert len(people.people.known("checkin")) == 5_001
    assert rows.most <= 100 * (SPAN_S * 2 + 1), "a span, and what the one before overlaps"


def test_once_it_has_caught_up_whoever_comes_is_read_in_one_turn(rows: Rows) -> None:
    people = people_of(rows)
    for number in range(1_000):
        rows.put(number, number / 100)
    for _ in range(30):
        follow(people)
    rows.put(1_000, 9_000.0)
    assert follow(people) == 1


def test_a_row_committed_late_is_read_in_the_wide_look(rows: Rows) -> None:
    people = people_of(rows)
    rows.put(1, 100.0)
    assert follow(people) == 1
    rows.put(2, 60.0)
    assert follow(people) == 0
    people._looked_wide = -1e9
    assert follow(people) == 1


def test_a_long_turn_rests_and_never_so_long_that_who_is_deleted_stays() -> None:
    assert rest_s(0.01) == TURN_S
    assert rest_s(0.5) == 0.5 * REST
    assert rest_s(60.0) == REST_S_MAX
