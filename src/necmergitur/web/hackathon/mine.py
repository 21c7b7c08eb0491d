"""A participant's page, behind their private link: badge, team, mentors, handing in, certificate, erasure."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from necmergitur.innovation import editions
from necmergitur.innovation.editions import Act
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.console import guards
from necmergitur.web.dialogue.limits import Limit
from necmergitur.web.hackathon import handing, pages, people, sandbox, voting, words
from necmergitur.web.hackathon.forms import AskForm, HandInForm, MineForm
from necmergitur.web.hackathon.models import Edition, Entry, Participant, Prize, Question, Submission
from necmergitur.web.register.signs import code
from necmergitur.web.store import CLOCK

asked = Limit(voting.QUESTIONS_MAX)


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def mine(request: HttpRequest, link: str) -> HttpResponse:
    """Show the page, or do what a button says and come back to it."""
    person = people.of_link(link)
    if person is None:
        return pages.unknown(request)
    do = request.POST.get("do", "")
    if request.method == "POST" and do in DEEDS:
        return DEEDS[do](request, person, link)
    return _page(request, person)


def _page(request: HttpRequest, person: Participant, status: int = 200, *, key: str = "", **bound: Any) -> HttpResponse:
    now, entry = CLOCK.now(), _entry(person)
    submission = None if entry is None else Submission.objects.filter(entry=entry).select_related("project").first()
    door = reverse("hackathon:door", args=[person.edition.slug, person.badge])
    city = request.build_absolute_uri(reverse("hackathon:city", args=[person.edition.slug]))
    told = pages.told(person.edition, now)
    may = told["may"]
    forms: dict[str, Any] = {}
    if may["register"]:
        wishes = {f"wish_{number}": str(one) for number, one in enumerate(person.wishes, 1)}
        forms["mine"] = MineForm(edition=person.edition, instance=person, initial=wishes)
    if entry is not None and may["help"]:
        forms["ask"] = AskForm()
    if entry is not None and may["submit"]:
        forms["hand"] = HandInForm(instance=submission.project if submission else None)
    awaited = may["check_in"] and person.checked_in_at is None
    context = told | {
        "person": person,
        "here": request.path,
        "address": request.build_absolute_uri(request.path),
        "code": code(request.build_absolute_uri(door)) if awaited else "",
        "entry": entry,
        "team": [] if entry is None else [one.participant for one in entry.members.select_related("participant")],
        "challenge": None if entry is None else entry.team.challenge,
        "questions": [] if entry is None else entry.questions.select_related("taken_by"),
        "submission": submission,
        "announcements": person.edition.announcements.filter(withdrawn_at=None)[:5],
        "prizes": certified(person)["prizes"],
        "remarks": _remarks(submission),
        "certified": has_certificate(person, now),
        "key": key,
        "example": (f"GET {city}?minute=0", "Authorization: Bearer …"),
        "forms": forms | bound,
    }
    return pages.show_private(request, "mine.html", context, status)


def _change(request: HttpRequest, person: Participant, link: str) -> HttpResponse:
    form = MineForm(request.POST, edition=person.edition, instance=person)
    refused = editions.may(Act.REGISTER, person.edition.dates, CLOCK.now())
    if refused is not None:
        form.add_error(None, words.sentence(refused))
    if not form.is_valid():
        return _page(request, person, 409 if refused is not None else 422, mine=form)
    changed = form.save(commit=False)
    changed.wishes = form.cleaned_data["wishes"]
    changed.save()
    return _back(request, link, _("Kept."))


def _ask(request: HttpRequest, person: Participant, link: str) -> HttpResponse:
    entry, now, form = _entry(person), CLOCK.now(), AskForm(request.POST)
    refused = editions.may(Act.HELP, person.edition.dates, now)
    if entry is None and refused is None:
        refused = Refusal(rule="no_team")
    if refused is None and not asked.passed(person.link):
        refused = Refusal(rule="too_many_questions")
    if refused is not None:
        form.add_error(None, words.sentence(refused))
    if not form.is_valid():
        return _page(request, person, 422 if refused is None else guards.status_of(refused), ask=form)
    Question.objects.create(entry=entry, asked_at=now, **form.cleaned_data)
    return _back(request, link, _("Asked. A mentor comes to your table."))


def _hand_in(request: HttpRequest, person: Participant, link: str) -> HttpResponse:
    entry, form = _entry(person), HandInForm(request.POST)
    if not form.is_valid():
        return _page(request, person, 422, hand=form)
    outcome = Refusal(rule="no_team") if entry is None else handing.hand_in(entry, CLOCK.now(), form.cleaned_data)
    if isinstance(outcome, Refusal):
        form.add_error(None, words.sentence(outcome))
        return _page(request, person, guards.status_of(outcome), hand=form)
    return _back(request, link, _("Handed in. You may mend it until the end."))


def _key(request: HttpRequest, person: Participant, link: str) -> HttpResponse:
    entry = _entry(person)
    made = Refusal(rule="no_team") if entry is None else sandbox.make(entry, CLOCK.now())
    if isinstance(made, Refusal):
        messages.warning(request, words.sentence(made))
        return pages.private(redirect("hackathon:mine", link))
    return _page(request, person, key=made)


def _erase(request: HttpRequest, person: Participant, _link: str) -> HttpResponse:
    slug = person.edition.slug
    people.erase(person, CLOCK.now())
    messages.success(request, _("All you said is erased."))
    return redirect("hackathon:edition", slug)


DEEDS = {"change": _change, "ask": _ask, "hand": _hand_in, "key": _key, "erase": _erase}


@never_cache
@require_safe
def certificate(request: HttpRequest, link: str) -> HttpResponse:
    """A page to print: who took part, in what, with which prize. Only for whoever was there."""
    person = people.of_link(link)
    if person is None or not has_certificate(person, CLOCK.now()):
        return pages.unknown(request)
    context = pages.told(person.edition, CLOCK.now()) | certified(person) | {"link": link}
    return pages.show_private(request, "certificate.html", context)


def has_certificate(person: Participant, now: datetime) -> bool:
    """Return whether somebody gets a certificate: they were there, and the hackathon took place."""
    return person.checked_in_at is not None and editions.may(Act.AWARD, person.edition.dates, now) is None


def certified(person: Participant) -> dict[str, Any]:
    """Return what a certificate says of somebody: the team's challenge, its work, its prizes once they are public."""
    return certified_all(person.edition, Participant.objects.filter(pk=person.pk))[0]


