"""The analysts' desk: needs answered, merged and closed; leads followed up; challenges put to teams."""

from typing import Any, cast
from uuid import UUID

from django.db import transaction
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from necmergitur.innovation import chain
from necmergitur.innovation.chain import ChallengeState, LeadState, NeedState
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.accounts.models import User
from necmergitur.web.accounts.rules import require
from necmergitur.web.programme import hiding, making, merging, pages, rights, showing
from necmergitur.web.programme.alike import alike
from necmergitur.web.programme.forms import (
    AnswerForm,
    ChallengeForm,
    HideForm,
    LeadForm,
    MergeForm,
    ReasonForm,
    initial_of,
)
from necmergitur.web.programme.models import Answer, Challenge, Lead, Need
from necmergitur.web.store import CLOCK

LISTED_MAX = 200
NOT_YET = {LeadState.NEW, LeadState.CONTACT, LeadState.BENCHMARK, LeadState.REJECTED}  # nothing was made of it
MOVES = {LeadState.CONTACT, LeadState.BENCHMARK, LeadState.REJECTED}


@require(rights.may_read)
@never_cache
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Every open need, and where its chain stands."""
    needs = (
        Need.objects.exclude(state=NeedState.MERGED)
        .annotate(voices=Count("votes", distinct=True), lead_count=Count("leads", distinct=True))
        .order_by("state", "-chain")
    )
    page = pages.leaf(request, needs)
    rows = [{**showing.told(one), "one": one} for one in page]
    return pages.show(request, "programme/desk/home.html", {"rows": rows, "page": page}, tab="needs")


@require(rights.may_read)
@never_cache
@require_safe
def need(request: HttpRequest, number: int) -> HttpResponse:
    """One need with what may be done to it."""
    found = get_object_or_404(Need, chain=number)
    return _need_page(request, found)


def _need_page(request: HttpRequest, found: Need, **bound: Any) -> HttpResponse:
    forms = {
        "answer": AnswerForm(),
        "merge": MergeForm(),
        "lead": LeadForm(initial={"language": found.language}),
        "hide": HideForm(auto_id="id_hide_%s"),
    }
    context = {
        "one": found,
        "told": showing.told(found),
        "bar": showing.bar(found),
        "answers": found.answers.all(),
        "leads": [showing.told(one) for one in found.leads.all()[:LISTED_MAX]],
        "forms": forms | bound,
        "is_open": found.state == NeedState.OPEN,
        "alike": alike(found) if found.state == NeedState.OPEN else [],
    }
    return pages.show(request, "programme/desk/need.html", context, tab="needs", status=422 if bound else 200)


@require(rights.may_run)
@require_POST
def answer(request: HttpRequest, number: int) -> HttpResponse:
    """Answer a need; perhaps close it."""
    found, form, now = get_object_or_404(Need, chain=number), AnswerForm(request.POST), CLOCK.now()
    if not form.is_valid():
        return _need_page(request, found, answer=form)
    user = cast(User, request.user)
    with transaction.atomic():
        # Under its lock: it may be merged, or closed, at this very moment.
        closes = form.cleaned_data["closes"] and _held(found).state == NeedState.OPEN
        Answer.objects.create(
            need=found,
            text=form.cleaned_data["text"],
            language=(request.LANGUAGE_CODE or "fr")[:2],
            closes=closes,
            at=now,
            by_id=user.pk,
            by_name=user.display_name,
        )
        if closes:
            making.move(found, NeedState.CLOSED, now, user)
        else:
            making.note(found, "answered", user, now)
    return redirect("programme:desk-need", number)


@require(rights.may_run)
@require_POST
def confirm(request: HttpRequest, number: int) -> HttpResponse:
    """Keep that the body a need speaks for confirmed it."""
    making.confirm(get_object_or_404(Need, chain=number), CLOCK.now(), cast(User, request.user))
    return redirect("programme:desk-need", number)


@require(rights.may_run)
@require_POST
def merge(request: HttpRequest, number: int) -> HttpResponse:
    """Merge a need into one like it: its votes count there, its number leads there."""
    found, form = get_object_or_404(Need, chain=number), MergeForm(request.POST)
    into = chain.read(request.POST.get("into", ""))
    target = None if into is None else Need.objects.filter(chain=into, state=NeedState.OPEN).first()
    back = request.path.removesuffix("merge/")
    if not form.is_valid() or target is None or target == found:
        return pages.refused(request, Refusal(rule="need_merged_into_itself"), back)
    made = merging.merge(found, target, CLOCK.now(), cast(User, request.user))
    if isinstance(made, Refusal):
        return pages.refused(request, made, back)
    return redirect("programme:desk-need", target.chain)


@require(rights.may_run)
@require_POST
def split(request: HttpRequest, number: int) -> HttpResponse:
    """Take a merge back."""
    made = merging.split(get_object_or_404(Need, chain=number), CLOCK.now(), cast(User, request.user))
    if isinstance(made, Refusal):
        return pages.refused(request, made, request.path.removesuffix("split/"))
    return redirect("programme:desk-need", number)


@require(rights.may_run)
@require_POST
def words_shown(request: HttpRequest, number: int) -> HttpResponse:
    """Take a need's words off the public pages for a reason, or show them there again."""
    found, user = get_object_or_404(Need, chain=number), cast(User, request.user)
    if request.POST.get("do") == "show":
        hiding.show(found, CLOCK.now(), user)
        return redirect("programme:desk-need", number)
    form = HideForm(request.POST, auto_id="id_hide_%s")
    if not form.is_valid():
        return _need_page(request, found, hide=form)
    hiding.hide(found, form.cleaned_data["why"], CLOCK.now(), user)
    return redirect("programme:desk-need", number)


