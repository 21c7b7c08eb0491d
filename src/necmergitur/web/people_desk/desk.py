"""What every page of the desk begins with: the crisis it is about, its key, who works here, and the frame."""

import os
from typing import Any, NamedTuple, cast

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from necmergitur.adapters.crisis_keys import SALT_BYTES, CrisisKey, KeyFiles
from necmergitur.governance.breakglass import Who
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.population import looking
from necmergitur.operations.population.desk import MAY_SEARCH
from necmergitur.people.crises import Crisis
from necmergitur.web.accounts.models import User
from necmergitur.web.accounts.rules import roles_of
from necmergitur.web.console.pages import show
from necmergitur.web.store import CLOCK, store


class Room(NamedTuple):
    """A crisis whose people may still be read, with its key."""

    crisis: Crisis
    key: CrisisKey


def rooms() -> list[Room]:
    """Return the crises whose people may be read now: open ones before closed ones, real ones before drills."""
    keys, now = KeyFiles(settings.HOME), CLOCK.now()
    with store().transaction() as tx:
        states = [state for state in tx.crises_now() if state.kept(now)]
    states.sort(key=lambda state: (state.closed_at is not None, state.drill))
    return [Room(state, key) for state in states if (key := keys.of(state.id)) is not None]


def room_of(request: HttpRequest) -> Room | None:
    """Return the crisis a page is about: the one it names, else the first; None when there is none."""
    wanted = request.POST.get("crisis") or request.GET.get("crisis") or ""
    found = rooms()
    return next((one for one in found if str(one.crisis.id) == wanted), found[0] if found else None)


def who(request: HttpRequest) -> Who:
    """Return who works here, and as what."""
    held = {role.value for role in roles_of(cast(User, request.user))}
    return Who(cast(User, request.user).pk, next((role for role in MAY_SEARCH if role in held), ""))


def must_open(request: HttpRequest, crisis: Crisis, what: looking.What, purpose: str) -> None:
    """Ask the gate before something is opened that is not shown as it is. Raises PermissionDenied."""
    with store().transaction() as tx:
        outcome = looking.may(store(), tx, crisis, what, purpose, who(request), CLOCK.now())
    if isinstance(outcome, Refusal):
        raise PermissionDenied(outcome.rule)


def salt() -> bytes:
    """Return a fresh salt."""
    return os.urandom(SALT_BYTES)


def row_of(text: str) -> bytes | None:
    """Read a row's name from a form; None when it is none."""
    try:
        found = bytes.fromhex(text)
    except ValueError:
        return None
    return found if len(found) == 16 else None


def page(
    request: HttpRequest, template: str, context: dict[str, Any], *, tab: str, room: Room | None, status: int = 200
) -> HttpResponse:
    """Show a page of the desk; nothing of it is kept by any cache."""
    frame = {"tab": tab, "crisis": None if room is None else room.crisis, "rooms": rooms()}
    response = show(request, template, frame | context, here="people", status=status)
    response["Cache-Control"] = "no-store, private"
    return response
