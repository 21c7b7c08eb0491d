"""What a text says, as words that can be counted: split, cut to their stems, in the language it is written in."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache

import snowballstemmer

from necmergitur.innovation.constants import PIECE_SIZES, TEXT_CHARS_MAX

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")  # noqa: RUF001 -- a typographic apostrophe is what people type
_ELIDED = re.compile(r"^(?:[cdjlmnst]|qu|lorsqu|puisqu|jusqu|quoiqu)['’]", re.IGNORECASE)  # noqa: RUF001
# The words that say which language it is, and nothing else: the commonest of each.
STOP = {
    "fr": frozenset(
        "à afin ainsi alors après au aucun aucune aujourd aussi autre autres aux avant avec avoir c car ce ceci cela celle"
        " celles celui ces cet cette ceux chaque chez comme comment d dans de depuis des deux doit donc dont du elle elles"
        " en encore entre est et être eu fait fois font hors ici il ils j je l la le les leur leurs lors lui m ma mais même"
        " mes mon n ne ni nos notre nous on ont ou où par parce pas peu peut peuvent plus pour pourquoi qu quand que quel"
        " quelle quelles quels qui s sa sans se sera ses si son sont sous sur t ta tant te tel tels tes toi ton tous tout"
        " toute toutes très tu un une vers voici voir vos votre vous y".split()
    ),
    "en": frozenset(
        "a about after all also an and any are as at be because been before being both but by can could did do does each"
        " for from had has have he her his how i if in into is it its may more most must my no nor not of on one only or"
        " other our out over s she should so some such t than that the their them then there these they this those through"
        " to under up very was we were what when where which while who will with would you your".split()
    ),
}


@cache
def _stemmer(language: str) -> snowballstemmer.stemmer:
    return snowballstemmer.stemmer({"fr": "french", "en": "english"}[language])


@lru_cache(200_000)
def _stem(word: str, language: str) -> str:
    return fold(_stemmer(language).stemWord(word))


def fold(text: str) -> str:
    """Return the text without accents, in lower case."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.lower())
    return "".join(char for char in apart if not unicodedata.combining(char))


def words(text: str) -> list[str]:
    """Return the words of a text, in lower case, without what was elided before them; compound words in parts too."""
    found: list[str] = []
    for match in _WORD.finditer(unicodedata.normalize("NFC", text[:TEXT_CHARS_MAX])):
        word = _ELIDED.sub("", match[0].lower())
        parts = re.split(r"['’-]", word)  # noqa: RUF001
        found += [part for part in parts if part]
    return found


def language_of(text: str) -> str:
    """Return "fr" or "en", by the small words in it; French where it cannot be told."""
    counted = Counter(words(text[:2_000]))
    said = {language: sum(counted[word] for word in stop) for language, stop in STOP.items()}
    return "en" if said["en"] > said["fr"] else "fr"


def stems(text: str, language: str | None = None) -> list[str]:
    """Return what a text is about: stems without accents, small words left out."""
    language = language or language_of(text)
    stop = STOP[language]
    return [_stem(word, language) for word in words(text) if word not in stop and not (len(word) == 1 and word.isalpha())]


def pieces(text: str) -> list[str]:
    """Return the pieces of three and four characters of each word, its ends marked."""
    found: list[str] = []
    for word in words(text):
        marked = f" {fold(word)} "
        for size in PIECE_SIZES:
            found += [marked[at : at + size] for at in range(max(1, len(marked) - size + 1))]
    return found


def counts(parts: Iterable[str]) -> Counter[str]:
    """Count parts."""
    return Counter(parts)


def simhash(text: str, bits: int = 64) -> int:
    """Return a number that near texts share nearly all bits of (Charikar 2002), over pairs of words."""
    said = words(text)
    pairs: Sequence[str] = [f"{first} {second}" for first, second in zip(said, said[1:], strict=False)] or said
    sums = [0] * bits
    for pair, count in Counter(pairs).items():
        hashed = _hash(pair)
        for bit in range(bits):
            sums[bit] += count if hashed >> bit & 1 else -count
    return sum(1 << bit for bit in range(bits) if sums[bit] > 0)


@lru_cache(100_000)
def _hash(text: str) -> int:
    import hashlib  # noqa: PLC0415

    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest())
