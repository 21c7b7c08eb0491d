"""Where the buttons stand: evenly along every street, at one spacing for the whole city."""

import msgspec
import numpy as np

from necmergitur.territory.constants import STANDING_TO_STREET_M
from necmergitur.territory.demand import StreetPieces
from necmergitur.territory.proximity import nearest, nearest_few
from necmergitur.territory.shapes import Array, Indices

# Cells per side of the curve that orders streets (2^10 = 1,024): about 15 m on Paris.
_CURVE_BITS = 10


class Places(msgspec.Struct, frozen=True):
    """Buttons in order of zone, then along the streets: points (n, 2) in metres, zone and street (n,)."""

    points: Array
    zone: Indices
    street: Indices


def place(pieces: StreetPieces, piece_zone: Indices, zone_order: Indices, count: int) -> Places:
    """Return `count` places, one every total/count metres along the streets of each zone in turn.

    Zone i comes `zone_order[i]`-th. In a zone streets follow a space-filling curve, so the rhythm of one
    street continues in the next one nearby. Deterministic. Raises ValueError without streets.
    """
    if len(pieces.metres) == 0 and count:
        raise ValueError("buttons stand along streets, and there is none")
    rank = street_ranks(pieces)
    order = np.lexsort((pieces.fraction, rank[pieces.street], zone_order[piece_zone]))
    walked = np.cumsum(pieces.metres[order])
    total = float(walked[-1]) if count else 0.0
    marks = (np.arange(count) + 0.5) * (total / max(count, 1))
    at = order[np.minimum(np.searchsorted(walked, marks), len(order) - 1)]
    return Places(pieces.middles[at], piece_zone[at], pieces.street[at])


def keep(pieces: StreetPieces, piece_zone: Indices, standing: Array, count: int) -> tuple[Indices, Places]:
    """Return which `standing` posts (n, 2) stay, at most `count`, and their places on the network.

    A post stays when a street passes within STANDING_TO_STREET_M. Of too many, those that stand closest
    to another go first.
    """
    gap_m, piece = nearest(pieces.middles, standing)
    kept = np.flatnonzero(gap_m <= STANDING_TO_STREET_M)
    while len(kept) > count:
        kept = np.delete(kept, _crowded(standing[kept], len(kept) - count))
    at = piece[kept]
    return kept, Places(standing[kept], piece_zone[at], pieces.street[at])


def _crowded(posts: Array, surplus: int) -> list[int]:
    """Return up to `surplus` posts that stand closest to another, never both of a pair; at least one."""
    spacing_m, near = nearest_few(posts, posts, 2)
    dropped = set[int]()
    for post in np.argsort(spacing_m[:, -1], kind="stable").tolist():
        if len(dropped) == surplus:
            break
        if not dropped.intersection(near[post].tolist()):
            dropped.add(post)
    return sorted(dropped)


def place_around(pieces: StreetPieces, piece_zone: Indices, zone_order: Indices, standing: Array, count: int) -> Places:
    """Return `count` places: the standing posts that stay, then new ones where the nearest post is far."""
    _, old = keep(pieces, piece_zone, standing, count)
    missing = count - len(old.zone)
    if missing == 0:
        return old
    gap_m, _ = nearest(old.points, pieces.middles) if len(old.zone) else (np.ones(len(pieces.metres)), None)
    # The places farthest from any post, enough of them for `missing` at the city's own spacing.
    far = np.argsort(-gap_m, kind="stable")
    length_m = np.cumsum(pieces.metres[far])
    needed_m = float(pieces.metres.sum()) * missing / count
    bare = np.sort(far[: int(np.searchsorted(length_m, needed_m)) + 1])
    left = StreetPieces(pieces.middles[bare], pieces.metres[bare], pieces.street[bare], pieces.fraction[bare])
    new = place(left, piece_zone[bare], zone_order, missing)
    return Places(
        np.concatenate((old.points, new.points)),
        np.concatenate((old.zone, new.zone)),
        np.concatenate((old.street, new.street)),
    )


def street_ranks(pieces: StreetPieces) -> Indices:
    """Return each street's rank (by index) along a space-filling curve through the streets' middles."""
    count = int(pieces.street.max()) + 1
    sizes = np.maximum(np.bincount(pieces.street, minlength=count), 1)
    middles = np.column_stack([np.bincount(pieces.street, pieces.middles[:, axis], count) / sizes for axis in (0, 1)])
    ranks = np.empty(count, dtype=np.int64)
    ranks[np.argsort(along_curve(middles), kind="stable")] = np.arange(count)
    return ranks


def along_curve(points: Array) -> Indices:
    """Return each point's place along a Hilbert curve over the points' box (D. Hilbert, 1891)."""
    low = points.min(axis=0)
    size = max(float((points.max(axis=0) - low).max()), 1e-9)
    side = 1 << _CURVE_BITS
    cells = np.minimum(((points - low) / size * side).astype(np.int64), side - 1)
    x, y = cells[:, 0].copy(), cells[:, 1].copy()
    distance = np.zeros(len(points), dtype=np.int64)
    for bit in range(_CURVE_BITS - 1, -1, -1):
        half = 1 << bit
        right, upper = (x & half) > 0, (y & half) > 0
        distance += half * half * ((3 * right) ^ upper)
        flip = ~upper & right
        x[flip], y[flip] = side - 1 - x[flip], side - 1 - y[flip]
        x[~upper], y[~upper] = y[~upper], x[~upper].copy()
    return distance
