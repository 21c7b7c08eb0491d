"""The mint. An import contract lets only `governance` import this module."""

from datetime import datetime
from uuid import UUID

from necmergitur.kernel.events import Fact
from necmergitur.ledger import admitted as _admitted


def mint(fact: Fact, authorisation_id: UUID, at: datetime) -> _admitted.Admitted:
    """Return `fact` as admitted under `authorisation_id` at `at` (aware UTC)."""
    return _admitted.Admitted(_admitted._MINT, fact, authorisation_id, at)  # noqa: SLF001 -- the one mint
