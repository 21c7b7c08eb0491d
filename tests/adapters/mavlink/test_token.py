"""The mission token: what it covers, when it holds."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from necmergitur.adapters.signing import Ed25519Signer, Ed25519Verifier
from necmergitur.dispatch.tokens import MissionToken, Volume, check, issue, signing_bytes
from necmergitur.kernel.geo import Position
from necmergitur.kernel.ids import AuthorisationId, DroneId, IncidentId, MissionId
from necmergitur.kernel.refusal import Refusal

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
RING = (Position(2.35, 48.85), Position(2.36, 48.85), Position(2.36, 48.86))
SIGNER = Ed25519Signer.generate()
VERIFIER = Ed25519Verifier([SIGNER.public_bytes()])


def token(signer: Ed25519Signer = SIGNER) -> MissionToken:
    return issue(
        signer,
        mission_id=MissionId(UUID(int=1)),
        incident_id=IncidentId(UUID(int=2)),
        authorisation_id=AuthorisationId(UUID(int=3)),
        drone_id=DroneId("D-1"),
        volume=Volume(RING, 80.0),
        not_before=NOON,
        expires_at=NOON + timedelta(minutes=5),
    )


def rule(outcome: MissionToken | Refusal) -> str:
    assert isinstance(outcome, Refusal), "the token was accepted"
    return outcome.rule


def test_a_signed_token_is_accepted_inside_its_window() -> None:
    assert check(token(), DroneId("D-1"), NOON, VERIFIER) == token()


@pytest.mark.parametrize(
    "change",
    [
        {"mission_id": uuid4()},
        {"incident_id": uuid4()},
        {"authorisation_id": uuid4()},
        {"drone_id": DroneId("D-2")},
        {"volume": Volume(RING, 81.0)},
        {"volume": Volume((*RING, Position(2.34, 48.86)), 80.0)},
        {"volume": Volume((RING[1], RING[2], RING[0]), 80.0)},
        {"not_before": NOON - timedelta(seconds=1)},
        {"expires_at": NOON + timedelta(hours=5)},
        {"signature": b""},
        {"signature": bytes(64)},
    ],
    ids=lambda change: f"{next(iter(change))}",
)
def test_a_token_changed_in_any_field_is_refused(change: dict[str, Any]) -> None:
    forged = msgspec.structs.replace(token(), **change)
    assert rule(check(forged, forged.drone_id, NOON, VERIFIER)) == "token_signature_invalid"


def test_a_token_signed_by_somebody_else_is_refused() -> None:
    assert rule(check(token(Ed25519Signer.generate()), DroneId("D-1"), NOON, VERIFIER)) == "token_signature_invalid"


def test_a_token_of_another_drone_is_refused() -> None:
    assert rule(check(token(), DroneId("D-2"), NOON, VERIFIER)) == "token_wrong_drone"


def test_a_token_is_refused_before_its_window() -> None:
    early = check(token(), DroneId("D-1"), NOON - timedelta(microseconds=1), VERIFIER)
    assert rule(early) == "token_not_yet_valid"


def test_a_token_is_refused_from_the_instant_it_expires() -> None:
    assert rule(check(token(), DroneId("D-1"), NOON + timedelta(minutes=5), VERIFIER)) == "token_expired"


def test_both_keys_of_a_rotation_are_accepted_and_a_retired_one_is_not() -> None:
    old, new = Ed25519Signer.generate(), Ed25519Signer.generate()
    during = Ed25519Verifier([old.public_bytes(), new.public_bytes()])
    after = Ed25519Verifier([new.public_bytes()])
    assert check(token(old), DroneId("D-1"), NOON, during)
    assert check(token(new), DroneId("D-1"), NOON, during)
    assert rule(check(token(old), DroneId("D-1"), NOON, after)) == "token_signature_invalid"


def test_a_key_survives_its_file() -> None:
    again = Ed25519Signer.from_pem(SIGNER.to_pem())
    assert check(token(again), DroneId("D-1"), NOON, VERIFIER)


def test_a_window_that_ends_before_it_begins_is_not_issued() -> None:
    with pytest.raises(ValueError, match="expire after"):
        issue(
            SIGNER,
            mission_id=MissionId(uuid4()),
            incident_id=IncidentId(uuid4()),
            authorisation_id=AuthorisationId(uuid4()),
            drone_id=DroneId("D-1"),
            volume=Volume(RING, 80.0),
            not_before=NOON,
            expires_at=NOON,
        )


def test_a_window_written_in_local_time_is_the_same_window() -> None:
    """A database in another zone hands back the same instants with another offset."""
    paris = timezone(timedelta(hours=1))
    signed = token(SIGNER)
    local = msgspec.structs.replace(
        signed, not_before=signed.not_before.astimezone(paris), expires_at=signed.expires_at.astimezone(paris)
    )
    assert check(local, DroneId("D-1"), NOON, VERIFIER)


@pytest.mark.parametrize("ceiling_m", [0.0, -1.0, 120.1, float("nan"), float("inf")])
def test_a_ceiling_outside_the_law_is_not_a_volume(ceiling_m: float) -> None:
    with pytest.raises(ValueError, match="ceiling"):
        Volume(RING, ceiling_m)


@pytest.mark.parametrize("count", [0, 2, 65])
def test_a_ring_without_area_or_too_long_for_a_vehicle_is_not_a_volume(count: int) -> None:
    with pytest.raises(ValueError, match="vertices"):
        Volume((RING[0],) * count, 80.0)


positions = st.builds(Position, st.floats(-180, 180), st.floats(-90, 90))


@given(
    ring=st.lists(positions, min_size=3, max_size=64),
    ceiling_m=st.floats(0.5, 120.0),
    drone=st.text(max_size=20),
    begins=st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001
)
def test_any_token_survives_encoding_and_still_verifies(
    ring: list[Position], ceiling_m: float, drone: str, begins: datetime
) -> None:
    not_before = begins.replace(tzinfo=UTC)
    issued = issue(
        SIGNER,
        mission_id=MissionId(uuid4()),
        incident_id=IncidentId(uuid4()),
        authorisation_id=AuthorisationId(uuid4()),
        drone_id=DroneId(drone),
        volume=Volume(tuple(ring), ceiling_m),
        not_before=not_before,
        expires_at=not_before + timedelta(seconds=1),
    )
    stored = msgspec.json.decode(msgspec.json.encode(issued), type=MissionToken)
    assert signing_bytes(stored) == signing_bytes(issued)
    assert check(stored, DroneId(drone), not_before, VERIFIER) == issued
