"""The desk of a hackathon: editions, announcements, jurors and mentors."""

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from necmergitur.kernel.refusal import Refusal
from necmergitur.web.accounts.models import User
from necmergitur.web.accounts.rules import require
from necmergitur.web.console import guards
from necmergitur.web.hackathon import pages, people, showing, words
from necmergitur.web.hackathon.forms import AnnounceForm, EditionForm, HelperForm
from necmergitur.web.hackathon.models import Edition, Helper, Submission
from necmergitur.web.letters import sending
from necmergitur.web.programme import rights
from necmergitur.web.store import CLOCK, store

LISTED_MAX = 100


def conduct() -> str:
    """Return the code of conduct an edition begins with; organisers may say more."""
    return _(
        "We work together with respect. No harassment, in words, pictures or acts, whatever it is about. "
        "No data about real people is used: the simulated city is there for that. What others show you stays theirs. "
        "Whoever breaks this leaves. Speak to the organisers at the desk at any time: they listen, and act."
    )


@require(rights.may_read)
@never_cache
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Every edition."""
    now = CLOCK.now()
    rows = [pages.told(one, now) for one in Edition.objects.all()[:LISTED_MAX]]
    return pages.desk(request, "home.html", {"rows": rows})


@require(rights.may_run)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Open an edition."""
    form = EditionForm(request.POST or None, initial={"conduct": conduct(), "places": 400})
    if request.method == "POST" and form.is_valid():
        made = form.save(commit=False)
        made.id = store().ids.new()
        made.save()
        form.save_m2m()
        return redirect("hackathon:desk-one", made.slug)
    return pages.desk(request, "edit.html", {"form": form, "edition": None}, 422 if form.is_bound else 200)


@require(rights.may_run)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, slug: str) -> HttpResponse:
    """Change an edition: dates shift, challenges are added."""
    found = pages.edition_of(slug)
    form = EditionForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        form.save()
        return redirect("hackathon:desk-one", found.slug)
    return pages.desk(request, "edit.html", {"form": form, "edition": found}, 422 if form.is_bound else 200)


@require(rights.may_read)
@never_cache
@require_safe
def one(request: HttpRequest, slug: str) -> HttpResponse:
    """One edition at a glance."""
    return page(request, pages.edition_of(slug))


def page(request: HttpRequest, found: Edition, status: int = 200, **more: Any) -> HttpResponse:
    """Show an edition, with what was just made or what is to mend."""
    counting = found.participants.filter(counts=True)
    context = pages.told(found, CLOCK.now()) | {
        "figures": [
            (_("Registered"), counting.count(), found.places),
            (_("Checked in"), counting.filter(checked_in_at__isnull=False).count(), None),
            (_("Teams"), found.entries.count(), None),
            (_("Handed in"), Submission.objects.filter(entry__edition=found).count(), None),
            (_("Questions waiting"), showing.questions(found, waiting=True).count(), None),
        ],
        "announcements": found.announcements.all()[:10],
        "jurors": found.helpers.filter(kind=Helper.Kind.JUROR),
        "mentors": found.helpers.filter(kind=Helper.Kind.MENTOR),
        "announce": AnnounceForm(),
        "invite": HelperForm(initial={"kind": Helper.Kind.JUROR}),
    }
    return pages.desk(request, "one.html", context | more, status)


@require(rights.may_run)
@never_cache
@require_POST
def announce(request: HttpRequest, slug: str) -> HttpResponse:
    """Tell everybody: on the projector, on phones, on each participant's page."""
    found, form = pages.edition_of(slug), AnnounceForm(request.POST)
    if not form.is_valid():
        return page(request, found, 422, announce=form)
    made = form.save(commit=False)
    made.edition, made.at, made.by_id = found, CLOCK.now(), cast(User, request.user).pk
    made.save()
    return redirect("hackathon:desk-one", slug)


@require(rights.may_run)
@never_cache
@require_POST
def withdraw(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Take an announcement back: whoever read it reads that it no longer holds."""
    found = pages.edition_of(slug)
    get_object_or_404(found.announcements, pk=pk)
    by = cast(User, request.user).pk
    found.announcements.filter(pk=pk, withdrawn_at=None).update(withdrawn_at=CLOCK.now(), withdrawn_by_id=by)
    return redirect("hackathon:desk-one", slug)


@require(rights.may_run)
@never_cache
@require_POST
def invite(request: HttpRequest, slug: str) -> HttpResponse:
    """Add a juror or a mentor; their link is shown once, here."""
    found, form = pages.edition_of(slug), HelperForm(request.POST)
    if not form.is_valid():
        return page(request, found, 422, invite=form)
    link = people.invite(found, form.cleaned_data, CLOCK.now())
    if isinstance(link, Refusal):
        form.add_error("email", words.sentence(link))
        return page(request, found, guards.status_of(link), invite=form)
    place = "hackathon:jury" if form.cleaned_data["kind"] == Helper.Kind.JUROR else "hackathon:mentor"
    made = {
        "mailed": sending.mail_leaves() and bool(form.cleaned_data["email"]),
        "name": form.cleaned_data["name"],
        "address": request.build_absolute_uri(reverse(place, args=[link])),
    }
    return page(request, found, made=made)


@require(rights.may_run)
@never_cache
@require_POST
def disinvite(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    """Take a juror's or a mentor's invitation back."""
    short = people.disinvite(pages.edition_of(slug), pk, CLOCK.now(), cast(User, request.user))
    if short is None:
        messages.success(request, _("The invitation is taken back. Its link opens nothing any more."))
    else:
        messages.warning(
            request, _("The invitation is taken back. Nobody else may read one of the works: invite another juror.")
        )
    return redirect("hackathon:desk-jury" if request.POST.get("at") == "jury" else "hackathon:desk-one", slug)
