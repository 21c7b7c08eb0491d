"""The demonstration: sign for a party with the key its simulation holds, where nobody has an authenticator."""

from uuid import UUID

import msgspec
import urllib3
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from necmergitur.adapters import passkeys
from necmergitur.governance import signing, terms
from necmergitur.governance.signing import Assertion
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.dialogue.limits import address_of
from necmergitur.web.portal.errors import too_many
from necmergitur.web.trust.signing import asking, sign_views, words

TIMEOUT_S = 5.0  # the simulation stands on this machine


@never_cache
@require_POST
def sign(request: HttpRequest, pk: UUID, role: str) -> HttpResponse:
    """Have the party's simulated key sign these terms; what it answers is checked as anybody's is."""
    proposal = asking.proposal(pk) if sign_views.demo_key() else None
    if proposal is None or role not in signing.needed(proposal.paper.terms):
        raise Http404
    if not asking.attempts.passed(address_of(request)):
        return too_many(request)
    said = _asked(role, terms.digest(proposal.paper.terms))
    outcome = (
        said if isinstance(said, Refusal) else asking.run(lambda now: sign_views.signed(proposal, role, said, now))
    )
    if isinstance(outcome, Refusal):
        return sign_views.page(request, asking.proposal(pk) or proposal, role, words.explain(outcome))
    return redirect("trust:proposal-sign", pk=pk, role=role)


def _asked(role: str, challenge: bytes) -> Assertion | Refusal:
    body = msgspec.json.encode({"challenge": passkeys.b64(challenge)})
    try:
        answer = urllib3.request(
            "POST", f"{sign_views.demo_key()}/sign/{role}", body=body, timeout=TIMEOUT_S, retries=False, redirect=False
        )
        return msgspec.json.decode(answer.data, type=Assertion)
    except (urllib3.exceptions.HTTPError, OSError, msgspec.DecodeError):
        return Refusal(rule="unreachable")
