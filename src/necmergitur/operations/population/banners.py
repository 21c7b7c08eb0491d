"""What every screen of the control room says of crises: that one waits for a second person, that one is open.

A drill has names of its own, so that nobody takes it for the real thing, nor the real thing for a drill.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from necmergitur.operations.population.ports import CrisisTransaction, Town
from necmergitur.people.constants import CRISIS_ASKED_LASTS
from necmergitur.people.crises import Crisis

ALARM_WAITS = "crisis_waits"
ALARM_OPEN = "crisis_open"
ALARM_DRILL_WAITS = "drill_waits"
ALARM_DRILL_OPEN = "drill_open"


class BannerTransaction(CrisisTransaction, Protocol):
    """A transaction that also knows what was asked for."""

    def crises_asked(self, since: datetime) -> list[Crisis]:
        """Return crises asked for after `since` that nobody confirmed or took back, oldest first."""
        ...


def show(tx: BannerTransaction, now: datetime) -> None:
    """Raise and clear the alarms of crises, in the caller's transaction."""
    waiting = [state for state in tx.crises_asked(now - CRISIS_ASKED_LASTS) if state.waits(now)]
    opened = [state for state in tx.crises_now() if state.open(now)]
    for name, drill, states in (
        (ALARM_WAITS, False, waiting),
        (ALARM_DRILL_WAITS, True, waiting),
        (ALARM_OPEN, False, opened),
        (ALARM_DRILL_OPEN, True, opened),
    ):
        _set(tx, name, [state for state in states if state.drill == drill], now)


def show_now(town: Town, now: datetime) -> None:
    """Clear what lapsed by itself: nobody came within ten minutes. Raises Unreachable."""
    with town.transaction() as tx:
        show(tx, now)


def _set(tx: BannerTransaction, name: str, states: Sequence[Crisis], now: datetime) -> None:
    if states:
        tx.raise_alarm(name, states[0].name, now)
    else:
        tx.clear_alarm(name, now)
