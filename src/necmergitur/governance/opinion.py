"""What people agree on and where they part: opinion groups from votes, as Polis finds them.

Votes (agree 1, pass 0, disagree -1) form a matrix of voters and statements. Gaps are filled with a statement's mean,
two principal components are kept, and k-means with 2 to 5 centres splits voters into groups; the silhouette chooses
how many (Small et al., "Polis: Scaling deliberation by mapping high dimensional opinion spaces", 2021).

Nothing returned tells of fewer than ten people, nor lets them be had by subtraction: a split with a smaller group is
not a split, and where groups are shown every total counts their members alone. The order in which votes come changes
nothing, and chance is drawn from the votes themselves: whoever holds them gets the same result.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

AGREE, PASS, DISAGREE = 1, 0, -1

# Ours: the least number of people anything published may tell of, groups and open data alike.
GROUP_MIN = 10
GROUPS_MAX = 5  # Polis tries two to five; more cannot be told apart by a reader
# Polis places a voter once they voted on seven statements, or on all of them where there are fewer.
VOTES_TO_BE_PLACED = 7
# Kaufman & Rousseeuw, "Finding Groups in Data", 1990: a silhouette of 0.25 or less is no substantial structure.
SILHOUETTE_MIN = 0.25
# Ours, as a qualified majority in a French assembly (two thirds and three fifths are both in use): two thirds.
CONSENSUS_SHARE = 2 / 3
# Two tails at 10 %: what Polis asks before it calls a statement typical of a group.
TYPICAL_Z = 1.2816
TYPICAL_MAX = 5  # statements shown as typical of one group
RESTARTS = 10  # ours: k-means from ten starts; more did not change a planted group in the tests
SILHOUETTE_SAMPLE_MAX = 1_000  # ours: distances grow as the square; a thousand voters place the mean within 0.01
COORDINATE_DIGITS = 3  # ours: what a plot shows, and the same on every machine

Matrix = NDArray[np.float64]
Labels = NDArray[np.int64]


class Ballot(msgspec.Struct, frozen=True):
    """One vote: who (an opaque key), on which statement, and which way."""

    voter: str
    statement: int
    choice: int


class Tally(msgspec.Struct, frozen=True):
    """How some people voted on one statement."""

    voters: int
    agree: int
    disagree: int

    @property
    def passed(self) -> int:
        """Who saw it and did not choose."""
        return self.voters - self.agree - self.disagree


class Group(msgspec.Struct, frozen=True):
    """People who vote alike. `x`, `y` and `spread` place them on the plot; `typical` lists (statement, choice)."""

    letter: str
    size: int
    x: float
    y: float
    spread: float
    typical: tuple[tuple[int, int], ...] = ()


class Stand(msgspec.Struct, frozen=True):
    """How a statement stands. `overall` is None while fewer than ten voted on it.

    `by_group` follows the groups' order, empty where a group would show fewer than ten voters. `division` is the
    widest gap between two groups' shares of agreement, 0 to 1. `consensus` is 1 or -1 where a large majority of
    every group with ten voters on it, and of all together, agrees or disagrees.
    """

    statement: int
    overall: Tally | None
    by_group: tuple[Tally, ...] = ()
    division: float | None = None
    consensus: int = 0


class Opinions(msgspec.Struct, frozen=True):
    """What may be shown of a conversation. No groups: too few, or no split that holds."""

    voters: int
    placed: int
    groups: tuple[Group, ...]
    stands: tuple[Stand, ...]
    silhouette: float = 0.0

    @property
    def consensus(self) -> tuple[int, ...]:
        """The statements a large majority of every group agrees with."""
        return tuple(stand.statement for stand in self.stands if stand.consensus == AGREE)


def opinions(ballots: Iterable[Ballot], statements: Sequence[int], without: Iterable[str] = ()) -> Opinions:
    """Return what may be shown of `ballots` on `statements`, leaving out the voters `without`.

    A voter's last ballot on a statement counts.
    """
    voters, votes = matrix(ballots, statements, without)
    placed = _placed(votes)
    points = project(votes[placed]) if placed.any() else np.empty((0, 2))
    labels, silhouette = split(points)
    if not labels.size:
        stands = tuple(_stand(column, votes[:, [at]], []) for at, column in enumerate(statements))
        return Opinions(len(voters), int(placed.sum()), (), stands)
    labels = _by_size(labels, points)
    inside = votes[placed]
    parts = [inside[labels == each] for each in range(int(labels.max()) + 1)]
    stands = tuple(
        _stand(column, inside[:, [at]], [part[:, [at]] for part in parts]) for at, column in enumerate(statements)
    )
    groups = tuple(
        _group(number, points[labels == number], _typical(number, parts, statements, stands))
        for number in range(len(parts))
    )
    return Opinions(len(voters), len(inside), groups, stands, round(silhouette, COORDINATE_DIGITS))


def matrix(
    ballots: Iterable[Ballot], statements: Sequence[int], without: Iterable[str] = ()
) -> tuple[list[str], Matrix]:
    """Return the voters in order of their keys, and their votes: one row each, NaN where they did not vote."""
    columns = {statement: at for at, statement in enumerate(statements)}
    left_out = frozenset(without)
    kept = [one for one in ballots if one.statement in columns and one.voter not in left_out]
    voters = sorted({one.voter for one in kept})
    rows = {voter: at for at, voter in enumerate(voters)}
    votes = np.full((len(voters), len(columns)), np.nan)
    for one in kept:
        votes[rows[one.voter], columns[one.statement]] = one.choice
    return voters, votes


def _placed(votes: Matrix) -> NDArray[np.bool_]:
    """Return who voted enough to be placed."""
    asked = min(VOTES_TO_BE_PLACED, votes.shape[1])
    if asked == 0:
        return np.zeros(votes.shape[0], dtype=bool)
    enough: NDArray[np.bool_] = (~np.isnan(votes)).sum(axis=1) >= asked
    return enough


def project(votes: Matrix) -> Matrix:
    """Return each voter's place on the two widest axes of opinion, as Polis does.

    A voter who saw few statements would sit near the middle for that alone, so places are stretched by how few they
    voted on. Axes point where their heaviest statement is agreed with, so that a plot never flips.
    """
    said = ~np.isnan(votes)
    counts = said.sum(axis=0)
    means = np.where(counts > 0, np.nansum(np.where(said, votes, 0.0), axis=0) / np.maximum(counts, 1), 0.0)
    centred = np.where(said, votes, means) - means
    _, strength, axes = np.linalg.svd(centred, full_matrices=False)
    axes = axes[:2][strength[:2] > 1e-9]  # noqa: PLR2004 -- below it, an axis is rounding error alone
    points = np.zeros((len(votes), 2))
    if axes.size:
        heaviest = axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)]
        points[:, : len(axes)] = centred @ (axes * np.sign(heaviest)[:, None]).T
    stretched: Matrix = points * np.sqrt(votes.shape[1] / np.maximum(said.sum(axis=1), 1))[:, None]
    return stretched


def split(points: Matrix) -> tuple[Labels, float]:
    """Return a group for each point and how well they hold apart; no labels when no split may be shown.

    Only splits whose every group has ten people or more are looked at: hiding one group of several would let it be
    had by subtraction.
    """
    best: tuple[Labels, float] = (np.empty(0, dtype=np.int64), SILHOUETTE_MIN)
    if len(points) < 2 * GROUP_MIN:
        return best[0], 0.0
    chance = np.random.default_rng(_seed(points))
    distinct = len(np.unique(points.round(6), axis=0))
    for count in range(2, min(GROUPS_MAX, len(points) // GROUP_MIN, distinct) + 1):
        labels = _kmeans(points, count, chance)
        sizes = np.bincount(labels, minlength=count)
        if sizes.min() < GROUP_MIN:
            continue
        score = silhouette(points, labels)
        if score > best[1]:
            best = labels, score
    return best if best[0].size else (best[0], 0.0)


def _seed(points: Matrix) -> int:
    """Return chance's seed, out of what is voted: the same votes split the same."""
    return int.from_bytes(hashlib.sha256(points.round(6).tobytes()).digest()[:8], "big")


