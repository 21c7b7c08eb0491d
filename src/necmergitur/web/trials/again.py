"""Another protocol: a fixed one never changes, so other figures are another experiment of the same project."""

from typing import Any, cast
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from necmergitur.innovation import protocol
from necmergitur.innovation.chain import ExperimentState
from necmergitur.innovation.protocol import Protocol
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.accounts.models import User
from necmergitur.web.accounts.rules import require
from necmergitur.web.facts.models import Trial
from necmergitur.web.programme import making, pages, rights
from necmergitur.web.programme.models import Experiment, Project
from necmergitur.web.store import CLOCK
from necmergitur.web.trials.models import Draft


@require(rights.may_run)
@require_POST
def again(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Make another experiment of the same project, its draft filled in from this one's protocol.

    Who presses twice gets the one that the first press made, as long as nobody has changed its draft.
    """
    row, found = get_object_or_404(Experiment, pk=pk), get_object_or_404(Trial, id=pk)
    now, user, taken = CLOCK.now(), cast(User, request.user), typed(protocol.read(found.protocol))
    with transaction.atomic():
        Project.objects.select_for_update().get(pk=row.project_id)
        mine = Experiment.objects.filter(project=row.project_id, state=ExperimentState.DRAFT, created_by_id=user.pk)
        made: Any = mine.filter(title=row.title, draft__typed=taken).first()
        if made is None:
            made = making.make(row.project, now, user, title=row.title)
            if not isinstance(made, Refusal):
                Draft.objects.create(experiment=made, typed=taken, saved_at=now)
    if isinstance(made, Refusal):
        return pages.refused(request, made, "../")
    return redirect("trials:desk-one", made.pk)


def typed(told: Protocol) -> dict[str, Any]:
    """Return a protocol as its form is filled in; its times are left open, for they are over or taken."""
    said: dict[str, Any] = {
        "hypotheses": "\n".join(told.hypotheses),
        "sources": [one.sensor_id for one in told.sources],
        "full": str(max(one.full for one in told.sources) or ""),
        "use": told.sources[0].use,
        "mode": told.mode,
    }
    said |= {name: str(getattr(told, name)) for name in ("alarm_level", "tolerance_s", "operators", "sample")}
    said |= {name: str(getattr(told.stop, name)) for name in ("good", "bad", "alpha", "beta", "complaints")}
    return said | {f"goal_{one.metric}": f"{one.value:g}" for one in told.goals}
