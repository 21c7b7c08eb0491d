"""What waits at the desk: two records of one person, what must be read before others read it, families to be told."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.population import confirming, looking, tending
from necmergitur.operations.population.confirming import Claim
from necmergitur.operations.population.looking import Purpose
from necmergitur.operations.population.missing import Seen, Told
from necmergitur.people.notes import Status
from necmergitur.web.accounts.rules import require
from necmergitur.web.console import guards, rights
from necmergitur.web.people_desk import desk, words
from necmergitur.web.people_desk.desk import Room
from necmergitur.web.store import CLOCK, store

# What a queue shows was opened by nobody's search: the reason of such a look is the queue itself.
WORK: dict[Purpose, str] = {"duplicate": "queue: duplicates", "abuse": "queue: to read", "family": "queue: families"}


@require(rights.may_tend_people)
@never_cache
@sensitive_variables()
@require_safe
def duplicates(request: HttpRequest) -> HttpResponse:
    """Pairs of records that may be one person, oldest first."""
    room = desk.room_of(request)
    if room is not None:
        desk.must_open(request, room.crisis, "queue", "duplicate")
    pairs = [] if room is None else tending.proposed(store(), room.crisis, room.key, CLOCK.now())
    if room is not None:
        _looked(request, room, "duplicate", [one.row.id for pair in pairs for one in (pair.left, pair.right)])
    rows = [
        {"left": _told(pair.left), "right": _told(pair.right), "ids": f"{pair.tie.left.hex()}-{pair.tie.right.hex()}"}
        for pair in pairs
    ]
    return desk.page(request, "people_desk/duplicates.html", {"pairs": rows}, tab="duplicates", room=room)


@require(rights.may_tend_people)
@require_POST
def decide_duplicate(request: HttpRequest) -> HttpResponse:
    """Say that two records are one person, or two."""
    left, _dash, right = request.POST.get("ids", "").partition("-")
    both = desk.row_of(left), desk.row_of(right)

    def act(room: Room) -> Any:
        if both[0] is None or both[1] is None:
            return Refusal(rule="malformed")
        step = tending.link if request.POST.get("same") == "yes" else tending.unlink
        return step(store(), room.crisis, both[0], both[1], desk.who(request), CLOCK.now())

    return _decide(request, act, "people_desk:duplicates")


@require(rights.may_tend_people)
@never_cache
@sensitive_variables()
@require_safe
def waiting(request: HttpRequest) -> HttpResponse:
    """Records and notes that the desk reads before anybody else: first words, reports of abuse, minors, imports."""
    room = desk.room_of(request)
    persons: list[Seen] = []
    notes: list[Told] = []
    claims: list[Claim] = []
    if room is not None:
        desk.must_open(request, room.crisis, "queue", "abuse")
        claims = confirming.claims(store(), room.crisis, room.key)
        persons, notes = tending.waiting(store(), room.crisis, room.key, CLOCK.now())
        notes = [one for one in notes if one.kept.status is not Status.DEAD]
        _looked(request, room, "abuse", [*(one.row.id for one in persons), *(one.kept.person for one in notes)])
        _looked(request, room, "abuse", [one.row.checkin for one in claims])
    context: dict[str, Any] = {
        "persons": [_told(one) for one in persons],
        "notes": [words.note_of(one) for one in notes],
    }
    context["claims"] = [{"claim": one, "id": one.row.checkin.hex()} for one in claims]
    return desk.page(request, "people_desk/waiting.html", context, tab="waiting", room=room)


@require(rights.may_tend_people)
@require_POST
def decide_waiting(request: HttpRequest) -> HttpResponse:
    """Show or hide a record, keep or hide a note, settle whose number it is. Hidden is quarantined, not deleted."""
    row_id, kind, keep = desk.row_of(request.POST.get("id", "")), request.POST.get("kind"), request.POST.get("keep")

    def act(room: Room) -> Any:
        if row_id is None or keep not in ("yes", "no"):
            return Refusal(rule="malformed")
        by, now = desk.who(request), CLOCK.now()
        if kind == "claim":
            return confirming.settle_by_desk(store(), room.crisis, row_id, by, now, theirs=keep == "yes")
        if kind == "note":
            return tending.judge(store(), room.crisis, row_id, by, keep=keep == "yes")
        step = tending.show if keep == "yes" else tending.hide
        return step(store(), room.crisis, row_id, by, now)

    return _decide(request, act, "people_desk:waiting")


@require(rights.may_tend_people)
@never_cache
@sensitive_variables()
@require_safe
def liaison(request: HttpRequest) -> HttpResponse:
    """Deaths that a second person must confirm, and families that must be told before anybody else."""
    room = desk.room_of(request)
    deaths: list[dict[str, Any]] = []
    closing: list[dict[str, Any]] = []
    if room is not None:
        now = CLOCK.now()
        desk.must_open(request, room.crisis, "queue", "family")
        _persons, told = tending.waiting(store(), room.crisis, room.key, now)
        # With every record linked to it: whoever confirms sees who it is about, and whom to tell.
        deaths = [
            words.note_of(one)
            | {"people": [_told(each) for each in tending.circle(store(), room.crisis, room.key, one.kept.person, now)]}
            for one in told
            if one.kept.status is Status.DEAD
        ]
        for tie in tending.closing(store(), room.crisis):
            found = tending.one(store(), room.crisis, room.key, tie.left, now)
            if found is not None:
                closing.append(_told(found) | {"ids": f"{tie.left.hex()}-{tie.right.hex()}"})
        shown = [*(each for one in deaths for each in one["people"]), *closing]
        _looked(request, room, "family", [one["row"].row.id for one in shown])
    context = {"notes": deaths, "closing": closing, "me": desk.who(request).id}
    return desk.page(request, "people_desk/liaison.html", context, tab="liaison", room=room)


@require(rights.may_tend_people)
@require_POST
def decide_liaison(request: HttpRequest) -> HttpResponse:
    """Confirm a death, keep that the family was told, say whether a check-in is a notice's person, or close it too."""
    what, row_id = request.POST.get("what"), desk.row_of(request.POST.get("id", ""))

    def act(room: Room) -> Any:
        by, now = desk.who(request), CLOCK.now()
        if what in ("same", "other", "close"):
            left, _dash, _right = request.POST.get("ids", "").partition("-")
            tie = next((one for one in tending.closing(store(), room.crisis) if one.left.hex() == left), None)
            if tie is None:
                return Refusal(rule="malformed")
            decided = tending.decide(store(), room.crisis, tie, by, now, same=what != "other")
            if what == "close" and not isinstance(decided, Refusal):
                return tending.expire(store(), room.crisis, tie.left, by, now)
            return decided
        if row_id is None:
            return Refusal(rule="malformed")
        if what == "agree":
            return tending.agree(store(), room.crisis, row_id, by)
        if what == "told":
            return tending.family_told(store(), room.crisis, row_id, by, now)
        return Refusal(rule="malformed")

    return _decide(request, act, "people_desk:liaison")


def _told(seen: Seen) -> dict[str, Any]:
    return words.record_of(seen, CLOCK.now())


def _looked(request: HttpRequest, room: Room, purpose: Purpose, subjects: list[bytes]) -> None:
    """Write down that a queue shows these records, before it does. Raises PermissionDenied where the gate refuses."""
    unique = list(dict.fromkeys(subjects))
    if not unique:
        return
    by, now = desk.who(request), CLOCK.now()
    with store().transaction() as tx:
        outcome = looking.write(
            store(), tx, room.crisis, room.key, unique, "queue", purpose, WORK[purpose], by, desk.salt(), now
        )
    if isinstance(outcome, Refusal):
        raise PermissionDenied(outcome.rule)


def _decide(request: HttpRequest, act: Callable[[Room], Any], back: str) -> HttpResponse:
    room = desk.room_of(request)
    outcome: Any = Refusal(rule="crisis_none")
    if room is not None:
        outcome = guards.run(request, lambda _by, _now: act(room))
    return guards.answer(request, outcome, reverse(back))