def _kmeans(points: Matrix, count: int, chance: np.random.Generator) -> Labels:
    """Return the tightest of several k-means splits."""
    # Every process that knows a dialogue would pay a third of a second at its start for what one page needs.
    from scipy.cluster.vq import kmeans2  # noqa: PLC0415 -- see above

    best: tuple[float, Labels] = (np.inf, np.zeros(len(points), dtype=np.int64))
    for _each in range(RESTARTS):
        centres, labels = kmeans2(points, _starts(points, count, chance), minit="matrix", missing="warn")
        apart = float(((points - centres[labels]) ** 2).sum())
        if apart < best[0] and len(np.unique(labels)) == count:
            best = apart, labels.astype(np.int64)
    return best[1]


def _starts(points: Matrix, count: int, chance: np.random.Generator) -> Matrix:
    """Return first centres far from one another (k-means++, Arthur & Vassilvitskii 2007)."""
    from scipy.spatial.distance import cdist  # noqa: PLC0415 -- see above

    chosen = [points[chance.integers(len(points))]]
    while len(chosen) < count:
        distance = cdist(points, np.array(chosen), "sqeuclidean").min(axis=1)
        total = distance.sum()
        weight = distance / total if total > 0 else None
        chosen.append(points[chance.choice(len(points), p=weight)])
    return np.array(chosen)


