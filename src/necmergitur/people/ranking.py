"""How well a candidate fits what is asked: measures of names, and of age, birth date, sex, place and clothing.

What is unknown on either side measures nought. Weights are learned from pairs of our own noise and of FEBRL's, whose
errors somebody else made (`sim/names/tuning.py`), and the bench gates both.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Protocol

import msgspec
import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import OSA, JaroWinkler
from rapidfuzz.fuzz import token_set_ratio
from rapidfuzz.process import cdist

from necmergitur.people.constants import DESCRIPTION_MAX
from necmergitur.people.names import PARTICLES, alternatives, plain_words

FEATURES = (
    "cosine",
    "asked_near",
    "asked_spelt",
    "held_near",
    "held_spelt",
    "asked_same",
    "asked_sounds",
    "worst_word",
    "joined",
    "initials",
    "spelt_well",
    "words_more",
    "alike_age",
    "alike_born",
    "alike_sex",
    "alike_place",
    "alike_words",
)
_AT = {name: number for number, name in enumerate(FEATURES)}
WEIGHTS = np.array(
    [1.6, 0.48, 1.64, 0.0, 0.42, 0.3, 0.61, 0.34, 2.21, 0.03, 1.52, -0.05, 0.85, 2.09, 0.72, 1.02, 0.56],
    dtype=np.float32,
)
BIAS = -4.7  # ours: where of a name of two words one is right and the other another, the score is about a half
PARTICLE_WEIGHT = 0.2  # ours: "de" hardly tells two people apart
NICKNAME_LIKE = 0.93  # ours: a nickname says nearly as much as the name
INITIAL_LIKE = 0.8  # ours: one letter says less, and still contradicts nothing
# Measured: names entered in Arabic script alone, asked for in Latin letters. Consonants that agree say nearly as much.
CONSONANTS_LIKE = 0.95
_VOWELS = frozenset("aeiou")

Floats = npt.NDArray[np.float32]


class Words(Protocol):
    """What an index knows of words."""

    def weigh(self, word: str) -> float:
        """Return how much a word tells people apart, 0 to 1."""
        ...

    def sound(self, word: str) -> str:
        """Return its skeleton."""
        ...


class Held(msgspec.Struct, gc=False):
    """A record as the index holds it: everything folded."""

    kind: str
    id: bytes
    age: int | None
    born: date | None
    sex: str
    place: str
    words: str
    flags: tuple[str, ...]


class Asked(msgspec.Struct):
    """A question, folded once. `words`: of one name; `sounds`: their skeletons."""

    words: list[str]
    sounds: list[str]
    age: int | None = None
    born: date | None = None
    sex: str = ""
    place: str = ""
    clothing: frozenset[str] = frozenset()


def measure(asked: Asked, texts: Sequence[str], held: Sequence[Held], cosines: Floats, words: Words) -> Floats:
    """Return one row of FEATURES for each candidate."""
    found = np.zeros((len(texts), len(FEATURES)), dtype=np.float32)
    found[:, _AT["cosine"]] = cosines
    if asked.words:
        _measure_names(asked, texts, found, words)
    if asked.age is not None:
        found[:, _AT["alike_age"]] = [alike_age(asked, one) for one in held]
    if asked.born is not None:
        found[:, _AT["alike_born"]] = [alike_born(asked.born, one.born) for one in held]
    if asked.sex:
        found[:, _AT["alike_sex"]] = [0.0 if not one.sex else 1.0 if asked.sex == one.sex else -1.0 for one in held]
    if asked.place:
        found[:, _AT["alike_place"]] = [alike_place(asked.place, one.place, one.words) for one in held]
    if asked.clothing:
        found[:, _AT["alike_words"]] = [alike_clothing(asked.clothing, one.words) for one in held]
    return found


def score(measured: Floats) -> Floats:
    """Return 0 to 1 for each row."""
    result: Floats = 1 / (1 + np.exp(-(measured @ WEIGHTS + BIAS)))
    return result


def reasons(row: Floats, asked: Asked, text: str) -> tuple[str, ...]:
    """Return what agrees, in the words of `findable.Found.why`."""
    at: Mapping[str, float] = dict(zip(FEATURES, row.tolist(), strict=True))
    words = text.split()
    other = {name for word in asked.words for name in alternatives(word)}
    said = (
        ("name_same", sorted(words) == sorted(asked.words)),
        ("name_near", sorted(words) != sorted(asked.words) and at["asked_spelt"] >= 0.75),  # noqa: PLR2004
        ("name_sounds_alike", at["asked_sounds"] > at["asked_same"]),
        ("name_swapped_or_joined", at["joined"] >= 0.9 and words != asked.words),  # noqa: PLR2004
        ("nickname", not other.isdisjoint(words)),
        ("initial", at["initials"] > 0),
        ("born_same", at["alike_born"] >= 1),
        ("born_near", 0 < at["alike_born"] < 1),
        ("age_near", at["alike_age"] > 0),
        ("sex_same", at["alike_sex"] > 0),
        ("place_near", at["alike_place"] > 0),
        ("words_shared", at["alike_words"] > 0),
    )
    return tuple(word for word, holds in said if holds)


def _measure_names(asked: Asked, texts: Sequence[str], found: Floats, words: Words) -> None:
    split = [text.split() for text in texts]
    numbers: dict[str, int] = {"": 0}
    longest = max(map(len, split), default=1) or 1
    index = np.zeros((len(split), longest), dtype=np.intp)
    for row, name in zip(index, split, strict=True):
        row[: len(name)] = [numbers.setdefault(word, len(numbers)) for word in name]
    vocabulary = list(numbers)
    near, spelt, same, sounds = _alike(asked, vocabulary, words)
    asked_weights = np.array([words.weigh(word) for word in asked.words], dtype=np.float32)
    held_weights = np.array([0.0, *map(words.weigh, vocabulary[1:])], dtype=np.float32)[index]

    def of_asked(likeness: Floats) -> Floats:
        best: Floats = asked_weights @ likeness[:, index].max(axis=2) / asked_weights.sum()
        return best

    def of_held(likeness: Floats) -> Floats:
        best: Floats = (likeness[:, index].max(axis=0) * held_weights).sum(axis=1) / (held_weights.sum(axis=1) + 1e-6)
        return best

    found[:, _AT["asked_near"]] = of_asked(near)
    found[:, _AT["asked_spelt"]] = of_asked(spelt)
    found[:, _AT["held_near"]] = of_held(near)
    found[:, _AT["held_spelt"]] = of_held(spelt)
    found[:, _AT["asked_same"]] = of_asked(same)
    found[:, _AT["asked_sounds"]] = of_asked(sounds)
    found[:, _AT["worst_word"]] = near[:, index].max(axis=2).min(axis=0)
    found[:, _AT["joined"]] = _joined_by_ear(asked, split, words)
    # Squared: two words nearly right say more than one right and one wrong.
    found[:, _AT["spelt_well"]] = of_asked(spelt**3) * of_held(spelt**3)
    found[:, _AT["words_more"]] = [abs(len(name) - len(asked.words)) for name in split]
    letters = np.array([len(word) == 1 for word in vocabulary])[index].any(axis=1)
    found[:, _AT["initials"]] = letters | any(len(word) == 1 for word in asked.words)


def _alike(asked: Asked, vocabulary: Sequence[str], words: Words) -> tuple[Floats, Floats, Floats, Floats]:
    """Return how alike each asked word and each word of the candidates are: nearly, by letters, exactly, by ear."""
    near: Floats = cdist(asked.words, vocabulary, scorer=JaroWinkler.similarity, dtype=np.float32)
    spelt: Floats = cdist(asked.words, vocabulary, scorer=OSA.normalized_similarity, dtype=np.float32)
    heard = list(map(words.sound, vocabulary))
    bare = list(map(_is_bare, vocabulary))
    first_letters = [word[:1] for word in vocabulary]
    short = [len(word) == 1 for word in vocabulary]
    same = np.zeros_like(near)
    sounds = np.zeros_like(near)
    for row, (word, sound) in enumerate(zip(asked.words, asked.sounds, strict=True)):
        same[row] = [word == other for other in vocabulary]
        sounds[row] = [sound == other for other in heard]
        others = alternatives(word)
        if others:
            nickname = cdist(others, vocabulary, scorer=OSA.normalized_similarity, dtype=np.float32).max(axis=0)
            for likeness in (near, spelt):
                np.maximum(likeness[row], nickname * NICKNAME_LIKE, out=likeness[row])
        begins = [letter == word[0] for letter in first_letters]
        initial = begins if len(word) == 1 else [both and one for both, one in zip(begins, short, strict=True)]
        by_ear = [
            at for at, other in enumerate(vocabulary) if len(sound) > 1 and (bare[at] or _is_bare(word)) and other
        ]
        if by_ear:
            others_heard = [heard[at] for at in by_ear]
            for likeness, scorer in ((near, JaroWinkler.similarity), (spelt, OSA.normalized_similarity)):
                ear = cdist([sound], others_heard, scorer=scorer, dtype=np.float32)[0] * CONSONANTS_LIKE
                likeness[row][by_ear] = np.maximum(likeness[row][by_ear], ear)
        for likeness in (near, spelt):
            likeness[row][initial] = np.maximum(likeness[row][initial], INITIAL_LIKE)
    for likeness in (near, spelt, same, sounds):
        likeness[:, 0] = 0.0
    return near, spelt, same, sounds


def _is_bare(word: str) -> bool:
    """Return whether a word has consonants alone, as Arabic script writes it."""
    return len(word) > 1 and _VOWELS.isdisjoint(word)


def _joined_by_ear(asked: Asked, split: Sequence[Sequence[str]], words: Words) -> Floats:
    """Return how alike the names are when their words are written together; by consonants where one has no others."""
    best = _joined(asked.words, split)
    asks_bare = all(map(_is_bare, asked.words))
    bare = [at for at, name in enumerate(split) if name and (asks_bare or all(map(_is_bare, name)))]
    if bare:
        heard = _joined(asked.sounds, [list(map(words.sound, split[at])) for at in bare])
        best[bare] = np.maximum(best[bare], heard * CONSONANTS_LIKE)
    return best


def _joined(asked: Sequence[str], split: Sequence[Sequence[str]]) -> Floats:
    """Return how alike the names are when their words are written together, from whichever word one begins."""
    forms: list[str] = []
    owners: list[int] = []
    for number, words in enumerate(split):
        for turn in range(max(1, min(len(words), 4))):
            forms.append("".join((*words[turn:], *words[:turn])))
            owners.append(number)
    alike = cdist(["".join(asked)], forms, scorer=OSA.normalized_similarity, dtype=np.float32)[0]
    best = np.zeros(len(split), dtype=np.float32)
    np.maximum.at(best, owners, alike)
    return best


def alike_age(asked: Asked, one: Held) -> float:
    """Return 1 for the same age, less the further apart, -1 from fifteen years on: people guess in tens."""
    if asked.age is None or one.age is None or (asked.born and one.born):
        return 0.0
    return max(1.0 - abs(asked.age - one.age) * 2 / 15, -1.0)


def alike_born(asked: date | None, held: date | None) -> float:
    """Return 1 for the same birth date, less for one part written wrong or day and month exchanged, -1 otherwise."""
    if asked is None or held is None:
        return 0.0
    if asked == held:
        return 1.0
    if (asked.year, asked.month, asked.day) == (held.year, held.day, held.month):
        return 0.8
    agreeing = (asked.year == held.year) + (asked.month == held.month) + (asked.day == held.day)
    digits = sum(a == b for a, b in zip(asked.isoformat(), held.isoformat(), strict=True)) - 2  # of eight
    if agreeing == 2:  # noqa: PLR2004 - of three parts
        return 0.75 if digits >= 7 else 0.6  # noqa: PLR2004 - all but one
    return 0.3 if digits >= 6 else -1.0  # noqa: PLR2004 - all but two


def alike_place(asked: str, held: str, described: str = "") -> float:
    """Return 1 for the same words, less for some of them, -0.3 for others: people move about.

    A description may say where somebody was last seen; one that does not says nothing.
    """
    if not asked or not (held or described):
        return 0.0
    alike = max(token_set_ratio(asked, held), token_set_ratio(asked, described)) / 100
    if alike > 0.6:  # noqa: PLR2004 - unrelated words are that alike by chance
        return (alike - 0.6) / 0.4
    return -0.3 if held else 0.0


def alike_clothing(asked: frozenset[str], held: str) -> float:
    """Return the share of asked words that are held too; none in common says little: people see differently."""
    if not asked or not held:
        return 0.0
    return len(asked & set(held.split())) / len(asked)


def word_weight(count: int, total: int, word: str) -> float:
    """Return how much a word that `count` of `total` names hold tells people apart: 0 to 1."""
    if word in PARTICLES:
        return PARTICLE_WEIGHT
    return float(np.log(1 + total / (1 + count)) / np.log(2 + total))


def clothing(text: str) -> str:
    """Return the words that describe somebody, in one language and without the small ones."""
    words = (_SAME_WORD.get(word, word) for word in plain_words(text[:DESCRIPTION_MAX]))
    return " ".join(word for word in words if len(word) > 2 and word not in _SMALL)  # noqa: PLR2004 - "un", "le"


_SMALL = frozenset(("les", "des", "une", "avec", "and", "the", "with", "son", "ses", "sur", "aux", "dans"))
_SAME_WORD = {
    other: first
    for line in """
red rouge rouges
blue bleu bleue bleus bleues marine navy
black noir noire noirs noires
white blanc blanche blancs blanches
green vert verte verts vertes
yellow jaune jaunes
grey gray gris grise grises
brown marron brun brune chatain
pink rose roses
orange oranges
purple violet violette mauve
beige
jacket veste blouson
coat manteau parka doudoune
trousers pants pantalon
jeans jean
shirt chemise
tshirt teeshirt
jumper sweater pull sweat
dress robe
skirt jupe
shoes chaussures baskets trainers sneakers
hat chapeau
cap casquette
beanie bonnet
scarf echarpe foulard
glasses lunettes
bag sac
backpack dos
hair cheveux
long longs longue
short court courts courte
beard barbe
tattoo tatouage
blond blonde blonds
headscarf voile hijab
""".strip().splitlines()
    for first, *others in [line.split()]
    for other in others
}
