"""What happens next: a queue of things to do, each at its instant, in the order they were planned."""

import heapq
from collections.abc import Callable
from datetime import datetime, timedelta

from necmergitur.sim.clock import VirtualClock

Deed = Callable[[], object]


class Agenda:
    """Plans deeds and carries them out by moving the clock."""

    def __init__(self, clock: VirtualClock) -> None:
        """Start empty."""
        self.clock = clock
        self._deeds: list[tuple[datetime, int, Deed]] = []
        self._count = 0

    def at(self, instant: datetime, deed: Deed) -> None:
        """Plan `deed` for an instant; one in the past happens now."""
        self._count += 1
        heapq.heappush(self._deeds, (max(instant, self.clock.now()), self._count, deed))

    def after(self, seconds: float, deed: Deed) -> None:
        """Plan `deed` for later."""
        self.at(self.clock.now() + timedelta(seconds=seconds), deed)

    def run(self) -> int:
        """Carry everything out, also what is planned on the way. Returns how many deeds."""
        done = 0
        while self._deeds:
            instant, _, deed = heapq.heappop(self._deeds)
            self.clock.advance_to(instant)
            deed()
            done += 1
        return done