def _held(found: Need) -> Need:
    return Need.objects.select_for_update().get(pk=found.pk)


@require(rights.may_run)
@require_POST
def lead_new(request: HttpRequest, number: int) -> HttpResponse:
    """Write down a lead to a need."""
    found, form = get_object_or_404(Need, chain=number), LeadForm(request.POST)
    if not form.is_valid():
        return _need_page(request, found, lead=form)
    made = making.make(found, CLOCK.now(), cast(User, request.user), once=True, **form.cleaned_data)
    if isinstance(made, Refusal):
        return pages.refused(request, made, request.path.removesuffix("leads/"))
    return redirect("programme:lead", made.pk)


@require(rights.may_read)
@never_cache
@require_safe
def lead(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One lead."""
    return _lead_page(request, get_object_or_404(Lead, pk=pk))


def _lead_page(request: HttpRequest, found: Lead, **bound: Any) -> HttpResponse:
    forms = {"reason": ReasonForm(), "challenge": ChallengeForm(initial=initial_of(found.need, "title"))}
    context = {
        "one": found,
        "told": showing.told(found),
        "bar": showing.bar(found),
        "forms": forms | bound,
        "lives": found.state not in (LeadState.REJECTED, LeadState.CHALLENGE),
        "challenges": [showing.told(one) for one in found.challenges.all()],
    }
    return pages.show(request, "programme/desk/lead.html", context, tab="needs", status=422 if bound else 200)


@require(rights.may_run)
@require_POST
def lead_move(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Bring a lead further, or set it aside with a reason."""
    found, form = get_object_or_404(Lead, pk=pk), ReasonForm(request.POST)
    to, now = request.POST.get("to", ""), CLOCK.now()
    if to not in MOVES:
        return redirect("programme:lead", pk)
    if not form.is_valid():
        return _lead_page(request, found, reason=form)
    user, reason = cast(User, request.user), form.cleaned_data["reason"]
    moved = making.move_from(NOT_YET, found, to, now, user, reason=reason, moved_at=now)
    if isinstance(moved, Refusal):
        return pages.refused(request, moved, request.path.removesuffix("move/"))
    return redirect("programme:lead", pk)


@require(rights.may_run)
@require_POST
def challenge_new(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Make a challenge of a lead."""
    found, form, now = get_object_or_404(Lead, pk=pk), ChallengeForm(request.POST), CLOCK.now()
    if not form.is_valid():
        return _lead_page(request, found, challenge=form)
    user = cast(User, request.user)
    with transaction.atomic():
        made = making.make(found, now, user, **form.cleaned_data)
        if not isinstance(made, Refusal):
            making.move(found, LeadState.CHALLENGE, now, user, moved_at=now)
    if isinstance(made, Refusal):
        return pages.refused(request, made, request.path.removesuffix("challenge/"))
    return redirect("programme:challenge", made.pk)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@require(rights.may_read)
def challenge(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One challenge: its brief, its teams; opened and closed here."""
    found = get_object_or_404(Challenge, pk=pk)
    form = ChallengeForm(initial=initial_of(found, "title", "brief"))
    if request.method == "POST" and rights.may_run(request.user):
        to = request.POST.get("to", "")
        form = ChallengeForm(request.POST, opens=to == ChallengeState.OPEN)
        if to == ChallengeState.CLOSED or form.is_valid():
            refused = _challenge_kept(found, to, form, cast(User, request.user))
            return redirect("programme:challenge", pk) if refused is None else pages.refused(request, refused, "./")
    context = {
        "one": found,
        "told": showing.told(found),
        "bar": showing.bar(found),
        "form": form,
        "teams": [showing.told(one) for one in found.teams.all()[:LISTED_MAX]],
        "is_draft": found.state == ChallengeState.DRAFT,
        "is_open": found.state == ChallengeState.OPEN,
    }
    status = 422 if form.is_bound else 200
    return pages.show(request, "programme/desk/challenge.html", context, tab="needs", status=status)


def _challenge_kept(found: Challenge, to: str, form: ChallengeForm, by: User) -> Refusal | None:
    """Keep what was typed of a draft, and open it; or close what is open. Teams answer what they read: it stays so."""
    if to == ChallengeState.CLOSED:
        out_of, said = ChallengeState.OPEN, dict[str, Any]()
    else:
        out_of, said = ChallengeState.DRAFT, form.cleaned_data
    if to in (ChallengeState.OPEN, ChallengeState.CLOSED):
        moved = making.move_from({out_of}, found, to, CLOCK.now(), by, **said)
        refused = moved if isinstance(moved, Refusal) else None
    else:
        kept = Challenge.objects.filter(pk=found.pk, state=out_of).update(**said)
        refused = None if kept else Refusal(rule="chain_moved")
    # Who presses twice is not told that somebody else was faster.
    is_done = refused is not None and Challenge.objects.filter(pk=found.pk, state=to, **said).exists()
    return None if is_done else refused
