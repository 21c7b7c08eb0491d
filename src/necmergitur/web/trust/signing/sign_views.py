"""Pages without an account: a party reads and signs; anybody reads a paper, checks it, and takes it along."""

import os
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from necmergitur.adapters import papers, passkeys
from necmergitur.dispatch.incidents import Person
from necmergitur.governance import signing, terms
from necmergitur.governance.proposals import Proposal
from necmergitur.governance.signing import Assertion, Paper
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import proposing
from necmergitur.web.accounts.models import User
from necmergitur.web.dialogue.limits import address_of
from necmergitur.web.environment import Origin
from necmergitur.web.facts.models import Authorisation, Party, Trial
from necmergitur.web.portal.errors import too_many
from necmergitur.web.store import CLOCK, store
from necmergitur.web.trust.signing import asking, showing, words
from necmergitur.web.trust.signing.proposal_views import open_stream


def demo_key() -> str:
    """Return where the demonstration's own keys sign; empty outside one on this machine."""
    control = os.environ.get("NEC_SIM_PROGRAMME_URL", "")
    return control.rstrip("/") if settings.DEMO and control and Origin(control).loopback else ""


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign(request: HttpRequest, pk: UUID, role: str) -> HttpResponse:
    """A party reads the terms in full and signs their digest. The address is no secret: only the key signs."""
    proposal = asking.proposal(pk)
    if proposal is None or role not in signing.needed(proposal.paper.terms):
        raise Http404
    refusal = ""
    if request.method == "POST":
        if not asking.attempts.passed(address_of(request)):
            return too_many(request)
        said = passkeys.assertion(lambda name: request.POST.get(name, ""))
        outcome = asking.run(lambda now: signed(proposal, role, said, now))
        if not isinstance(outcome, Refusal):
            return redirect("trust:proposal-sign", pk=pk, role=role)
        refusal = words.explain(outcome)
    return page(request, asking.proposal(pk) or proposal, role, refusal)


def signed(proposal: Proposal, role: Any, said: Assertion, now: datetime) -> Proposal | Refusal:
    """Keep what a party's key answered; with the last signature the stream opens, if nothing stands in the way."""
    against = asking.obstacles(proposal.paper.terms, now)
    after = proposing.sign(store(), proposal.id, role, said, passkeys.verify, against, now)
    if isinstance(after, Proposal) and after.complete:
        # Whoever proposed the terms asked for this; when something stands in the way, their page says what.
        open_stream(after.id, _proposer(after), now)
    return after


def _proposer(proposal: Proposal) -> Person:
    number = int(proposal.proposed_by.removeprefix("user:"))
    name = User.objects.filter(pk=number).values_list("display_name", flat=True).first()
    return Person(number, name or "")


def _trial_of(asked: terms.Terms) -> UUID | None:
    """Return the experiment a paper is for: its evaluation ends with the hash of the protocol."""
    digest = "" if asked.experiment is None else asked.experiment.evaluation[-2 * sha256().digest_size :]
    return Trial.objects.filter(digest=digest).values_list("id", flat=True).first() if digest else None


def page(request: HttpRequest, proposal: Proposal, role: str, refusal: str) -> HttpResponse:
    """Show a party what it is asked to sign, and what became of that."""
    now = CLOCK.now()
    asked = proposal.paper.terms
    granted = Authorisation.objects.filter(id=proposal.id).first()
    missing = role in signing.missing(proposal.paper)
    obstacles = [words.explain(each) for each in asking.obstacles(asked, now)]
    keys = list(Party.objects.filter(role=role, retired_at=None).values_list("credential_id", flat=True))
    context = {
        "proposal": proposal,
        "terms": asked,
        "role": words.PARTIES[role],
        "role_name": role,
        "lines": showing.in_words(asked),
        "digest": showing.digest(asked),
        "signatures": showing.signatures(proposal.paper),
        "standing": showing.standing(proposal, granted, now),
        "refusal": refusal,
        "obstacles": obstacles,
        "signed": not missing,
        "unknown": not keys,
        "may_sign": missing and proposal.withdrawn_at is None and not obstacles and bool(keys),
        "granted": granted,
        "trial": _trial_of(asked),
        "simulated": bool(demo_key()),
        "options": {
            "challenge": passkeys.b64(terms.digest(asked)),
            "rp_id": settings.ORIGIN.host,
            "keys": keys,
            "paper": reverse("trust:proposal-paper-file", args=[proposal.id]),
        },
    }
    return render(request, "trust/signing/sign.html", context, status=422 if refusal else 200)


@never_cache
@require_safe
def paper(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One paper for everybody: what it says, who signed it, whether it is in force, and how to check it oneself."""
    proposal, granted, found = _found(pk)
    context = {
        "pk": pk,
        "terms": found.terms,
        "lines": showing.in_words(found.terms),
        "digest": showing.digest(found.terms),
        "signatures": showing.signatures(found),
        "standing": showing.standing(proposal, granted, CLOCK.now()),
        "command": f"nec authorisation verify paper-{pk}.json",
    }
    return render(request, "trust/signing/paper.html", context)


@never_cache
@require_safe
def paper_file(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The paper as a file: the very bytes that were signed, and the signatures."""
    found = _found(pk)[2]
    response = HttpResponse(papers.write(found), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="paper-{pk}.json"'
    return response


def _found(pk: UUID) -> tuple[Proposal | None, Authorisation | None, Paper]:
    proposal = asking.proposal(pk)
    granted = Authorisation.objects.filter(id=pk, kind="stream").first()
    if granted is not None and granted.paper is not None:
        return proposal, granted, msgspec.convert(granted.paper, Paper)
    if proposal is None:
        raise Http404
    return proposal, granted, proposal.paper
