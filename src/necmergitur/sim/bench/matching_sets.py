"""Judgement sets: folders somebody gives, our own, and pairs read from published data at hand (docs/benchmarks.md)."""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from necmergitur.innovation import judgements
from necmergitur.innovation.background import themes
from necmergitur.innovation.judgements import Judged, Unreadable
from necmergitur.sim.bench.evening import CORPUS

OWN = Path(__file__).parent / "judged"
DESCRIPTION_CHARS_MIN = 30  # a shorter one repeats its title


class Retrieval(msgspec.Struct, frozen=True):
    """Questions, texts, and which text answers which question."""

    name: str
    queries: Mapping[str, str]
    documents: Mapping[str, str]
    judged: Judged


class Expertise(msgspec.Struct, frozen=True):
    """What experts wrote, what was submitted, and how much each says to know of what they read of it."""

    name: str
    papers: Mapping[str, list[str]]
    submissions: Mapping[str, str]
    judged: Judged


def retrieval(folder: Path) -> Retrieval:
    """Read `queries/ID.txt`, `documents/ID.txt` and `judgements.tsv`. Raises Unreadable."""
    found = Retrieval(folder.name, _texts(folder / "queries"), _texts(folder / "documents"), _judged(folder))
    _known(found.judged, found.queries, found.documents)
    return found


def expertise(folder: Path) -> Expertise:
    """Read `papers/EXPERT/ID.txt`, `submissions/ID.txt` and `judgements.tsv`. Raises Unreadable."""
    homes = sorted(path for path in (folder / "papers").glob("*") if path.is_dir())
    papers = {home.name: list(_texts(home).values()) for home in homes}
    found = Expertise(folder.name, papers, _texts(folder / "submissions"), _judged(folder))
    _known(found.judged, found.papers, found.submissions)
    return found


def own_french() -> Retrieval:
    """Return our needs and a lead for each, both in French."""
    return _pairs("own", {theme.key: (theme.needs["fr"], theme.leads["fr"]) for theme in themes()})


def own_cross() -> Retrieval:
    """Return our leads in French, and what tells the same in English, in its own words."""
    return _pairs("own", {theme.key: (theme.leads["fr"], theme.leads["en"]) for theme in themes()})


def own_expertise() -> Expertise:
    """Return our experts, and what they would say of our English leads."""
    papers: dict[str, list[str]] = {}
    for expert, paper in _rows("experts.tsv"):
        papers.setdefault(expert, []).append(paper)
    submissions = {theme.key: theme.leads["en"] for theme in themes()}
    return Expertise("own", papers, submissions, judgements.read((OWN / "ratings.tsv").read_text("utf-8")))


def published_french() -> list[Retrieval]:
    """Return names and what they mean, in French, of published vocabularies that are at hand."""
    elements = {key: texts["fr"] for key, texts in _elements().items() if "fr" in texts}
    labels = _labels(_corpus() / "rc-eda" / "json-schema")
    return [_pairs(name, pairs) for name, pairs in (("dtpr", elements), ("rc-eda", labels)) if pairs]


def published_cross() -> list[Retrieval]:
    """Return elements of a published vocabulary that is at hand: in French, and the same in English."""
    both = {key: texts for key, texts in _elements().items() if len(texts) == 2}  # noqa: PLR2004 -- languages
    pairs = {key: (". ".join(texts["fr"]), ". ".join(texts["en"])) for key, texts in both.items()}
    return [_pairs("dtpr", pairs)] if pairs else []


def _pairs(name: str, pairs: Mapping[str, tuple[str, str]]) -> Retrieval:
    queries = {key: query for key, (query, _) in pairs.items()}
    documents = {key: document for key, (_, document) in pairs.items()}
    return Retrieval(name, queries, documents, Judged({key: {key: 1.0} for key in pairs}))


def _rows(name: str) -> list[list[str]]:
    lines = (OWN / name).read_text("utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


def _corpus() -> Path:
    return Path(os.environ.get("NEC_CORPUS") or CORPUS)


def _texts(folder: Path) -> dict[str, str]:
    if not folder.is_dir():
        raise Unreadable(f"no folder {folder}")
    return {path.stem: path.read_text("utf-8", errors="replace") for path in sorted(folder.glob("*.txt"))}


def _judged(folder: Path) -> Judged:
    path = folder / "judgements.tsv"
    if not path.is_file():
        raise Unreadable(f"no file {path}")
    try:
        return judgements.read(path.read_text("utf-8"))
    except (Unreadable, UnicodeDecodeError) as error:
        raise Unreadable(f"{path}: {error}") from None


def _known(judged: Judged, queries: Mapping[str, Any], documents: Mapping[str, Any]) -> None:
    for query, grades in judged.grades.items():
        missing = [query] if query not in queries else [each for each in grades if each not in documents]
        if missing:
            raise Unreadable(f"judgements.tsv names {missing[0]!r}, which has no text")


def _elements() -> dict[str, dict[str, tuple[str, str]]]:
    found: dict[str, dict[str, tuple[str, str]]] = {}
    for language in ("fr", "en"):
        for path in sorted((_corpus() / "dtpr").glob(f"*/{language}/*.md")):
            fields = _front(path.read_text("utf-8"))
            name, description = fields.get("name") or fields.get("title", ""), fields.get("description", "")
            if name and description:
                found.setdefault(f"{path.parts[-3]}/{path.stem}", {})[language] = (name, description)
    return found


def _front(text: str) -> dict[str, str]:
    """Return the fields of a Markdown file's head, those of one line and those that go on below it."""
    fields: dict[str, str] = {}
    last = ""
    for line in text.split("---")[1].splitlines():
        key, colon, value = line.partition(":")
        if colon and key.isidentifier():
            last = key
            fields[key] = value.strip().strip("'\"").lstrip(">-|").strip()
        elif last and line.startswith("  ") and not line.lstrip().startswith("- "):
            fields[last] = f"{fields[last]} {line.strip()}".strip().strip("'\"")
    return fields


def _labels(folder: Path) -> dict[str, tuple[str, str]]:
    """Return titles and descriptions of schemas' fields, each description once, where it does not say its title."""
    by_description: dict[str, str] = {}
    for path in sorted(folder.glob("*.json")):
        for title, description in _described(json.loads(path.read_text("utf-8"))):
            if len(description) > DESCRIPTION_CHARS_MIN and title.strip().lower() not in description.lower():
                by_description.setdefault(description.strip(), title.strip())
    return {title: (title, description) for description, title in reversed(by_description.items())}


def _described(node: Any) -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        title, description = node.get("title"), node.get("description")
        if isinstance(title, str) and isinstance(description, str):
            yield title, description
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    for child in children:
        yield from _described(child)
