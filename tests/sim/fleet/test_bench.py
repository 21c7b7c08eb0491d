"""The fleet measurement runs, counts every vehicle's eight messages a second, and stays far below one core."""

from necmergitur.sim.bench.fleet import measure


def test_forty_vehicles_are_held_at_eight_messages_a_second() -> None:
    result = measure(vehicles=40, seconds=2.0)
    assert set(result) == {"vehicles", "messages_per_s", "cpu_cores"}
    assert result["vehicles"] == 40
    assert 300.0 < result["messages_per_s"] < 345.0
    assert result["cpu_cores"] < 0.5
