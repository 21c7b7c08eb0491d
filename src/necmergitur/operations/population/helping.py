"""Whoever says on the page that they need help is a call like any other: a device of its own, pressed.

Never refused, and recorded before anything else about them. The call's device is named after the row of the check-in,
so that what they said is found from the incident as long as it is kept, and by nobody afterwards. In a drill a call is
a test: it runs to the decision, never to a flight.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from necmergitur.operations import intake
from necmergitur.operations.intake import Answer, Ground, Received
from necmergitur.operations.population.checkins import Sealer
from necmergitur.people.checkins import URGENT, Status
from necmergitur.people.constants import CHECKIN_AGAIN_WITHIN
from necmergitur.signals.press import Kind, Press, StatedPosition

LABEL = "/safe"  # the same in every language: where the call came from
WEB = "web"  # the transport of such devices, by which lists of buttons leave them out
PREFIX = "safe-"
KeyOf = Callable[[UUID], Sealer | None]
KINDS: dict[Status, Kind] = {Status.NEED_HELP: "sos", Status.HURT: "medical"}
# Each answer is one press, however often it is sent; the graver one after the other is another.
TURNS = {Status.NEED_HELP: 1, Status.HURT: 2}


class CallTransaction(Protocol):
    """A transaction that knows devices of the page."""

    def put_callers(self, ids: Sequence[str], label: str, now: datetime) -> None:
        """Store a device for each call; one that is there stays as it is."""
        ...


def device_of(row_id: bytes) -> str:
    """Return the name of the device that stands for a check-in's call."""
    return f"{PREFIX}{row_id.hex()}"


def row_of(device_id: str) -> bytes | None:
    """Return the check-in a call stands for; None for any other device."""
    if not device_id.startswith(PREFIX):
        return None
    try:
        return bytes.fromhex(device_id.removeprefix(PREFIX))
    except ValueError:
        return None


def press(row_id: bytes, status: Status, position: StatedPosition | None, now: datetime, *, drill: bool) -> Received:
    """Return the press of a call for help; `status` is one of URGENT."""
    kind: Kind = "test" if drill else KINDS[status]
    pressed = Press(
        device=device_of(row_id), boot_id=1, seq=TURNS[status], kind=kind, claimed_time=now, position=position
    )
    return Received(pressed, now)


def take(store: Any, batch: Sequence[Received], ground: Ground, now: datetime) -> list[Answer]:
    """Record calls (at most intake.BATCH_MAX), each with a device of its own. Raises Unreachable."""
    with store.transaction() as tx:
        tx.put_callers([one.press.device for one in batch], LABEL, now)
    return intake.take(store, batch, ground, now)


def call_again(
    store: Any, key_of: KeyOf, link: bytes, status: Status, ground: Ground, now: datetime, *, drill: bool
) -> bool:
    """Press for whoever says by their private link that they need help; return whether there is a call.

    A crisis that closed within a day still hears it, and so does somebody who took their words back. Raises
    Unreachable.
    """
    if status not in URGENT:
        return False
    with store.transaction() as tx:
        for crisis in tx.crises_now():
            late = crisis.closed_at is not None and now >= crisis.closed_at + CHECKIN_AGAIN_WITHIN
            key = None if late or crisis.drill != drill else key_of(crisis.id)
            if key is not None and tx.call_words([crisis.id], key.row_of(link)) is not None:
                pressed = press(key.row_of(link), status, None, now, drill=drill)
                break
        else:
            return False
    return take(store, [pressed], ground, now)[0].lit
