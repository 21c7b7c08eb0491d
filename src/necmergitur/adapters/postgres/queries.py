"""Read the named queries of a `.sql` file. `-- name: x` starts one; `{columns}` is filled by the caller."""

from functools import cache
from importlib.resources import files

_MARK = "-- name: "


@cache
def load(topic: str) -> dict[str, str]:
    """Return the queries of `sql/<topic>.sql` by name. Raises ValueError on a name used twice."""
    text = files(__package__).joinpath("sql", f"{topic}.sql").read_text(encoding="utf-8")
    queries: dict[str, str] = {}
    for block in text.split(_MARK)[1:]:
        name, _, body = block.partition("\n")
        if name.strip() in queries:
            raise ValueError(f"query {name.strip()!r} is written twice in {topic}.sql")
        queries[name.strip()] = body.strip()
    return queries


def fill(query: str, **parts: str) -> str:
    """Replace `{part}` marks by fixed SQL text (never by values)."""
    for name, text in parts.items():
        query = query.replace("{" + name + "}", text)
    return query
