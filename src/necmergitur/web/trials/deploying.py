"""What was adopted: where, by whom, how it was bought, what it costs, what it did and after how long."""

from datetime import datetime
from typing import Any, ClassVar, cast
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from necmergitur.innovation.chain import DeploymentState
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.accounts.models import User
from necmergitur.web.accounts.rules import require
from necmergitur.web.programme import making, pages, rights
from necmergitur.web.programme import showing as chain
from necmergitur.web.programme import words as programme
from necmergitur.web.programme.models import LONG, Deployment, Experiment
from necmergitur.web.programme.money import Amount
from necmergitur.web.store import CLOCK
from necmergitur.web.trials import showing

LISTED_MAX = 200
SOONEST = 1  # ours: a month in service; sooner, a figure is of its first days


class DeploymentForm(forms.ModelForm):  # type: ignore[type-arg]
    """What is adopted, where, by whom, and by which route it was bought."""

    route = forms.ChoiceField(label=_("How it was bought"), choices=tuple(programme.ROUTES.items()))
    running_cost_eur = Amount(
        label=_("Running cost a year (euros)"),
        help_text=_("Leave empty if nobody knows yet."),
        required=False,
        min_value=0,
        max_digits=12,
        decimal_places=2,
    )

    class Meta:
        model = Deployment
        fields = ("title", "adopter", "place", "route", "running_cost_eur")
        labels: ClassVar[dict[str, Any]] = {
            "title": _("What is put into service"),
            "adopter": _("By whom"),
            "place": pgettext_lazy("deployment", "Where"),
        }


class EffectForm(forms.Form):
    """What it did, and after how long: the page counts the months from when it came into service."""

    effect = forms.CharField(
        label=_("What it did, in figures"),
        help_text=_("Twenty characters or more."),
        widget=forms.Textarea(attrs={"rows": 4}),
        min_length=20,
        max_length=LONG,
    )
    running_cost_eur = Amount(label=_("Running cost a year (euros)"), min_value=0, max_digits=12, decimal_places=2)


class EndForm(forms.Form):
    """Why it stands there no more."""

    reason = forms.CharField(label=_("Why"), help_text=_("Ten characters or more."), min_length=10, max_length=400)


@require(rights.may_run)
@require_POST
def new(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Make a deployment of an experiment whose exit was to adopt it, or to open it to all."""
    found, form = get_object_or_404(Experiment, pk=pk), DeploymentForm(request.POST)
    if not form.is_valid():
        context = {"one": found, "form": form}
        return pages.show(request, "trials/desk/deploy.html", context, tab="trials", status=422)
    made = making.make(found, CLOCK.now(), cast(User, request.user), once=True, **form.cleaned_data)
    if isinstance(made, Refusal):
        return pages.refused(request, made, "../")
    return redirect("trials:deployment", made.pk)


def months(row: Deployment, at: datetime) -> int:
    """Return for how many whole months a deployment was in service at a moment; none before it was."""
    if row.running_at is None:
        return 0
    since, until = localtime(row.running_at), localtime(at)
    whole = (until.year - since.year) * 12 + until.month - since.month
    return max(0, whole - ((until.day, until.time()) < (since.day, since.time())))


@never_cache
@require_safe
def one(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One deployment, for everybody; the analyst brings it further here."""
    return _page(request, get_object_or_404(Deployment, pk=pk))


def _page(request: HttpRequest, row: Deployment, **bound: Any) -> HttpResponse:
    measured = None if row.effect_at is None else months(row, row.effect_at)
    context = {
        "one": row,
        "measured": measured,
        "cost": "–" if row.running_cost_eur is None else showing.number(float(row.running_cost_eur), 2),
        "is_due": row.state == DeploymentState.RUNNING and months(row, CLOCK.now()) >= SOONEST,
        "state": chain.told(row),
        "bar": chain.bar(row, public=not rights.may_read(request.user)),
        "route": programme.ROUTES[row.route],
        "may_run": rights.may_run(request.user),
        "forms": {"effect": EffectForm(auto_id="id_effect_%s"), "end": EndForm(auto_id="id_end_%s")} | bound,
    }
    return render(request, "trials/deployment.html", context, status=422 if bound else 200)


@require(rights.may_run)
@require_POST
def move(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Bring a deployment into service, keep what it did, or end it with a reason."""
    row, user, now = get_object_or_404(Deployment, pk=pk), cast(User, request.user), CLOCK.now()
    to = request.POST.get("to", "")
    if to == DeploymentState.RUNNING and row.state == DeploymentState.PLANNED:
        making.move(row, to, now, user)
    elif to == "effect":
        if row.state != DeploymentState.RUNNING or months(row, now) < SOONEST:
            return pages.refused(request, Refusal(rule="effect_too_soon"), "../")
        form = EffectForm(request.POST, auto_id="id_effect_%s")
        if not form.is_valid():
            return _page(request, row, effect=form)
        making.move(row, row.state, now, user, effect_at=now, **form.cleaned_data)
    elif to == DeploymentState.ENDED and row.state != DeploymentState.ENDED:
        ending = EndForm(request.POST, auto_id="id_end_%s")
        if not ending.is_valid():
            return _page(request, row, end=ending)
        making.move(row, to, now, user, ended_reason=ending.cleaned_data["reason"])
    return redirect("trials:deployment", pk)
