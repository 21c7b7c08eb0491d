"""Parties: invited by the data protection officer, enrolled by themselves, retired when a key is lost or stolen."""

import hashlib
from typing import Any, cast
from uuid import UUID

from django import forms
from django.conf import settings
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from necmergitur.adapters import passkeys
from necmergitur.governance.constants import LABEL_LENGTH_MAX
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import enrolling
from necmergitur.web.accounts.models import User
from necmergitur.web.accounts.rules import is_dpo, is_lead, require
from necmergitur.web.console import guards
from necmergitur.web.console.pages import show
from necmergitur.web.dialogue.limits import address_of
from necmergitur.web.facts.models import Party
from necmergitur.web.portal.errors import too_many
from necmergitur.web.store import CLOCK, store
from necmergitur.web.trust.signing import asking, invitations, words
from necmergitur.web.trust.signing.models import PartyInvitation

SHOWN_MAX = 200
REASONS = {
    "lost": _("the key was lost"),
    "stolen": _("the key was stolen, or somebody else may use it"),
    "left": _("the person no longer signs for this party"),
}


class InviteForm(forms.Form):
    """Whom to invite."""

    role = forms.ChoiceField(label=_("Signs for"), choices=list(words.PARTIES.items()), widget=forms.RadioSelect)
    name = forms.CharField(
        label=_("Who signs, and in which capacity"),
        max_length=LABEL_LENGTH_MAX,
        help_text=_("As it will stand under every paper and be public: “Prefect of Testshire”, “Counters Ltd”."),
    )


@require(is_dpo | is_lead)
@never_cache
@require_safe
def parties(request: HttpRequest) -> HttpResponse:
    """Who may sign, with the fingerprint of each key to compare by phone."""
    return _page(request, InviteForm())


@require(is_dpo)
@never_cache
@require_POST
def invite(request: HttpRequest) -> HttpResponse:
    """Make a link that enrols one key. It is shown once."""
    form = InviteForm(request.POST)
    if not form.is_valid():
        return _page(request, form, 422)
    said = form.cleaned_data
    token = invitations.invite(said["role"], said["name"], cast(User, request.user), CLOCK.now())
    link = settings.ORIGIN.url + reverse("trust:party-enrol", args=[token])
    context = {"link": link, "name": said["name"], "tab": "parties"}
    return show(request, "trust/signing/invited.html", context, here="trust")


@require(is_dpo)
@require_POST
def retire(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Let a key sign nothing more, for a reason that stays in the record."""
    reason = request.POST.get("reason", "")
    if reason not in REASONS:
        return guards.answer(request, Refusal(rule="reason_missing"), reverse("trust:party-list"))
    outcome = guards.run(request, lambda by, now: enrolling.retire(store(), pk, reason, by, now))
    return guards.answer(request, outcome, reverse("trust:party-list"))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def enrol(request: HttpRequest, token: str) -> HttpResponse:
    """The invited party's page: what a signature means, and the making of a key. Reading it burns nothing."""
    found = invitations.find(token, CLOCK.now())
    if found is None:
        return render(request, "trust/signing/link_refused.html", status=410)
    refusal = ""
    if request.method == "POST":
        if not asking.attempts.passed(address_of(request)):
            return too_many(request)
        fields = (request.POST.get("attestation", ""), request.POST.get("client_data", ""))
        outcome = asking.run(lambda now: invitations.enrol(token, *fields, now))
        if not isinstance(outcome, Refusal):
            made = {"party": outcome, "fingerprint": passkeys.fingerprint(outcome.public_key)}
            return render(request, "trust/signing/enrolled.html", made | {"role": words.PARTIES[outcome.role]})
        refusal = words.explain(outcome)
    context = {
        "invitation": found,
        "role": words.PARTIES[found.role],
        "refusal": refusal,
        "options": _options(found, token),
    }
    return render(request, "trust/signing/enrol.html", context, status=422 if refusal else 200)


def _options(found: PartyInvitation, token: str) -> dict[str, Any]:
    """Return what the browser asks the authenticator for (bytes are base64url)."""
    return {
        "challenge": passkeys.b64(invitations.challenge(token)),
        "rp": {"id": settings.ORIGIN.host, "name": "Nec Mergitur"},
        "user": {
            "id": passkeys.b64(hashlib.sha256(found.token_hash.encode()).digest()[:16]),
            "name": found.name,
        },
        "algorithms": list(passkeys.ALGORITHMS),
    }


def _page(request: HttpRequest, form: InviteForm, status: int = 200) -> HttpResponse:
    now = CLOCK.now()
    rows = Party.objects.order_by(F("retired_at").desc(nulls_first=True), "role", "name", "id")[:SHOWN_MAX]
    context = {
        "parties": [
            {"row": row, "role": words.PARTIES.get(row.role, row.role), "key": passkeys.fingerprint(row.public_key)}
            for row in rows
        ],
        "waiting": PartyInvitation.objects.filter(used_at=None, expires_at__gt=now).order_by("-created_at")[:SHOWN_MAX],
        "form": form,
        "reasons": REASONS.items(),
        "may_invite": is_dpo(request.user),
        "demo": settings.DEMO,
        "tab": "parties",
    }
    return show(request, "trust/signing/parties.html", context, here="trust", status=status)
