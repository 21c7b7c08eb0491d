"""Which crises there are, as pages tell it: looked up at most once a second, whatever the crowd."""

import threading
import time
from typing import NamedTuple

from django.conf import settings

from necmergitur.adapters.crisis_keys import KeyFiles
from necmergitur.operations.population.notices import Notice
from necmergitur.operations.ports import Unreachable
from necmergitur.people.crises import Crisis
from necmergitur.web.store import CLOCK, store

FRESH_S = 1.0  # ours: as soon as the live process knows
NOTICES_MAX = 10  # ours: what somebody reads in danger
KEYS = KeyFiles(settings.HOME)


class Town(NamedTuple):
    """The crisis and the drill that are open, and what the city tells. `known`: the database said so, just now."""

    crisis: Crisis | None
    drill: Crisis | None
    known: bool
    notices: tuple[Notice, ...] = ()

    def of(self, *, drill: bool) -> Crisis | None:
        """Return the open crisis, or the open drill."""
        return self.drill if drill else self.crisis

    def offers(self, service: str, *, drill: bool = False) -> bool:
        """Return whether a service is open."""
        found = self.of(drill=drill)
        return found is not None and service in found.services


UNKNOWN = Town(None, None, known=False)
_turn = threading.Lock()
_held: dict[int, tuple[float, Town]] = {}


def town() -> Town:
    """Return what is open. While one request looks, the others go on with what was known."""
    over = id(store())
    found = _held.get(over)
    if found is not None and time.monotonic() - found[0] < FRESH_S:
        return found[1]
    if not _turn.acquire(blocking=found is None):
        assert found is not None, "only who knows something does not wait"
        return found[1]
    try:
        found = _held.get(over)
        if found is None or time.monotonic() - found[0] >= FRESH_S:
            found = time.monotonic(), _looked_up()
            _held[over] = found
        return found[1]
    finally:
        _turn.release()


def forget() -> None:
    """Look again at the next question."""
    _held.clear()


def _looked_up() -> Town:
    now = CLOCK.now()
    try:
        with store().transaction() as tx:
            states = [one for one in tx.crises_now() if one.open(now)]
            notices = tuple(tx.notices_now(now, NOTICES_MAX))
    except Unreachable:
        return UNKNOWN
    real = next((one for one in states if not one.drill), None)
    return Town(real, next((one for one in states if one.drill), None), known=True, notices=notices)
