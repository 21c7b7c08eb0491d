"""Passes for tests that stand where the gate does: what a hole in it would give out."""

from datetime import UTC, datetime
from uuid import UUID

from necmergitur.governance import issuing
from necmergitur.governance.accesses import Reading, place_of
from necmergitur.governance.authorisations import CALLS_FOR_HELP
from necmergitur.governance.passes import Pass

NOWHERE = UUID(int=0)


def forged(
    what: str = "holder",
    incident: UUID = NOWHERE,
    *,
    reader: str = "operator",
    purpose: str = "answer_call",
    glass: UUID | None = None,
    place: str | None = None,
) -> Pass:
    """Return a pass that nobody asked for."""
    asked = Reading(what=what, purpose=purpose, readers=(reader,), place=place or place_of(incident))
    return issuing.issue(asked, reader, glass or CALLS_FOR_HELP, datetime.now(UTC), by_glass=glass is not None)
