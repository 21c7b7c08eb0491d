"""Ask, confirm, judge; and, for whoever it is opened to, the way there."""

import json
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from necmergitur.governance.breakglass import MAY_BREAK, MAY_REVIEW, READERS, Who
from necmergitur.governance.constants import BREAK_GLASS_ASKED_LASTS, BREAK_GLASS_WORDS_MAX
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import breakglass, readings
from necmergitur.operations.readings import Asked
from necmergitur.web.accounts.models import User
from necmergitur.web.accounts.rules import is_dpo, is_duty_officer, is_lead, is_signed_in, require, roles_of
from necmergitur.web.breakglass import words
from necmergitur.web.console import guards, refusals
from necmergitur.web.console.pages import show
from necmergitur.web.console.words import PURPOSES, say
from necmergitur.web.facts.models import Authorisation, BreakGlass, Incident, Sensor, Still
from necmergitur.web.store import CLOCK, store

SHOWN_MAX = 100
SENSORS_MAX = 500  # ours: the same
READ_BACK = timedelta(hours=1)  # ours: what a call for help may need of a count of people
INCIDENTS_MAX = 200  # ours: as many open incidents as a list can still be read
may_break = is_lead | is_duty_officer
FIELD_OF = {
    "break_glass_stream_missing": "stream",
    "reason_missing": "reason",
    "reason_too_long": "reason",
    "incident_not_open": "incident",
}


class AskForm(forms.Form):
    """What somebody wants opened, to whom, about which call, and why."""

    incident = forms.ChoiceField(label=_("About which call"), help_text=_("Only a real call that is still open."))
    opens = forms.ChoiceField(
        label=_("What is opened, and to whom"),
        choices=[
            (f"{scope}:{role}", f"{words.SCOPES[scope]} → {words.READERS[role]}")
            for scope, roles in READERS.items()
            for role in roles
        ],
        widget=forms.RadioSelect,
    )
    stream = forms.ChoiceField(
        label=_("Which sensor"), required=False, help_text=_("Only for the readings of a sensor.")
    )
    reason = forms.CharField(
        label=_("Why nothing less will do"),
        max_length=BREAK_GLASS_WORDS_MAX,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The data protection officer reads it. Name nobody."),
    )

    def __init__(self, *args: Any, incidents: list[tuple[str, str]], **kwargs: Any) -> None:
        """Offer the calls that are open now, and each pair in the reader's language."""
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["incident"]).choices = incidents
        sensors = Sensor.objects.filter(retired_at=None).order_by("label", "id")[:SENSORS_MAX]
        cast(forms.ChoiceField, self.fields["stream"]).choices = [
            ("", "–"),
            *((one.stream, f"{one.label} ({one.id})") for one in sensors),
        ]
        cast(forms.ChoiceField, self.fields["opens"]).choices = [
            (f"{scope}:{role}", f"{words.SCOPES[scope]} → {words.READERS[role]}")
            for scope, roles in READERS.items()
            for role in roles
        ]


@require(may_break | is_dpo)
@never_cache
@require_safe
def glasses(request: HttpRequest) -> HttpResponse:
    """What waits for a second person, what is open, what waits to be judged, and all that was."""
    return _page(request, _form())


@require(may_break)
@never_cache
@require_POST
def ask(request: HttpRequest) -> HttpResponse:
    """Ask that something be opened; a second person has ten minutes to agree."""
    form = _form(request.POST)
    if not form.is_valid():
        return _page(request, form, 422)
    said = form.cleaned_data
    scope, _colon, readers = said["opens"].partition(":")
    by = _who(request, MAY_BREAK)
    outcome = guards.run(
        request,
        lambda _by, now: breakglass.ask(
            store(), scope, readers, UUID(said["incident"]), said["reason"], by, now, said["stream"]
        ),
    )
    if isinstance(outcome, Refusal):
        form.add_error(FIELD_OF.get(outcome.rule), refusals.sentence(outcome))
        return _page(request, form, guards.status_of(outcome))
    return redirect("breakglass:glasses")


