"""Whether a text says nearly what an item says already: by fingerprints of 64 bits, compared with all at once."""

from uuid import UUID

import numpy as np

from necmergitur.innovation import texts
from necmergitur.web.watch.constants import PRINTS_MAX, SHORT_WORDS
from necmergitur.web.watch.models import Item

_BITS = 64


def stored(number: int) -> int:
    """Return a fingerprint as PostgreSQL keeps it: with a sign."""
    return number - (1 << _BITS) if number >> (_BITS - 1) else number


class Prints:
    """The fingerprints of the newest items, read once for a turn of the watch."""

    def __init__(self) -> None:
        """Read them."""
        rows = list(Item.objects.order_by("-found_at").values_list("pk", "print")[:PRINTS_MAX])
        self._items: list[UUID] = [pk for pk, _ in rows]
        self._prints = np.array([number for _, number in rows], np.int64).astype(np.uint64)

    def near(self, text: str, number: int) -> UUID | None:
        """Return an item that says nearly the same. Of few words, only exactly the same counts."""
        if len(texts.words(text)) >= SHORT_WORDS:
            place = texts.nearest(number, self._prints)
        else:
            same = np.flatnonzero(self._prints == np.uint64(number))
            place = int(same[0]) if len(same) else None
        return None if place is None else self._items[place]

    def add(self, item: UUID, number: int) -> None:
        """Know one more."""
        self._items.append(item)
        self._prints = np.append(self._prints, np.uint64(number))


def plain_word(text: str) -> str:
    """Return a heading as headings are compared: without case, accents and signs."""
    return " ".join(texts.words(texts.fold(text.replace("’", " ").replace("'", " "))))
