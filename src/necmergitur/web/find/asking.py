"""Ask about somebody. The answer is the same for everybody, and nothing is looked up to give it."""

import os
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import get_language
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.population import confirming, pacing, questions
from necmergitur.operations.population.checkins import Registered
from necmergitur.operations.population.confirming import Standing
from necmergitur.operations.population.missing_ports import TieState
from necmergitur.operations.ports import Unreachable
from necmergitur.people import notices
from necmergitur.people.notices import Asking, Question
from necmergitur.web.dialogue.limits import address_of, network_of
from necmergitur.web.find import ground
from necmergitur.web.find.forms import AnswerForm, AskForm, mark
from necmergitur.web.find.words import screened
from necmergitur.web.population import phones
from necmergitur.web.store import CLOCK, store

ANSWER_BYTES = 48
NOBODY_MAX = 10  # ours, for each network in ten minutes: a shelter of women who hide, one after the other
FIELDS = ("whom", "words", "name", "contact", "relation")


@csrf_exempt
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, drill: str = "") -> HttpResponse:  # noqa: PLR0911  each ends a page
    """Take a question."""
    is_drill = bool(drill)
    found = ground.opened(drill=is_drill)
    typed = {name: request.POST.get(name, "") for name in FIELDS}
    if request.method != "POST":
        if found is None:
            return ground.page(request, "closed", is_drill, {})
        return _form(request, is_drill, AskForm(), ground.new_once())
    once = ground.bytes_of(request.POST.get("once", ""))
    form = AskForm(typed)
    if once is None:
        return ground.page(request, "closed", is_drill, {"unread": True}, 400)
    if found is None:
        return _form(request, is_drill, form, ground.text_of(once), 409, closed=True)
    said = notices.ask(Asking(**typed, language=(get_language() or "fr")[:2]), ground.REGION)
    if not isinstance(said, Question):
        mark(form, said)
        return _form(request, is_drill, form, ground.text_of(once), 422)
    crisis, key = found
    try:
        if not ground.lets_in(ground.ASKED, request, "ask", crisis, key, once):
            return _crowded(request, is_drill, form, once)
        outcome = questions.ask(store(), crisis, key, said, once, ground.salt(), CLOCK.now())
    except Unreachable:
        return _form(request, is_drill, form, ground.text_of(once), 503, away=True)
    if not isinstance(outcome, Registered):
        return _form(request, is_drill, form, ground.text_of(once), 409, closed=True)
    return ground.private(
        HttpResponseRedirect(f"{ground.root(drill=is_drill)}asked/{ground.text_of(outcome.link)}/", status=303)
    )


def _crowded(request: HttpRequest, drill: bool, form: AskForm, once: bytes) -> HttpResponse:
    context = {"form": form, "once": ground.text_of(once), "challenge": ground.challenge(once)}
    response = ground.page(request, "ask", drill, context, 429)
    response.headers["Retry-After"] = ground.CALM_AFTER_S
    return response


def _form(request: HttpRequest, drill: bool, form: AskForm, once: str, status: int = 200, **said: bool) -> HttpResponse:
    return ground.page(request, "ask", drill, {"form": form, "once": once, **said}, status)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def asked(request: HttpRequest, text: str, drill: str = "") -> HttpResponse:
    """Show one's own question: an answer, or none yet. Refused, blocked and unknown look the same for ever."""
    is_drill, link = bool(drill), ground.bytes_of(text)
    if not ground.within(ground.FOLLOWED, request):
        return ground.too_many(request, is_drill)
    found = (
        None
        if link is None
        else ground.first(is_drill, lambda c, k: questions.follow(store(), c, k, link, CLOCK.now()))
    )
    if found is None or link is None:
        return ground.nothing(request, is_drill)
    crisis, key, one = found
    if request.method == "POST":
        questions.take_back(store(), crisis, key, link)
        return ground.page(request, "erased", is_drill, {})
    told = phones.offered(request, request.path.rstrip("/"))
    return ground.page(request, "asked", is_drill, {"one": one, "reply": one.reply, "until": crisis.purge_at, **told})


