"""The analysts' desk of partners."""

from typing import cast
from uuid import UUID

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from necmergitur.web.accounts.models import User
from necmergitur.web.accounts.rules import require
from necmergitur.web.network.forms import ClauseForm, HostForm, PartnerForm, SiteForm
from necmergitur.web.network.models import Clause, Hosting, Partner, Site
from necmergitur.web.programme import links, making, pages, rights, showing
from necmergitur.web.programme.models import Experiment
from necmergitur.web.store import CLOCK, store

LISTED_MAX = 500
TAB = "network"


def note(request: HttpRequest, what: str, partner: Partner) -> None:
    """Append one audit fact beside the rows."""
    making.record(f"partner:{what}", str(partner.pk), cast(User, request.user), CLOCK.now())


@require(rights.may_read)
@never_cache
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Every partner."""
    rows = Partner.objects.prefetch_related("sites", "clauses").order_by("ended_at", "name")[:LISTED_MAX]
    return pages.show(request, "network/desk/home.html", {"rows": rows, "form": PartnerForm()}, tab=TAB)


@require(rights.may_run)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def write(request: HttpRequest, pk: UUID | None = None) -> HttpResponse:
    """Add a partner, or mend what is said of one."""
    row = get_object_or_404(Partner, pk=pk, ended_at=None) if pk else None
    form = PartnerForm(request.POST or None, instance=row)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            made = form.save(commit=False)
            if row is None:
                made.id, made.joined_at = store().ids.new(), CLOCK.now()
            made.save()
            note(request, "written" if row else "joined", made)
        return redirect("network:desk-one", made.pk)
    context = {"form": form, "row": row}
    return pages.show(request, "network/desk/write.html", context, tab=TAB, status=422 if form.is_bound else 200)


@require(rights.may_read)
@never_cache
@require_safe
def one(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One partner with sites and clauses."""
    return _page(request, get_object_or_404(Partner, pk=pk))


def _page(request: HttpRequest, found: Partner, *, link: str = "", **bound: object) -> HttpResponse:
    hosted = list(Hosting.objects.filter(site__partner=found).select_related("experiment", "site"))
    context = {
        "one": found,
        "sites": found.sites.all(),
        "clauses": found.clauses.select_related("site"),
        "hosted": [
            {**one, "site": each.site}
            for one, each in zip(showing.experiments(each.experiment for each in hosted), hosted, strict=True)
        ],
        "experiments": showing.experiments(Experiment.objects.all()[:LISTED_MAX]),
        "forms": {"site": SiteForm(), "clause": ClauseForm()} | bound,
        "lives": found.ended_at is None,
        "link": link,
    }
    return pages.show(request, "network/desk/one.html", context, tab=TAB, status=422 if bound else 200)


@require(rights.may_run)
@require_POST
@transaction.atomic
def act(request: HttpRequest, pk: UUID, what: str) -> HttpResponse:
    """Add a site or a clause, place an experiment, make the private link, end the partnership.

    Raises Http404 for anything else.
    """
    found, now = get_object_or_404(Partner.objects.select_for_update(), pk=pk, ended_at=None), CLOCK.now()
    if what == "site":
        site_form = SiteForm(request.POST, instance=Site(partner=found))
        if not site_form.is_valid():
            return _page(request, found, site=site_form)
        site_form.save()
    elif what == "clause":
        form = ClauseForm(request.POST, instance=Clause(partner=found, proposed_at=now))
        if not form.is_valid():
            return _page(request, found, clause=form)
        form.save()
    elif what == "host":
        form_ = HostForm(request.POST, partner=found)
        if not form_.is_valid():
            raise Http404
        site, experiment = form_.cleaned_data["site"], form_.cleaned_data["experiment"]
        Hosting.objects.get_or_create(site=site, experiment=experiment, defaults={"at": now})
    elif what == "link":
        token, found.link_hash = links.made()
        found.save()
        note(request, "link", found)
        return _page(request, found, link=request.build_absolute_uri(reverse("network:mine", args=[token])))
    elif what == "end":
        found.ended_at, found.link_hash = now, ""
        found.contact_name = found.contact_email = ""  # whoever was written to is forgotten
        found.save()
        found.clauses.filter(ended_at=None).update(ended_at=now)
    else:
        raise Http404
    note(request, what, found)
    return redirect("network:desk-one", pk)
