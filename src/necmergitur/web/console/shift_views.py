"""Who is on, who may fly, and what one shift tells the next."""

from datetime import UTC, datetime, time
from typing import Any, cast

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from necmergitur.dispatch.constants import NOTE_LENGTH_MAX, PILOT_QUALIFICATION
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import shifts as operations
from necmergitur.web.accounts.models import User
from necmergitur.web.accounts.rules import require
from necmergitur.web.console import guards, queue, rights
from necmergitur.web.console.models import ShiftHandover
from necmergitur.web.console.pages import show
from necmergitur.web.facts.models import Incident, Mission, PilotShift, Qualification
from necmergitur.web.store import CLOCK, store

HANDOVERS_SHOWN = 10
NOTES_SHOWN = 10


class HandoverForm(forms.Form):
    """What the next shift must know."""

    note = forms.CharField(
        label=_("What the next shift must know"),
        max_length=NOTE_LENGTH_MAX,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


@require(rights.may_see)
@never_cache
@require_safe
def shifts(request: HttpRequest, form: HandoverForm | None = None) -> HttpResponse:
    """Pilots on shift, qualifications, handovers (constant queries)."""
    now = CLOCK.now()
    on_shift = list(PilotShift.objects.filter(ended_at=None, starts_at__lte=now, ends_at__gt=now).order_by("name"))
    flown: dict[int, list[Mission]] = {}
    for mission in Mission.objects.exclude(state="ended").order_by("offered_at"):
        if mission.pilot_id is not None:
            flown.setdefault(mission.pilot_id, []).append(mission)
    qualifications = {
        row.user_id: row for row in Qualification.objects.filter(kind=PILOT_QUALIFICATION).order_by("user_id")
    }
    pilots = User.objects.filter(grants__role="pilot", is_active=True).order_by("display_name")
    context: dict[str, Any] = {
        "on_shift": [
            {
                "row": one,
                "missions": flown.get(one.user_id, []),
                "qualified": _good(qualifications.get(one.user_id), now),
            }
            for one in on_shift
        ],
        "pilots": [
            {"user": one, "qualification": qualifications.get(one.pk), "good": _good(qualifications.get(one.pk), now)}
            for one in pilots
        ],
        "may_qualify": rights.may_qualify(request.user),
        "may_answer": rights.may_answer(request.user),
        "notes": PilotShift.objects.exclude(handover_note="").order_by("-ended_at")[:NOTES_SHOWN],
        "handovers": ShiftHandover.objects.order_by("-written_at", "-pk")[:HANDOVERS_SHOWN],
        "form": form or HandoverForm(),
        "me": request.user.pk,
        "back": request.path,
    }
    return show(request, "console/shifts.html", context, here="shifts", status=422 if form and form.errors else 200)


def _good(row: Qualification | None, now: datetime) -> bool:
    return row is not None and row.valid_from <= now < row.valid_until


@require(rights.may_answer)
@require_POST
def hand_over(request: HttpRequest) -> HttpResponse:
    """Write a handover: the words, and every incident open at this moment."""
    form = HandoverForm(request.POST)
    if not form.is_valid():
        return _again(request, form)
    user, now = cast(User, request.user), CLOCK.now()
    ShiftHandover.objects.create(
        author_id=user.pk,
        author_name=user.display_name,
        note=form.cleaned_data["note"],
        incidents=[
            {
                "id": str(one.id),
                "number": one.number,
                "label": one.label,
                "word": queue.word_of(one, now),
                "owner": one.owner_name,
            }
            for one in queue.order(Incident.objects.filter(state="open"))
        ],
    )
    return redirect("console:shifts")


def _again(request: HttpRequest, form: HandoverForm) -> HttpResponse:
    request.method = "GET"
    return cast(HttpResponse, shifts(request, form))


@require(rights.may_answer)
@require_POST
def sign(request: HttpRequest, pk: int) -> HttpResponse:
    """Take over, as another person than the author."""
    user = cast(User, request.user)
    with transaction.atomic():
        row = get_object_or_404(ShiftHandover.objects.select_for_update(), pk=pk)
        outcome: Any = None
        if row.signed_at is not None:
            outcome = Refusal(rule="already_signed", owner=row.signed_by_name)
        elif row.author_id == user.pk:
            outcome = Refusal(rule="own_handover")
        else:
            row.signed_by_id, row.signed_by_name, row.signed_at = user.pk, user.display_name, timezone.now()
            row.save(update_fields=["signed_by_id", "signed_by_name", "signed_at"])
    return guards.answer(request, outcome, reverse("console:shifts"))


@require(rights.may_qualify)
@require_POST
def qualify(request: HttpRequest, pk: int) -> HttpResponse:
    """Record that a pilot is qualified until a day."""
    pilot = get_object_or_404(User, pk=pk, grants__role="pilot")
    try:
        day = datetime.strptime(request.POST.get("valid_until", ""), "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        return guards.answer(request, Refusal(rule="malformed"), reverse("console:shifts"))
    end = timezone.make_aware(datetime.combine(day, time.max)).astimezone(UTC)
    outcome = guards.run(request, lambda by, now: operations.set_qualification(store(), pilot.pk, end, by, now))
    return guards.answer(request, outcome, reverse("console:shifts"))
