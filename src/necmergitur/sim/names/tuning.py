"""Learn the weights of `people.ranking` from pairs of our own noise and of FEBRL's: print them.

    .venv/bin/python -m necmergitur.sim.names.tuning

For each question, the right record against those that rank highest without being it: a logistic regression on the
differences, in which nothing that agrees may count against a record. FEBRL's sets 1 to 3 teach; set 4
judges (`nec bench people`), as do people of another seed.
"""

import random
from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from necmergitur.people import ranking
from necmergitur.people.findable import Wanted
from necmergitur.people.search import Index, asked_of
from necmergitur.sim.names.febrl import febrl
from necmergitur.sim.names.people import City

SEED = 101  # not the bench's
RECORDS = 100_000
QUESTIONS = 2_500
RIVALS = 25
OURS_COUNTS = 2.0  # the more Arab, African and Asian names, the less FEBRL's errors tell
STIFF = 3e-5  # of squared weights: enough that measures which tell the same share the weight
# Our own people have no birth dates, and do not say what one is worth: of FEBRL's sets 1 to 3 most come first between
# 1.6 and 2.5 times what the regression gives.
BORN_MORE = 1.8
SLOPE = 0.35  # so that one typing error in a name of two words stays above 0.9

Rows = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]


def main() -> None:
    """Print the weights."""
    ours, theirs = _ours(), _theirs()
    weights = _fitted(((ours, OURS_COUNTS), (theirs, 1.0)))
    weights[ranking.FEATURES.index("alike_born")] *= BORN_MORE
    print("FEATURES", ranking.FEATURES)  # noqa: T201 - its words are its work
    print("WEIGHTS", [round(float(w) * SLOPE, 2) for w in weights])  # noqa: T201 - the same


def _fitted(taught: Sequence[tuple[Sequence[tuple[Rows, int]], float]]) -> Doubles:
    """Return the weights that put right records before their rivals; none of them counts what agrees against it."""
    differences, shares = [], []
    for questions, counts in taught:
        for rows, right in questions:
            others = np.delete(rows, right, axis=0)
            if len(others):
                differences.append(rows[right] - others)
                shares.append(np.full(len(others), counts / len(others) / len(questions)))
    gaps, share = np.concatenate(differences).astype(np.float64), np.concatenate(shares)
    share /= share.sum()

    def loss(weights: Doubles) -> tuple[float, Doubles]:
        margin = gaps @ weights
        wrong = share / (1 + np.exp(margin))
        cost = (share * np.logaddexp(0, -margin)).sum() + STIFF * (weights @ weights)
        return float(cost), 2 * STIFF * weights - gaps.T @ wrong

    bounds = [(None, 0.0) if name == "words_more" else (0.0, None) for name in ranking.FEATURES]
    found: Doubles = minimize(loss, np.ones(len(ranking.FEATURES)), jac=True, bounds=bounds, method="L-BFGS-B").x
    return found


def _ours() -> list[tuple[Rows, int]]:
    city, chance = City(SEED), random.Random(SEED)  # noqa: S311 - a sample
    people = list(city.people(RECORDS))
    index = Index()
    index.add(made.record for made in people)
    questions = [city.question(chance.choice(people)) for _ in range(QUESTIONS)]
    asked = [
        (query.wanted if number % 2 else Wanted(query.wanted.names), query.about.record.id)
        for number, query in enumerate(questions)
    ]
    return _measured(index, asked)


def _theirs() -> list[tuple[Rows, int]]:
    found = []
    for number in (1, 2, 3):
        pairs = febrl(number)
        index = Index()
        index.add(pairs.records)
        chance = random.Random(SEED)  # noqa: S311 - a sample
        asked = chance.sample(pairs.asked, min(len(pairs.asked), 800))
        less = [
            (msgspec.structs.replace(wanted, born=None, place="") if at % 3 == 0 else wanted, about)
            for at, (wanted, about) in enumerate(asked)
        ]
        found += _measured(index, less)
    return found


def _measured(index: Index, asked: Sequence[tuple[Wanted, bytes]]) -> list[tuple[Rows, int]]:
    """Return for each question the right candidate's measures and those of its strongest rivals."""
    found = []
    for wanted, about in asked:
        question = asked_of(wanted, wanted.names[0])
        rows, ids, texts = index.measured(question)
        right = next((at for at, one in enumerate(ids) if one == about), None)
        if right is None:
            continue
        same = np.array([text == texts[right] for text in texts]) & (rows == rows[right]).all(axis=1)
        same[right] = False
        order = np.argsort(-ranking.score(rows))
        rivals = [at for at in order.tolist() if at != right and not same[at]][:RIVALS]
        found.append((rows[[right, *rivals]], 0))
    return found


if __name__ == "__main__":
    main()
