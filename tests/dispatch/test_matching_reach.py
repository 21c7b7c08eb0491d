"""Ruling out the far ones early changes no verdict."""

from datetime import UTC, datetime

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from necmergitur.dispatch import matching
from necmergitur.dispatch.incidents import Incident
from necmergitur.kernel.geo import Position, offset
from tests.dispatch.test_matching import HERE, call, known

NOW = datetime(2026, 3, 1, 20, tzinfo=UTC)
PLACES = st.builds(lambda east, north: offset(HERE, east, north), st.floats(-900, 900), st.floats(-900, 900))


@given(st.lists(PLACES, max_size=12), st.floats(1, 500))
def test_the_best_of_all_is_found_whatever_is_ruled_out_by_latitude(places: list[Position], accuracy_m: float) -> None:
    signal = msgspec.structs.replace(call(1), accuracy_m=accuracy_m)
    candidates: list[Incident] = [
        msgspec.structs.replace(known(100 + n), position=place) for n, place in enumerate(places)
    ]
    judged = [matching._judge(signal, incident, NOW) for incident in candidates]
    best = max(judged, key=lambda found: (found.score, str(found.incident_id)), default=matching.NEW)
    found = matching.place(signal, candidates, None, NOW)
    assert (found.verdict, found.score) == (best.verdict, best.score)
