"""Who can judge what: how near somebody's own texts are to a proposal, and how often people say otherwise."""

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
from scipy import sparse

from necmergitur.innovation.constants import (
    BEST_OF_EXPERT,
    EXPANSION_ROWS,
    EXPANSION_WEIGHT,
    EXPERT_VECTORS_WEIGHT,
    NEIGHBOURS,
)
from necmergitur.innovation.lexical import Floats, Tfidf
from necmergitur.innovation.matching import Embedder


def affinity(near: Floats, most: int = BEST_OF_EXPERT) -> Floats:
    """Return how near each proposal is to somebody: the mean over their nearest texts.

    `near`: a row for each of their texts, a column for each proposal.
    """
    kept = np.sort(near, axis=0)[::-1][:most]
    found: Floats = kept.mean(axis=0)
    return found


def expanded(vectors: sparse.csr_matrix, most: int = NEIGHBOURS) -> sparse.csr_matrix:
    """Return vectors of length one, each with the words of the texts nearest to it (Singhal and Pereira 1999).

    Two texts about one thing say it in different words; what stands near both says it in either.
    """
    blocks = []
    for start in range(0, vectors.shape[0], EXPANSION_ROWS):
        near = np.asarray((vectors[start : start + EXPANSION_ROWS] @ vectors.T).todense(), np.float32)
        rows = np.arange(len(near))
        near[rows, start + rows] = 0
        if near.shape[1] > most:
            near[near < np.partition(near, -most, axis=1)[:, -most][:, None]] = 0
        near /= np.maximum(near.sum(axis=1, keepdims=True), 1e-9)
        blocks.append(sparse.csr_matrix(near) @ vectors)
    grown = sparse.csr_matrix(vectors + EXPANSION_WEIGHT * sparse.vstack(blocks))
    lengths = np.sqrt(np.asarray(grown.multiply(grown).sum(axis=1)).ravel())
    return sparse.csr_matrix(sparse.diags(1 / np.maximum(lengths, 1e-9)) @ grown)


def affinities(
    experts: Mapping[str, Sequence[str]], proposals: Mapping[str, str], embedder: Embedder | None = None
) -> dict[str, dict[str, float]]:
    """Return for each expert how near each proposal is, by stems, and by vectors where somebody makes them."""
    own = [(expert, text) for expert, texts in experts.items() for text in texts]
    if not own or not proposals:
        return {expert: {} for expert in experts}
    wanted, held = list(proposals.values()), [text for _, text in own]
    vectors = expanded(Tfidf([*wanted, *held]).vectors)
    near = np.asarray((vectors[len(wanted) :] @ vectors[: len(wanted)].T).todense(), np.float32)
    if embedder is not None:
        once = {text: number for number, text in enumerate(dict.fromkeys(held))}  # some texts have several authors
        papers = embedder.passages(list(once))[[once[text] for text in held]]
        near = near + np.float32(EXPERT_VECTORS_WEIGHT) * (papers @ embedder.passages(wanted).T)
    rows: dict[str, list[int]] = {expert: [] for expert in experts}
    for number, (expert, _) in enumerate(own):
        rows[expert].append(number)
    return {
        expert: dict(zip(proposals, affinity(near[numbers]).tolist(), strict=True)) if numbers else {}
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
