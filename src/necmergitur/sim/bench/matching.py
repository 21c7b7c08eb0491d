"""Leads to needs, French to English, experts to proposals, people to teams: how well, how fast, beside plain BM25.

Questions and texts come from folders that somebody gives, else from our own sets (`matching_sets`).
"""

import random
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from necmergitur.adapters.embedding import E5
from necmergitur.innovation import expertise, matching, texts
from necmergitur.innovation.lexical import Bm25, Floats, best
from necmergitur.innovation.matching import Index, Question
from necmergitur.innovation.teams import Person, Team, blocking, place
from necmergitur.sim.bench import matching_sets as sets
from necmergitur.sim.bench.figures import percentile

LEADS, NEEDS, NEW_LEADS = 100_000, 200, 100
LEAD_WORDS, NEED_WORDS = 80, 40
MADE = 60_000  # words made of syllables, beside those of our own sets
SYLLABLES = ("ba", "ri", "tu", "len", "mor", "ci", "ver", "ga", "pou", "sté", "ron", "dif", "xa", "nu", "quel")
PEOPLE, TEAMS, TEAM_MOST = 400, 80, 5
SKILLS = ("radio", "maps", "design", "data", "law", "care", "electronics", "writing", "finance", "video")
TOP = 10
RUNS, RUNS_QUICK = 3, 1


def measure(
    *, quick: bool = False, seed: int = 1, french: Path | None = None, expertise_at: Path | None = None
) -> dict[str, Any]:
    """Return recall, losses and seconds. `quick` makes no vectors but across languages. Raises Unreadable."""
    given = [sets.retrieval(french)] if french else [sets.own_french(), *sets.published_french()]
    judged = sets.expertise(expertise_at) if expertise_at else sets.own_expertise()
    model = None if quick else E5()
    made = _made(seed)
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        cross = pool.submit(_cross)  # the model takes most of the time: on the other processor
        found = {
            "french": _french(given, model),
            "cross": {},
            "expertise": _expertise(judged, model),
        }
        index, took = _index(made)
        found["cross"] = cross.result()
    rng = random.Random(seed)  # noqa: S311  made-up people
    return {**found, **took, **_new_leads(index, made), **_teams(rng, RUNS_QUICK if quick else RUNS)}


def _french(given: Sequence[sets.Retrieval], model: E5 | None) -> dict[str, Any]:
    """Measure each set; the figures above them are over all questions together."""
    each = {one.name: _retrieved(one, model) for one in given}
    weights = [len(one.judged.grades) for one in given]
    keys = ("recall1", "recall10", "bm25_recall1", "bm25_recall10")
    whole = {key: round(float(np.average([found[key] for found in each.values()], weights=weights)), 4) for key in keys}
    return {**whole, "queries": sum(weights), "vectors": model is not None, "sets": each}


def _retrieved(given: sets.Retrieval, model: E5 | None) -> dict[str, Any]:
    ids, documents = list(given.documents), list(given.documents.values())
    asked = list(given.judged.grades)
    wanted = [given.judged.wanted(query) for query in asked]
    plain = Bm25(documents, texts.words)
    floor = [[ids[at] for at in best(plain.scores(plain.asked(given.queries[query])), TOP)] for query in asked]
    ranked = _ranked(given, asked, Index(documents), [None] * len(asked))
    found = {
        "bm25_recall1": matching.recall(floor, wanted, 1),
        "bm25_recall10": matching.recall(floor, wanted, TOP),
        "words_recall1": matching.recall(ranked, wanted, 1),
        "words_recall10": matching.recall(ranked, wanted, TOP),
    }
    if model is not None:
        vectors = model.queries([given.queries[query] for query in asked])
        ranked = _ranked(given, asked, Index(documents, model.passages(documents)), list(vectors))
    found["recall1"] = matching.recall(ranked, wanted, 1)
    found["recall10"] = matching.recall(ranked, wanted, TOP)
    return {key: round(value, 4) for key, value in found.items()}


def _ranked(
    given: sets.Retrieval, asked: Sequence[str], index: Index, vectors: Sequence[Floats | None]
) -> list[list[str]]:
    ids = list(given.documents)
    questions = [Question(given.queries[query], vector) for query, vector in zip(asked, vectors, strict=True)]
    return [[ids[at] for at, _ in index.best(question, TOP)] for question in questions]


def _cross() -> dict[str, Any]:
    given, model = [sets.own_cross(), *sets.published_cross()], E5()
    hits: dict[str, list[bool]] = {}
    nearest: list[bool] = []
    for one in given:
        ids = list(one.documents)
        wanted = [one.judged.wanted(query) for query in one.queries]
        queries, documents = model.queries(list(one.queries.values())), model.passages(list(one.documents.values()))
        order = matching.across(queries, documents).argmax(axis=1)
        hits[one.name] = [ids[at] in good for at, good in zip(order, wanted, strict=True)]
        nearest += [ids[at] in good for at, good in zip((queries @ documents.T).argmax(axis=1), wanted, strict=True)]
    whole = [hit for found in hits.values() for hit in found]
    each = {name: round(float(np.mean(found)), 4) for name, found in hits.items()}
    return {
        "recall1": round(float(np.mean(whole)), 4),
        "cosine_recall1": round(float(np.mean(nearest)), 4),
        "queries": len(whole),
        "sets": each,
    }


