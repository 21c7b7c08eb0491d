"""The messages a simulated vehicle sends about itself, built from its state."""

import math
from enum import IntEnum

from pymavlink.dialects.v20 import common as mavlink

from necmergitur.adapters.mavlink.wire import Message
from necmergitur.kernel.geo import Position
from necmergitur.sim.fleet.autopilot import DOCK_ELEVATION_M, Autopilot
from necmergitur.sim.fleet.constants import FRAME_HEIGHT_PX, FRAME_WIDTH_PX
from necmergitur.sim.fleet.physics import Wind

_E7 = 1e7
_NAN = float("nan")
_CAPABILITIES = (
    mavlink.MAV_PROTOCOL_CAPABILITY_MISSION_INT
    | mavlink.MAV_PROTOCOL_CAPABILITY_COMMAND_INT
    | mavlink.MAV_PROTOCOL_CAPABILITY_MISSION_FENCE
    | mavlink.MAV_PROTOCOL_CAPABILITY_MAVLINK2
    | mavlink.MAV_PROTOCOL_CAPABILITY_PARAM_ENCODE_C_CAST
)
_SENSORS = (
    mavlink.MAV_SYS_STATUS_SENSOR_3D_GYRO
    | mavlink.MAV_SYS_STATUS_SENSOR_3D_ACCEL
    | mavlink.MAV_SYS_STATUS_SENSOR_3D_MAG
    | mavlink.MAV_SYS_STATUS_SENSOR_ABSOLUTE_PRESSURE
    | mavlink.MAV_SYS_STATUS_SENSOR_GPS
    | mavlink.MAV_SYS_STATUS_SENSOR_MOTOR_OUTPUTS
    | mavlink.MAV_SYS_STATUS_SENSOR_BATTERY
    | mavlink.MAV_SYS_STATUS_GEOFENCE
    | mavlink.MAV_SYS_STATUS_PREARM_CHECK
)


class Sender(IntEnum):
    """Which component of the vehicle speaks."""

    AUTOPILOT = 1
    CAMERA = 100
    GIMBAL = 154


def heartbeat(pilot: Autopilot) -> Message:
    """HEARTBEAT of the autopilot."""
    base = mavlink.MAV_MODE_FLAG_CUSTOM_MODE_ENABLED
    if pilot.body.armed:
        base |= mavlink.MAV_MODE_FLAG_SAFETY_ARMED
    state = mavlink.MAV_STATE_ACTIVE if pilot.body.armed else mavlink.MAV_STATE_STANDBY
    return mavlink.MAVLink_heartbeat_message(
        mavlink.MAV_TYPE_QUADROTOR, mavlink.MAV_AUTOPILOT_PX4, base, pilot.custom_mode, state, 3
    )


def component_heartbeat(kind: int) -> Message:
    """HEARTBEAT of a camera or gimbal."""
    return mavlink.MAVLink_heartbeat_message(kind, mavlink.MAV_AUTOPILOT_INVALID, 0, 0, mavlink.MAV_STATE_ACTIVE, 3)


def global_position(pilot: Autopilot, reported: Position, boot_ms: int) -> Message:
    """GLOBAL_POSITION_INT at the reported (perhaps glitched) position."""
    body = pilot.body
    relative_mm = round(body.altitude_m * 1000)
    return mavlink.MAVLink_global_position_int_message(
        boot_ms,
        round(reported.lat * _E7),
        round(reported.lon * _E7),
        relative_mm + round(DOCK_ELEVATION_M * 1000),
        relative_mm,
        round(body.vy_m_s * 100),
        round(body.vx_m_s * 100),
        round(-body.vz_m_s * 100),
        round(body.heading_deg * 100) % 36000,
    )


def sys_status(pilot: Autopilot) -> Message:
    """SYS_STATUS: the battery, and healthy sensors unless the motors refuse."""
    health = _SENSORS & ~mavlink.MAV_SYS_STATUS_PREARM_CHECK if pilot.motors_refused else _SENSORS
    return mavlink.MAVLink_sys_status_message(
        _SENSORS,
        _SENSORS,
        health,
        100,
        round(pilot.voltage_v * 1000),
        -1,
        int(pilot.body.battery_pct),
        0,
        0,
        0,
        0,
        0,
        0,
    )


def battery_status(pilot: Autopilot) -> Message:
    """BATTERY_STATUS."""
    cell_mv = round(pilot.voltage_v * 1000 / 6)
    return mavlink.MAVLink_battery_status_message(
        0,
        mavlink.MAV_BATTERY_FUNCTION_ALL,
        mavlink.MAV_BATTERY_TYPE_LIPO,
        2500,
        [cell_mv] * 6 + [0xFFFF] * 4,
        -1,
        -1,
        -1,
        int(pilot.body.battery_pct),
    )


