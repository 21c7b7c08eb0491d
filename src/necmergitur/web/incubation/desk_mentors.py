"""The desk's page of a call's mentors: who offers what, and who comes to whom."""

from typing import Any
from uuid import UUID

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from necmergitur.kernel.refusal import Refusal
from necmergitur.web.accounts.rules import require
from necmergitur.web.console import guards
from necmergitur.web.incubation import reviewing, words
from necmergitur.web.incubation.desk import TAB
from necmergitur.web.incubation.forms import HelperForm, MentorForm
from necmergitur.web.incubation.mentors import SKILLS
from necmergitur.web.incubation.models import Booking, Call, Helper
from necmergitur.web.letters.sending import mail_leaves
from necmergitur.web.programme import pages, rights
from necmergitur.web.store import CLOCK


@require(rights.may_read)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def listed(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Mentors with what they offer and hold; one is added here, whose link is shown once."""
    found, now, made, status = get_object_or_404(Call, pk=pk), CLOCK.now(), None, 422
    posted = request.POST if request.method == "POST" and rights.may_run(request.user) else None
    who, what = HelperForm(posted), MentorForm(posted)
    if posted is not None and who.is_valid() and what.is_valid():
        said: dict[str, Any] = who.cleaned_data | what.cleaned_data | {"kind": Helper.Kind.MENTOR}
        added = reviewing.invite(found, said, now)
        if isinstance(added, Refusal):
            who.add_error("email", words.sentence(added))
            status = guards.status_of(added)
        else:
            helper, token = added
            address = request.build_absolute_uri(reverse("incubation:mentor", args=[token]))
            made, who, what = (
                {"name": helper.name, "address": address, "mailed": mail_leaves() and bool(helper.email)},
                HelperForm(),
                MentorForm(),
            )
    mentors = found.helpers.filter(kind=Helper.Kind.MENTOR).annotate(
        free=Count("slots", filter=Q(slots__starts_at__gt=now, slots__booking=None), distinct=True),
        projects=Count("slots__booking__project", distinct=True),
    )
    context = {
        "one": found,
        "mail": mail_leaves(),
        "made": made,
        "mentors": [(each, [SKILLS.get(skill, skill) for skill in each.skills]) for each in mentors],
        "booked": Booking.objects.filter(slot__mentor__call=found, slot__starts_at__gt=now).select_related(
            "slot__mentor", "project"
        ),
        "who": who,
        "what": what,
    }
    status = status if who.is_bound or what.is_bound else 200
    return pages.show(request, "incubation/desk/mentors.html", context, tab=TAB, status=status)
