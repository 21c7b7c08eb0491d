"""What every page here stands on: the crisis, its key, the link in an address, limits, and answers kept by nobody."""

import base64
import json
import os
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from necmergitur.adapters.crisis_keys import SALT_BYTES, CrisisKey, KeyFiles
from necmergitur.adapters.work import Work
from necmergitur.governance.accesses import crisis_place
from necmergitur.operations import accessing
from necmergitur.operations.population import pacing
from necmergitur.people.crises import Crisis
from necmergitur.web.dialogue.limits import Limit, address_of, network_of
from necmergitur.web.find import words
from necmergitur.web.store import CLOCK, store

SERVICE = "find"
ONCE_BYTES = 16
REGION = words.REGION
# Ours, for each address in ten minutes: a family at one table, or a town hall's desk behind one address. What is
# sent is counted in the database for all processes (`lets_in`); what is only read, in each process by itself.
DECLARED = Limit(20)
ASKED = Limit(30)
SAID = Limit(30)
FOLLOWED = Limit(120)
LOOKED = Limit(300)
CALM_AFTER_S = "600"
WORK = Work(settings.SECRET_KEY.encode())
Found = TypeVar("Found")


def keys() -> KeyFiles:
    """Return the keys of this installation."""
    return KeyFiles(settings.HOME)


def opened(*, drill: bool) -> tuple[Crisis, CrisisKey] | None:
    """Return the crisis (or the drill) that takes notices now, with its key."""
    now = CLOCK.now()
    return next(((crisis, key) for crisis, key in kept(drill=drill) if crisis.offers(SERVICE, now)), None)


def kept(*, drill: bool) -> Iterator[tuple[Crisis, CrisisKey]]:
    """Return the crises (or drills) whose words may still be read, newest first."""
    now = CLOCK.now()
    with store().transaction() as tx:
        states = [
            state
            for state in tx.crises_now()
            if state.drill == drill
            and accessing.open_to(tx, "public", "notices", "look_for_people", crisis_place(state.id), now)
        ]
    held = keys()
    for state in states:
        key = held.of(state.id)
        if key is not None:
            yield state, key


def first(drill: bool, look: Callable[[Crisis, CrisisKey], Found | None]) -> tuple[Crisis, CrisisKey, Found] | None:
    """Return what the first crisis that knows it knows."""
    for crisis, key in kept(drill=drill):
        found = look(crisis, key)
        if found is not None:
            return crisis, key, found
    return None


def salt() -> bytes:
    """Return a new salt."""
    return os.urandom(SALT_BYTES)


def text_of(link: bytes) -> str:
    """Return a link, or a row's name, as it stands in an address."""
    return base64.urlsafe_b64encode(link).decode().rstrip("=")


def bytes_of(text: str, length: int = ONCE_BYTES) -> bytes | None:
    """Read a link from an address; None when it is none."""
    if not text.isascii() or len(text) > 2 * length:
        return None
    try:
        found = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return None
    return found if len(found) == length else None


def source() -> str:
    """Return the name under which our records are exchanged."""
    return str(settings.ORIGIN.host)


def lets_in(limit: Limit, request: HttpRequest, what: str, crisis: Crisis, key: CrisisKey, once: bytes) -> bool:
    """Return whether a form may come in: below its network's limit, here and in every process; or by its own work.

    Raises Unreachable: what cannot be counted is not taken, as it could not be kept either.
    """
    if WORK.proves(once, request.POST.get("work", "")):
        return True
    network = network_of(address_of(request))
    return limit.passed(network) and pacing.within(store(), crisis, key, what, network, limit.most, CLOCK.now())


def challenge(once: bytes) -> str:
    """Return the work that lets one form in, as the page's script reads it."""
    return json.dumps(WORK.challenge(once))


def within(limit: Limit, request: HttpRequest) -> bool:
    """Count once more for whoever sends this; return whether that is within the limit."""
    return limit.passed(address_of(request))


def root(*, drill: bool) -> str:
    """Return where the pages of a crisis, or of a drill, begin."""
    return "/drill/find/" if drill else "/find/"


def page(request: HttpRequest, name: str, drill: bool, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """Render a page that no cache keeps, no search engine lists, and whose address leaves in no referrer."""
    told = {"drill": drill, "root": root(drill=drill), **context}
    return private(render(request, f"find/{name}.html", told, status=status))


def private(response: HttpResponse) -> HttpResponse:
    """Mark an answer as nobody's to keep."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, noimageindex"
    return response


def nothing(request: HttpRequest, drill: bool) -> HttpResponse:
    """Answer that there is nothing here: the same for what never was, what is hidden, and what is gone."""
    return page(request, "nothing", drill, {}, 404)


def too_many(request: HttpRequest, drill: bool) -> HttpResponse:
    """Answer that too much came from here."""
    response = page(request, "too_many", drill, {}, 429)
    response.headers["Retry-After"] = CALM_AFTER_S
    return response


def new_once() -> str:
    """Return the number of a new form, by which a repeat is known."""
    return text_of(os.urandom(ONCE_BYTES))
