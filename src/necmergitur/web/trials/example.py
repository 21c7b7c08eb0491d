"""The demonstration: put the example's figures into a draft protocol, so that its visitor need not invent them."""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from necmergitur.innovation.chain import ExperimentState
from necmergitur.web.accounts.rules import require
from necmergitur.web.programme import example, rights
from necmergitur.web.programme.models import Experiment
from necmergitur.web.store import CLOCK
from necmergitur.web.trials.models import Draft

BEGINS, LASTS = timedelta(minutes=3), timedelta(hours=1)  # time to read it, and for three parties to sign
LOCAL = "%Y-%m-%dT%H:%M:%S"


@require(rights.may_run)
@require_POST
def fill(_request: HttpRequest, pk: UUID) -> HttpResponse:
    """Keep the example's protocol as the draft of an experiment."""
    if not settings.DEMO:
        raise Http404
    row = get_object_or_404(Experiment, pk=pk, state=ExperimentState.DRAFT)
    now = CLOCK.now()
    begins = timezone.localtime(now + BEGINS)
    typed = {
        "hypotheses": _("The advice tells of a square that is too full in time, six times in ten at least."),
        "sources": [example.KEY],
        "use": "density",
        "mode": "shadow",
        "starts": begins.strftime(LOCAL),
        "ends": (begins + LASTS).strftime(LOCAL),
        "alarm_level": "2",
        "tolerance_s": "1",
        "operators": "2",
        "sample": "6",
        "good": "20",
        "bad": "60",
        "alpha": "5",
        "beta": "10",
        "complaints": "0",
        "goal_precision": "0.7",
        "goal_recall": "0.6",
        "goal_cost_eur": "5000",
    }
    Draft.objects.update_or_create(experiment=row, defaults={"typed": typed, "saved_at": now})
    return redirect("trials:desk-one", pk)
