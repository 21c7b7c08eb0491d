"""The data protection officer's desk: what waits to be read, what the city owes, what looks arranged."""

from datetime import datetime
from typing import Any, cast

from django import forms
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from necmergitur.governance.dialogue import (
    ANSWER_LENGTH_MAX,
    ANSWER_LENGTH_MIN,
    REASON_LENGTH_MAX,
    REASON_LENGTH_MIN,
    STATEMENT_LENGTH_MAX,
    DialogueAnswered,
    may_answer,
    may_close_early,
    text_hash,
)
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import dialogue
from necmergitur.web.accounts.models import User
from necmergitur.web.accounts.rules import is_dpo, require
from necmergitur.web.dialogue import constants, opening, results, showing
from necmergitur.web.dialogue.models import Answer, Conversation, Statement
from necmergitur.web.dialogue.views import WRONG as WRONG_STATEMENT
from necmergitur.web.store import CLOCK, person, store

LANGUAGES = [("fr", _("French")), ("en", _("English"))]
WRONG: dict[str, Any] = {
    **WRONG_STATEMENT,
    "dialogue_unknown": _("There is no such dialogue."),
    "answer_too_short": _("At least %(least)s characters: people waited for reasons."),
    "answer_too_long": _("At most %(most)s characters."),
    "statements_waiting": _("Read what waits first: %(waiting)s."),
    "reason_missing": _("Between %(least)s and %(most)s characters: people were promised a date."),
}


class AnswerForm(forms.Form):
    """What the city answers."""

    text = forms.CharField(
        label=_("The city’s answer"),
        help_text=_("What the city will do, or will not do, and why. It is published with its date, and stays."),
        widget=forms.Textarea(attrs={"rows": 6, "maxlength": ANSWER_LENGTH_MAX, "minlength": ANSWER_LENGTH_MIN}),
    )
    language = forms.ChoiceField(label=_("Written in"), choices=LANGUAGES, initial="fr")


class ProposeForm(forms.Form):
    """A statement of the city's own."""

    text = forms.CharField(
        label=_("Statement"),
        help_text=_("Marked as the city’s. A dialogue that begins with a few opposite ones is easier to enter."),
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": STATEMENT_LENGTH_MAX}),
    )
    language = forms.ChoiceField(label=_("Written in"), choices=LANGUAGES, initial="fr")


class CloseForm(forms.Form):
    """Why a dialogue ends before its time."""

    reason = forms.CharField(
        label=_("Why it ends now"),
        help_text=_("Published on the page of results."),
        widget=forms.Textarea(
            attrs={"rows": 3, "maxlength": REASON_LENGTH_MAX, "minlength": REASON_LENGTH_MIN},
        ),
    )


@require(is_dpo)
@never_cache
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """List dialogues: those the city owes an answer first, then those where statements wait."""
    return render(request, "dialogue/desk.html", {"rows": rows(CLOCK.now())})


def rows(now: datetime) -> list[dict[str, Any]]:
    """Return every dialogue with what waits in it, those the city owes an answer first."""
    there = [results.settled_if_due(each, now) for each in Conversation.objects.all()[: constants.LISTED_MAX]]
    answered = set(Answer.objects.filter(statement__conversation__in=there).values_list("statement_id", flat=True))
    waiting = dict(
        Statement.objects.filter(conversation__in=there, state=Statement.State.WAITING)
        .values_list("conversation")
        .annotate(Count("pk"))
    )
    found = [
        {
            "row": each,
            "open": each.open(now),
            "owed": len(set(results.consensus_of(each)) - answered),
            "waiting": waiting.get(each.pk, 0) if each.open(now) else 0,
        }
        for each in there
    ]
    return sorted(found, key=lambda each: (-(each["owed"] > 0), -(each["waiting"] > 0), not each["open"]))


