"""What everybody sees of a hackathon: its page, the application, the projector, the public vote, the results."""

from typing import Any

from django.conf import settings
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from necmergitur.innovation import editions
from necmergitur.innovation.editions import Act, Phase
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.console import guards
from necmergitur.web.dialogue.limits import address_of
from necmergitur.web.hackathon import jury, pages, people, showing, voting, words
from necmergitur.web.hackathon.forms import ApplyForm
from necmergitur.web.hackathon.models import Edition, Submission
from necmergitur.web.portal.errors import too_many
from necmergitur.web.programme import example, grades, rights
from necmergitur.web.programme import pages as programme
from necmergitur.web.programme.voting import keep
from necmergitur.web.register.signs import code
from necmergitur.web.store import CLOCK

LISTED_MAX = 50
WALL_S = 20  # ours: how often the projector's page asks again


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Every edition, the latest first."""
    now = CLOCK.now()
    rows = [pages.told(one, now) for one in Edition.objects.all()[:LISTED_MAX]]
    return render(request, "hackathon/index.html", {"rows": rows, "may_read": rights.may_read(request.user)})


@never_cache
@require_safe
def edition(request: HttpRequest, slug: str) -> HttpResponse:
    """One edition: what it is about, when, its challenges, its rules, what was announced."""
    found = pages.edition_of(slug)
    context = pages.told(found, CLOCK.now()) | {
        "challenges": found.challenges.order_by("title"),
        "announcements": found.announcements.all()[:10],
        "may_read": rights.may_read(request.user),
    }
    return render(request, "hackathon/edition.html", context)


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest, slug: str) -> HttpResponse:
    """Apply. Whoever applies twice is answered like everybody."""
    found, now = pages.edition_of(slug), CLOCK.now()
    form, status = ApplyForm(request.POST or None, edition=found), 200
    if request.method == "POST":
        if form.is_valid():
            if not voting.applications.passed(address_of(request)):
                return too_many(request)
            outcome = people.register(found, now, form.cleaned_data)
            if not isinstance(outcome, Refusal):
                return pages.private(redirect("hackathon:mine", outcome))
            form.add_error(None, words.sentence(outcome))
            status = guards.status_of(outcome)
        else:
            status = 422
    return render(request, "hackathon/register.html", pages.told(found, now) | {"form": form}, status=status)


@never_cache
@require_safe
def wall(request: HttpRequest, slug: str) -> HttpResponse:
    """What hangs on the wall of the hall: the hour, the phase, announcements, prizes. It asks again by itself."""
    found, now = pages.edition_of(slug), CLOCK.now()
    still = request.GET.get("still") == "1"
    counts = found.participants.filter(counts=True).aggregate(
        people=Count("pk"), there=Count("pk", filter=Q(checked_in_at__isnull=False))
    )
    context = pages.told(found, now) | {
        "now": now,
        "still": still,
        "counts": counts | {"teams": found.entries.count(), "handed": _handed(found).count()},
        "announcements": found.announcements.filter(withdrawn_at=None)[:2],
        "waiting": showing.tables_waiting(found)[:4],
        "prizes": showing.prizes(found) if found.published_at else [],
        "code": code(request.build_absolute_uri(f"/programme/hackathon/{found.slug}/")),
    }
    response = render(request, "hackathon/wall.html", context)
    if not still:
        response["Refresh"] = str(WALL_S)
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def projects(request: HttpRequest, slug: str) -> HttpResponse:
    """What was handed in; the public votes for one."""
    found, now = pages.edition_of(slug), CLOCK.now()
    if found.phase(now) not in (Phase.REVIEW, Phase.RESULTS):
        raise Http404
    if request.method == "POST":
        chosen = get_object_or_404(_handed(found), pk=_number(request.POST.get("for", "")))
        outcome = voting.vote(found, chosen, request, address_of(request), now)
        if not isinstance(outcome, Refusal):
            response = redirect(request.get_full_path())
            keep(response, outcome)
            return response
        if outcome.rule == "too_many":
            return too_many(request)
    context: dict[str, Any] = pages.told(found, now) | {
        "page": programme.leaf(
            request, _handed(found).select_related("project").prefetch_related(*grades.behind("project"))
        ),
        "voted": voting.voted(found, request),
    }
    return render(request, "hackathon/projects.html", context, status=409 if request.method == "POST" else 200)


@never_cache
@require_safe
def results(request: HttpRequest, slug: str) -> HttpResponse:
    """What the jury said, how sure it is, and beside it, apart, what the public said; before that, when it will be.

    Raises Http404 for no edition; one that a demonstration has yet to play is one.
    """
    found, now = Edition.objects.filter(slug=slug).first(), CLOCK.now()
    is_demo = settings.DEMO and slug == example.PLAYED
    if found is None and not is_demo:
        raise Http404
    if found is None or found.published_at is None or editions.may(Act.AWARD, found.dates, now) is not None:
        due = found.results_at if found is not None and found.results_at > now else None
        frame = {} if found is None else pages.told(found, now)
        return render(request, "hackathon/soon.html", frame | {"due": due, "demo": is_demo}, status=404)
    context = pages.told(found, now) | showing.results(found, jury.results(found))
    context["page"] = programme.leaf(request, context["rows"])
    return render(request, "hackathon/results.html", context)


def _handed(found: Edition) -> Any:
    return Submission.objects.filter(entry__edition=found).order_by("project__title")


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0
