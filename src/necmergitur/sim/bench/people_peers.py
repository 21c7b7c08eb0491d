"""What others find of the same questions: PostgreSQL's trigrams, and the rule of Google Person Finder.

Both are given folded names, without which neither would find an accent; and the name alone, which is all they take.
"""

import os
import shutil
import tempfile
import time
from bisect import bisect_left
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg

from necmergitur.app.services import embedded_postgres
from necmergitur.app.settings import PREFIX, SECRET_PREFIX, Settings
from necmergitur.people.findable import Findable
from necmergitur.people.names import fold
from necmergitur.sim.bench.figures import percentile
from necmergitur.sim.names.people import Query

THRESHOLD = 0.2  # of similarity: measured best with an index
AMONG = 10


def measure(records: Sequence[Findable], asked: Sequence[Query]) -> dict[str, Any]:
    """Return recall among ten and what a question costs, by peer."""
    texts = [fold(record.names[0]) for record in records]
    questions = [(fold(query.wanted.names[0]), fold(query.about.record.names[0])) for query in asked]
    return {"pg_trgm": _trigrams(texts, questions), "person_finder": _person_finder(texts, questions)}


def _trigrams(texts: Sequence[str], questions: Sequence[tuple[str, str]]) -> dict[str, float]:
    """Ask a real PostgreSQL, with a GIN index; `wall_ms`: its work is in processes of its own."""
    home = Path(tempfile.mkdtemp(prefix="nec-bench-"))
    inherited = {n: v for n, v in os.environ.items() if n.startswith(SECRET_PREFIX) or not n.startswith(PREFIX)}
    server = embedded_postgres(Settings.from_environment({**inherited, "NEC_HOME": str(home)}))
    try:
        server.start()
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            connection.execute("CREATE UNLOGGED TABLE person (name text)")
            with connection.cursor().copy("COPY person (name) FROM STDIN") as copy:
                for text in texts:
                    copy.write_row((text,))
            connection.execute("CREATE INDEX ON person USING gin (name gin_trgm_ops)")
            connection.execute("ANALYZE person")
            connection.execute(f"SET pg_trgm.similarity_threshold = {THRESHOLD}")
            return _scored(
                questions,
                lambda text: [
                    str(row[0])
                    for row in connection.execute(
                        "SELECT name FROM person WHERE name %% %(asked)s ORDER BY similarity(name, %(asked)s) DESC"
                        " LIMIT %(among)s",
                        {"asked": text, "among": AMONG},
                    )
                ],
            )
    finally:
        server.stop()
        shutil.rmtree(home, ignore_errors=True)


def _person_finder(texts: Sequence[str], questions: Sequence[tuple[str, str]]) -> dict[str, float]:
    """Its rule (`app/indexing.py`): each word asked begins a word of the name; better the more it is the same name."""
    words = sorted((word, at) for at, text in enumerate(texts) for word in set(text.split()))

    def holders(prefix: str) -> set[int]:
        first = bisect_left(words, (prefix, -1))
        last = bisect_left(words, (prefix + "\x7f", -1))
        return {at for _, at in words[first:last]}

    def rank(asked: list[str], text: str) -> int:
        name = text.split()
        if name == asked:
            return 10
        if name == asked[::-1]:
            return 9
        if sorted(name) == sorted(asked):
            return 8
        return 6 if set(asked) <= set(name) else 5

    def find(text: str) -> list[str]:
        asked = text.split()
        found = set.intersection(*map(holders, asked)) if asked else set()
        return sorted((texts[at] for at in found), key=lambda name: -rank(asked, name))[:AMONG]

    return _scored(questions, find)


def _scored(questions: Sequence[tuple[str, str]], find: Any) -> dict[str, float]:
    took_ms: list[float] = []
    among = 0
    for asked, right in questions:
        begun = time.perf_counter()
        found = find(asked)
        took_ms.append((time.perf_counter() - begun) * 1_000)
        among += right in found
    return {
        "recall10": round(among / len(questions), 4),
        "wall_ms_p50": percentile(took_ms, 50),
        "wall_ms_p95": percentile(took_ms, 95),
    }
