"""Wind over the city: one mean, and a gust process of its own per vehicle, from one seed."""

import math
import random

from necmergitur.sim.fleet.constants import GUST_CORRELATION_S, GUST_SHARE
from necmergitur.sim.fleet.physics import Wind


class Weather:
    """First-order (Ornstein-Uhlenbeck) gusts around a constant mean wind."""

    def __init__(self, rng: random.Random, mean_m_s: float, towards_deg: float) -> None:
        """`towards_deg` is where the wind blows to, clockwise from north."""
        self._rng = rng
        self._mean_m_s = mean_m_s
        self._east = mean_m_s * math.sin(math.radians(towards_deg))
        self._north = mean_m_s * math.cos(math.radians(towards_deg))
        self.now = Wind(self._east, self._north)

    def advance(self, dt_s: float) -> Wind:
        """Return the wind `dt_s` later."""
        keep = math.exp(-dt_s / GUST_CORRELATION_S)
        spread = GUST_SHARE * self._mean_m_s * math.sqrt(1.0 - keep * keep)
        self.now = Wind(
            self._east,
            self._north,
            self.now.gust_east_m_s * keep + self._rng.gauss(0.0, spread),
            self.now.gust_north_m_s * keep + self._rng.gauss(0.0, spread),
        )
        return self.now
