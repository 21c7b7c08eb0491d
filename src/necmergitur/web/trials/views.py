"""What everybody reads of experiments: which protocol was fixed, what was refused, and what the record makes of it."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from necmergitur.web.facts.models import Trial
from necmergitur.web.programme import grades, rights
from necmergitur.web.programme import showing as chain
from necmergitur.web.programme.models import Experiment
from necmergitur.web.store import CLOCK
from necmergitur.web.trials import showing, words

LISTED_MAX = 200


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Every experiment whose protocol was fixed: those that failed too."""
    rows = Experiment.objects.exclude(state="draft").prefetch_related(*grades.behind("project"))[:LISTED_MAX]
    trials = {one.id: one for one in Trial.objects.filter(id__in=[row.pk for row in rows])}
    told = [
        {**one, "trial": trials[one["row"].pk], "how": words.EXITS.get(one["row"].exit, "")}
        for one in chain.experiments(rows)
        if one["row"].pk in trials
    ]
    return render(request, "trials/home.html", {"rows": told, "may_read": rights.may_read(request.user)})


@never_cache
@require_safe
def one(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One experiment: its protocol with its hash and proof, what was refused, its report."""
    row = get_object_or_404(Experiment, pk=pk)
    found = Trial.objects.filter(id=pk).first()
    context = {
        "one": row,
        "state": chain.told(row),
        "bar": chain.bar(row, public=not rights.may_read(request.user)),
        "may_read": rights.may_read(request.user),
        **({} if found is None else showing.whole(found, CLOCK.now(), request.GET.get("facts"))),
    }
    return render(request, "trials/one.html", context)


@require_safe
def text(_request: HttpRequest, pk: UUID) -> HttpResponse:
    """The protocol's canonical text, to the byte: its SHA-256 is the hash on record."""
    found = _trial(pk)
    return HttpResponse(found.protocol.encode(), content_type="application/json")


def _trial(pk: UUID) -> Trial:
    found = Trial.objects.filter(id=pk).first()
    if found is None:
        raise Http404
    return found
