"""Terms drafted from a signed assessment, put before their parties, granted, withdrawn, revoked and drafted anew."""

from typing import Any, cast
from uuid import UUID

import msgspec
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from necmergitur.adapters import law, passkeys
from necmergitur.dispatch.incidents import Person
from necmergitur.governance.assessments import Covers
from necmergitur.governance.constants import LABEL_LENGTH_MAX
from necmergitur.governance.proposals import Proposal
from necmergitur.governance.signing import needed
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import authorising, proposing
from necmergitur.web import last_words
from necmergitur.web.accounts.rules import is_dpo, is_lead, require
from necmergitur.web.console import guards
from necmergitur.web.console.pages import show
from necmergitur.web.facts.models import Assessment, Authorisation, City, TermsProposal
from necmergitur.web.store import CLOCK, store
from necmergitur.web.trust.signing import asking, showing, words
from necmergitur.web.trust.signing.forms import TermsForm, again, drafted, initial

SHOWN_MAX = 100
may_propose = is_dpo | is_lead


@require(may_propose)
@never_cache
@require_safe
def proposals(request: HttpRequest) -> HttpResponse:
    """What was proposed, what became of it, and the assessments from which terms may be drafted."""
    now = CLOCK.now()
    rows = [showing.proposal_of(row) for row in TermsProposal.objects.order_by("-proposed_at", "id")[:SHOWN_MAX]]
    granted = {row.id: row for row in Authorisation.objects.filter(id__in=[one.id for one in rows])}
    assessed = Assessment.objects.filter(stale_at=None, review_by__gt=now).order_by("title", "id")[:SHOWN_MAX]
    context = {
        "proposals": [
            {"one": one, "standing": showing.standing(one, granted.get(one.id), now), "terms": one.paper.terms}
            for one in rows
        ],
        "assessments": assessed,
        "tab": "terms",
    }
    return show(request, "trust/signing/proposals.html", context, here="trust")


@require(may_propose)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def draft(request: HttpRequest, assessment_id: UUID) -> HttpResponse:
    """Draft terms from an assessment. All that stands against them is said at once, beside its field."""
    row = Assessment.objects.filter(id=assessment_id).first()
    if row is None:
        raise Http404
    covers = msgspec.convert(row.covers, Covers)
    form = TermsForm(request.POST or None, covers=covers, initial=_initial(request, row, covers))
    unplaced: list[str] = []
    if request.method == "POST" and form.is_valid():
        asked = drafted(form.cleaned_data, row, covers, store().ids.new())
        outcome = guards.run(request, lambda by, now: proposing.propose(store(), asked, law.rules(), by, now))
        if isinstance(outcome, Proposal):
            return redirect("trust:proposal-one", pk=outcome.id)
        for refusal in outcome if isinstance(outcome, list) else [outcome]:
            unplaced += _beside(form, refusal)
        for name, said in words.LEFT_OPEN.items():
            if not form.data.get(name):
                form.add_error(name, said)
    context = {"form": form, "assessment": row, "unplaced": unplaced, "tab": "terms"}
    return show(
        request, "trust/signing/draft.html", context, here="trust", status=422 if form.errors or unplaced else 200
    )


def _beside(form: TermsForm, refusal: Refusal) -> list[str]:
    """Put a refusal beside each field it names; return it when it names none."""
    beyond = refusal.facts.get("fields", "").split()
    placed = [name for name in beyond or [words.field_of(refusal)] if name in form.fields]
    for name in placed:
        if name in words.LEFT_OPEN and not form.data.get(name):
            continue
        one_field = refusal.facts | ({"fields": name} if beyond else {})
        form.add_error(name, words.explain(msgspec.structs.replace(refusal, facts=one_field)))
    left = [name for name in beyond if name not in placed]
    if left:
        return [words.explain(msgspec.structs.replace(refusal, facts=refusal.facts | {"fields": " ".join(left)}))]
    return [] if placed else [words.explain(refusal)]


def _initial(request: HttpRequest, row: Assessment, covers: Covers) -> dict[str, Any]:
    before = request.GET.get("again", "")
    try:
        known = asking.proposal(UUID(before)) if before else None
    except ValueError:
        known = None
    if known is not None:
        return again(known.paper.terms)
    city = City.objects.values_list("name", flat=True).first() or ""
    return initial(row, covers, city, CLOCK.now())


