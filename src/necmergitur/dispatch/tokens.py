"""The mission token: the only thing that lets a drone arm.

A token names a live incident, the flight authorisation it relies on, one drone, one volume of air and one
window of time, and is signed by the dispatcher. The adapter that speaks to vehicles refuses to arm without it.
Signing and verifying are ports: this module holds no cryptography.
"""

import math
from datetime import UTC, datetime
from typing import Protocol

import msgspec

from necmergitur.governance.constants import CEILING_MAX_M
from necmergitur.kernel.geo import Position
from necmergitur.kernel.ids import AuthorisationId, DroneId, IncidentId, MissionId
from necmergitur.kernel.refusal import Refusal

# Domain separation: these bytes begin every signed message, so no other document signed with the same key
# can be replayed as a token (same idea as RFC 8032 section 8.3 contexts).
_DOMAIN = "nec.mission-token.v1"
# A polygon fence needs an area; ArduPilot's smallest boards store 84 fence points, PX4 more (their manuals).
MIN_RING_VERTICES = 3
MAX_RING_VERTICES = 64


class Volume(msgspec.Struct, frozen=True):
    """The air a mission may use: inside `ring` (open, not repeated), from the ground to `ceiling_m` above the dock.

    Raises ValueError when the ring has fewer than 3 or more than 64 vertices, or the ceiling is not in ]0, 120] m.
    """

    ring: tuple[Position, ...]
    ceiling_m: float

    def __post_init__(self) -> None:
        if not MIN_RING_VERTICES <= len(self.ring) <= MAX_RING_VERTICES:
            raise ValueError(f"a volume has {MIN_RING_VERTICES} to {MAX_RING_VERTICES} vertices, not {len(self.ring)}")
        if not (math.isfinite(self.ceiling_m) and 0.0 < self.ceiling_m <= CEILING_MAX_M):
            raise ValueError(f"not a ceiling between 0 and {CEILING_MAX_M} m: {self.ceiling_m}")


class MissionToken(msgspec.Struct, frozen=True, kw_only=True):
    """A signed permission for one drone to fly one mission inside one volume during one window."""

    mission_id: MissionId
    incident_id: IncidentId
    authorisation_id: AuthorisationId
    drone_id: DroneId
    volume: Volume
    not_before: datetime
    expires_at: datetime
    signature: bytes = b""


class Signer(Protocol):
    """Signs a message with the dispatcher's private key."""

    def sign(self, message: bytes) -> bytes:
        """Return the signature of `message`."""
        ...


class Verifier(Protocol):
    """Checks a signature against the dispatcher's public keys."""

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Return whether `signature` is one of ours over `message`. Never raises for bad input."""
        ...


_encoder = msgspec.msgpack.Encoder(order="deterministic")


def signing_bytes(token: MissionToken) -> bytes:
    """Return the bytes a signature covers: every field but the signature, in a fixed order and encoding."""
    return _encoder.encode(
        (
            _DOMAIN,
            token.mission_id,
            token.incident_id,
            token.authorisation_id,
            token.drone_id,
            [(p.lon, p.lat) for p in token.volume.ring],
            float(token.volume.ceiling_m),
            _instant(token.not_before),
            _instant(token.expires_at),
        )
    )


def _instant(at: datetime) -> datetime:
    """Return the instant in UTC, however its offset was written. Raises ValueError for a naive one."""
    if at.tzinfo is None:
        raise ValueError(f"not an instant: {at.isoformat()} has no offset")
    return at.astimezone(UTC)


def issue(
    signer: Signer,
    *,
    mission_id: MissionId,
    incident_id: IncidentId,
    authorisation_id: AuthorisationId,
    drone_id: DroneId,
    volume: Volume,
    not_before: datetime,
    expires_at: datetime,
) -> MissionToken:
    """Return a signed token. Raises ValueError when the window is empty or its instants are naive."""
    if expires_at <= not_before:
        raise ValueError("a token must expire after it begins")
    token = MissionToken(
        mission_id=mission_id,
        incident_id=incident_id,
        authorisation_id=authorisation_id,
        drone_id=drone_id,
        volume=volume,
        not_before=not_before,
        expires_at=expires_at,
    )
    return msgspec.structs.replace(token, signature=signer.sign(signing_bytes(token)))


def check(token: MissionToken, drone_id: DroneId, now: datetime, verifier: Verifier) -> MissionToken | Refusal:
    """Return `token` if it lets `drone_id` arm at `now`, else the refusal.

    Refusals: `token_signature_invalid`, `token_wrong_drone`, `token_not_yet_valid`, `token_expired`.
    """
    if not verifier.verify(signing_bytes(token), token.signature):
        return Refusal(rule="token_signature_invalid", detail="the mission token was not signed by this dispatcher")
    if token.drone_id != drone_id:
        return Refusal(rule="token_wrong_drone", detail=f"the token is for {token.drone_id}, not {drone_id}")
    if now < token.not_before:
        return Refusal(rule="token_not_yet_valid", detail="the mission token is not valid yet", until=token.not_before)
    if now >= token.expires_at:
        return Refusal(rule="token_expired", detail=f"the mission token expired at {token.expires_at.isoformat()}")
    return token
