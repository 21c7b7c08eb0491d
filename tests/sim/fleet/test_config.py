"""A fleet's description is checked before any port opens."""

import pytest

from necmergitur.sim.fleet.config import Config


@pytest.mark.parametrize("wrong", [{"rate_hz": 3}, {"idle_rate_hz": 0}, {"time_scale": 0.0}, {"time_scale": 61.0}])
def test_an_impossible_fleet_is_an_error(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="not"):
        Config(vehicles=(), **wrong)  # type: ignore[arg-type]
