"""Names as people write them under stress, brought to forms that can be compared: folded, split, and by their sound.

A name in Arabic script keeps its consonants alone; its skeleton is then that of the same name in Latin letters.
"""

import re
import unicodedata
from functools import cache

from anyascii import anyascii

from necmergitur.people.constants import NAME_MAX, NAME_TOKENS_MAX
from necmergitur.people.nicknames import GROUPS

# Small words of names: they are often left out or joined to what follows, and hardly tell two people apart.
_SMALL = "de du des d la le les l von van der den ter zu el al da do dos das di del della y e ben bin bint ibn ould"
PARTICLES = frozenset(re.findall(r"\w+", _SMALL))
# The typewriter's, both quotation marks, both accents, the letters for a glottal stop and for ain, and the prime.
_APOSTROPHES = re.compile("['`\u00b4\u2018\u2019\u02bb\u02bc\u2032]")
_ASIDE = re.compile(r"[^a-z0-9]+")
_ARABIC_ARTICLE = re.compile(r"(?<![\u0600-\u06ff])\u0627\u0644(?=[\u0600-\u06ff]{2})")
_HAN_OR_HANGUL = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3]{2,4}")
# Servant of one of God's names: written in one word, in two or in three.
_SERVANT = frozenset({"bd", "abd", "abdel", "abdul", "abdal", "abdoul"})
_ARTICLES = frozenset({"el", "al", "ul", "er", "ar", "es", "as", "en", "an", "ed", "ad", "ech", "ach"})
_SERVANT_OPEN = frozenset(f"abd{article}" for article in _ARTICLES)

# In this order; what is written in capitals is not looked at again.
_SOUNDS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"tsch|tch|sch|sz|cz|sh|ch", "C"),
        (r"ph|v", "F"),
        (r"kh|ck|cq|qu|q|k", "K"),
        (r"dj|rz|zh(?=[aeiou])|j", "J"),
        (r"gu(?=[eiy])|gh|g(?![eiy])", "G"),
        (r"g", "J"),
        (r"c(?=[eiy])", "S"),
        (r"c", "K"),
        (r"x", "KS"),
        (r"[sz]", "S"),
        (r"(?<=[tdKGC])h|h$", ""),
        (r"[aeiouyw]", ""),
    )
)
_TWICE = re.compile(r"(.)\1+")
_SERVANT_SOUND = re.compile(r"^bdl(?=...)")


def fold(name: str) -> str:
    """Return a name's words in plain lower-case letters and digits, one space between; "" when nothing is left."""
    words = plain_words(name[:NAME_MAX])[:NAME_TOKENS_MAX]
    if not _SERVANT.isdisjoint(words):
        words = _joined(words)
    return " ".join(words)


def plain_words(text: str) -> list[str]:
    """Return the words of a text in plain lower-case letters and digits."""
    if not text.isascii():
        text = _ascii(text)
    return _ASIDE.sub(" ", _APOSTROPHES.sub("", text).lower()).split()


def _ascii(name: str) -> str:
    name = unicodedata.normalize("NFKC", name)
    name = "".join(c for c in name if not unicodedata.category(c).startswith(("S", "C")))
    if name.isascii():
        return name
    name = _ARABIC_ARTICLE.sub("", name)
    # Family name first, then a given name of one or two characters, as its Latin form is written.
    name = _HAN_OR_HANGUL.sub(lambda found: f" {found[0][0]} {anyascii(found[0][1:])} ", name)
    return anyascii(name)


def _joined(words: list[str]) -> list[str]:
    joined: list[str] = []
    for word in words:
        if joined and (joined[-1] in _SERVANT or joined[-1] in _SERVANT_OPEN):
            joined[-1] += word
        else:
            joined.append(word)
    return joined


def skeleton(word: str) -> str:
    """Return the consonants of a folded word as a French or Arab ear tells them apart; the word itself without any."""
    sounds = word
    for pattern, sound in _SOUNDS:
        sounds = pattern.sub(sound, sounds)
    sounds = _SERVANT_SOUND.sub("bd", _TWICE.sub(r"\1", sounds.lower()))
    return sounds or word


def alternatives(word: str) -> tuple[str, ...]:
    """Return what else somebody called `word` is called: nicknames, full forms, other romanisations."""
    return tuple(sorted({other for group in _groups().get(word, ()) for other in group} - {word}))


@cache
def _groups() -> dict[str, list[frozenset[str]]]:
    found: dict[str, list[frozenset[str]]] = {}
    for line in GROUPS.strip().splitlines():
        group = frozenset(line.split())
        for word in group:
            found.setdefault(word, []).append(group)
    return found