@require(is_dpo)
@never_cache
@require_safe
def conversation(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show one dialogue: what waits, what is owed, what is flagged."""
    return _show(request, results.settled_if_due(get_object_or_404(Conversation, pk=pk), CLOCK.now()))


def _show(request: HttpRequest, found: Conversation, *, status: int = 200, **filled: forms.Form) -> HttpResponse:
    now = CLOCK.now()
    shown = results.shown(found, now)
    lines = showing.lines_of(found, shown.all)
    owed = set(opening.owed(found))
    context = {
        "conversation": found,
        "open": found.open(now),
        "shown": shown,
        "waiting": found.statements.filter(state=Statement.State.WAITING) if found.open(now) else [],
        "reasons": Statement.TurnedAway.choices,
        "owed": [line for line in lines if line.id in owed],
        "others": [line for line in lines if line.id not in owed],
        "flags": [(each.kind, len(each.voters)) for each in results.flags_of(found)]
        or [(each.kind, each.voters) for each in shown.flags],
        "propose_form": filled.get("propose") or ProposeForm(prefix="propose"),
        "close_form": filled.get("close") or CloseForm(prefix="close"),
    }
    return render(request, "dialogue/desk_conversation.html", context, status=status)


@require(is_dpo)
@require_POST
def moderate(request: HttpRequest, pk: Any) -> HttpResponseBase:
    """Let a statement through, or turn it away for one of the reasons there are; its words are erased then."""
    number, verdict = request.POST.get("statement", ""), request.POST.get("verdict", "")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        return HttpResponse(status=400)
    waiting = Statement.objects.filter(conversation_id=pk, pk=int(number), state=Statement.State.WAITING)
    by = {"moderated_at": CLOCK.now(), "moderated_by_id": cast(User, request.user).pk}
    if verdict == "show":
        waiting.update(state=Statement.State.SHOWN, **by)
    elif verdict in Statement.TurnedAway.values:
        waiting.update(state=Statement.State.REFUSED, reason=verdict, text="", **by)
    else:
        return HttpResponse(status=400)
    return redirect("dialogue:desk_conversation", pk=pk)


@require(is_dpo)
@require_POST
def propose(request: HttpRequest, pk: Any) -> HttpResponseBase:
    """Add a statement of the city's own."""
    found = get_object_or_404(Conversation, pk=pk)
    form = ProposeForm(request.POST, prefix="propose")
    now = CLOCK.now()
    if found.open(now) and form.is_valid():
        data = form.cleaned_data
        outcome = opening.propose(found, data["text"], data["language"], person(cast(User, request.user)), now)
        if not isinstance(outcome, Refusal):
            return redirect("dialogue:desk_conversation", pk=pk)
        form.add_error("text", WRONG[outcome.rule] % outcome.facts)
    return _show(request, found, status=422, propose=form)


@require(is_dpo)
@require_POST
def close(request: HttpRequest, pk: Any) -> HttpResponseBase:
    """End a dialogue before its time, for a reason that is published."""
    found = get_object_or_404(Conversation, pk=pk)
    form = CloseForm(request.POST, prefix="close")
    if form.is_valid():
        reason = form.cleaned_data["reason"].strip()
        refusal = may_close_early(reason, found.statements.filter(state=Statement.State.WAITING).count())
        if refusal is None:
            opening.close_early(found, reason, person(cast(User, request.user)), CLOCK.now())
            return redirect("dialogue:desk_conversation", pk=pk)
        form.add_error("reason", WRONG[refusal.rule] % refusal.facts)
    return _show(request, found, status=422, close=form)


@require(is_dpo)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, pk: Any, statement_id: int) -> HttpResponseBase:
    """Answer a statement in writing: the fact first, which holds the text's hash, then the text."""
    found = get_object_or_404(Conversation, pk=pk)
    statement = get_object_or_404(found.statements, pk=statement_id, state=Statement.State.SHOWN)
    form = AnswerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        text = form.cleaned_data["text"].strip().replace("\r\n", "\n")
        refusal = may_answer(text)
        if refusal is None:
            by, now = cast(User, request.user), CLOCK.now()
            event = DialogueAnswered(statement.pk, text_hash(statement.text), text_hash(text))
            dialogue.record_answer(store(), found.pk, event, person(by), now)
            Answer.objects.get_or_create(
                statement=statement,
                text=text,
                defaults={"language": form.cleaned_data["language"], "answered_at": now, "answered_by_id": by.pk},
            )
            return redirect("dialogue:desk_conversation", pk=pk)
        form.add_error("text", WRONG[refusal.rule] % refusal.facts)
    context = {"conversation": found, "statement": statement, "form": form}
    return render(request, "dialogue/answer.html", context, status=422 if form.errors else 200)
