"""Who is asked to fly: qualified, on shift, hands free; the least busy, then whoever was asked longest ago."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from necmergitur.dispatch.incidents import Person
from necmergitur.dispatch.pilots import PilotFact, count_free, next_pilot, unavailable

NOW = datetime(2026, 3, 1, 20, tzinfo=UTC)


def pilot(number: int = 1, **changes: object) -> PilotFact:
    base = PilotFact(
        user_id=number,
        name=f"Pilot {number}",
        shift_ends_at=NOW + timedelta(hours=1),
        qualified_until=NOW + timedelta(days=1),
        max_missions=1,
        load=0,
    )
    return msgspec.structs.replace(base, **changes)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({}, None),
        ({"paused": True}, "paused"),
        ({"qualified_until": None}, "not_qualified"),
        ({"qualified_until": NOW}, "not_qualified"),
        ({"shift_ends_at": NOW}, "shift_over"),
        ({"load": 1}, "busy"),
        ({"load": 1, "max_missions": 2}, None),
    ],
)
def test_what_keeps_a_pilot_on_the_ground_has_a_name(change, rule) -> None:
    one = pilot(**change)
    assert unavailable(one, NOW) == rule
    assert next_pilot([one], (), NOW) == (Person(1, "Pilot 1") if rule is None else None)
    assert count_free([one], NOW) == (1 if rule is None else 0)


def test_the_least_busy_then_the_longest_unasked_then_the_lowest_number() -> None:
    busy = pilot(1, load=1, max_missions=2)
    recent, earlier = pilot(2, last_offered_at=NOW), pilot(3, last_offered_at=NOW - timedelta(minutes=1))
    fresh, last = pilot(4), pilot(5)
    everyone, asked = [busy, recent, earlier, last, fresh], []
    while (chosen := next_pilot(everyone, asked, NOW)) is not None:
        asked.append(chosen.id)
    assert asked == [4, 5, 3, 2, 1]


@given(st.permutations(range(6)))
def test_the_order_of_the_list_does_not_matter(order) -> None:
    pilots = [pilot(n, load=n % 2, max_missions=2) for n in order]
    assert next_pilot(pilots, (), NOW) == Person(0, "Pilot 0")
