"""The made-up city is the same for the same seed, and its noise is what is published."""

import random

from necmergitur.people.findable import Wanted
from necmergitur.people.search import Index
from necmergitur.sim.bench import people as bench
from necmergitur.sim.bench import people_peers
from necmergitur.sim.names.febrl import febrl4
from necmergitur.sim.names.noise import RULES, WEIGHTS, noisy
from necmergitur.sim.names.people import City

PEOPLE = 3_000


def test_the_same_seed_makes_the_same_people_and_questions() -> None:
    def play() -> list[object]:
        city = City(5)
        people = list(city.people(50))
        return [*people, *(city.question(made) for made in people)]

    assert play() == play()


def test_each_published_rule_happens_and_no_other() -> None:
    assert set(RULES) == set(WEIGHTS)
    city, chance = City(5), random.Random(5)
    applied = [
        noisy(made.words, made.given, made.origin.rules, chance)[1] for made in city.people(2_000) for _ in range(2)
    ]
    counts = [len(rules) for rules in applied]
    assert {rule for rules in applied for rule in rules} == set(RULES)
    assert 0.45 < counts.count(1) / len(counts) < 0.56
    assert 0.12 < counts.count(3) / len(counts) < 0.18


def test_names_are_found_among_three_thousand_and_trigrams_find_fewer() -> None:
    city, chance = City(5), random.Random(6)
    people = list(city.people(PEOPLE))
    index = Index()
    index.add(made.record for made in people)
    asked = [city.question(chance.choice(people)) for _ in range(200)]
    ours = bench._asked(index, [(query.wanted, query.about.record.id) for query in asked], lambda one: one)
    assert ours["recall10"] >= 0.97
    theirs = people_peers.measure([made.record for made in people], asked[:60])
    assert theirs["person_finder"]["recall10"] < 0.6
    assert theirs["pg_trgm"]["recall10"] <= 1.0


def test_febrl_is_found_by_name_and_birth_date() -> None:
    """The other half of what the weights are judged by: errors that somebody else made."""
    pairs = febrl4()
    index = Index()
    index.add(pairs.records)
    asked = random.Random(1).sample(pairs.asked, 300)
    found = bench._asked(
        index, [(Wanted(wanted.names, born=wanted.born), about) for wanted, about in asked], lambda x: x
    )
    assert found["recall10"] >= 0.98
