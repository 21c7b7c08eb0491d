"""How long a drone takes from its closed dock to a place: a closed form, checked against the simulated vehicle.

The evening bench and the choice of drone use these figures; the simulated vehicle flies them step by step.
"""

import math

from necmergitur.governance.constants import TRANSIT_ALTITUDE_M

# Cruise ground speed and acceleration of the reference vehicle (design research on dispatch, section 3).
CRUISE_M_S = 15.0
ACCEL_M_S2 = 3.0
# Vertical speed of the climb: between PX4's MPC_TKO_SPEED (1.5) and the 6-8 m/s of current docked vehicles' manuals.
CLIMB_M_S = 5.0
# Dock doors, chosen so that launch and climb take the 20 s that the published on-scene figures assume.
DOCK_OPEN_S = 6.3
# Time a mission may stay on scene and time a full recharge takes (design research, section 3, "under load").
ON_SCENE_MAX_S = 12 * 60.0
CHARGE_S = 25 * 60.0
# What such a mission takes from a battery: 60 % over the scene, 6 % out and back; charging gives it back in CHARGE_S.
MISSION_DRAIN_PCT = 66.0


def flight_time_s(distance_m: float, speed_m_s: float = CRUISE_M_S, accel_m_s2: float = ACCEL_M_S2) -> float:
    """Return seconds to cover `distance_m` from rest to rest: trapezoidal speed, or triangular when too short.

    Raises ValueError for a negative distance or a speed or acceleration that is not positive.
    """
    if distance_m < 0 or speed_m_s <= 0 or accel_m_s2 <= 0:
        raise ValueError(f"not a flight: {distance_m} m at {speed_m_s} m/s, {accel_m_s2} m/s2")
    if distance_m < speed_m_s**2 / accel_m_s2:
        return 2.0 * math.sqrt(distance_m / accel_m_s2)
    return distance_m / speed_m_s + speed_m_s / accel_m_s2


def launch_s(altitude_m: float = TRANSIT_ALTITUDE_M) -> float:
    """Return seconds from the order to the end of the climb: the dock opens, then the vehicle climbs."""
    return DOCK_OPEN_S + flight_time_s(altitude_m, CLIMB_M_S, ACCEL_M_S2)


LAUNCH_S = launch_s()


def arrival_s(distance_m: float, speed_m_s: float = CRUISE_M_S) -> float:
    """Return seconds from the order to standing still above a place `distance_m` from the dock."""
    return LAUNCH_S + flight_time_s(distance_m, speed_m_s)
