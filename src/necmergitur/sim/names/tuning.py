"""Learn the weights of `people.ranking` from pairs, half of our own noise and half of FEBRL's: print them.

    .venv/bin/python -m necmergitur.sim.names.tuning

For each question, the right record against those that rank highest without being it: a logistic regression on the
differences. FEBRL's sets 1 to 3 teach; set 4 judges (`nec bench people`), as do people of another seed.
"""

import random
from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from necmergitur.people import ranking
from necmergitur.people.findable import Wanted
from necmergitur.people.search import Index, asked_of
from necmergitur.sim.names.febrl import febrl
from necmergitur.sim.names.people import City

SEED = 101  # not the bench's
RECORDS = 100_000
QUESTIONS = 2_500
RIVALS = 25

Rows = npt.NDArray[np.float32]


def main() -> None:
    """Print weights and bias."""
    ours, theirs = _ours(), _theirs()
    differences = np.concatenate([_balanced(ours), _balanced(theirs)])
    signs = np.ones(len(differences))
    signs[::2] = -1
    fitted = LogisticRegression(C=3.0, fit_intercept=False, max_iter=2_000).fit(
        differences * signs[:, None],
        signs,
        sample_weight=np.concatenate(
            [np.full(len(part), 1 / len(part)) for part in (_balanced(ours), _balanced(theirs))]
        )
        * len(differences),
    )
    weights = fitted.coef_[0]
    best = [(max(rows @ weights), int((rows @ weights).argmax() == right)) for rows, right in (*ours, *theirs)]
    sure = LogisticRegression(C=100.0).fit(np.array([[value] for value, _ in best]), [right for _, right in best])
    print("FEATURES", ranking.FEATURES)  # noqa: T201 - its words are its work
    print("WEIGHTS", [round(float(w), 2) for w in weights])  # noqa: T201 - the same
    print("BIAS", round(float(sure.intercept_[0] / sure.coef_[0][0]), 2))  # noqa: T201 - the same


def _balanced(questions: Sequence[tuple[Rows, int]]) -> Rows:
    return np.concatenate([rows[right] - np.delete(rows, right, axis=0) for rows, right in questions])


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
