"""What pages without an account ask of operations, and what the dialogue with the people still asks of the city."""

from collections.abc import Callable
from datetime import datetime, timedelta
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from necmergitur.dispatch.incidents import Person
from necmergitur.governance.dialogue import TITLE_LENGTH_MAX
from necmergitur.governance.proposals import Proposal
from necmergitur.governance.terms import Terms
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import trials
from necmergitur.operations.ports import Unreachable
from necmergitur.operations.retry import VersionConflict
from necmergitur.web.dialogue.limits import Limit
from necmergitur.web.store import CLOCK, store
from necmergitur.web.trust.signing.constants import ATTEMPTS_MAX

attempts = Limit(ATTEMPTS_MAX)
DIALOGUE_LASTS = timedelta(days=21)  # ours: three weeks, so that it meets people who were away for two
_ROOM = "necmergitur.web.dialogue"


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
    """Return what stands against signing an experiment: another that runs, what the dialogue still asks for.

    A dialogue held on the experiment itself decides; without one, that of its impact assessment counts: it is on the
    same sensor, the same zones and the same purpose. Raises Unreachable.
    """
    room = _dialogue()
    busy = trials.against_paper(store(), asked, now)
    if busy is not None:
        return [busy]
    if asked.experiment is None or room is None:
        return []
    found = room.answered("experiment", asked.id, now)
    if found is not None and found.rule == "dialogue_missing":
        found = room.answered("assessment", asked.assessment_id, now)
    return [] if found is None else [found]


def dialogue_on(asked: Terms) -> Any:
    """Return the dialogue that was opened on an experiment itself, None when there is none."""
    room = _dialogue()
    return None if asked.experiment is None or room is None else room.latest("experiment", asked.id)


def may_open_dialogue(asked: Terms) -> bool:
    """Return whether a dialogue can be opened on these terms."""
    return asked.experiment is not None and _dialogue() is not None and dialogue_on(asked) is None


def open_dialogue(asked: Terms, said: tuple[str, str], by: Person, now: datetime) -> Any:
    """Open a dialogue on an experiment; `said` is the question in French and in English."""
    room = _dialogue()
    if room is None or asked.experiment is None:
        return Refusal(rule="malformed")
    french, english = said
    title = asked.label[:TITLE_LENGTH_MAX]
    return room.open_conversation(
        "experiment", asked.id, title, title, french, now + DIALOGUE_LASTS, by=by, question_en=english, now=now
    )


def _dialogue() -> Any:
    """Return the room of dialogues, None where it is not built."""
    return import_module(f"{_ROOM}.opening") if find_spec(_ROOM) and find_spec(f"{_ROOM}.opening") else None
