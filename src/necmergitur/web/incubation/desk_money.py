"""The desk's page of one grant: what was promised of it, what was paid, what was taken back."""

from datetime import datetime
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from necmergitur.kernel.refusal import Refusal
from necmergitur.web.accounts.models import User
from necmergitur.web.accounts.rules import require
from necmergitur.web.console import guards
from necmergitur.web.incubation import keeping, words
from necmergitur.web.incubation.forms import LineForm, PaymentForm, TakeBackForm
from necmergitur.web.incubation.mentors import number
from necmergitur.web.incubation.models import Grant, Line, Payment
from necmergitur.web.programme import pages, rights
from necmergitur.web.store import CLOCK

TAB = "incubation"
# Which field a refusal is about: it is said there, and what was typed stays.
BESIDE = {
    "grant_spent": "committed",
    "project_over": "project",
    "line_spent": "cents",
    "paid_ahead": "paid_on",
    "reason_missing": "why",
}
SAID: dict[type | None, Any] = {
    PaymentForm: _("Paid."),
    TakeBackForm: pgettext_lazy("payment", "Taken back."),
    LineForm: _("Promised."),
}


@require(rights.may_read)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def grant(request: HttpRequest, pk: int) -> HttpResponse:
    """One grant: its lines, what was paid, what is left. A refusal stands beside what was typed."""
    found, sent = get_object_or_404(Grant, pk=pk), Sent()
    if request.method == "POST" and rights.may_run(request.user):
        sent = _sent(request, found)
        if sent.made:
            messages.success(request, SAID[type(sent.form)], fail_silently=True)  # the example has no browser
            return redirect("incubation:grant", pk)
    lines = [_line(line, sent) for line in found.lines.select_related("project").prefetch_related("payments")]
    line_form = sent.form if isinstance(sent.form, LineForm) else LineForm()
    line_form.fields["project"].queryset = keeping.under_way()  # a form that was sent is judged against all of them
    context = {"one": found, "now": keeping.standing(found), "lines": lines, "line_form": line_form}
    return pages.show(request, "incubation/desk/grant.html", context, tab=TAB, status=sent.status)


class Sent:
    """What somebody sent: the form, which row it is of, and what came of it."""

    def __init__(self, form: forms.Form | None = None, about: Line | Payment | None = None) -> None:
        """Nothing, when nothing was sent."""
        self.form, self.about, self.made = form, about, False
        self.status = 200 if form is None else 422

    def done(self, outcome: Any) -> None:
        """Keep what came of it; say a refusal beside its field."""
        self.made = not isinstance(outcome, Refusal)
        if self.form is not None and isinstance(outcome, Refusal):
            field = BESIDE.get(outcome.rule)
            self.form.add_error(field if field in self.form.fields else None, words.sentence(outcome))
            self.status = guards.status_of(outcome)

    def of(self, row: Line | Payment, kind: type[forms.Form]) -> forms.Form | None:
        """Return the form that was sent, when it is of this row."""
        return self.form if isinstance(self.form, kind) and self.about == row else None


def _sent(request: HttpRequest, found: Grant) -> Sent:
    said, now, by = request.POST, CLOCK.now(), cast(User, request.user)
    if "payment" in said:
        payment = get_object_or_404(Payment, pk=number(said["payment"]), line__grant=found)
        return _taken_back(Sent(TakeBackForm(said, auto_id=_named("back", payment)), payment), payment, now, by)
    if "line" in said:
        line = get_object_or_404(Line, pk=number(said["line"]), grant=found)
        paying = Sent(PaymentForm(said, auto_id=_named("pay", line)), line)
        if paying.form is not None and paying.form.is_valid():
            paying.done(keeping.pay(line, **paying.form.cleaned_data, now=now, by=by))
        return paying
    promising = Sent(LineForm(said))
    if promising.form is not None and promising.form.is_valid():
        told = promising.form.cleaned_data
        promising.done(keeping.promise(found, told["title"], told["committed"], told["project"], now, by))
    return promising


def _taken_back(sent: Sent, payment: Payment, now: datetime, by: User) -> Sent:
    if sent.form is not None and sent.form.is_valid():
        sent.done(keeping.take_back(payment, sent.form.cleaned_data["why"], now, by))
    return sent


def _named(what: str, row: Line | Payment) -> str:
    """Return how the fields of a row's form are called on a page with many rows."""
    return f"id_{what}_{row.pk}_%s"


def _line(line: Line, sent: Sent) -> dict[str, Any]:
    """Return a line as the page shows it: what was paid of it, each payment, and the forms beside."""
    paid = keeping.paid(line)
    return {
        "one": line,
        "paid": paid,
        "left": line.committed - paid,
        "form": sent.of(line, PaymentForm)
        or PaymentForm(auto_id=_named("pay", line), initial={"paid_on": localdate(CLOCK.now())}),
        "payments": [
            {"one": one, "form": sent.of(one, TakeBackForm) or TakeBackForm(auto_id=_named("back", one))}
            for one in line.payments.all()
        ],
    }
