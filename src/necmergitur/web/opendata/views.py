"""Open data for people and for portals, and the data protection officer's button that publishes what is due."""

from datetime import date, datetime
from itertools import islice
from typing import Any, cast

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from necmergitur.kernel.refusal import Refusal
from necmergitur.web.accounts.models import User
from necmergitur.web.accounts.rules import is_dpo, require
from necmergitur.web.console.state import city_name
from necmergitur.web.opendata import publishing
from necmergitur.web.opendata.constants import EPSILON_YEAR, RELEASES_AT_ONCE
from necmergitur.web.opendata.datasets import DATASETS, NOISE
from necmergitur.web.opendata.models import PrivacyBudget, Release
from necmergitur.web.opendata.opened import opened, partners_share
from necmergitur.web.store import CLOCK, person

FORMS = (("ttl", "Turtle"), ("jsonld", "JSON-LD"))


class Month:
    """A month in an address, as 2026-03."""

    regex = "[0-9]{4}-[0-9]{2}"

    def to_python(self, value: str) -> date:
        """Return the first of the month; ValueError (no such page) when there is none such."""
        return datetime.strptime(value, "%Y-%m").date()  # noqa: DTZ007 -- a month has no zone

    def to_url(self, value: date) -> str:
        """Return the month as an address has it."""
        return f"{value:%Y-%m}"


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """List datasets and their months (constant queries)."""
    now = CLOCK.now()
    made = list(Release.objects.defer("text").order_by("-month"))
    spent = {each.dataset: each for each in PrivacyBudget.objects.filter(year=now.year)}
    context: dict[str, Any] = {
        "forms": FORMS,
        "opened": opened(now),
        "datasets": [
            {
                "slug": slug,
                "title": each.title,
                "description": each.description,
                "noise": each.method == NOISE,
                "releases": [one for one in made if one.dataset == slug],
                "spent": spent[slug].spent if slug in spent else 0.0,
                "allowed": spent[slug].allowed if slug in spent else EPSILON_YEAR,
            }
            for slug, each in DATASETS.items()
        ],
    }
    if is_dpo(cast(User, request.user)):
        context |= {"may_publish": True, "due": len(list(publishing.due(now)))}
    return render(request, "opendata/index.html", context)


@require_safe
def release(request: HttpRequest, slug: str, month: date) -> HttpResponse:
    """Return one month's file, byte for byte as it was published."""
    found = get_object_or_404(Release, dataset=slug, month=month)
    answer = HttpResponse(found.text, content_type="text/csv; charset=utf-8; header=present")
    answer["Content-Disposition"] = f'attachment; filename="{slug}-{month:%Y-%m}.csv"'
    return _open(answer)


@require_safe
def catalogue(request: HttpRequest, form: str) -> HttpResponse:
    """Return the catalogue as portals harvest it."""
    from necmergitur.web.opendata import catalogue as dcat  # noqa: PLC0415 -- rdflib is large, and only portals need it

    if form not in dcat.FORMS:
        raise Http404
    written, kind = dcat.FORMS[form]
    now = CLOCK.now()
    shared = [dcat.Shared(*each) for each in partners_share(now)]
    found = dcat.graph(settings.ORIGIN.url, city_name(), Release.objects.all(), opened(now), shared)
    return _open(HttpResponse(found.serialize(format=written), content_type=f"{kind}; charset=utf-8"))


def _open(answer: HttpResponse) -> HttpResponse:
    """Let any page read it: open data is for others' sites too, and is the same for everybody."""
    answer["Access-Control-Allow-Origin"] = "*"
    return answer


@require(is_dpo)
@require_POST
def publish(request: HttpRequest) -> HttpResponseBase:
    """Publish what is due, some at a time."""
    now, by = CLOCK.now(), person(cast(User, request.user))
    for slug, month in islice(list(publishing.due(now)), RELEASES_AT_ONCE):
        made = publishing.publish(slug, month, by, now)
        if isinstance(made, Refusal):
            return render(request, "opendata/refused.html", {"refusal": made, "slug": slug}, status=409)
    return redirect("opendata:index")
