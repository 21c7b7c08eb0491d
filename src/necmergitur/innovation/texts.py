"""What a text says, as words that can be counted: split, cut to their stems, in the language it is written in."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from hashlib import blake2b
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import snowballstemmer

from necmergitur.innovation.constants import (
    LANGUAGE_WORDS,
    SIMHASH_BITS,
    SIMHASH_NEAR_BITS,
    TEXT_CHARS_MAX,
    WORDS_KEPT_MAX,
)

_WORD = re.compile(r"[^\W_]+")  # an elided article and the parts of a compound are words of their own
_FRENCH = """
afin ainsi alors après au aucun aucune aujourd aussi autre autres aux avant avec avoir car ce ceci cela celle
celles celui ces cet cette ceux chaque chez comme comment dans de depuis des deux doit donc dont du elle elles en
encore entre est et etc eu fait fois font hors hui ici il ils je jusqu la le les leur leurs lors lorsqu lui ma
mais mes mon même ne ni nos notamment notre nous on ont ou où par parce pas peu peut peuvent plus pour pourquoi
puisqu qu quand que quel quelle quelles quels qui quoiqu sa sans se sera ses si son sont sous sur ta tant te tel
tels tes toi ton tous tout toute toutes très tu un une vers voici voir vos votre vous à être
"""
_ENGLISH = """
a about after all also an and any are as at be because been before being both but by can could did do does each
for from had has have he her his how i if in into is it its may more most must my no nor not of on one only or
other our out over s she should so some such t than that the their them then there these they this those through
to under up very was we were what when where which while who will with would you your
"""
# Small words: they say which language it is, and nothing of what a text is about.
SMALL = {"fr": frozenset(_FRENCH.split()), "en": frozenset(_ENGLISH.split())}
_STEMMERS = {"fr": "french", "en": "english"}


class _Stems(dict[str, str]):
    """Stems by word, each cut once; an empty one for a word that says nothing."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self._stemmer = snowballstemmer.stemmer(_STEMMERS[language])
        self._small = SMALL[language]

    def __missing__(self, word: str) -> str:
        if len(self) >= WORDS_KEPT_MAX:
            self.clear()
        says_nothing = word in self._small or (len(word) == 1 and not word.isdigit())
        stem = "" if says_nothing else fold(self._stemmer.stemWord(word))
        self[word] = stem
        return stem


_STEMS = {language: _Stems(language) for language in SMALL}


def fold(text: str) -> str:
    """Return the text without accents, in lower case."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.lower())
    return "".join(char for char in apart if not unicodedata.combining(char))


def words(text: str) -> list[str]:
    """Return the words of a text, in lower case."""
    return _WORD.findall(unicodedata.normalize("NFC", text[:TEXT_CHARS_MAX]).lower())


def language_of(text: str) -> str:
    """Return "fr" or "en", by the small words in it; French where it cannot be told."""
    return _language(words(text))


def stems(text: str) -> list[str]:
    """Return what a text is about: stems without accents, small words left out."""
    said = words(text)
    return [stem for stem in map(_STEMS[_language(said)].__getitem__, said) if stem]


def stem(word: str, language: str) -> str:
    """Return the stem of one word of a text in that language; empty for a word that says nothing."""
    return _STEMS[language][word.lower()]


def pairs(text: str) -> list[str]:
    """Return the stems of a text, and each two that follow each other."""
    single = stems(text)
    return [*single, *(f"{first} {second}" for first, second in pairwise(single))]


def simhash(text: str) -> int:
    """Return a number that near texts share nearly all bits of (Charikar 2002), over pairs of words."""
    said = words(text)
    counted = Counter([f"{first} {second}" for first, second in pairwise(said)] or said)
    if not counted:
        return 0
    digests = b"".join(blake2b(each.encode(), digest_size=SIMHASH_BITS // 8).digest() for each in counted)
    bits = np.unpackbits(np.frombuffer(digests, np.uint8).reshape(len(counted), -1), axis=1).astype(np.int64)
    weights = np.fromiter(counted.values(), np.int64, len(counted))
    ahead = weights @ (2 * bits - 1) > 0
    return int.from_bytes(np.packbits(ahead).tobytes())


def near(one: int, other: int) -> bool:
    """Whether two texts are the same but for a few words, by their numbers."""
    return (one ^ other).bit_count() <= SIMHASH_NEAR_BITS


def nearest(one: int, others: npt.NDArray[np.uint64]) -> int | None:
    """Return the place of the text that is most like one, if any is near: the first of them."""
    if not len(others):
        return None
    apart = np.bitwise_count(others ^ np.uint64(one))
    place = int(apart.argmin())
    return place if apart[place] <= SIMHASH_NEAR_BITS else None


def _language(said: Sequence[str]) -> str:
    begun = set(said[:LANGUAGE_WORDS])
    return "en" if len(SMALL["en"] & begun) > len(SMALL["fr"] & begun) else "fr"
