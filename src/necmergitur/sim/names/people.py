"""A made-up city's people, from a seed, and questions about some of them.

Family names follow a long tail, as registers do: 25 of a hundred come from the lists, the first of a list most often;
the rest are made letter by letter, each from the two before it, as the lists of their origin go on (a Markov chain).
Of a hundred people, 12 have a compound given name, 15 a second one, 8 a double family name, and 5 of those with Arab
names are entered in Arabic script alone. What is known: age 80, sex 90, place 50, clothing 30 of a hundred.

A question knows the age six times in ten (off by 3 years, as a standard deviation, and half of those rounded to five),
the sex eight times (one in a hundred wrong), a place three times (a third of those another one), clothing where the
record has it two times in ten, in French or English, one of its two words wrong half the time.
"""

import random
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from itertools import accumulate
from typing import NamedTuple

from necmergitur.people.findable import Findable, Sex, Wanted
from necmergitur.sim.names.lists import ARABIC, CLOTHING, COLOURS, ORIGINS, PLACES, Origin
from necmergitur.sim.names.noise import noisy

LISTED_SHARE = 0.25
ORDER = 2
FAMILY_LETTERS = (4, 12)


class Made(NamedTuple):
    """One made-up person: `words` as in a register, given names first, `given` of them."""

    record: Findable
    words: tuple[str, ...]
    given: int
    origin: Origin


class Query(NamedTuple):
    """A question, whose answer is `about`, and which rules made its name."""

    wanted: Wanted
    about: Made
    rules: tuple[str, ...]


class City:
    """Draws people one after the other."""

    def __init__(self, seed: int) -> None:
        """Begin from a seed: the same one makes the same people."""
        self._chance = random.Random(seed)  # noqa: S311 - a sample
        self._shares = list(accumulate(origin.share for origin in ORIGINS))
        self._women = {origin.name: origin.women.split() for origin in ORIGINS}
        self._men = {origin.name: origin.men.split() for origin in ORIGINS}
        self._families = {origin.name: origin.families.split() for origin in ORIGINS}
        self._weights: dict[int, list[float]] = {}
        self._chains = {name: _chain(names) for name, names in self._families.items()}

    def people(self, count: int, first: int = 0) -> Iterator[Made]:
        """Yield so many people, numbered from `first`."""
        for number in range(first, first + count):
            yield self._person(number)

    def question(self, about: Made) -> Query:
        """Return a question about somebody, as a person in a hurry asks it."""
        chance, record = self._chance, about.record
        name, rules = noisy(about.words, about.given, about.origin.rules, chance)
        age = None
        if record.age is not None and chance.random() < 0.6:
            age = max(0, round(record.age + chance.gauss(0, 3)))
            age = 5 * round(age / 5) if chance.random() < 0.5 else age
        sex: Sex = record.sex if chance.random() < 0.8 else ""
        if sex and chance.random() < 0.01:
            sex = "m" if sex == "f" else "f"
        place = ""
        if record.place and chance.random() < 0.3:
            place = record.place if chance.random() < 2 / 3 else chance.choice(PLACES)
        words = ""
        if record.words and chance.random() < 0.2:
            words = self._seen(record.words)
        return Query(Wanted((name,), age=age, sex=sex, place=place, words=words), about, rules)

    def _person(self, number: int) -> Made:
        chance = self._chance
        origin = ORIGINS[_at(self._shares, chance.random() * self._shares[-1])]
        sex: Sex = "f" if chance.random() < 0.51 else "m"
        given_names = (self._women if sex == "f" else self._men)[origin.name]
        first = self._pick(given_names)
        if origin.name == "french" and chance.random() < 0.12:
            first += "-" + self._pick(given_names)
        given = [first]
        if chance.random() < (0.9 if origin.name == "vietnamese" else 0.15):
            given.append(self._pick(given_names))
        family = self._family(origin)
        if chance.random() < 0.08:
            family += "-" + self._family(origin)
        words = (*given, family)
        name = " ".join(words)
        if origin.rules == "arabic" and chance.random() < 0.05:
            script = [ARABIC.get(word) for word in words]
            if all(script):
                name = " ".join(word.replace("_", " ") for word in script if word)
        age = min(98, max(0, round(chance.gauss(38, 19))))
        record = Findable(
            kind="person",
            id=number.to_bytes(16, "big"),
            names=(name,),
            age=age if chance.random() < 0.8 else None,
            sex=sex if chance.random() < 0.9 else "",
            place=chance.choice(PLACES) if chance.random() < 0.5 else "",
            words=self._dressed() if chance.random() < 0.3 else "",
        )
        return Made(record, words, len(given), origin)

    def _pick(self, names: list[str]) -> str:
        weights = self._weights.setdefault(len(names), list(accumulate(1 / (rank + 12) for rank in range(len(names)))))
        return names[_at(weights, self._chance.random() * weights[-1])]

    def _family(self, origin: Origin) -> str:
        names = self._families[origin.name]
        if origin.name in {"chinese", "vietnamese"} or self._chance.random() < LISTED_SHARE:
            return self._pick(names)
        chain = self._chains[origin.name]
        while True:
            letters = "^" * ORDER
            while not letters.endswith("$") and len(letters) < ORDER + FAMILY_LETTERS[1] + 2:
                letters += self._chance.choice(chain[letters[-ORDER:]])
            made = letters[ORDER:-1]
            if letters.endswith("$") and FAMILY_LETTERS[0] <= len(made) <= FAMILY_LETTERS[1]:
                return made.title()

    def _dressed(self) -> str:
        (what, _), (colour, _) = self._chance.choice(CLOTHING), self._chance.choice(COLOURS)
        return f"{what} {colour}"

    def _seen(self, words: str) -> str:
        what, colour = words.split()
        if self._chance.random() < 0.5:
            colour = self._chance.choice(COLOURS)[0]
        if self._chance.random() < 0.5:
            return f"{dict(COLOURS)[colour]} {dict(CLOTHING)[what]}"
        return f"{what} {colour}"


def _at(sums: list[float] | list[int], value: float) -> int:
    return min(bisect_left(sums, value), len(sums) - 1)


def _chain(names: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for name in names:
        letters = "^" * ORDER + name.lower() + "$"
        for at in range(ORDER, len(letters)):
            found[letters[at - ORDER : at]].append(letters[at])
    return dict(found)