@csrf_exempt
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, text: str, drill: str = "") -> HttpResponse:
    """Show the person who asks about them, and take their answer."""
    is_drill, link = bool(drill), ground.bytes_of(text, ANSWER_BYTES)
    if not ground.within(ground.FOLLOWED, request):
        return ground.too_many(request, is_drill)
    look: Any = lambda c, k: questions.asked_of(store(), c, k, link, CLOCK.now())  # noqa: E731
    found = None if link is None else ground.first(is_drill, look)
    if found is None or link is None:
        return ground.nothing(request, is_drill)
    crisis, key, one = found
    form, status, done = AnswerForm(), 200, False
    if request.method == "POST":
        form = AnswerForm(request.POST)
        reply = notices.reply(request.POST.get("answer", ""), request.POST.get("words", ""))
        outcome: Any = reply
        if not isinstance(reply, Refusal):
            outcome = questions.answer(store(), crisis, key, link, reply, ground.salt(), CLOCK.now())
        if isinstance(outcome, Refusal):
            mark(form, [outcome])
            status = 422
        else:
            done = True
            one = questions.asked_of(store(), crisis, key, link, CLOCK.now()) or one
    answered = one.state in (TieState.ANSWERED, TieState.SENT, TieState.REFUSED, TieState.BLOCKED)
    asks = {"name": screened(one.question.name), "relation": screened(one.question.relation)}
    words_of_theirs = screened(one.question.words)
    context = {"one": one, "asks": asks, "words": words_of_theirs, "form": form, "done": done, "answered": answered}
    return ground.page(request, "answer", is_drill, context, status)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def nobody(request: HttpRequest, text: str, drill: str = "") -> HttpResponse:
    """Let whoever holds a check-in's private link say that nobody may find them.

    A number in a check-in is only as true as whoever typed it: a link goes to the number itself, and nothing is hidden
    before it was opened there. The page shows nobody who asks, and says the same for a link that opens nothing.
    """
    is_drill, link = bool(drill), ground.bytes_of(text)
    if not ground.within(ground.FOLLOWED, request):
        return ground.too_many(request, is_drill)
    if request.method == "POST" and link is not None:
        root = f"{settings.ORIGIN.url}{ground.root(drill=is_drill)}"
        network = network_of(address_of(request))
        for crisis, key in ground.kept(drill=is_drill):
            # Each may send a letter to a number that somebody typed.
            if not pacing.within(store(), crisis, key, "nobody", network, NOBODY_MAX, CLOCK.now()):
                return ground.too_many(request, is_drill)
            confirming.ask_nobody(store(), crisis, key, link, os.urandom, root, CLOCK.now())
    return ground.page(request, "nobody", is_drill, {"done": request.method == "POST"})


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, text: str, drill: str = "") -> HttpResponse:
    """Let whoever has a number or address say whether a check-in with it is theirs, by the link sent there."""
    is_drill, link = bool(drill), ground.bytes_of(text, confirming.LINK_BYTES)
    if not ground.within(ground.FOLLOWED, request):
        return ground.too_many(request, is_drill)
    look: Any = lambda c, k: confirming.claimed(store(), c, k, link, CLOCK.now())  # noqa: E731
    found = None if link is None else ground.first(is_drill, look)
    if found is None or link is None:
        return ground.nothing(request, is_drill)
    crisis, key, claim = found
    was = request.POST.get("was")
    if request.method == "POST" and was in ("me", "not_me"):
        confirming.settle(store(), crisis, key, link, CLOCK.now(), theirs=was == "me")
        claim = confirming.claimed(store(), crisis, key, link, CLOCK.now()) or claim
    return ground.page(request, "confirm", is_drill, {"state": Standing(claim.state).name.lower()})
