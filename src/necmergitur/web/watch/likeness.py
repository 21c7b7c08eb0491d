"""Whether two texts say nearly the same: by 64 bits that near texts share nearly all of (Charikar 2002)."""

import hashlib
import re
import unicodedata
from collections import Counter
from itertools import pairwise

from django.db.models import Q, QuerySet

from necmergitur.web.watch.constants import NEAR_BITS, SHORT_WORDS
from necmergitur.web.watch.models import Item

BITS, QUARTER = 64, 16
_WORD = re.compile(r"[^\W_]+")


def words(text: str) -> list[str]:
    """Return a text's words, in lower case, without accents."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return _WORD.findall("".join(char for char in apart if not unicodedata.combining(char)))


def fingerprint(text: str) -> int:
    """Return 64 bits of a text, over its pairs of words."""
    said = words(text)
    pairs = Counter(pairwise(said)) if len(said) > 1 else Counter((word, "") for word in said)
    sums = [0] * BITS
    for pair, count in pairs.items():
        hashed = int.from_bytes(hashlib.blake2b(" ".join(pair).encode(), digest_size=8).digest())
        for bit in range(BITS):
            sums[bit] += count if hashed >> bit & 1 else -count
    return sum(1 << bit for bit in range(BITS) if sums[bit] > 0)


def columns(number: int) -> dict[str, int]:
    """Return a fingerprint as an item's columns: a signed number, and its quarters."""
    signed = number - (1 << BITS) if number >> (BITS - 1) else number
    mask = (1 << QUARTER) - 1
    return {"print": signed} | {f"print_{name}": number >> QUARTER * at & mask for at, name in enumerate("abcd")}


def near(text: str) -> Item | None:
    """Return the oldest item that says nearly the same. Of few words, only exactly the same counts.

    Of two fingerprints that differ in three bits, one of four quarters is the same: so they are found by an index.
    """
    number = fingerprint(text)
    parts = columns(number)
    if len(words(text)) < SHORT_WORDS:
        return Item.objects.filter(print=parts["print"]).order_by("found_at").first()
    alike = Q()
    for name in "abcd":
        alike |= Q(**{f"print_{name}": parts[f"print_{name}"]})
    found: QuerySet[Item] = Item.objects.filter(alike).order_by("found_at")
    mask = (1 << BITS) - 1
    for one in found.only("id", "print", "again").iterator(chunk_size=500):
        if ((one.print & mask) ^ number).bit_count() <= NEAR_BITS:
            return one
    return None
