"""What everybody reads of partners; and a partner's own page behind their link."""

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from necmergitur.web.network import links
from necmergitur.web.network.forms import SiteForm
from necmergitur.web.network.models import Clause, Partner, Site
from necmergitur.web.programme import making, showing
from necmergitur.web.store import CLOCK

LISTED_MAX = 200


@require_safe
def partners(request: HttpRequest) -> HttpResponse:
    """Partners, their sites, and the data they share."""
    rows = Partner.objects.filter(ended_at=None).prefetch_related("sites", "clauses")[:LISTED_MAX]
    told = [
        {"one": one, "sites": [site for site in one.sites.all() if site.withdrawn_at is None], "clauses": shared(one)}
        for one in rows
    ]
    return render(request, "network/partners.html", {"rows": told})


def shared(one: Partner) -> list[Clause]:
    """Return what a partner shares today."""
    today = timezone.localdate(CLOCK.now())
    return [each for each in one.clauses.all() if each.agreed_at and not each.ended_at and today <= each.until]


@never_cache
@require_safe
def mine(request: HttpRequest, token: str) -> HttpResponse:
    """A partner's page: their sites, what is tried there, what they are asked to share."""
    found = links.partner_of(token)
    sites = [
        {
            "one": site,
            "experiments": showing.experiments(each.experiment for each in site.hostings.select_related("experiment")),
        }
        for site in found.sites.filter(withdrawn_at=None)
    ]
    context = {"one": found, "token": token, "sites": sites, "clauses": found.clauses.filter(ended_at=None)}
    return _private(render(request, "network/mine.html", context))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def my_site(request: HttpRequest, token: str, pk: int) -> HttpResponse:
    """A partner writes what their site can take in; 0 is a new one."""
    found = links.partner_of(token)
    site = get_object_or_404(found.sites, pk=pk, withdrawn_at=None) if pk else Site(partner=found)
    form = SiteForm(request.POST or None, instance=site)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            kept = form.save()
            making.record("partner:site:own", str(found.pk), None, CLOCK.now(), site=str(kept.pk))
        return _private(redirect("network:mine", token))
    context = {"form": form, "one": found, "token": token, "site": site if pk else None}
    return _private(render(request, "network/site.html", context, status=422 if form.is_bound else 200))


@never_cache
@require_POST
@transaction.atomic
def act(request: HttpRequest, token: str) -> HttpResponse:
    """A partner agrees to share, ends it, or takes a site back. Raises Http404 for anything else."""
    found, now = links.partner_of(token), CLOCK.now()
    what, which = request.POST.get("what", ""), request.POST.get("id", "")
    if not which.isascii() or not which.isdigit() or len(which) > 18:
        raise Http404
    if what == "agree":
        done = found.clauses.filter(pk=which, agreed_at=None, ended_at=None).update(agreed_at=now)
    elif what == "end":
        done = found.clauses.filter(pk=which, ended_at=None).update(ended_at=now)
    elif what == "withdraw":
        done = found.sites.filter(pk=which, withdrawn_at=None).update(withdrawn_at=now)
    else:
        raise Http404
    if done:  # nobody with an account: whoever has the partner's link
        making.record(f"partner:{what}:own", str(found.pk), None, now, id=which)
    return _private(redirect("network:mine", token))


def _private(response: HttpResponse) -> HttpResponse:
    # Not none at all: browsers then send forms with "Origin: null", which the guard against forged forms refuses.
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
