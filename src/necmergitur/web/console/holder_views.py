"""Who holds a personal button: opened for one open incident, with a reason, shown once, logged for ever."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables

from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import devices
from necmergitur.web.accounts.rules import require
from necmergitur.web.console import guards, refusals, rights
from necmergitur.web.console.dossier import callers
from necmergitur.web.console.pages import show
from necmergitur.web.facts.models import Incident
from necmergitur.web.store import store


@require(rights.may_answer)
@never_cache
@sensitive_variables("identity")
def holder(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask why, then show the identity on this answer only: it is in no address, no session and no cache."""
    incident = get_object_or_404(Incident, id=pk)
    buttons = callers(incident)
    if not buttons:
        raise Http404
    context: dict[str, object] = {"incident": incident, "callers": buttons}
    status = 200
    if request.method == "POST":
        reason = request.POST.get("reason", "")[:200]
        identity = guards.run(request, lambda by, now: devices.open_holder(store(), pk, reason, by, now))
        if isinstance(identity, Refusal):
            context["refusal"] = refusals.explain(identity)
            status = guards.status_of(identity)
        else:
            context["identity"] = identity
    response = show(request, "console/holder.html", context, status=status)
    response["Cache-Control"] = "no-store, private"
    return response
