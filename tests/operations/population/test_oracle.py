"""A question takes the same time whether or not anybody is known; and the same measure finds a leak of 2 ms."""

import os
import random
import time

import pytest
from scipy.stats import ks_2samp

from necmergitur.operations.population import questions
from necmergitur.operations.population.checkins import Registered
from tests.operations.population.scene import Night
from tests.operations.population.search import declares, question, salt

ASKS = 2_000  # as many as the promise is made for
KNOWN = 50
LEAK_S = 0.002


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_hit_and_miss_are_indistinguishable_in_answer_and_in_time(night: Night) -> None:
    crisis = night.opened()
    key, chance = night.key(crisis), random.Random(5)
    known = [f"+336{n:08d}" for n in range(10_000_000, 10_000_000 + KNOWN)]
    for number in known:
        night.says(crisis, f"Person {number}", contact=number)
        declares(night, crisis, name=f"Person {number}", sought=number)
    order = [n % 2 == 0 for n in range(ASKS)]
    chance.shuffle(order)
    took: dict[bool, list[float]] = {True: [], False: []}
    answers: set[tuple[str, int, int]] = set()
    for hit in order:
        whom = chance.choice(known) if hit else f"+337{chance.randrange(10**8):08d}"
        asked, once, grain = question(whom=whom), os.urandom(16), salt()
        began = time.perf_counter()
        answer = questions.ask(night.store, crisis, key, asked, once, grain, night.now)
        took[hit].append(time.perf_counter() - began)
        assert isinstance(answer, Registered)
        answers.add((type(answer).__name__, len(answer.link), len(answer.share)))
    assert len(answers) == 1
    p = ks_2samp(took[True], took[False]).pvalue
    planted = ks_2samp([each + LEAK_S for each in took[True]], took[False]).pvalue
    print(f"hit {sorted(took[True])[ASKS // 4] * 1e3:.2f} ms, miss {sorted(took[False])[ASKS // 4] * 1e3:.2f} ms")
    print(f"ks_p {p:.3f}, planted_ks_p {planted:.2g}")
    assert p > 0.001
    assert planted < 0.001