def silhouette(points: Matrix, labels: Labels) -> float:
    """Return the mean silhouette (Rousseeuw 1987), over evenly spaced voters when there are very many."""
    from scipy.spatial.distance import cdist  # noqa: PLC0415 -- see above

    step = -(-len(points) // SILHOUETTE_SAMPLE_MAX)
    points, labels = points[::step], labels[::step]
    groups, sizes = np.unique(labels, return_counts=True)
    if len(groups) < 2:  # noqa: PLR2004 -- two groups
        return 0.0
    distance = cdist(points, points)
    sums = np.stack([distance[:, labels == each].sum(axis=1) for each in groups], axis=1)
    own = np.searchsorted(groups, labels)
    rows = np.arange(len(points))
    inside = sums[rows, own] / np.maximum(sizes[own] - 1, 1)
    others = sums / sizes
    others[rows, own] = np.inf
    nearest = others.min(axis=1)
    widest = np.maximum(inside, nearest)
    scores = np.where((sizes[own] > 1) & (widest > 0), (nearest - inside) / np.where(widest > 0, widest, 1), 0.0)
    return float(scores.mean())


def _by_size(labels: Labels, points: Matrix) -> Labels:
    """Return labels anew: the largest group first, of equals the one further left."""
    found = sorted(
        set(labels.tolist()), key=lambda each: (-int((labels == each).sum()), *points[labels == each].mean(axis=0))
    )
    order = {old: new for new, old in enumerate(found)}
    return np.array([order[each] for each in labels.tolist()], dtype=np.int64)


def _group(number: int, points: Matrix, typical: tuple[tuple[int, int], ...]) -> Group:
    middle = points.mean(axis=0)
    spread = float(np.sqrt(((points - middle) ** 2).sum(axis=1).mean()))
    x, y = (round(float(each), COORDINATE_DIGITS) + 0.0 for each in middle)
    return Group("ABCDE"[number], len(points), x, y, round(spread, COORDINATE_DIGITS), typical)


def tally(column: NDArray[Any]) -> Tally:
    """Count the votes of one statement."""
    said = column[~np.isnan(column)]
    return Tally(len(said), int((said == AGREE).sum()), int((said == DISAGREE).sum()))


def _stand(statement: int, everybody: Matrix, parts: Sequence[Matrix]) -> Stand:
    """Say how a statement stands, as far as it may be shown."""
    overall = tally(everybody)
    if overall.voters < GROUP_MIN:
        return Stand(statement, None)
    groups = tuple(tally(part) for part in parts)
    heard = [each for each in groups if each.voters >= GROUP_MIN]
    # A group that keeps silent on a statement has no veto on it; everybody together must agree as well.
    counted = [overall, *heard]
    agreeing = min(_share(each.agree, each) for each in counted)
    disagreeing = min(_share(each.disagree, each) for each in counted)
    consensus = AGREE if agreeing >= CONSENSUS_SHARE else DISAGREE if disagreeing >= CONSENSUS_SHARE else 0
    if len(heard) < len(groups) or not groups:
        # One group's votes would be the total less the others'.
        return Stand(statement, overall, consensus=consensus)
    shares = [_share(each.agree, each) for each in groups]
    return Stand(statement, overall, groups, round(max(shares) - min(shares), COORDINATE_DIGITS), consensus)


def _share(of: int, among: Tally) -> float:
    """Return a share that few votes cannot make extreme (one vote each way is added, as Polis does)."""
    return (of + 1) / (among.voters + 2)


def _typical(
    number: int, parts: Sequence[Matrix], statements: Sequence[int], stands: Sequence[Stand]
) -> tuple[tuple[int, int], ...]:
    """Return the statements that tell one group from the others, strongest first (Polis's representativeness)."""
    found: list[tuple[float, int, int]] = []
    others = np.concatenate([part for at, part in enumerate(parts) if at != number])
    for at, statement in enumerate(statements):
        if not stands[at].by_group:
            continue
        own, rest = tally(parts[number][:, at]), tally(others[:, at])
        for choice in (AGREE, DISAGREE):
            ours, theirs = (each.agree if choice == AGREE else each.disagree for each in (own, rest))
            share, elsewhere = _share(ours, own), _share(theirs, rest)
            in_group, against = _z_of_half(ours, own.voters), _z_of_two(ours, own.voters, theirs, rest.voters)
            if in_group > TYPICAL_Z and against > TYPICAL_Z:
                found.append((-share / elsewhere * share * in_group * against, statement, choice))
    return tuple((statement, choice) for _, statement, choice in sorted(found)[:TYPICAL_MAX])


def _z_of_half(count: int, total: int) -> float:
    """Return how surely a share is above one half."""
    return float(2 * np.sqrt(total + 1) * ((count + 1) / (total + 1) - 0.5))


def _z_of_two(count: int, total: int, other: int, others: int) -> float:
    """Return how surely one share is above another."""
    first, second = (count + 1) / (total + 1), (other + 1) / (others + 1)
    pooled = (count + other + 2) / (total + others + 2)
    if pooled >= 1:
        return 0.0
    return float((first - second) / np.sqrt(pooled * (1 - pooled) * (1 / (total + 1) + 1 / (others + 1))))
