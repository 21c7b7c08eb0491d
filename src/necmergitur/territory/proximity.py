"""Who is nearest, by k-d tree. Apart from `shapes`, so that a process that only flies never loads scipy."""

import numpy as np
from scipy.spatial import cKDTree

from necmergitur.territory.shapes import Array, Indices


def nearest(places: Array, points: Array) -> tuple[Array, Indices]:
    """Return each point's distance to, and index of, the nearest of `places` (same units)."""
    distance, index = cKDTree(places).query(points)
    return np.asarray(distance, dtype=np.float64), np.asarray(index, dtype=np.int64)


def nearest_few(places: Array, points: Array, count: int) -> tuple[Array, Indices]:
    """Return (m, count) distances to and indices of the nearest places, or fewer when there are fewer."""
    wanted = list(range(1, min(count, len(places)) + 1))
    distance, index = cKDTree(places).query(points, k=wanted)
    return np.asarray(distance, dtype=np.float64), np.asarray(index, dtype=np.int64)
