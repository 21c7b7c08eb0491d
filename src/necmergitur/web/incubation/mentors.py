"""Pages of mentors and of projects that come to them, behind private links; without scripts."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from necmergitur.kernel.refusal import Refusal
from necmergitur.web.console import guards
from necmergitur.web.hackathon.models import Skill
from necmergitur.web.incubation import office, reviewing, words
from necmergitur.web.incubation.forms import BookForm, HoursForm, MentorForm
from necmergitur.web.incubation.models import Application, Booking, Helper
from necmergitur.web.incubation.reviewers import private
from necmergitur.web.programme.links import digest
from necmergitur.web.store import CLOCK

SKILLS = dict(Skill.choices)
SHOWN_MAX = 60


def number(text: str) -> int:
    """Return a row's number as a form sends it; 0 for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def home(request: HttpRequest, token: str) -> HttpResponse:
    """A mentor's page: what they offer, when they are there, who comes, and what these are to reach."""
    found = reviewing.helper_of(token, Helper.Kind.MENTOR)
    if found is None:
        raise Http404
    if request.method == "POST":
        return _done(request, found, token)
    return _page(request, found)


def _done(request: HttpRequest, found: Helper, token: str) -> HttpResponse:
    do, now = request.POST.get("do", ""), CLOCK.now()
    if do == "offer":
        form = HoursForm(request.POST)
        if not form.is_valid():
            return _page(request, found, 422, hours=form)
        outcome = office.offer(
            found, form.cleaned_data["day"], form.cleaned_data["begins"], form.cleaned_data["ends"], now
        )
        if isinstance(outcome, Refusal):
            form.add_error(None, words.sentence(outcome))
            return _page(request, found, 422, hours=form)
        said = ngettext("%(n)s half hour more is offered.", "%(n)s half hours more are offered.", outcome)
        messages.success(request, said % {"n": outcome})
    elif do == "withdraw":
        office.withdraw(found, number(request.POST.get("id", "")))
    elif do == "cancel":
        office.cancel(
            Booking.objects.filter(slot__mentor=found), number(request.POST.get("id", "")), now, by_mentor=True
        )
    elif do == "erase":
        reviewing.erase(found, CLOCK.now())
        messages.success(request, _("All you said is erased."))
        return private(redirect("incubation:calls"))
    else:
        form_ = MentorForm(request.POST, instance=found)
        if not form_.is_valid():
            return _page(request, found, 422, mentor=form_)
        form_.save()
        messages.success(request, _("Kept."))
    return private(redirect("incubation:mentor", token))


def _page(request: HttpRequest, found: Helper, status: int = 200, **bound: Any) -> HttpResponse:
    slots = found.slots.filter(starts_at__gt=CLOCK.now()).select_related("booking__project")[:SHOWN_MAX]
    context = {
        "one": found,
        "zone": settings.TIME_ZONE,
        "slots": [
            {"slot": each, "booking": booking, "milestones": [] if booking is None else milestones(booking.project)}
            for each in slots
            for booking in [getattr(each, "booking", None)]
        ],
        "forms": {"mentor": MentorForm(instance=found), "hours": HoursForm()} | bound,
    }
    return private(render(request, "incubation/mentor.html", context, status=status))


def milestones(project: Any) -> list[Any]:
    """Return what a project still wants to reach, the nearest first."""
    return list(project.milestones.filter(done_at=None, dropped_at=None))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def hours(request: HttpRequest, token: str) -> HttpResponse:
    """A project's page of mentors: book a half hour, give it back; milestones beside."""
    found = Application.objects.select_related("call", "project").filter(link_hash=digest(token)).first()
    if found is None or found.project is None:
        raise Http404
    project, now, form, status = found.project, CLOCK.now(), None, 200
    if request.method == "POST" and request.POST.get("do") == "cancel":
        office.cancel(Booking.objects.filter(project=project), number(request.POST.get("id", "")), now, by_mentor=False)
        return private(redirect("incubation:hours", token))
    slots = list(office.free(project, now)[:SHOWN_MAX]) if office.under_way(project) else []
    if slots or request.method == "POST":
        form = BookForm(request.POST or None)
        fields: Any = form.fields
        fields["slot"].choices = [(str(each.pk), _said(each)) for each in slots]
    if request.method == "POST" and form is not None:
        # What is no longer free is refused in words of its own.
        fields["slot"].choices += [(request.POST.get("slot", ""), "")] if request.POST.get("slot") else []
        status = 422
        if form.is_valid():
            outcome = office.book(project, number(form.cleaned_data["slot"]), form.cleaned_data["about"], now)
            if not isinstance(outcome, Refusal):
                messages.success(request, _("Booked."))
                return private(redirect("incubation:hours", token))
            form.add_error(None, words.sentence(outcome))
            status = guards.status_of(outcome)
        fields["slot"].choices = [(str(each.pk), _said(each)) for each in slots]
    helpers = found.call.helpers.filter(kind=Helper.Kind.MENTOR)
    context = {
        "one": found,
        "token": token,
        "zone": settings.TIME_ZONE,
        "mentors": [(each, [SKILLS.get(skill, skill) for skill in each.skills]) for each in helpers],
        "booked": project.hours.filter(slot__starts_at__gt=now).select_related("slot__mentor"),
        "milestones": project.milestones.all(),
        "form": form,
    }
    return private(render(request, "incubation/hours.html", context, status=status))


def _said(slot: Any) -> str:
    when = timezone.localtime(slot.starts_at)
    return f"{date_format(when, 'l j F, H:i')} · {slot.mentor.name}"
