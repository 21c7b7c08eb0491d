"""What somebody wrote who called for help on the page: opened for one open incident, with a reason, shown once."""

import os
from typing import cast
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables

from necmergitur.adapters.crisis_keys import SALT_BYTES, KeyFiles
from necmergitur.governance.breakglass import Who
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.population import looking
from necmergitur.people.constants import LOOK_REASON_MAX
from necmergitur.web.accounts.models import User
from necmergitur.web.accounts.rules import require, roles_of
from necmergitur.web.console import guards, refusals, rights
from necmergitur.web.console.dossier import callers_by_page
from necmergitur.web.console.pages import show
from necmergitur.web.facts.models import Incident
from necmergitur.web.people_desk import words as said_in
from necmergitur.web.store import store

ANSWER = ("operator", "lead", "duty_officer")


@require(rights.may_answer)
@never_cache
@sensitive_variables("call")
def words(request: HttpRequest, pk: UUID, device: str) -> HttpResponse:
    """Ask why, then show the words on this answer only: they are in no address, no session and no cache."""
    incident = get_object_or_404(Incident, id=pk)
    if device not in callers_by_page(incident):
        raise Http404
    context: dict[str, object] = {"incident": incident, "device": device, "reason_max": LOOK_REASON_MAX}
    status = 200
    if request.method == "POST":
        by, keys = _who(request), KeyFiles(settings.HOME)
        reason = request.POST.get("reason", "")[: LOOK_REASON_MAX + 1]
        call = guards.run(
            request,
            lambda _by, now: looking.at_call(store(), keys.of, pk, device, reason, by, os.urandom(SALT_BYTES), now),
        )
        if isinstance(call, Refusal):
            context["refusal"] = refusals.explain(call)
            status = guards.status_of(call)
        else:
            context |= {"call": call, "status": said_in.STATUSES[call.status]}
    response = show(request, "people_desk/call.html", context, status=status)
    response["Cache-Control"] = "no-store, private"
    return response


def _who(request: HttpRequest) -> Who:
    held = {role.value for role in roles_of(cast(User, request.user))}
    return Who(cast(User, request.user).pk, next((role for role in ANSWER if role in held), ""))
