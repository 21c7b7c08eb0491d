"""What a press is answered: the lamp, what a repeat is told again, and what a PIN was taken for."""

import hmac
from uuid import UUID

import msgspec

from necmergitur.kernel.geo import Position
from necmergitur.operations.ports import KnownSignal
from necmergitur.signals.press import Device

PIN_ACCEPTED = "pin_accepted"  # kept on the signal, for the cancelling PIN and the duress PIN alike


class Ground(msgspec.Struct, frozen=True):
    """What intake needs to know of the city: where its middle is before there is one, and whether an exercise is on."""

    middle: Position
    exercise: bool = False


class Answer(msgspec.Struct, frozen=True):
    """What the caller may tell the device: light the lamp. `seen`: a human has looked at the incident."""

    key: tuple[str, int, int]
    lit: bool
    signal_id: UUID | None
    incident_id: UUID | None
    duplicate: bool = False
    seen: bool = False
    cancelled: bool = False
    refused: str = ""

    @classmethod
    def unlit(cls, key: tuple[str, int, int], rule: str) -> "Answer":
        """Return the answer that keeps a lamp dark, and why."""
        return cls(key, lit=False, signal_id=None, incident_id=None, refused=rule)


def compare_pin(digest: bytes, device: Device) -> str:
    """Say which PIN this is ("cancel", "duress", "wrong", "" for none), in constant time."""
    if not digest:
        return ""
    is_duress = hmac.compare_digest(digest, device.duress_hash or b"")
    is_cancel = hmac.compare_digest(digest, device.cancel_hash or b"")
    return "duress" if is_duress else "cancel" if is_cancel else "wrong"


def again(key: tuple[str, int, int], before: KnownSignal) -> Answer:
    """Answer a repeated press as the first time."""
    seen = not before.cancelled and before.rung is not None and before.rung != "received"
    return Answer(
        key,
        lit=True,
        signal_id=before.signal_id,
        incident_id=before.incident_id,
        duplicate=True,
        seen=seen,
        cancelled=before.cancelled,
    )
