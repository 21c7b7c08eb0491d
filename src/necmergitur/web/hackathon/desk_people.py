"""The desk's people of an edition: the door, teams by the matching or by hand."""

from typing import Any, cast
from urllib.parse import quote
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from necmergitur.kernel.refusal import Refusal
from necmergitur.web.accounts.models import User
from necmergitur.web.accounts.rules import require
from necmergitur.web.hackathon import forming, pages, people
from necmergitur.web.hackathon.forms import HandForm, MatchForm, MoveForm
from necmergitur.web.hackathon.models import Edition, Entry, Participant, Skill
from necmergitur.web.programme import grades, rights
from necmergitur.web.programme import pages as programme
from necmergitur.web.store import CLOCK


@require(rights.may_run)
@never_cache
@require_safe
def listed(request: HttpRequest, slug: str) -> HttpResponse:
    """Who applied, who is there, which team they are in."""
    return _page(request, pages.edition_of(slug))


def _page(request: HttpRequest, found: Edition, status: int = 200, **bound: Any) -> HttpResponse:
    sought = request.GET.get("q", "").strip()
    rows = found.participants.select_related("member__entry").order_by("name")
    if sought:
        rows = rows.filter(Q(name__icontains=sought) | Q(email__icontains=sought))
    names = dict(Skill.choices)
    waiting = found.participants.filter(counts=True, member__isnull=True)
    entries = found.entries.select_related("team__challenge").prefetch_related(
        "members__participant", *grades.behind("team__projects")
    )
    page = programme.leaf(request, rows)
    told = pages.told(found, CLOCK.now())
    context = told | {
        "sought": sought,
        "sought_as": quote(sought),
        "rows": [
            {
                "one": one,
                "skills": [names.get(skill, skill) for skill in one.skills],
                "table": one.member.entry.number if hasattr(one, "member") else None,
            }
            for one in page
        ],
        "page": page,
        "waiting": waiting.count(),
        "there": told["may"]["award"] and found.participants.filter(checked_in_at__isnull=False).exists(),
        "forms": {"match": MatchForm(), "hand": _hand_form(found), "move": MoveForm()} | bound,
        "entries": programme.leaf(request, entries, "teams"),
    }
    return pages.desk(request, "people.html", context, status)


def _hand_form(found: Edition, data: Any = None) -> HandForm:
    form = HandForm(data)
    fields: Any = form.fields
    fields["challenge"].queryset = found.challenges.order_by("title")
    fields["people"].queryset = found.participants.filter(counts=True, member__isnull=True).order_by("name")
    return form


@require(rights.may_run)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def door(request: HttpRequest, slug: str, badge: str) -> HttpResponse:
    """Whom the code at the door belongs to; checked in by a button."""
    found = pages.edition_of(slug)
    person = get_object_or_404(Participant.objects.select_related("edition"), edition=found, badge=badge)
    if request.method == "POST":
        undo = request.POST.get("do") == "undo"
        if undo:
            refused = people.undo_check_in(person, CLOCK.now(), cast(User, request.user))
        else:
            refused = people.check_in(person, CLOCK.now())
        if refused is not None:
            return pages.refused(request, refused, request.path)
        said = _("%(name)s counts as not there.") if undo else _("%(name)s is there.")
        messages.success(request, said % {"name": person.name})
        return redirect("hackathon:door", slug, badge)
    twice = Participant.objects.filter(edition=found, email_key=person.email_key).count() > 1
    return pages.desk(request, "door.html", pages.told(found, CLOCK.now()) | {"person": person, "twice": twice})


@require(rights.may_run)
@require_POST
def match(request: HttpRequest, slug: str) -> HttpResponse:
    """Form teams of everybody who waits."""
    found, form = pages.edition_of(slug), MatchForm(request.POST)
    if not form.is_valid():
        return _page(request, found, 422, match=form)
    said = form.cleaned_data
    made = forming.match(found, said["teams"], CLOCK.now(), cast(User, request.user), present=said["present"])
    if isinstance(made, Refusal):
        return pages.refused(request, made, reverse("hackathon:people", args=[slug]))
    messages.success(request, ngettext("%(n)s team", "%(n)s teams", len(made)) % {"n": len(made)})
    return redirect("hackathon:people", slug)


@require(rights.may_run)
@require_POST
def hand(request: HttpRequest, slug: str) -> HttpResponse:
    """Make one team of people chosen."""
    found = pages.edition_of(slug)
    form = _hand_form(found, request.POST)
    if not form.is_valid():
        return _page(request, found, 422, hand=form)
    said = form.cleaned_data
    made = forming.by_hand(found, said["challenge"], list(said["people"]), CLOCK.now(), cast(User, request.user))
    if isinstance(made, Refusal):
        return pages.refused(request, made, reverse("hackathon:people", args=[slug]))
    return redirect("hackathon:people", slug)


@require(rights.may_run)
@require_POST
def move(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    """Bring somebody to another table."""
    found, form = pages.edition_of(slug), MoveForm(request.POST)
    if not form.is_valid():
        return pages.refused(request, Refusal(rule="table_unreadable"), reverse("hackathon:people", args=[slug]))
    person = get_object_or_404(found.participants.filter(counts=True), pk=pk)
    number = form.cleaned_data["table"]
    entry = Entry.objects.filter(edition=found, number=number).first()
    refused: Refusal | None = Refusal(rule="table_unknown", facts={"number": str(number)})
    if entry is not None:
        refused = forming.move(person, entry, CLOCK.now(), cast(User, request.user))
    if refused is not None:
        return pages.refused(request, refused, reverse("hackathon:people", args=[slug]))
    return redirect("hackathon:people", slug)
