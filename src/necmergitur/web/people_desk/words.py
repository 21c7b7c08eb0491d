"""What people say of themselves, and what agents look for, in words."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from necmergitur.operations.population.missing import Seen, Told
from necmergitur.people.checkins import Status
from necmergitur.people.notes import Assurance, counts

STATUSES: dict[Status, tuple[str, Any]] = {
    Status.SAFE: ("resolved", _("Says: I am safe")),
    Status.NEED_HELP: ("serious", _("Says: I need help")),
    Status.HURT: ("critical", _("Says: I am hurt")),
    Status.WITHDRAWN: ("neutral", _("Took it back")),
}
PURPOSES: dict[str, Any] = {
    "answer_call": _("to answer a call for help"),
    "family": _("to answer a family"),
    "identify": _("to tell who somebody is"),
    "abuse": _("to judge a report of abuse"),
    "duplicate": _("to bring two records of one person together"),
    "import": _("to reconcile a hospital’s list"),
}
WHY: dict[str, Any] = {
    "name_same": _("same name"),
    "name_near": _("nearly the same name"),
    "name_sounds_alike": _("sounds alike"),
    "name_swapped_or_joined": _("names swapped or joined"),
    "nickname": _("nickname"),
    "initial": _("initial"),
    "born_same": _("same date of birth"),
    "born_near": _("date of birth nearly the same"),
    "age_near": _("about the same age"),
    "sex_same": _("same sex"),
    "place_near": _("same place"),
    "words_shared": _("words in common"),
}
NOTE_STATUSES: dict[str, Any] = {
    "": _("says nothing of their state"),
    "information_sought": _("looks for news"),
    "is_note_author": _("says it is themselves"),
    "believed_alive": _("believed alive"),
    "believed_missing": _("still missing"),
    "believed_dead": _("believed dead"),
}
ASSURANCES: dict[Assurance, Any] = {
    Assurance.PUBLIC: _("somebody not verified"),
    Assurance.RELATIVE: _("a relative who was called back"),
    Assurance.OFFICIAL: _("an official"),
    Assurance.SELF: _("the person"),
}


def note_of(told: Told) -> dict[str, Any]:
    """Return a note as the desk reads it."""
    return {
        "row": told.kept,
        "id": told.kept.id.hex(),
        "note": told.note,
        "status": NOTE_STATUSES.get(told.note.status, told.note.status),
        "by": ASSURANCES.get(told.kept.assurance, ""),
    }


def record_of(seen: Seen, now: datetime) -> dict[str, Any]:
    """Return a record as the desk reads it."""
    return {"row": seen, "person": seen.notice.person, "id": seen.row.id.hex(), "notes": notes_of(seen, now)}


def notes_of(seen: Seen | None, now: datetime) -> list[dict[str, Any]]:
    """Return what is said of a record, oldest first; each says whether it counts."""
    if seen is None:
        return []
    return [note_of(one) | {"counts": counts(one.kept, now)} for one in seen.notes]
