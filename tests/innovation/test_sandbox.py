"""The simulated city: the same evening for everybody, of its own edition, within bounds."""

import pytest

from necmergitur.innovation import sandbox


def test_an_evening_is_the_same_each_time_and_another_editions_is_another() -> None:
    assert sandbox.minute_of("a", 50) == sandbox.minute_of("a", 50)
    assert sandbox.minute_of("a", 50) != sandbox.minute_of("b", 50)


def test_places_fill_and_empty_and_some_twenty_calls_come() -> None:
    evening = [sandbox.minute_of("a", minute) for minute in range(sandbox.MINUTES)]
    stands = [one.places[3].people for one in evening]
    assert max(stands) > 7_000 and stands[0] < 100
    assert all(0 <= place.people <= place.holds * 1.2 for one in evening for place in one.places)
    assert 8 <= sum(len(one.calls) for one in evening) <= 35
    assert all(one.simulated for one in evening)


@pytest.mark.parametrize("minute", [-1, sandbox.MINUTES])
def test_there_is_nothing_outside_the_evening(minute: int) -> None:
    with pytest.raises(ValueError, match="minutes"):
        sandbox.minute_of("a", minute)
