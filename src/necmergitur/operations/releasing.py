"""What the record keeps of open data: which table was published, the hash of its bytes, and what privacy that spent."""

from datetime import datetime

from necmergitur.dispatch.incidents import Person
from necmergitur.operations.registry import Registry, audit


def record_release(
    registry: Registry, dataset: str, month: str, sha256: str, epsilon: float | None, by: Person, now: datetime
) -> int:
    """Record that a month of a dataset was published; return the fact's sequence number."""
    spent = {} if epsilon is None else {"epsilon": f"{epsilon:g}"}
    with registry.transaction() as tx:
        return audit(
            registry, tx, "dpo:opendata:publish", f"{dataset}/{month}", by, now, sha256=sha256, month=month, **spent
        )
