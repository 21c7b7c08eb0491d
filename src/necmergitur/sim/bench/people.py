"""Looking for people by names: how often the right one is among ten, what it costs, and what others find.

Questions are made by published rules (`sim/names/noise.py`) about made-up people (`sim/names/people.py`), and by
FEBRL's set 4, whose errors are somebody else's. A question counts as answered when the very record is among ten. By
name alone, people of one name cannot be told apart: there, the same written name counts.
"""

import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
import psutil

from necmergitur.people.findable import Findable, Wanted
from necmergitur.people.names import fold
from necmergitur.people.search import Index
from necmergitur.sim.bench import oracle, people_peers
from necmergitur.sim.bench.figures import percentile
from necmergitur.sim.names.febrl import febrl4
from necmergitur.sim.names.people import City, Query

SMALL, SMALL_QUICK = 200_000, 60_000
LARGE, LARGE_QUICK = 1_000_000, 150_000
# Twice as many as among 200,000: of a thousand drawn twice, the share found differs by two hundredths.
QUESTIONS, QUESTIONS_LARGE, QUESTIONS_QUICK = 1_000, 2_000, 200
FEBRL, FEBRL_QUICK = 5_000, 400
FEBRL_BESIDE, FEBRL_BESIDE_QUICK = 5_000, 80  # with the place, and by name alone
PEERS, PEERS_QUICK = 500, 100
AMONG = 10


def measure(*, quick: bool = False, seed: int = 7) -> dict[str, Any]:
    """Return the figures. A record is added to the largest index and looked for, `searchable_s`. Raises NoFebrl."""
    # The product comes up on the other processor meanwhile; strangers ask it once the names are measured.
    with oracle.beside(quick=quick) as ask_strangers:
        figures = _names(quick=quick, seed=seed)
        figures["oracle"] = ask_strangers()
    return figures


def _names(*, quick: bool, seed: int) -> dict[str, Any]:
    count = QUESTIONS_QUICK if quick else QUESTIONS
    small, large = (SMALL_QUICK, LARGE_QUICK) if quick else (SMALL, LARGE)
    city, chance = City(seed), random.Random(seed)  # noqa: S311 - a sample
    people = list(city.people(small))
    index = Index()
    figures: dict[str, Any] = {}
    grown = _grow(index, (made.record for made in people))
    names = {made.record.id: made.record.names[0] for made in people}
    asked = [city.question(chance.choice(people)) for _ in range(count)]
    figures["200k"] = {"records": len(index), **grown, **_answers(index, asked, names)}
    peers = asked[: PEERS_QUICK if quick else PEERS]
    figures["baselines"] = people_peers.measure([made.record for made in people], peers)
    people += list(city.people(large - small, first=small))
    names |= {made.record.id: made.record.names[0] for made in people[small:]}
    grown = _grow(index, (made.record for made in people[small:]))
    asked = [city.question(chance.choice(people)) for _ in range(count if quick else QUESTIONS_LARGE)]
    figures["1m"] = {"records": len(index), **grown, **_answers(index, asked, names), "searchable_s": _fresh(index)}
    figures["febrl4"] = _febrl(chance, *((FEBRL_QUICK, FEBRL_BESIDE_QUICK) if quick else (FEBRL, FEBRL_BESIDE)))
    return figures


def _grow(index: Index, records: Iterator[Findable]) -> dict[str, float]:
    """Add all of them; return what that cost, without the making of them."""
    made = list(records)
    before = psutil.Process(os.getpid()).memory_info().rss
    begun = time.process_time()
    index.add(made)
    used_s = time.process_time() - begun
    held = psutil.Process(os.getpid()).memory_info().rss - before
    return {"index_cpu_s": round(used_s, 2), "index_mb": round(held / 1024**2)}


def _answers(index: Index, asked: Sequence[Query], names: dict[bytes, str]) -> dict[str, float]:
    full = _asked(index, [(query.wanted, query.about.record.id) for query in asked], lambda one: one)
    bare = _asked(
        index,
        [(Wanted(query.wanted.names), query.about.record.id) for query in asked],
        lambda one: fold(names[one]),
    )
    return {**full, "names_only_recall10": bare["recall10"], "names_only_recall1": bare["recall1"]}


def _asked(index: Index, asked: Sequence[tuple[Wanted, bytes]], same: Callable[[bytes], object]) -> dict[str, float]:
    """Ask each, and see where the right one stands."""
    used_ms: list[float] = []
    first = among = 0
    for wanted, about in asked:
        begun = time.process_time()
        found = index.search(wanted)
        used_ms.append((time.process_time() - begun) * 1_000)
        right = [same(one.id) == same(about) for one in found[:AMONG]]
        first += right[:1] == [True]
        among += any(right)
    return {
        "questions": len(asked),
        "recall1": round(first / len(asked), 4),
        "recall10": round(among / len(asked), 4),
        "cpu_ms_p50": percentile(used_ms, 50),
        "cpu_ms_p95": percentile(used_ms, 95),
    }


def _fresh(index: Index) -> float:
    """Return the seconds until somebody just added is found."""
    begun = time.perf_counter()
    index.add([Findable(kind="person", id=b"fresh", names=("Wilhelmine Zschokke",))])
    found = index.search(Wanted(names=("zschoke wilhelmine",)))
    assert found[0].id == b"fresh", "somebody just added is not found"
    return round(time.perf_counter() - begun, 3)


def _febrl(chance: random.Random, count: int, beside: int) -> dict[str, float]:
    """Ask FEBRL's set 4 by name and birth date, and by what else a record may hold."""
    pairs = febrl4()
    index = Index()
    index.add(pairs.records)
    asked = chance.sample(pairs.asked, count)
    born = [(msgspec.structs.replace(wanted, place=""), about) for wanted, about in asked]
    bare = [(msgspec.structs.replace(wanted, place="", born=None), about) for wanted, about in asked[:beside]]
    names = {record.id: fold(record.names[0]) for record in pairs.records}
    return {
        **_asked(index, born, lambda one: one),
        "with_place_recall10": _asked(index, asked[:beside], lambda one: one)["recall10"],
        "names_only_recall10": _asked(index, bare, names.__getitem__)["recall10"],
    }
