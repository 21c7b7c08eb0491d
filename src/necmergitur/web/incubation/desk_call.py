"""The desk's page where a call is corrected, or closed at once."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from necmergitur.web.accounts.models import User
from necmergitur.web.accounts.rules import require
from necmergitur.web.console import guards
from necmergitur.web.incubation import correcting, words
from necmergitur.web.incubation.desk import TAB, refused
from necmergitur.web.incubation.forms import CorrectForm
from necmergitur.web.incubation.models import Call
from necmergitur.web.programme import pages, rights
from necmergitur.web.store import CLOCK

# Which field a refusal is about: it is said there, and what was typed stays.
BESIDE = {"closing_past": "closes_at", "places_given": "places"}


@require(rights.may_run)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Correct a call, or close it now."""
    found, now, by = get_object_or_404(Call, pk=pk), CLOCK.now(), cast(User, request.user)
    if request.method == "POST" and request.POST.get("do") == "close":
        shut = correcting.close(found, now, by)
        if shut is not None:
            return refused(request, shut, request.path)
        messages.success(request, _("The call is closed."), fail_silently=True)  # the example has no browser
        return redirect("incubation:desk-call", pk)
    settled, status = correcting.is_settled(found), 200
    form = CorrectForm(request.POST or None, instance=found, settled=settled)
    if request.method == "POST":
        status = 422
        if form.is_valid():
            wrong = correcting.correct(found, form.cleaned_data, now, by)
            if wrong is None:
                return redirect("incubation:desk-call", pk)
            field = BESIDE.get(wrong.rule)
            form.add_error(field if field in form.fields else None, words.sentence(wrong))
            status = guards.status_of(wrong)
    one = Call.objects.get(pk=pk)  # as it stands: a form writes what was typed into its own
    context = {"one": one, "form": form, "settled": settled, "may_close": one.opens_at < now < one.closes_at}
    return pages.show(request, "incubation/desk/correct.html", context, tab=TAB, status=status)
