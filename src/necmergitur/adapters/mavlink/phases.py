"""The words of a flight: its phases, its plan, its end."""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

import msgspec

from necmergitur.dispatch.constants import SCENE_RADIUS_M
from necmergitur.dispatch.flight_time import CRUISE_M_S, ON_SCENE_MAX_S
from necmergitur.governance.constants import TRANSIT_ALTITUDE_M
from necmergitur.kernel.geo import Position
from necmergitur.kernel.ids import DroneId, MissionId
from necmergitur.kernel.refusal import Refusal


class Phase(StrEnum):
    """Where a mission is; HOLD, LINK_LOST and LAND interrupt the others."""

    OPEN_DOCK = "open_dock"
    CLIMB = "climb"
    TRANSIT = "transit"
    ON_SCENE = "on_scene"
    RETURN = "return"
    DOCK = "dock"
    HOLD = "hold"
    LINK_LOST = "link_lost"
    LAND = "land"


OnPhase = Callable[[MissionId, DroneId, Phase, datetime], None]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How to fly: heights above the dock, speed over ground, where the camera may look, and whether it may at all."""

    target: Position
    scene_radius_m: float = SCENE_RADIUS_M
    altitude_m: float = TRANSIT_ALTITUDE_M
    speed_m_s: float = CRUISE_M_S
    on_scene_max_s: float = ON_SCENE_MAX_S
    camera_allowed: bool = False


class FlightEnd(msgspec.Struct, frozen=True, kw_only=True):
    """How a flight that left (or might have left) the ground ended.

    `how` is docked, landed_away, link_lost or failed; `refusal` is the last order the vehicle refused in the air.
    """

    mission_id: MissionId
    drone_id: DroneId
    how: str
    aborted: bool = False
    refusal: Refusal | None = None
