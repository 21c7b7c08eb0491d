"""Who looked how often, and why: for whoever answers for the desk, and for the data protection officer."""

from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from necmergitur.governance.breakglass import Who
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.population import desk as operations
from necmergitur.people.constants import SAME_RECORD_MAX
from necmergitur.web.accounts.models import User
from necmergitur.web.accounts.rules import is_dpo, require, roles_of
from necmergitur.web.console import guards, rights
from necmergitur.web.people_desk import desk, words
from necmergitur.web.store import CLOCK, store

may_oversee = rights.may_open_crisis | is_dpo


@require(may_oversee)
@never_cache
@require_safe
def looks(request: HttpRequest) -> HttpResponse:
    """Each agent's searches and openings in this crisis; who opens one record again and again stands out."""
    room = desk.room_of(request)
    outcome: Any = [] if room is None else operations.oversee(store(), room.crisis, _who(request))
    if isinstance(outcome, Refusal):
        return guards.answer(request, outcome, reverse("people_desk:looks"))
    names = _names([one.by for one in outcome])
    rows = [
        {"row": one, "name": names.get(one.by, f"{one.role} {one.by}"), "repeats": one.most >= SAME_RECORD_MAX}
        for one in outcome
    ]
    return desk.page(request, "people_desk/looks.html", {"agents": rows, "me": request.user.pk}, tab="looks", room=room)


@require(may_oversee)
@never_cache
@sensitive_variables()
@require_POST
def reasons(request: HttpRequest, agent: int) -> HttpResponse:
    """Why one agent looked; the reading is on record."""
    room = desk.room_of(request)
    if room is None:
        return guards.answer(request, Refusal(rule="crisis_none"), reverse("people_desk:looks"))
    outcome = operations.reasons(store(), room.key, room.crisis, agent, _who(request), CLOCK.now())
    if isinstance(outcome, Refusal):
        return guards.answer(request, outcome, reverse("people_desk:looks"))
    rows = [{"row": one, "purpose": words.PURPOSES[one.purpose], "reason": why} for one, why in outcome]
    context = {"rows": rows, "name": _names([agent]).get(agent, str(agent))}
    return desk.page(request, "people_desk/reasons.html", context, tab="looks", room=room)


def _who(request: HttpRequest) -> Who:
    held = {role.value for role in roles_of(cast(User, request.user))}
    return Who(cast(User, request.user).pk, next((role for role in operations.MAY_OVERSEE if role in held), ""))


def _names(numbers: list[int]) -> dict[int, str]:
    return dict(User.objects.filter(pk__in=numbers).values_list("pk", "display_name"))
