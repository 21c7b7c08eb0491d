"""What a simulated fleet is made of: vehicles, weather, faults, and the streets their cameras see."""

from enum import StrEnum

import msgspec

from necmergitur.kernel.geo import Position
from necmergitur.kernel.ids import DroneId
from necmergitur.sim.fleet.constants import MAX_RATE_HZ, MAX_TIME_SCALE


class FaultKind(StrEnum):
    """What can go wrong with a vehicle. Each lasts for the fault's duration."""

    LINK_LOSS = "link_loss"  # neither hears nor is heard
    BATTERY_SAG = "battery_sag"  # the battery drops to 15 % at once (it stays there afterwards)
    GPS_GLITCH = "gps_glitch"  # reports a place 80 m away
    MOTOR_REFUSAL = "motor_refusal"  # refuses to arm
    FENCE_REJECTED = "fence_rejected"  # refuses a fence
    FENCE_CORRUPTED = "fence_corrupted"  # accepts a fence and stores another
    CAMERA_STUCK = "camera_stuck"  # the gimbal points down and recording runs, whatever is ordered


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """A planned fault: from `at_s` after the start, for `duration_s`, in simulated seconds."""

    drone_id: DroneId
    kind: FaultKind
    at_s: float = 0.0
    duration_s: float = 60.0


class SimVehicle(msgspec.Struct, frozen=True, kw_only=True):
    """One vehicle: its dock and its loopback ports. Port 0 takes any free one; a camera port of -1 gives no camera."""

    drone_id: DroneId
    dock: Position
    udp_port: int
    camera_port: int = 0
    signing_key: bytes | None = None
    system_id: int = 1


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """A fleet. Raises ValueError for a rate that is not 1, 2, 4 or 8 messages a second, or a negative scale."""

    vehicles: tuple[SimVehicle, ...]
    seed: int = 1
    time_scale: float = 1.0
    faults: tuple[Fault, ...] = ()
    streets: tuple[tuple[Position, ...], ...] = ()
    wind_m_s: float = 4.0
    wind_towards_deg: float = 70.0
    rate_hz: int = MAX_RATE_HZ
    idle_rate_hz: int = MAX_RATE_HZ

    def __post_init__(self) -> None:
        for rate in (self.rate_hz, self.idle_rate_hz):
            if rate not in (1, 2, 4, MAX_RATE_HZ):
                raise ValueError(f"a vehicle sends 1, 2, 4 or {MAX_RATE_HZ} messages a second, not {rate}")
        if not 0.0 < self.time_scale <= MAX_TIME_SCALE:
            raise ValueError(f"a time scale is between 0 and {MAX_TIME_SCALE}, not {self.time_scale}")
