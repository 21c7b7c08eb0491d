"""The people's pages: what is asked, one statement at a time to vote on, what one says oneself, what came of it."""

from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from necmergitur.governance.dialogue import (
    STATEMENT_LENGTH_MAX,
    STATEMENT_LENGTH_MIN,
    may_say,
    vote_leaf,
    vote_leaves,
    voter_key,
)
from necmergitur.governance.opinion import AGREE, DISAGREE, PASS, Ballot
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.dialogue import constants, results, showing, voters
from necmergitur.web.dialogue.limits import Limit, address_of
from necmergitur.web.dialogue.models import Conversation, Statement, Vote
from necmergitur.web.portal.errors import too_many
from necmergitur.web.store import CLOCK

CHOICES = {"agree": AGREE, "disagree": DISAGREE, "pass": PASS}
WRONG: dict[str, Any] = {
    "statement_too_short": _("At least %(least)s characters: say it in a sentence."),
    "statement_too_long": _("At most %(most)s characters."),
    "statements_too_many": _("This dialogue holds no more statements. You can still vote."),
    "statement_repeated": _("Somebody already said this: you will be asked to vote on it."),
}
newcomers, votes_cast, statements_made = (
    Limit(constants.NEWCOMERS_MAX),
    Limit(constants.VOTES_MAX),
    Limit(constants.STATEMENTS_MAX),
)


class SayForm(forms.Form):
    """A statement."""

    text = forms.CharField(
        label=_("Your statement"),
        help_text=_("One idea, in one sentence, without the name of anybody. Others will vote on it."),
        widget=forms.Textarea(attrs={"rows": 4, "maxlength": STATEMENT_LENGTH_MAX}),
    )


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """List dialogues, the open ones first."""
    now = CLOCK.now()
    there = list(Conversation.objects.all()[: constants.LISTED_MAX])
    context = {
        "open": [each for each in there if each.open(now)],
        "over": [each for each in there if not each.open(now)],
    }
    return render(request, "dialogue/index.html", context)


@never_cache
@require_safe
def conversation(request: HttpRequest, pk: Any) -> HttpResponse:
    """Ask the question, and show one statement to vote on."""
    found = get_object_or_404(Conversation, pk=pk)
    if not found.open(CLOCK.now()):
        return redirect("dialogue:results", pk=pk)
    voter = voters.voter_of(found, request)
    statement, done, there = voters.next_statement(found, voter)
    asked = request.GET.get("statement", "")
    vote_now = None
    if asked.isascii() and asked.isdigit() and len(asked) < 19:
        statement = get_object_or_404(found.statements, pk=int(asked), state=Statement.State.SHOWN)
        vote_now = Vote.objects.filter(statement=statement, voter=voter).first() if voter else None
    context = {
        "conversation": found,
        "statement": statement,
        "vote": vote_now,
        "done": done,
        "there": there,
        "turn": min(done + 1, there),
        "said": "said" in request.GET,
        "forgotten": "forgotten" in request.GET,
        "voter": voter,
    }
    return render(request, "dialogue/conversation.html", context)


