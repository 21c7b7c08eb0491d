"""Promises checked in telemetry: camera level in transit, recording only on scene, no flight without a mission."""

from datetime import datetime
from enum import StrEnum

import msgspec

from necmergitur.adapters.mavlink.constants import LEVEL_TOLERANCE_DEG
from necmergitur.adapters.mavlink.telemetry import Record
from necmergitur.kernel.geo import Position, distance_m
from necmergitur.kernel.ids import DroneId, MissionId


class BreachKind(StrEnum):
    """What was broken."""

    CAMERA_NOT_LEVEL = "camera_not_level"
    RECORDING_OFF_SCENE = "recording_off_scene"
    AIRBORNE_WITHOUT_MISSION = "airborne_without_mission"


class Breach(msgspec.Struct, frozen=True):
    """A promise broken, as the vehicle's own telemetry tells it.

    `value` is the pitch in degrees for a camera, else the distance from the scene in metres (-1: no scene).
    """

    drone_id: DroneId
    mission_id: MissionId | None
    kind: BreachKind
    value: float
    position: Position | None
    at: datetime


class Scene(msgspec.Struct, frozen=True):
    """Where a mission may look: inside `radius_m` around `centre`."""

    mission_id: MissionId
    centre: Position
    radius_m: float


class Watch:
    """Looks at one vehicle's record. A breach is told once, and again only after it had ended."""

    def __init__(self, drone_id: DroneId) -> None:
        self._drone_id = drone_id
        self._open: set[BreachKind] = set()

    @property
    def quiet(self) -> bool:
        """Whether no breach is going on."""
        return not self._open

    def look(self, record: Record, scene: Scene | None, now: datetime) -> list[Breach]:
        """Return the breaches that began with this look; none from news older than the link."""
        if not record.complete:
            return []
        away_m = -1.0
        if scene is not None and record.position is not None:
            away_m = distance_m(record.position, scene.centre)
        on_scene = scene is not None and 0.0 <= away_m <= scene.radius_m
        pitch_deg = record.gimbal_pitch_deg
        found: dict[BreachKind, float] = {}
        if record.recording and record.knows_camera and not on_scene:
            found[BreachKind.RECORDING_OFF_SCENE] = away_m
        if record.airborne and scene is None:
            found[BreachKind.AIRBORNE_WITHOUT_MISSION] = away_m
        if record.airborne and not on_scene and pitch_deg is not None and abs(pitch_deg) > LEVEL_TOLERANCE_DEG:
            found[BreachKind.CAMERA_NOT_LEVEL] = pitch_deg
        begun = [kind for kind in found if kind not in self._open]
        self._open = set(found)
        mission_id = scene.mission_id if scene is not None else None
        return [Breach(self._drone_id, mission_id, kind, found[kind], record.position, now) for kind in begun]
