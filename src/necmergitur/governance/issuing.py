"""Where passes come from. An import contract lets only the gate import this module."""

from datetime import datetime
from uuid import UUID

from necmergitur.governance import passes as _passes
from necmergitur.governance.accesses import Reading


def issue(asked: Reading, reader: str, authority: UUID, now: datetime, *, by_glass: bool) -> _passes.Pass:
    """Return a pass for what was asked, as `reader`, under `authority`."""
    return _passes.Pass(
        _passes._ISSUER,  # noqa: SLF001 -- the one issuer
        what=asked.what,
        purpose=asked.purpose,
        reader=reader,
        place=asked.place,
        authority=authority,
        by_glass=by_glass,
        at=now,
    )