@never_cache
@require_POST
def vote(request: HttpRequest, pk: Any) -> HttpResponseBase:
    """Keep a vote, and go on to the next statement."""
    address = address_of(request)
    token = voters.token_of(request)
    if not votes_cast.passed(address) or not (token or newcomers.passed(address)):
        return too_many(request)
    number = request.POST.get("statement", "")
    choice = CHOICES.get(request.POST.get("choice", ""))
    if choice is None or not (number.isascii() and number.isdigit() and len(number) < 19):
        return HttpResponse(status=400)
    fresh = token or voters.new_token()
    if isinstance(voters.cast(pk, int(number), fresh, choice, CLOCK.now()), Refusal):
        return redirect("dialogue:results", pk=pk)
    back = "dialogue:mine" if "back" in request.POST else "dialogue:conversation"
    response = HttpResponseRedirect(reverse(back, args=[pk]), status=303)
    if not token:
        voters.keep(response, fresh)
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def say(request: HttpRequest, pk: Any) -> HttpResponseBase:
    """Take a statement. A person reads it before anybody else does."""
    found = get_object_or_404(Conversation, pk=pk)
    if not found.open(CLOCK.now()):
        return redirect("dialogue:results", pk=pk)
    form = SayForm(request.POST or None)
    context = {
        "conversation": found,
        "form": form,
        "least": STATEMENT_LENGTH_MIN,
        "most": STATEMENT_LENGTH_MAX,
        "turned_away": Statement.TurnedAway.labels,
    }
    if request.method != "POST":
        return render(request, "dialogue/say.html", context)
    if not form.is_valid():
        return render(request, "dialogue/say.html", context, status=422)
    token = voters.token_of(request)
    address = address_of(request)
    if not statements_made.passed(address) or not (token or newcomers.passed(address)):
        return too_many(request)
    fresh = token or voters.new_token()
    author = voter_key(found.pk, fresh)
    there = list(found.statements.values_list("text", "author", "state"))
    waiting = [text for text, by, state in there if by == author and state == Statement.State.WAITING]
    if len(waiting) >= constants.STATEMENTS_OF_ONE_MAX:
        return too_many(request)
    text = " ".join(form.cleaned_data["text"].split())
    # Only what is shown counts as said: whether a sentence waits or was turned away is not for others to try out.
    shown = [each for each, _by, state in there if state == Statement.State.SHOWN]
    refusal = may_say(text, [*shown, *waiting], len(there))
    if refusal is not None:
        form.add_error("text", WRONG[refusal.rule] % refusal.facts)
        return render(request, "dialogue/say.html", context, status=422)
    Statement.objects.create(
        conversation=found, text=text, language=get_language() or "fr", author=author, said_at=CLOCK.now()
    )
    response = HttpResponseRedirect(reverse("dialogue:conversation", args=[pk]) + "?said", status=303)
    if not token:
        voters.keep(response, fresh)
    return response


@never_cache
@require_safe
def mine(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show a voter what they said and voted, to change it or have it forgotten."""
    found = get_object_or_404(Conversation, pk=pk)
    voter = voters.voter_of(found, request)
    context = {
        "conversation": found,
        "open": found.open(CLOCK.now()),
        "votes": _own_votes(found, voter),
        "statements": found.statements.filter(author=voter) if voter else [],
    }
    return render(request, "dialogue/mine.html", context)


def _own_votes(found: Conversation, voter: str) -> list[Vote]:
    """Return a voter's votes, with the hash to look for in the list of all once the dialogue is over."""
    if not voter:
        return []
    votes = list(Vote.objects.filter(statement__conversation=found, voter=voter).select_related("statement"))
    if found.closed_at is not None:
        for each in votes:
            each.leaf = vote_leaf(found.pk, Ballot(voter, each.statement_id, each.choice)).hex()
    return votes


@never_cache
@require_POST
def forget(request: HttpRequest, pk: Any) -> HttpResponseBase:
    """Erase one's votes and statements, while the dialogue is open, and the number itself."""
    with transaction.atomic():
        found = get_object_or_404(Conversation.objects.select_for_update(), pk=pk)
        voter = voters.voter_of(found, request)
        if not found.open(CLOCK.now()):
            return redirect("dialogue:mine", pk=pk)
        if voter:
            Vote.objects.filter(statement__conversation=found, voter=voter).delete()
            own = found.statements.filter(author=voter)
            own.filter(state=Statement.State.WAITING).delete()
            own.update(author="")  # what others voted on stays; nothing ties it to anybody
    return HttpResponseRedirect(reverse("dialogue:conversation", args=[pk]) + "?forgotten", status=303)


@require_safe
def leaves(request: HttpRequest, pk: Any) -> HttpResponse:
    """Return a closed dialogue's votes as hashes, one a line: their tree hash is the root that the record keeps.

    A hash tells nothing to whoever does not hold the voter's number. Nothing is listed while people vote: which hash
    is new would tell when somebody did.
    """
    found = get_object_or_404(Conversation.objects.exclude(closed_at=None), pk=pk)
    text = "".join(f"{leaf.hex()}\n" for leaf in vote_leaves(found.pk, results.ballots_of(found)))
    return HttpResponse(text, content_type="text/plain; charset=us-ascii")


@require_safe
def outcome(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show what came of it: agreement, groups, what divides, what the city answered, what looked arranged."""
    found = get_object_or_404(Conversation, pk=pk)
    now = CLOCK.now()
    found = results.settled_if_due(found, now)
    return render(request, "dialogue/results.html", showing.page(found, now, without="without" in request.GET))
