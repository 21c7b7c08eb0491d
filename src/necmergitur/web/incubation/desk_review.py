"""The desk's page of a call's selection: reviewers, who reads what, what their marks come to."""

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from necmergitur.innovation import selection
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.accounts.models import User
from necmergitur.web.accounts.rules import require
from necmergitur.web.console import guards
from necmergitur.web.incubation import reviewing, showing, words
from necmergitur.web.incubation.desk import TAB, refused
from necmergitur.web.incubation.forms import HelperForm, ReadersForm
from necmergitur.web.incubation.models import Call, Conflict, Helper
from necmergitur.web.letters.sending import mail_leaves
from necmergitur.web.programme import pages, rights
from necmergitur.web.store import CLOCK


@require(rights.may_read)
@never_cache
@require_safe
def selecting(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Who reads, how far they are; marks once the reading is over."""
    return _page(request, get_object_or_404(Call, pk=pk))


def _page(request: HttpRequest, found: Call, status: int = 200, **more: Any) -> HttpResponse:
    reading, now = reviewing.reading_of(found), CLOCK.now()
    over = selection.is_over(reading, now)
    conflicts = Conflict.objects.filter(application__call=found).select_related("reviewer", "application")
    context = {
        "one": found,
        "mail": mail_leaves(),
        "reading": reading,
        "over": over,
        "may_end": rights.may_run(request.user)
        and not over
        and selection.may_read(reading, now, decided=False) is None,
        "may_assign": rights.may_run(request.user)
        and selection.may_read(reading, now, decided=found.applications.exclude(accepted=None).exists()) is None,
        "reviewers": found.helpers.filter(kind=Helper.Kind.REVIEWER).annotate(
            asked=Count("reviews", distinct=True),
            given=Count("reviews", filter=Q(reviews__done_at__isnull=False), distinct=True),
        ),
        "conflicts": [(each.reviewer.name, each.application.title, words.WHY[each.why]) for each in conflicts],
        "rows": showing.rows(found) if over else [],
        "forms": {
            "invite": HelperForm(),
            "assign": ReadersForm(initial={"each": found.each or 3}),
        }
        | more.pop("bound", {}),
    }
    return pages.show(request, "incubation/desk/selection.html", context | more, tab=TAB, status=status)


@require(rights.may_run)
@never_cache
@require_POST
def act(request: HttpRequest, pk: UUID, what: str) -> HttpResponse:
    """Invite somebody, whose link is shown once; give applications to reviewers; end the reading."""
    found, now = get_object_or_404(Call, pk=pk), CLOCK.now()
    back = reverse("incubation:selection", args=[pk])
    if what == "invite":
        form = HelperForm(request.POST)
        if not form.is_valid():
            return _page(request, found, 422, bound={"invite": form})
        added = reviewing.invite(found, form.cleaned_data | {"kind": Helper.Kind.REVIEWER}, now)
        if isinstance(added, Refusal):
            form.add_error("email", words.sentence(added))
            return _page(request, found, guards.status_of(added), bound={"invite": form})
        helper, token = added
        address = request.build_absolute_uri(reverse("incubation:reviewer", args=[token]))
        return _page(
            request,
            found,
            made={"name": helper.name, "address": address, "mailed": mail_leaves() and bool(helper.email)},
        )
    outcome: Any
    if what == "assign":
        readers = ReadersForm(request.POST)
        if not readers.is_valid():
            return _page(request, found, 422, bound={"assign": readers})
        outcome = reviewing.assign(found, readers.cleaned_data["each"], now, cast(User, request.user))
    else:
        outcome = reviewing.end(found, now)
    if isinstance(outcome, Refusal):
        return refused(request, outcome, back)
    if what == "assign":
        messages.success(
            request, ngettext("%(n)s review asked for", "%(n)s reviews asked for", outcome) % {"n": outcome}
        )
    return redirect(back)


@require(rights.may_run)
@never_cache
@require_POST
def disinvite(request: HttpRequest, pk: UUID, helper: UUID) -> HttpResponse:
    """Take a reviewer's or a mentor's invitation back."""
    found = get_object_or_404(Call, pk=pk)
    is_mentor = found.helpers.filter(pk=helper, kind=Helper.Kind.MENTOR).exists()
    short = reviewing.disinvite(found, helper, CLOCK.now(), cast(User, request.user))
    if short is None:
        messages.success(request, _("The invitation is taken back. Its link opens nothing any more."))
    else:
        said = _("The invitation is taken back. An application has too few reviewers now: invite another one.")
        messages.warning(request, said)
    return redirect("incubation:mentors" if is_mentor else "incubation:selection", pk)
