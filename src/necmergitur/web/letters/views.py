"""Ask for one's private pages again. The answer is the same whether the address is known or not."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from necmergitur.web.dialogue.limits import Limit, address_of
from necmergitur.web.letters import finding, sending
from necmergitur.web.letters.constants import ASKED_MAX
from necmergitur.web.portal.errors import too_many
from necmergitur.web.store import CLOCK

asked = Limit(ASKED_MAX)


class AgainForm(forms.Form):
    """Which address."""

    email = forms.EmailField(label=_("Your e-mail"), max_length=254)


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def again(request: HttpRequest) -> HttpResponse:
    """Take an address; write to it what is its own, if anything is."""
    form = AgainForm(request.POST or None) if sending.mail_leaves() else None
    if request.method == "POST" and form is not None and form.is_valid():
        if not asked.passed(address_of(request)):
            return too_many(request)
        email, now = form.cleaned_data["email"], CLOCK.now()
        found: list[Any] = [[kind, str(row.pk)] for kind, row in finding.rows(email)]
        if found:
            # One for each address and hour, however often somebody asks.
            name = f"{sending.counted(email)}:{now:%Y%m%d%H}"
            sending.tell("again", name, email, sending.language_now(), found, now)
        return render(request, "letters/again.html", {"sent": True})
    status = 422 if form is not None and form.is_bound else 200
    return render(request, "letters/again.html", {"form": form}, status=status)