def certified_all(edition: Edition, whose: QuerySet[Participant]) -> list[dict[str, Any]]:
    """Return what the certificates of many say, at the same cost as one."""
    standing = Prefetch("prizes", Prize.objects.filter(taken_at=None), to_attr="standing")
    of_teams = {
        one.entry_id: one
        for one in Submission.objects.filter(entry__members__participant__in=whose)
        .select_related("project")
        .prefetch_related(standing)
    }
    told = []
    for person in whose.select_related("edition", "member__entry__team__challenge"):
        entry = person.member.entry if hasattr(person, "member") else None
        submission: Any = None if entry is None else of_teams.get(entry.pk)
        prizes = submission.standing if submission is not None and edition.published_at else []
        told.append({"person": person, "entry": entry, "submission": submission, "prizes": prizes})
    return told


def _remarks(submission: Submission | None) -> list[str]:
    """Return what jurors wrote for the team, once the results are public; without their names."""
    if submission is None or submission.entry.edition.published_at is None:
        return []
    return list(submission.reviews.filter(void_at=None).exclude(remark="").values_list("remark", flat=True))


def _entry(person: Participant) -> Entry | None:
    return Entry.objects.filter(members__participant=person).select_related("team__challenge", "edition").first()


def _back(request: HttpRequest, link: str, said: str) -> HttpResponse:
    messages.success(request, said)
    return pages.private(redirect("hackathon:mine", link))
