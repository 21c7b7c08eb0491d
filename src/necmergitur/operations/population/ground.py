"""The city's streets as people walk them, read once for each import and each set of closed areas."""

import zlib

import msgspec
import numpy as np

from necmergitur.kernel.geo import Position, distance_m
from necmergitur.operations.population.doors_ports import DoorsTransaction
from necmergitur.people.assignment import Ground, Streets
from necmergitur.people.shelter import Circle


def streets_of(stored: bytes) -> Streets | None:
    """Return the street graph of a city's drawn streets: every bend is a junction. None when there are none."""
    lines = msgspec.json.decode(zlib.decompress(stored), type=list[list[tuple[float, float]]])
    numbers: dict[tuple[float, float], int] = {}
    start, end, metres = [], [], []
    for line in lines:
        points = [numbers.setdefault(point, len(numbers)) for point in line]
        for n in range(len(line) - 1):
            start.append(points[n])
            end.append(points[n + 1])
            metres.append(distance_m(Position(*line[n]), Position(*line[n + 1])))
    if not start:
        return None
    places = np.array(list(numbers), np.float64)
    return Streets(places[:, 0], places[:, 1], np.array(start, np.int64), np.array(end, np.int64), np.array(metres))


class Grounds:
    """The ground as of now, kept in one process."""

    def __init__(self) -> None:
        """Read nothing yet."""
        self._of: tuple[object, tuple[Circle, ...]] | None = None
        self._ground: Ground | None = None
        self._streets: tuple[object, Streets | None] = (None, None)

    def now(self, tx: DoorsTransaction, closed: tuple[Circle, ...]) -> Ground | None:
        """Return the ground; None before there is a city with streets."""
        found = tx.city_streets()
        if found is None:
            return None
        imported_at, stored = found
        if self._of != (imported_at, closed):
            if self._streets[0] != imported_at:
                self._streets = (imported_at, streets_of(stored))
            streets = self._streets[1]
            self._ground = None if streets is None else Ground(streets, closed)
            self._of = (imported_at, closed)
        return self._ground