def extended_sys_state(pilot: Autopilot) -> Message:
    """EXTENDED_SYS_STATE: on the ground or in the air."""
    landed = mavlink.MAV_LANDED_STATE_ON_GROUND if pilot.body.landed else mavlink.MAV_LANDED_STATE_IN_AIR
    return mavlink.MAVLink_extended_sys_state_message(mavlink.MAV_VTOL_STATE_UNDEFINED, landed)


def attitude(pilot: Autopilot, boot_ms: int) -> Message:
    """ATTITUDE: level, facing the heading."""
    yaw = math.radians((pilot.body.heading_deg + 180.0) % 360.0 - 180.0)
    return mavlink.MAVLink_attitude_message(boot_ms, 0.0, 0.0, yaw, 0.0, 0.0, 0.0)


def gimbal_attitude(pilot: Autopilot, boot_ms: int) -> Message:
    """GIMBAL_DEVICE_ATTITUDE_STATUS: rotation about the pitch axis only."""
    half = math.radians(pilot.body.gimbal_pitch_deg) / 2.0
    return mavlink.MAVLink_gimbal_device_attitude_status_message(
        0, 0, boot_ms, 0, [math.cos(half), 0.0, math.sin(half), 0.0], 0.0, 0.0, 0.0, 0
    )


def camera_capture(pilot: Autopilot, boot_ms: int) -> Message:
    """CAMERA_CAPTURE_STATUS."""
    return mavlink.MAVLink_camera_capture_status_message(boot_ms, 0, 1 if pilot.body.recording else 0, 0.0, 0, 1000.0)


def wind_cov(wind: Wind, boot_ms: int) -> Message:
    """WIND_COV in north, east, down."""
    return mavlink.MAVLink_wind_cov_message(
        boot_ms * 1000,
        wind.north_m_s + wind.gust_north_m_s,
        wind.east_m_s + wind.gust_east_m_s,
        0.0,
        _NAN,
        _NAN,
        _NAN,
        _NAN,
        _NAN,
    )


def gps_raw(pilot: Autopilot, reported: Position, boot_ms: int) -> Message:
    """GPS_RAW_INT: a good fix."""
    altitude_mm = round((pilot.body.altitude_m + DOCK_ELEVATION_M) * 1000)
    return mavlink.MAVLink_gps_raw_int_message(
        boot_ms * 1000,
        mavlink.GPS_FIX_TYPE_3D_FIX,
        round(reported.lat * _E7),
        round(reported.lon * _E7),
        altitude_mm,
        80,
        120,
        0xFFFF,
        0xFFFF,
        14,
    )


def home_position(pilot: Autopilot, boot_ms: int) -> Message:
    """HOME_POSITION: the dock."""
    dock = pilot.plane.origin
    return mavlink.MAVLink_home_position_message(
        round(dock.lat * _E7),
        round(dock.lon * _E7),
        round(DOCK_ELEVATION_M * 1000),
        0.0,
        0.0,
        0.0,
        [1.0, 0.0, 0.0, 0.0],
        0.0,
        0.0,
        0.0,
        boot_ms * 1000,
    )


def autopilot_version(system_id: int, software: int) -> Message:
    """AUTOPILOT_VERSION advertising MISSION_INT, without which MAVSDK refuses to upload a fence."""
    return mavlink.MAVLink_autopilot_version_message(
        _CAPABILITIES, software, 0, 0, 0, [0] * 8, [0] * 8, [0] * 8, 0, 0, system_id
    )


def camera_information(boot_ms: int) -> Message:
    """CAMERA_INFORMATION: a video camera without modes."""
    flags = mavlink.CAMERA_CAP_FLAGS_CAPTURE_VIDEO | mavlink.CAMERA_CAP_FLAGS_HAS_VIDEO_STREAM
    return mavlink.MAVLink_camera_information_message(
        boot_ms,
        _text("Nec Mergitur", 32),
        _text("Simulated", 32),
        1,
        0.0,
        0.0,
        0.0,
        FRAME_WIDTH_PX,
        FRAME_HEIGHT_PX,
        0,
        flags,
        0,
        b"",
    )


def gimbal_manager_information(boot_ms: int) -> Message:
    """GIMBAL_MANAGER_INFORMATION: a pitch axis from straight down to 30 degrees up."""
    return mavlink.MAVLink_gimbal_manager_information_message(
        boot_ms,
        mavlink.GIMBAL_MANAGER_CAP_FLAGS_HAS_PITCH_AXIS,
        int(Sender.GIMBAL),
        0.0,
        0.0,
        -math.pi / 2,
        math.pi / 6,
        0.0,
        0.0,
    )


def status_text(text: str) -> Message:
    """STATUSTEXT at warning level, cut to its 50 bytes."""
    return mavlink.MAVLink_statustext_message(mavlink.MAV_SEVERITY_WARNING, text.encode()[:50])


def _text(value: str, size: int) -> list[int]:
    return list(value.encode().ljust(size, b"\0"))
