"""Keys to the simulated city: a team makes one on its page, and it ends with the edition's work."""

import secrets
from datetime import datetime

import msgspec
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from necmergitur.innovation import editions, sandbox
from necmergitur.innovation.editions import Act
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.accounts.constants import TOKEN_BYTES
from necmergitur.web.dialogue.limits import Limit
from necmergitur.web.hackathon import links, pages
from necmergitur.web.hackathon.models import Entry, Key
from necmergitur.web.store import CLOCK

PREFIX = "sim_"  # told apart at a glance from tokens to the real city ("nec_")
CALLS_MAX = 3_000  # ours: of one key in ten minutes; an evening replayed twelve times

called = Limit(CALLS_MAX)


def make(entry: Entry, now: datetime) -> str | Refusal:
    """Make a team's key; the one before ends. Shown once, its digest alone is kept."""
    refused = editions.may(Act.HELP, entry.edition.dates, now)
    if refused is not None:
        return refused
    key = PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
    Key.objects.update_or_create(entry=entry, defaults={"digest": links.digest(key), "made_at": now})
    return key


@never_cache
@require_safe
def city(request: HttpRequest, slug: str) -> HttpResponse:
    """One minute of the simulated evening: the one asked for, or the hour's."""
    found, now = pages.edition_of(slug), CLOCK.now()
    key = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    known = bool(key) and Key.objects.filter(digest=links.digest(key), entry__edition=found).exists()
    if not known:
        return _json({"refused": "key_unknown"}, 401)
    refused = editions.may(Act.HELP, found.dates, now)
    if refused is not None:
        return _json({"refused": "key_ended"}, 403)
    if not called.passed(links.digest(key)):
        return _json({"refused": "too_many"}, 429)
    local = timezone.localtime(now)
    asked = request.GET.get("minute", str((local.hour * 60 + local.minute) % sandbox.MINUTES))
    if not (asked.isascii() and asked.isdigit() and len(asked) < 5 and int(asked) < sandbox.MINUTES):
        return _json({"refused": "minute_out_of_range", "minutes": sandbox.MINUTES}, 422)
    return _json(msgspec.to_builtins(sandbox.minute_of(str(found.pk), int(asked))), 200)


def _json(what: dict[str, object], status: int) -> HttpResponse:
    return HttpResponse(msgspec.json.encode(what), content_type="application/json", status=status)
