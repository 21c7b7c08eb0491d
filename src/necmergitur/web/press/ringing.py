"""A press by a plain form: the same intake as every other button, and an answer only after its commit."""

import hmac
import os
from datetime import datetime

import msgspec

from necmergitur.adapters.pins import credential_hash, pin_digest
from necmergitur.adapters.postgres.city import middle_of
from necmergitur.adapters.postgres.queries import load
from necmergitur.kernel.geo import Position
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import intake
from necmergitur.operations.intake import Answer, Ground, Received
from necmergitur.operations.ports import Unreachable
from necmergitur.operations.retry import VersionConflict
from necmergitur.signals.constants import INTEGER_MAX
from necmergitur.signals.press import Press
from necmergitur.web import environment
from necmergitur.web.store import store

KINDS = ("sos", "medical", "fire", "violence", "test", "cancel")
NOWHERE = Position(2.3488, 48.8534)  # where a call without a place is shown before a city exists (as in app.wiring)
DEVICE_LENGTH_MAX = 64


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What the form says."""

    device: str
    credential: str
    kind: str
    boot_id: int
    seq: int
    pin: str = ""


def ring(asked: Asked, now: datetime, *, exercise: bool) -> Answer | Refusal:
    """Record a press of a personal button. A lit answer is committed; `unreachable` means nothing was recorded."""
    if asked.kind not in KINDS or not (0 <= asked.boot_id <= INTEGER_MAX and 0 <= asked.seq <= INTEGER_MAX):
        return Refusal(rule="malformed")
    try:
        if not known(asked.device, asked.credential):
            return Refusal(rule="unknown_credential")
        with store().cursor() as cursor:
            middle = middle_of(cursor) or NOWHERE
        pressed = Press(device=asked.device, boot_id=asked.boot_id, seq=asked.seq, kind=asked.kind, claimed_time=now)
        digest = pin_digest(pin_key(), asked.device, asked.pin)
        received = Received(pressed, now, digest)
        return intake.take(store(), [received], Ground(middle, exercise=exercise), now)[0]
    except (Unreachable, VersionConflict):
        return Refusal(rule="unreachable")


def known(device: str, credential: str) -> bool:
    """Return whether the credential is the device's, in constant time. Raises Unreachable."""
    if not device or not credential or len(device) > DEVICE_LENGTH_MAX:
        return False
    with store().cursor() as cursor:
        found = cursor.execute(load("live")["credential"], {"ids": [device]}).fetchone()
    return found is not None and hmac.compare_digest(bytes(found[1]), credential_hash(credential))


def became(device: str, credential: str, boot_id: int, seq: int) -> str:
    """Return what became of a press: received, seen by a person, or taken back; "" when it is not this device's.

    Raises Unreachable.
    """
    if not known(device, credential):
        return ""
    with store().cursor() as cursor:
        row = cursor.execute(load("signals")["press_seen"], {"device": device, "boot": boot_id, "seq": seq}).fetchone()
    if row is None:
        return ""
    return "taken_back" if row[2] else "received" if (row[1] or "received") == "received" else "seen"


def pin_key() -> bytes:
    """Return the key that PINs are kept and compared under; `web.wsgi` does not serve without it."""
    return environment.key(os.environ, "NEC_SECRET_SUBJECT")
