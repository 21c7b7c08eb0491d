"""What pages without an account ask of operations, and what the dialogue with the people still asks of the city."""

from collections.abc import Callable
from datetime import datetime
from importlib.util import find_spec
from typing import Any

from necmergitur.governance.proposals import Proposal
from necmergitur.governance.terms import Terms
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.ports import Unreachable
from necmergitur.operations.retry import VersionConflict
from necmergitur.web.store import CLOCK, store


def run(command: Callable[[datetime], Any]) -> Any:
    """Carry out a command now. A lost race or database comes back as a Refusal."""
    try:
        return command(CLOCK.now())
    except VersionConflict:
        return Refusal(rule="too_late")
    except Unreachable:
        return Refusal(rule="unreachable")


def proposal(proposal_id: Any) -> Proposal | None:
    """Return one proposal as it stands. Raises Unreachable."""
    with store().transaction() as tx:
        return tx.terms_proposal(proposal_id)


def obstacles(asked: Terms, now: datetime) -> list[Refusal]:
    """Return what the dialogue with the people still asks for before an experiment is signed.

    One held on the experiment itself decides; without one, that of its impact assessment counts: it is on the same
    sensor, the same zones and the same purpose.
    """
    if asked.experiment is None or find_spec("necmergitur.web.dialogue") is None:
        return []
    from necmergitur.web.dialogue.opening import answered  # noqa: PLC0415 -- a room that may not be there

    found = answered("experiment", asked.id, now)
    if found is not None and found.rule == "dialogue_missing":
        found = answered("assessment", asked.assessment_id, now)
    return [] if found is None else [found]
