"""Who holds a personal button: opened for one open incident, with a reason, shown once, logged for ever."""

from typing import cast
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables

from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import devices
from necmergitur.web.accounts.models import User
from necmergitur.web.accounts.rules import RoleRefused, is_pilot, is_responder, is_technician, require, roles_of
from necmergitur.web.console import guards, refusals, rights
from necmergitur.web.console.dossier import callers
from necmergitur.web.console.pages import show
from necmergitur.web.facts.models import BreakGlass, Incident
from necmergitur.web.store import CLOCK, store


# Those who do not answer calls come in only while a broken glass opens this very incident's holder to their role.
@require(rights.may_answer | is_pilot | is_responder | is_technician)
@never_cache
@sensitive_variables("identity")
def holder(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask why, then show the identity on this answer only: it is in no address, no session and no cache."""
    if not rights.may_answer(request.user):
        _must_be_opened(request, pk)
    roles = [role.value for role in roles_of(cast(User, request.user))]
    incident = get_object_or_404(Incident, id=pk)
    buttons = callers(incident)
    if not buttons:
        raise Http404
    context: dict[str, object] = {"incident": incident, "callers": buttons}
    status = 200
    if request.method == "POST":
        reason = request.POST.get("reason", "")[:200]
        identity = guards.run(request, lambda by, now: devices.open_holder(store(), pk, reason, by, roles, now))
        if isinstance(identity, Refusal):
            context["refusal"] = refusals.explain(identity)
            status = guards.status_of(identity)
        else:
            context["identity"] = identity
    response = show(request, "console/holder.html", context, status=status)
    response["Cache-Control"] = "no-store, private"
    return response


def _must_be_opened(request: HttpRequest, incident_id: UUID) -> None:
    """Raise RoleRefused unless a glass opens the holder to one of the reader's roles now."""
    now, roles = CLOCK.now(), [role.value for role in roles_of(cast(User, request.user))]
    opened = BreakGlass.objects.filter(
        scope="holder", incident_id=incident_id, readers__in=roles, confirmed_at__lte=now, ends_at__gt=now
    )
    if not opened.exists():
        raise RoleRefused(rights.may_answer.roles)