def _expertise(given: sets.Expertise, model: E5 | None) -> dict[str, Any]:
    grades = given.judged.grades
    words = expertise.affinities(given.papers, given.submissions)
    ours = words if model is None else expertise.affinities(given.papers, given.submissions, model)
    return {
        "loss": round(expertise.loss(grades, ours), 4),
        "words_loss": round(expertise.loss(grades, words), 4),
        "baseline": round(expertise.loss(grades, _by_bm25(given)), 4),
        "vectors": model is not None,
        "experts": len(grades),
        "ratings": sum(len(found) for found in grades.values()),
    }


def _by_bm25(given: sets.Expertise) -> dict[str, dict[str, float]]:
    """Score each proposal as a question to somebody's papers, all of them as one text: plain BM25's way."""
    index = Bm25([" ".join(papers) for papers in given.papers.values()], texts.words)
    scores: dict[str, dict[str, float]] = {expert: {} for expert in given.papers}
    for submission, text in given.submissions.items():
        for expert, score in zip(given.papers, index.scores(index.asked(text)).tolist(), strict=True):
            scores[expert][submission] = score
    return scores


class _Made(NamedTuple):
    leads: list[str]
    needs: list[Question]
    new: list[str]


def _index(made: _Made) -> tuple[Index, dict[str, Any]]:
    """Time 100,000 made leads, and 200 needs matched to them."""
    started, spent = time.perf_counter(), time.process_time()
    index = Index(made.leads)
    indexed = time.perf_counter()
    for need in made.needs:
        index.best(need, TOP)
    matched = time.perf_counter()
    return index, {
        "index_100k_s": round(matched - started, 2),
        "index_100k_cpu_s": round(time.process_time() - spent, 2),
        "index_alone_s": round(indexed - started, 2),
        "leads": len(made.leads),
        "needs": len(made.needs),
    }


def _new_leads(index: Index, made: _Made) -> dict[str, float]:
    """Time each new lead: added, and held against every need."""
    took = []
    for lead in made.new:
        started = time.perf_counter()
        best(index.against(index.add(lead), made.needs), TOP)
        took.append((time.perf_counter() - started) * 1000)
    return {"one_lead_ms": percentile(took, 95), "one_lead_ms_p50": percentile(took, 50)}


def _made(seed: int) -> _Made:
    """Make texts: a few words are common and most are rare (Zipf), those of our own sets the commonest."""
    french, english = sets.own_french(), sets.own_cross()
    said = [word for text in [*french.documents.values(), *english.documents.values()] for word in texts.words(text)]
    rng = random.Random(seed)  # noqa: S311  made-up words
    words = list(dict.fromkeys([*said, *("".join(rng.choices(SYLLABLES, k=rng.randint(2, 5))) for _ in range(MADE))]))
    shares = np.cumsum(1 / (np.arange(len(words)) + 10))
    drawn = np.random.default_rng(seed)

    def text(length: int) -> str:
        return " ".join(words[at] for at in np.searchsorted(shares, drawn.random(length) * shares[-1]))

    return _Made(
        [text(LEAD_WORDS) for _ in range(LEADS)],
        [Question(text(NEED_WORDS)) for _ in range(NEEDS)],
        [text(LEAD_WORDS) for _ in range(NEW_LEADS)],
    )


def _teams(rng: random.Random, runs: int) -> dict[str, Any]:
    people, teams = _hall(rng)
    took = []
    placed: Mapping[str, str] = {}
    for _ in range(runs):
        started = time.perf_counter()
        placed = place(people, teams)
        took.append(time.perf_counter() - started)
    return {
        "teams_s": round(percentile(took, 50), 3),
        "teams": {"people": PEOPLE, "teams": TEAMS, "placed": len(placed)},
        "blocking": len(blocking(people, teams, placed)),
    }


def _hall(rng: random.Random) -> tuple[list[Person], list[Team]]:
    names = [f"team {number:02}" for number in range(TEAMS)]
    people = [
        Person(
            f"person {number:03}",
            frozenset(rng.sample(SKILLS, rng.randint(0, 4))),
            tuple(rng.sample(names, rng.randint(0, 6))),
        )
        for number in range(PEOPLE)
    ]
    teams = [
        Team(name, {skill: rng.choice((0.5, 1.0, 2.0)) for skill in rng.sample(SKILLS, 4)}, TEAM_MOST) for name in names
    ]
    return people, teams
