"""How well texts answer a text by the words they share: Okapi BM25 (Robertson and Zaragoza 2009, equation 3.15)."""

from collections import Counter
from collections.abc import Sequence
from math import log1p

from necmergitur.adapters.watch.languages import WORDS
from necmergitur.web.watch.likeness import words

K1, B = 1.2, 0.75  # Robertson and Zaragoza 2009, section 3.3
STEM_CHARS = 6  # ours: words of French and English that begin with the same six letters are mostly kin
SMALL = frozenset(word for small in WORDS.values() for word in small)
SMALL_CHARS = 3  # ours: what is shorter says little


def stems(text: str) -> list[str]:
    """Return what a text is about."""
    return [word[:STEM_CHARS] for word in words(text) if len(word) > SMALL_CHARS and word not in SMALL]


class Ranking:
    """Texts to be ranked."""

    def __init__(self, documents: Sequence[str]) -> None:
        """Index the texts."""
        self._counts = [Counter(stems(text)) for text in documents]
        self._lengths = [sum(one.values()) for one in self._counts]
        self._held = Counter(word for one in self._counts for word in one)
        self._mean = sum(self._lengths) / max(1, len(documents)) or 1.0

    def best(self, query: str, most: int) -> list[tuple[int, float]]:
        """Return the places of the texts that answer best, with their scores."""
        total = len(self._counts)
        asked = {w: log1p((total - n + 0.5) / (n + 0.5)) for w in set(stems(query)) if (n := self._held[w])}
        scored: list[tuple[int, float]] = []
        for place, counts in enumerate(self._counts):
            norm = K1 * (1 - B + B * self._lengths[place] / self._mean)
            score = sum(idf * counts[w] * (K1 + 1) / (counts[w] + norm) for w, idf in asked.items() if w in counts)
            if score > 0:
                scored.append((place, score))
        return sorted(scored, key=lambda one: (-one[1], one[0]))[:most]
