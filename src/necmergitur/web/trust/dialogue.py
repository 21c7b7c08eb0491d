"""The dialogue with the people concerned, where that room exists."""

from datetime import datetime, timedelta
from importlib import import_module
from importlib.util import find_spec
from typing import Any
from uuid import UUID

from necmergitur.dispatch.incidents import Person
from necmergitur.kernel.refusal import Refusal

SUBJECT = "assessment"
LASTS = timedelta(days=21)  # ours: three weeks, so that it meets people who were away for two
_ROOM = "necmergitur.web.dialogue"


def _room() -> Any:
    if find_spec(_ROOM) is None or find_spec(f"{_ROOM}.opening") is None:
        return None
    return import_module(f"{_ROOM}.opening")


def exists() -> bool:
    """Return whether there is such a room."""
    return _room() is not None


def owed(assessment_id: UUID, now: datetime) -> Refusal | None:
    """Return what a dialogue still owes before signature; None when nothing, or where there is no such room."""
    room = _room()
    if room is None:
        return None
    found: Refusal | None = room.answered(SUBJECT, assessment_id, now)
    return found


def running(assessment_id: UUID) -> Any:
    """Return the dialogue on an assessment, None when there is none."""
    room = _room()
    return None if room is None else room.latest(SUBJECT, assessment_id)


def begin(
    assessment_id: UUID,
    title: str,
    question: str,
    question_en: str,
    by: Person,
    now: datetime,
    lasts: timedelta = LASTS,
) -> Any:
    """Open a dialogue on an assessment."""
    return _room().open_conversation(
        SUBJECT, assessment_id, title, title, question, now + lasts, by=by, question_en=question_en, now=now
    )
