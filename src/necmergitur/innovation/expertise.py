"""Who can judge what: how near somebody's own texts are to a proposal, and how often people say otherwise."""

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt

from necmergitur.innovation.constants import BEST_OF_EXPERT
from necmergitur.innovation.lexical import Tfidf

Floats = npt.NDArray[np.float32]


def affinity(near: Floats, most: int = BEST_OF_EXPERT) -> Floats:
    """Return how near each proposal is to somebody: the mean over their nearest texts.

    `near`: a row for each of their texts, a column for each proposal.
    """
    kept = np.sort(near, axis=0)[::-1][:most]
    found: Floats = kept.mean(axis=0)
    return found


def affinities(
    experts: Mapping[str, Sequence[str]], proposals: Mapping[str, str], most: int = BEST_OF_EXPERT
) -> dict[str, dict[str, float]]:
    """Return for each expert how near each proposal is, by stemmed words (TF-IDF)."""
    own = [(expert, text) for expert, texts in experts.items() for text in texts]
    index = Tfidf([*proposals.values(), *(text for _, text in own)])
    wanted, vectors = index.vectors[: len(proposals)], index.vectors[len(proposals) :]
    near = np.asarray((vectors @ wanted.T).todense(), np.float32)
    rows: dict[str, list[int]] = {expert: [] for expert in experts}
    for number, (expert, _) in enumerate(own):
        rows[expert].append(number)
    return {
        expert: dict(zip(proposals, affinity(near[numbers], most).tolist(), strict=True)) if numbers else {}
        for expert, numbers in rows.items()
    }


def loss(judged: Mapping[str, Mapping[str, float]], given: Mapping[str, Mapping[str, float]]) -> float:
    """Return how much of what experts say of themselves an ordering gets wrong, between 0 and 1.

    Over each expert's pairs of proposals they judged differently, the difference counts whole where the order is
    inverted and half where it is a tie (Stelmakh, Wieting, Neubig and Shah 2023, "A Gold Standard Dataset for the
    Reviewer Assignment Problem").
    """
    wrong = whole = 0.0
    for expert, grades in judged.items():
        scores = given.get(expert, {})
        for one, other in combinations(grades, 2):
            apart = grades[one] - grades[other]
            if not apart:
                continue
            whole += abs(apart)
            said = scores.get(one, 0.0) - scores.get(other, 0.0)
            wrong += abs(apart) * (0.5 if said == 0 else float(said * apart < 0))
    return wrong / whole if whole else 0.0
