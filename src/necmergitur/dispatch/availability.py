"""Whether a drone is coming, and when it will be free.

Free means: what is left of its mission, the way home, and the charge until it may lift again.
"""

from datetime import datetime

from necmergitur.dispatch.constants import BATTERY_TAKEOFF_MIN_PCT
from necmergitur.dispatch.flight_time import CHARGE_S, MISSION_DRAIN_PCT, ON_SCENE_MAX_S
from necmergitur.dispatch.missions import Mission

CHARGE_PCT_PER_S = MISSION_DRAIN_PCT / CHARGE_S
# A mission's battery spread evenly over its time in the air; two typical legs of 40 s beside the scene.
AIRBORNE_PCT_PER_S = MISSION_DRAIN_PCT / (ON_SCENE_MAX_S + 80.0)
SOON_MIN_S = 1.0  # a drone at work is never free at once
_HOMEWARD_ORDERS = ("return", "land")
_HOMEWARD_PHASES = ("return", "dock", "land")


def free_in_s(mission: Mission | None, battery_pct: float | None, now: datetime, *, docked: bool) -> float:
    """Return seconds until the drone sits in its dock with enough to lift; 0 for one that does now.

    `mission` is the one it works on, if any. An unknown battery is taken as spent by a whole mission.
    """
    if mission is None and docked and battery_pct is not None and battery_pct >= BATTERY_TAKEOFF_MIN_PCT:
        return 0.0  # nearly all of them, nearly always
    away_s = 0.0 if docked else CHARGE_S  # in the air for nobody: whatever it is, it takes a while
    if mission is not None:
        away_s = max(SOON_MIN_S, _away_s(mission, now))
    left_pct = (100.0 - MISSION_DRAIN_PCT) if battery_pct is None else battery_pct - away_s * AIRBORNE_PCT_PER_S
    return away_s + max(0.0, (BATTERY_TAKEOFF_MIN_PCT - max(0.0, left_pct)) / CHARGE_PCT_PER_S)


def coming(mission: Mission) -> bool:
    """Return whether its drone is on its way to the scene or over it, and not already going home."""
    homeward = mission.order in _HOMEWARD_ORDERS or mission.phase in _HOMEWARD_PHASES
    return mission.state != "ended" and not homeward


def _away_s(mission: Mission, now: datetime) -> float:
    """Return seconds until the drone is back: the way home takes as long as the way out, launch included."""
    home_s = mission.eta_s
    if not coming(mission):
        return home_s
    if mission.on_scene_at is not None:
        return max(0.0, ON_SCENE_MAX_S - (now - mission.on_scene_at).total_seconds()) + home_s
    return max(0.0, mission.eta_s - (now - mission.offered_at).total_seconds()) + ON_SCENE_MAX_S + home_s