@require(may_break)
@require_POST
def confirm(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Agree as the second person: it opens now, and every screen says so."""
    by = _who(request, MAY_BREAK)
    return _answer(request, guards.run(request, lambda _by, now: breakglass.confirm(store(), pk, by, now)))


@require(may_break)
@require_POST
def withdraw(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take one's own wish back."""
    by = _who(request, MAY_BREAK)
    return _answer(request, guards.run(request, lambda _by, now: breakglass.withdraw(store(), pk, by, now)))


@require(is_dpo)
@require_POST
def review(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Judge what was opened, with words. Until then nobody breaks another glass."""
    by, said = _who(request, (MAY_REVIEW,)), request.POST.get("words", "")
    if request.POST.get("justified") not in ("yes", "no"):
        return _answer(request, Refusal(rule="malformed"))
    justified = request.POST["justified"] == "yes"
    return _answer(
        request,
        guards.run(request, lambda _by, now: breakglass.review(store(), pk, by, said, now, justified=justified)),
    )


@require(is_signed_in)
@never_cache
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """What is open to one's own roles now, and where to read it."""
    now = CLOCK.now()
    rows = open_now(request, now).select_related("incident")
    opened = [
        _told(row, now, {}) | {"stills": _stills(row, now) if row.scope == "stills" else ()}
        for row in rows
        if row.incident.state == "open"
    ]
    return show(request, "breakglass/mine.html", {"opened": opened})


@require(is_signed_in)
@never_cache
@require_POST
def read(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show the last hour of the sensor a glass opens, for the purpose of its paper; each showing is a fact."""
    row = get_object_or_404(open_now(request, CLOCK.now()), pk=pk, scope="readings")
    paper = Authorisation.objects.filter(streams__contains=[row.stream]).order_by("-granted_at").first()
    purpose = "" if paper is None else paper.purpose

    def look(by: Any, now: Any) -> Any:
        asked = Asked(
            stream=row.stream,
            role=row.readers,
            purpose=purpose,
            since=now - READ_BACK,
            until=now,
            by=by,
            glass=row.id,
        )
        return readings.read(store(), asked, now)

    outcome = guards.run(request, look)
    if isinstance(outcome, Refusal):
        return guards.answer(request, outcome, reverse("breakglass:mine"))
    rows = [{"at": one.at, "values": json.loads(one.payload)} for one in outcome]
    context = {"row": row, "rows": rows, "purpose": say(PURPOSES, purpose)}
    response = show(request, "breakglass/readings.html", context)
    response["Cache-Control"] = "no-store, private"
    return response


def open_now(request: HttpRequest, now: Any) -> Any:
    """Return the glasses that are open to one of the reader's roles now."""
    roles = [role.value for role in roles_of(cast(User, request.user))]
    return BreakGlass.objects.filter(readers__in=roles, confirmed_at__lte=now, ends_at__gt=now)


def _stills(row: BreakGlass, now: Any) -> Any:
    return Still.objects.filter(incident_id=row.incident_id, expires_at__gt=now).order_by("taken_at")


def _form(data: Any = None) -> AskForm:
    rows = Incident.objects.filter(state="open", test=False).order_by("-opened_at", "id")[:INCIDENTS_MAX]
    return AskForm(data, incidents=[(str(one.id), f"{one.number} · {one.label}") for one in rows])


def _page(request: HttpRequest, form: AskForm, status: int = 200) -> HttpResponse:
    now = CLOCK.now()
    rows = list(BreakGlass.objects.select_related("incident").order_by("-asked_at", "id")[:SHOWN_MAX])
    people = {number for row in rows for number in (row.asked_by, row.confirmed_by, row.reviewed_by) if number}
    names = dict(User.objects.filter(pk__in=people).values_list("pk", "display_name"))
    told = [_told(row, now, names) for row in rows]
    unreviewed = [one for one in told if one["row"].confirmed_at and not one["row"].reviewed_at]
    context = {
        "waiting": [one for one in told if one["waits"]],
        "unreviewed": unreviewed,
        "past": [one for one in told if not one["waits"] and one not in unreviewed],
        "form": form,
        "may_break": may_break(request.user),
        "may_review": is_dpo(request.user),
        "me": request.user.pk,
        "tab": "breakglass",
        "may_supervise": may_break(request.user),
    }
    return show(request, "breakglass/glasses.html", context, here="supervisor", status=status)


def _told(row: BreakGlass, now: Any, names: dict[int, str]) -> dict[str, Any]:
    asked = row.confirmed_at is None and row.withdrawn_at is None
    return {
        "row": row,
        "what": words.SCOPES.get(row.scope, row.scope),
        "to": words.READERS.get(row.readers, row.readers),
        "waits": asked and now < row.asked_at + BREAK_GLASS_ASKED_LASTS,
        "open": row.confirmed_at is not None and now < row.ends_at,
        "asked_by": names.get(row.asked_by, row.asked_role),
        "confirmed_by": names.get(row.confirmed_by or 0, row.confirmed_role),
        "reviewed_by": names.get(row.reviewed_by or 0, ""),
        "until": row.asked_at + BREAK_GLASS_ASKED_LASTS,
    }


def _who(request: HttpRequest, roles: tuple[str, ...]) -> Who:
    held = {role.value for role in roles_of(cast(User, request.user))}
    return Who(cast(User, request.user).pk, next((role for role in roles if role in held), ""))


def _answer(request: HttpRequest, outcome: Any) -> HttpResponse:
    return guards.answer(request, outcome, reverse("breakglass:glasses"))
