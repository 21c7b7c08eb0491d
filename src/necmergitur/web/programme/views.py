"""What everybody reads of the programme, and how anybody states a need or votes for one."""

from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from necmergitur.innovation import chain
from necmergitur.innovation.chain import NeedState
from necmergitur.web.dialogue.limits import address_of as network_of
from necmergitur.web.letters.sending import mail_leaves
from necmergitur.web.portal.errors import too_many
from necmergitur.web.programme import guide, making, pages, rights, showing, voting
from necmergitur.web.programme.forms import NeedForm
from necmergitur.web.programme.models import Deployment, Experiment, Need
from necmergitur.web.store import CLOCK

LISTED_MAX = 100
NUMBER_CHARACTERS_MAX = 20  # ours: as the field that asks for it


@never_cache
@require_safe
def front(request: HttpRequest) -> HttpResponse:
    """Needs, those most voted for first; and what came of others."""
    return _front(request)


def _front(request: HttpRequest, missing: str = "") -> HttpResponse:
    needs = Need.objects.filter(state=NeedState.OPEN, hidden_at=None).annotate(voices=Count("votes"))
    context = {
        "needs": pages.leaf(request, needs.order_by("-voices", "-chain")),
        "closed": Need.objects.filter(state=NeedState.CLOSED, hidden_at=None)[:LISTED_MAX],
        "example": chain.shown(7),
        "counts": {"experiments": Experiment.objects.count(), "deployments": Deployment.objects.count()},
        "may_read": rights.may_read(request.user),
        "mail_leaves": mail_leaves(),
        "guide": guide.shown(),
        "missing": missing,
    }
    return render(request, "programme/front.html", context, status=404 if missing else 200)


@never_cache
@require_safe
def need(request: HttpRequest, number: int) -> HttpResponse:
    """One need, what it asks for, what was answered, and its chain."""
    found = _need(number)
    context: dict[str, Any] = {
        "one": found,
        "told": showing.told(found),
        "bar": showing.bar(found, public=True),
        "voices": found.votes.count(),
        "voted": voting.voted(found, request),
        "answers": found.answers.all(),
        "may_vote": found.state == NeedState.OPEN and found.hidden_at is None,
        "may_read": rights.may_read(request.user),
    }
    return render(request, "programme/need.html", context)


@never_cache
@require_POST
def vote(request: HttpRequest, number: int) -> HttpResponse:
    """Vote for a need, or take the vote back."""
    found = _need(number)
    if found.state == NeedState.OPEN and found.hidden_at is None:
        back = request.POST.get("back") == "1"
        token = voting.vote(found, request, network_of(request), CLOCK.now(), take_back=back)
        if token is None:
            return too_many(request, again_s=voting.newcomers.again_in(network_of(request)))
        response = redirect(f"{reverse('programme:need', args=[number])}#votes")
        voting.keep(response, token)
        return response
    return redirect("programme:need", number)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def state(request: HttpRequest) -> HttpResponse:
    """State a need."""
    by = request.user if request.user.is_authenticated else None
    form = NeedForm(request.POST or None, initial={"language": request.LANGUAGE_CODE[:2], "spoken_for": "citizen"})
    if request.method == "POST" and form.is_valid():
        if by is None and not voting.needs_stated.passed(network_of(request)):
            return too_many(request, again_s=voting.needs_stated.again_in(network_of(request)))
        made = making.state_need(CLOCK.now(), by, **form.cleaned_data)
        messages.success(request, _("Your need is kept as %(number)s. Everybody reads it.") % {"number": made.number})
        return redirect("programme:need", made.chain)
    status = 422 if form.is_bound else 200
    return render(request, "programme/state.html", {"form": form}, status=status)


@never_cache
@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """Go to the need of a number, as people write it."""
    said = request.GET.get("number", "").strip()[:NUMBER_CHARACTERS_MAX]
    number = chain.read(said)
    if number is not None and Need.objects.filter(chain=number).exists():
        return redirect("programme:need", number)
    return _front(request, said) if said else redirect("programme:front")


def _need(number: int) -> Need:
    found = Need.objects.filter(chain=number).select_related("merged_into").first()
    if found is None:
        raise Http404
    return found
