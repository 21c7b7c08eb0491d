"""What the desk does with a notice it opened: call its author back, write to them, close it."""

import os
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST

from necmergitur.dispatch.incidents import Person
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.population import tending
from necmergitur.operations.registry import audit
from necmergitur.people.records import DEAD, Note, paragraph
from necmergitur.web.accounts.rules import require
from necmergitur.web.console import guards, rights
from necmergitur.web.find import ground
from necmergitur.web.people_desk import desk
from necmergitur.web.people_desk.desk import Room
from necmergitur.web.store import CLOCK, store

ONCE_BYTES = 16
STATES = ("", "believed_alive", "believed_missing", DEAD)
DONE: dict[str, Any] = {
    "verify": _("Noted: you called the author back, and their words count as a relative’s."),
    "write": _("Written. The author reads it on their page; a death waits for a second person, under Families."),
    "close": _("Closed: the notice counts no more, and is shown to nobody but its author."),
}


@require(rights.may_tend_people)
@sensitive_post_parameters()
@sensitive_variables()
@require_POST
def tend(request: HttpRequest) -> HttpResponse:
    """Do what a button of an opened notice says; who did it is a fact, about whom is not."""
    what, row_id, room = request.POST.get("what", ""), desk.row_of(request.POST.get("id", "")), desk.room_of(request)
    outcome: Any = Refusal(rule="malformed" if room is not None else "crisis_none")
    if room is not None and row_id is not None and what in DONE:
        outcome = guards.run(request, lambda _by, _now: _do(request, room, what, row_id))
    back = reverse("people_desk:home")
    if isinstance(outcome, Refusal):
        return guards.answer(request, outcome, back)
    return redirect(f"{back}?crisis={'' if room is None else room.crisis.id}&done={what}")


def _do(request: HttpRequest, room: Room, what: str, row_id: bytes) -> bool | Refusal:
    by, now = desk.who(request), CLOCK.now()
    if what == "write":
        outcome = _write(request, room, row_id)
    else:
        step = tending.verify if what == "verify" else tending.expire
        outcome = step(store(), room.crisis, row_id, by, now)
    if not isinstance(outcome, Refusal):
        with store().transaction() as tx:
            audit(store(), tx, f"{by.role}:notice:{what}", str(room.crisis.id), Person(by.id, ""), now)
    return outcome


def _write(request: HttpRequest, room: Room, row_id: bytes) -> bool | Refusal:
    by, now, once = desk.who(request), CLOCK.now(), os.urandom(ONCE_BYTES)
    desk.must_open(request, room.crisis, "record", "family")
    text, status = paragraph(request.POST.get("text", "")), request.POST.get("status", "")
    found = tending.one(store(), room.crisis, room.key, row_id, now)
    if found is None:
        return Refusal(rule="notice_unknown")
    if status not in STATES or not (text or status):
        return Refusal(rule="words_missing")
    note = Note(
        note_record_id=f"{ground.source()}/note.{once.hex()}",
        person_record_id=found.notice.person.person_record_id,
        status=status,
        text=text,
    )
    return tending.write(store(), room.crisis, room.key, row_id, note, by, once, desk.salt(), now)
