"""How near a text is to anything at all: what its nearness to one other is held against.

A cosine of the model says little of itself: some texts are near everything, and two languages are further apart than
one. So each is measured against thirty-two themes of a city, needs and answers in French and English, and only what is
nearer than usual counts (CSLS: Conneau and others 2018, section 2.3, with texts of our own as the others).

The themes' vectors come with the package: making 128 costs a processor a quarter of a minute. After a change of the
themes or of the model, `python -m necmergitur.app.themes` writes them anew.
"""

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import as_file, files

import msgspec
import numpy as np

from necmergitur.innovation.constants import HUBS
from necmergitur.innovation.lexical import Floats
from necmergitur.innovation.matching import Embedder

LANGUAGES = ("fr", "en")  # those the themes are told in; a text of another is held against the last
TEXTS, VECTORS = "themes.tsv", "themes.npy"


class Theme(msgspec.Struct, frozen=True):
    """Something a city needs, and what would answer it, by language."""

    key: str
    needs: Mapping[str, str]
    leads: Mapping[str, str]


def themes() -> list[Theme]:
    """Return the themes, as their file tells them."""
    lines = files(__package__).joinpath(TEXTS).read_text("utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return [
        Theme(key, {"fr": french, "en": english}, {"fr": french_lead, "en": english_lead})
        for key, french, french_lead, english_lead, english in rows
    ]


def embedded(embedder: Embedder) -> Floats:
    """Return the themes' vectors, (2, 2, themes, dimensions): needs, then leads, each by language."""
    told = themes()
    needs = [embedder.queries([theme.needs[of] for theme in told]) for of in LANGUAGES]
    leads = [embedder.passages([theme.leads[of] for theme in told]) for of in LANGUAGES]
    return np.stack([np.stack(needs), np.stack(leads)]).astype(np.float32)


class Background:
    """The themes' vectors, and how near others usually are to them."""

    def __init__(self, vectors: Floats) -> None:
        """Hold vectors as `embedded` gives them."""
        self._needs, self._leads = (dict(zip(LANGUAGES, rows, strict=True)) for rows in vectors)

    def usual(self, question: Floats, asked_in: str, text: Floats, told_in: str) -> float:
        """Return how near a question and a text would be with nothing in particular in common."""
        near_texts = _nearest(self._leads.get(told_in, self._leads[LANGUAGES[-1]]) @ question)
        near_questions = _nearest(self._needs.get(asked_in, self._needs[LANGUAGES[-1]]) @ text)
        return (near_texts + near_questions) / 2

    def usual_of_questions(self, one: Floats, one_in: str, other: Floats, other_in: str) -> float:
        """Return the same of two questions, by the texts of each other's language."""
        last = self._leads[LANGUAGES[-1]]
        near = _nearest(self._leads.get(other_in, last) @ one) + _nearest(self._leads.get(one_in, last) @ other)
        return near / 2


@lru_cache(maxsize=1)
def background() -> Background:
    """Return the background that comes with the package."""
    with as_file(files(__package__).joinpath(VECTORS)) as path:
        return Background(np.load(path, allow_pickle=False).astype(np.float32))


def _nearest(cosines: Floats) -> float:
    return float(np.sort(cosines)[-HUBS:].mean())
