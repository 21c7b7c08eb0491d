"""A telephone that asks to be told by itself: of somebody's next word, or that somebody asks after its owner."""

import os

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from necmergitur.adapters.crisis_keys import SALT_BYTES
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.population import following
from necmergitur.operations.population.checkins import link_of
from necmergitur.operations.population.following import Told, Why
from necmergitur.operations.ports import Unreachable
from necmergitur.people import subscriptions
from necmergitur.people.constants import PUSH_BYTES_MAX
from necmergitur.web.population import frame, mine, state
from necmergitur.web.population.safe import AGAIN_AFTER_S
from necmergitur.web.store import CLOCK, store

REFUSED = {"checkin_withdrawn": 409, "followers_too_many": 409}


@csrf_exempt  # the link is the credential; no cookie is read
@sensitive_variables("link", "text", "to")
@require_http_methods(["POST", "DELETE"])
def tell(request: HttpRequest, text: str, why: Why, drill: str = "") -> HttpResponse:
    """Tell a telephone from now on (POST), or no more (DELETE). The body is what its browser gave."""
    is_drill, link = bool(drill), link_of(text)
    body = request.read(PUSH_BYTES_MAX + 1)
    to = None if len(body) > PUSH_BYTES_MAX else subscriptions.read(body, settings.PUSH_HOSTS)
    if to is None or isinstance(to, Refusal):
        return _said(413 if to is None else 422)
    now = CLOCK.now()
    try:
        if link is None:
            done: bool | Refusal = False
        elif request.method == "DELETE":
            done = following.leave(store(), state.KEYS.of, link, why, to, now, drill=is_drill)
        else:
            told, salt = Told(to, frame.language_of(request)), os.urandom(SALT_BYTES)
            done = following.follow(store(), state.KEYS.of, link, why, told, salt, now, drill=is_drill)
    except Unreachable:
        response = _said(503)
        response.headers["Retry-After"] = AGAIN_AFTER_S
        return response
    if isinstance(done, Refusal):
        return _said(REFUSED[done.rule])
    return _said(204) if done else mine.nothing(request, drill=is_drill)


def _said(status: int) -> HttpResponse:
    return HttpResponse(status=status, headers={"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})
