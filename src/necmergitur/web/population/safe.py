"""The form that says how one is. The live process takes what is right; here is shown what must be looked at again."""

import base64
import json
import os
from typing import Any
from urllib.parse import parse_qsl

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from necmergitur.operations.population.checkins import link_of
from necmergitur.people.checkins import Channel, CheckIn, Form, read
from necmergitur.people.constants import CHECKIN_BYTES_MAX, NAME_MAX, TELL_MAX, WORDS_MAX
from necmergitur.people.crises import Crisis
from necmergitur.web.population import frame, state
from necmergitur.web.population.words import problem

ONCE_BYTES = 16
FIELDS = ("name", "status", "contact", "words", *(f"tell{n}" for n in range(1, TELL_MAX + 1)))
WHY, CHALLENGE, CROWDED = "X-Nec-Why", "X-Nec-Challenge", "too_many"
CALM_AFTER_S = "60"  # ours: a network's burst is forgotten within half of it
AGAIN_AFTER_S = "5"  # ours: the supervisor has a killed process back within it
TOP: dict[str, tuple[Any, Any]] = {
    "closed": (
        _("Not recorded: the crisis was closed, or none is open."),
        _("What you typed is still here. In danger, call 112. To reach your people, write or call them yourself."),
    ),
    "away": (
        _("Not recorded yet: the service did not answer in time."),
        _("What you typed is still here. Press “Send again”. You will be counted once."),
    ),
    "crowded": (
        _("Not recorded yet: very many messages come from your network."),
        _(
            "What you typed is still here. Wait a minute, then press “Send again”."
            " If you need help, say so: that is never held back."
        ),
    ),
    "unread": (
        _("Not recorded: this form could not be read."),
        _("Please fill it in again."),
    ),
}


# No cookie, no session: there is nobody to forge a form for, and whoever asks for help must not be refused.
@csrf_exempt
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def safe(request: HttpRequest, drill: str = "") -> HttpResponse:
    """Show the form; or show again what the live process did not take, and say why."""
    town, is_drill = state.town(), bool(drill)
    crisis = town.of(drill=is_drill) if town.offers("safe", drill=is_drill) else None
    if request.method == "POST":
        return _again(request, crisis, drill=is_drill, known=town.known)
    language = frame.language_of(request)
    if not town.known:
        return _away(request, language, drill=is_drill)
    if crisis is None:
        return frame.show(request, "population/none.html", {}, language=language, drill=is_drill)
    return frame.show(
        request, "population/safe.html", form_context(crisis, {}, {}), language=language, crisis=crisis, drill=is_drill
    )


def form_context(
    crisis: Crisis | None, typed: dict[str, str], problems: dict[str, Any], once: str = ""
) -> dict[str, Any]:
    """Return what the form is filled with. A form shown again keeps its number: sent twice, it counts once."""
    tell = [
        {"field": name, "typed": typed.get(name, ""), "problem": problems.get(name, "")}
        for name in (f"tell{n}" for n in range(1, TELL_MAX + 1))
    ]
    return {
        "typed": typed,
        "problems": problems,
        "tell": tell,
        "opened": bool(typed.get("contact") or any(one["typed"] for one in tell) or "contact" in problems),
        "once": once or base64.urlsafe_b64encode(os.urandom(ONCE_BYTES)).decode().rstrip("="),
        "name_max": NAME_MAX,
        "words_max": WORDS_MAX,
        "days": "" if crisis is None else max(1, round(crisis.kept_s / 86_400)),
    }


def _again(request: HttpRequest, crisis: Crisis | None, *, drill: bool, known: bool) -> HttpResponse:
    fields = _read(request)
    typed = {name: fields.get(name, "") for name in FIELDS}
    once = fields.get("once", "")
    language = frame.language_of(request, fields.get("language", ""))
    form = Form(
        name=typed["name"],
        status=typed["status"],
        contact=typed["contact"],
        words=typed["words"],
        tell=[typed[f"tell{n}"] for n in range(1, TELL_MAX + 1)],
        language=language,
    )
    understood = read(form, b"", Channel.PAGE, settings.REGION)
    with override(language):
        wrong = () if isinstance(understood, CheckIn) else understood
        problems = {one.facts["field"]: problem(one.rule) for one in wrong}
    if not fields or link_of(once) is None:
        top, status = "unread", 400
        once = ""
    elif crisis is None and known:
        top, status = "closed", 409
    elif problems:
        top, status = "", 422
    elif request.headers.get(WHY) == CROWDED:  # told by the live process, which drops what a client says of it
        top, status = "crowded", 429
    else:
        top, status = "away", 503
    with override(language):
        said, what_now = map(str, TOP[top]) if top else ("", "")
    context = form_context(crisis, typed, problems, once)
    context |= {"shown_again": True, "said_at_top": said, "what_now": what_now}
    if top == "crowded":
        context["challenge"] = _challenge(request)
    response = frame.show(
        request, "population/safe.html", context, language=language, crisis=crisis, drill=drill, status=status
    )
    if status == 503:
        response.headers["Retry-After"] = AGAIN_AFTER_S
    if status == 429:
        response.headers["Retry-After"] = CALM_AFTER_S
        # This page alone may run a script, ours: it does the work that lets this form in.
        response.headers["Content-Security-Policy"] = f"{frame.policy()}; script-src 'self'"
    return response


def _challenge(request: HttpRequest) -> str:
    """Return the work that lets this form in, as the live process asks for it; "" when it is not told."""
    said = request.headers.get(CHALLENGE, "")
    try:
        return json.dumps(json.loads(said))
    except ValueError:
        return ""


def _read(request: HttpRequest) -> dict[str, str]:
    """Return the fields as the live process reads them; none when they are not a form of ours."""
    body = request.read(CHECKIN_BYTES_MAX + 1)
    if len(body) > CHECKIN_BYTES_MAX:
        return {}
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=16 + TELL_MAX))
    except (UnicodeDecodeError, ValueError):
        return {}


def _away(request: HttpRequest, language: str, *, drill: bool) -> HttpResponse:
    response = frame.show(request, "population/away.html", {}, language=language, drill=drill, status=503)
    response.headers["Retry-After"] = AGAIN_AFTER_S
    return response