@require(may_propose)
@never_cache
@require_safe
def one(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One proposal: its terms in words, who signed, the links to give, and what to do now."""
    proposal = asking.proposal(pk)
    if proposal is None:
        raise Http404
    return _one(request, proposal)


def _one(request: HttpRequest, proposal: Proposal, refusal: str = "", status: int = 200) -> HttpResponse:
    now = CLOCK.now()
    asked = proposal.paper.terms
    granted = Authorisation.objects.filter(id=proposal.id).first()
    waiting = proposal.withdrawn_at is None and granted is None
    links = [
        (words.PARTIES[role], settings.ORIGIN.url + reverse("trust:proposal-sign", args=[proposal.id, role]))
        for role in needed(asked)
    ]
    context = {
        "proposal": proposal,
        "terms": asked,
        "lines": showing.in_words(asked),
        "digest": showing.digest(asked),
        "signatures": showing.signatures(proposal.paper),
        "standing": showing.standing(proposal, granted, now),
        "links": links if waiting else [],
        "obstacles": [words.explain(each) for each in asking.obstacles(asked, now)] if waiting else [],
        "may_ask": waiting and is_dpo(request.user) and asking.may_open_dialogue(asked),
        "dialogue": asking.dialogue_on(asked),
        "granted": granted,
        "waiting": waiting,
        "over": granted is not None and granted.revoked_at is not None,
        "refusal": refusal,
        "tab": "terms",
    }
    return show(request, "trust/signing/proposal.html", context, here="trust", status=status)


@require(may_propose)
@require_POST
def withdraw(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take terms back, with a reason."""
    reason = request.POST.get("reason", "")[:LABEL_LENGTH_MAX]
    return _after(request, pk, guards.run(request, lambda by, now: proposing.withdraw(store(), pk, reason, by, now)))


@require(may_propose)
@require_POST
def grant(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Open the stream of terms that everybody signed, once what stood in the way is gone."""
    return _after(request, pk, guards.run(request, lambda by, now: open_stream(pk, by, now)))


@require(may_propose)
@require_POST
def revoke(request: HttpRequest, pk: UUID) -> HttpResponse:
    """End what was granted, now, with a reason; what replaces it is drafted from the same terms."""
    reason = request.POST.get("reason", "")[:LABEL_LENGTH_MAX]
    last_words.hear([pk])
    outcome = guards.run(request, lambda by, now: authorising.revoke(store(), pk, reason, by, now))
    known = asking.proposal(pk)
    if not isinstance(outcome, Refusal) and known is not None and request.POST.get("anew"):
        address = reverse("trust:proposal-draft", args=[known.paper.terms.assessment_id])
        return redirect(f"{address}?again={pk}")
    return _after(request, pk, outcome)


@require(is_dpo)
@require_POST
def dialogue(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Open a dialogue with the people on an experiment that nobody has signed yet."""
    known = asking.proposal(pk)
    if known is None:
        raise Http404
    said = (request.POST.get("question", "").strip(), request.POST.get("question_en", "").strip())
    outcome = guards.run(request, lambda by, now: asking.open_dialogue(known.paper.terms, said, by, now))
    return _after(request, pk, outcome)


def open_stream(pk: UUID, by: Person, now: Any) -> Any:
    """Grant a proposal that everybody signed, unless the dialogue with the people still asks for something."""
    known = asking.proposal(pk)
    if known is None:
        return Refusal(rule="proposal_missing")
    against = asking.obstacles(known.paper.terms, now)
    return proposing.grant(
        store(), pk, passkeys.verify, against, by, now, rules=law.rules(), demo=cast(bool, settings.DEMO)
    )


def _after(request: HttpRequest, pk: UUID, outcome: Any) -> HttpResponse:
    if not isinstance(outcome, Refusal):
        return redirect("trust:proposal-one", pk=pk)
    known = asking.proposal(pk)
    if known is None:
        raise Http404
    return _one(request, known, words.explain(outcome), guards.status_of(outcome))
