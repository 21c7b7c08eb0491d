"""What a vehicle says about itself: a mutable record fed message by message, a frozen value handed out."""

import math
from collections.abc import Iterable
from datetime import datetime

import msgspec
from pymavlink.dialects.v20 import common as mavlink

from necmergitur.adapters.mavlink.constants import DEGREES_E7
from necmergitur.adapters.mavlink.wire import Message
from necmergitur.kernel.geo import Position
from necmergitur.kernel.ids import DroneId

_ARMED = int(mavlink.MAV_MODE_FLAG_SAFETY_ARMED)
_ON_GROUND = int(mavlink.MAV_LANDED_STATE_ON_GROUND)
_UINT16_UNKNOWN = 0xFFFF
_NAME_LENGTH_MAX = 20  # ours: enough to tell two cameras apart in a list that people read

# PX4 custom_mode: main mode in byte 2, sub mode in byte 3 (px4_custom_mode.h).
_PX4_MODES = {
    (4, 1): "standby",  # AUTO.READY
    (4, 2): "takeoff",
    (4, 3): "hold",
    (4, 4): "guided",  # AUTO.MISSION
    (4, 5): "return",
    (4, 6): "land",
    (4, 9): "land",  # AUTO.PRECLAND
    (6, 0): "guided",  # OFFBOARD
}
# ArduCopter flight mode numbers (ArduCopter/mode.h).
_ARDUCOPTER_MODES = {3: "guided", 4: "guided", 5: "hold", 6: "return", 9: "land", 17: "hold", 21: "return"}


class Telemetry(msgspec.Struct, frozen=True, kw_only=True):
    """The last known state of one vehicle. `None` means the vehicle has not said; `at` is its last message.

    `in_dock`: it stands disarmed where its dock is. One that landed in a street does not, and is not offered.
    `software`: what flies it and what its camera is, "" until it said both since the link is up.
    """

    drone_id: DroneId
    position: Position | None
    altitude_m: float
    heading_deg: float
    ground_speed_m_s: float
    battery_pct: float | None
    voltage_v: float | None
    mode: str
    armed: bool
    landed: bool
    gimbal_pitch_deg: float | None
    recording: bool
    link_quality_pct: int
    wind_m_s: float | None
    connected: bool
    in_dock: bool
    at: datetime | None
    software: str = ""


class Record:
    """Mutable state behind `Telemetry`; one per link, written by the receive path only."""

    __slots__ = (
        "altitude_m",
        "armed",
        "autopilot",
        "battery_pct",
        "camera",
        "flight_software",
        "gimbal_pitch_deg",
        "gimbal_reports",
        "ground_speed_m_s",
        "heading_deg",
        "knows_camera",
        "knows_landed",
        "knows_mode",
        "knows_position",
        "landed",
        "mode",
        "position",
        "recording",
        "voltage_v",
        "wind_m_s",
    )

    def __init__(self) -> None:
        self.position: Position | None = None
        self.altitude_m = 0.0
        self.heading_deg = 0.0
        self.ground_speed_m_s = 0.0
        self.battery_pct: float | None = None
        self.voltage_v: float | None = None
        self.mode = "other"
        self.armed = False
        self.landed = True
        self.gimbal_pitch_deg: float | None = None
        self.gimbal_reports = 0
        self.recording = False
        self.wind_m_s: float | None = None
        self.autopilot = 0
        self.forget()

    def forget(self) -> None:
        """The link was lost: what is kept is old news, shown with its age and not acted on."""
        self.knows_camera = False
        self.knows_landed = False
        self.knows_mode = False
        self.knows_position = False
        self.flight_software = ""
        self.camera = ""

    @property
    def software(self) -> str:
        """What flies it and what its camera is, as an assessment names it; "" until it said both."""
        return f"{self.flight_software}+{self.camera}" if self.flight_software and self.camera else ""

    @property
    def complete(self) -> bool:
        """Whether the vehicle has said, since the link is up, where it is, if it is armed and if it is landed."""
        return self.knows_mode and self.knows_landed and self.knows_position

    @property
    def airborne(self) -> bool:
        """Whether the motors may run and the wheels are off the ground."""
        return self.armed and not self.landed

    def heartbeat(self, message: Message) -> None:
        """HEARTBEAT of the autopilot: armed flag and flight mode."""
        self.knows_mode = True
        self.autopilot = message.autopilot
        self.armed = bool(message.base_mode & _ARMED)
        custom = message.custom_mode
        if message.autopilot == mavlink.MAV_AUTOPILOT_ARDUPILOTMEGA:
            self.mode = _ARDUCOPTER_MODES.get(custom, "other")
        else:
            self.mode = _PX4_MODES.get((custom >> 16 & 0xFF, custom >> 24 & 0xFF), "other")

    def global_position(self, message: Message) -> None:
        """GLOBAL_POSITION_INT: position, height above home, speed over ground, heading."""
        try:
            self.position = Position(message.lon / DEGREES_E7, message.lat / DEGREES_E7)
        except ValueError:  # an impossible position: keep the last one
            return
        self.knows_position = True
        self.altitude_m = message.relative_alt / 1000.0
        self.ground_speed_m_s = math.hypot(message.vx, message.vy) / 100.0
        if message.hdg != _UINT16_UNKNOWN:
            self.heading_deg = message.hdg / 100.0

    def sys_status(self, message: Message) -> None:
        """SYS_STATUS: battery share and voltage."""
        self.battery_pct = float(message.battery_remaining) if message.battery_remaining >= 0 else None
        voltage = message.voltage_battery
        self.voltage_v = voltage / 1000.0 if voltage != _UINT16_UNKNOWN else None

    def extended_sys_state(self, message: Message) -> None:
        """EXTENDED_SYS_STATE: whether it stands on the ground. "Undefined" counts as in the air."""
        self.knows_landed = True
        self.landed = message.landed_state == _ON_GROUND

    def gimbal_attitude(self, message: Message) -> None:
        """GIMBAL_DEVICE_ATTITUDE_STATUS: pitch from the quaternion (w, x, y, z), 0 level, -90 straight down."""
        self.gimbal_reports += 1
        w, x, y, z = message.q
        sine = max(-1.0, min(1.0, 2.0 * (w * y - z * x)))
        self.gimbal_pitch_deg = math.degrees(math.asin(sine)) if math.isfinite(w + x + y + z) else None

    def camera_capture(self, message: Message) -> None:
        """CAMERA_CAPTURE_STATUS: video or interval stills in progress."""
        self.knows_camera = True
        self.recording = message.video_status != 0 or message.image_status in (2, 3)

    def autopilot_version(self, message: Message) -> None:
        """AUTOPILOT_VERSION: the program that flies it, and which build where it says so."""
        version = message.flight_sw_version
        build = bytes(message.flight_custom_version)[:4]
        self.flight_software = f"{version >> 24 & 0xFF}.{version >> 16 & 0xFF}.{version >> 8 & 0xFF}" + (
            f"-{build.hex()}" if any(build) else ""
        )

    def camera_information(self, message: Message) -> None:
        """CAMERA_INFORMATION: maker, model, and its program's version (lowest byte first)."""
        made = "-".join(filter(None, (_name(message.vendor_name), _name(message.model_name))))
        version = ".".join(str(message.firmware_version >> shift & 0xFF) for shift in (0, 8, 16))
        self.camera = f"{made or 'unnamed'}-{version}"

    def wind_cov(self, message: Message) -> None:
        """WIND_COV: horizontal wind estimate."""
        speed = math.hypot(message.wind_x, message.wind_y)
        self.wind_m_s = speed if math.isfinite(speed) else None


def _name(said: Iterable[int]) -> str:
    """Return a name without what separates words and lists where it is written down."""
    text = bytes(said).partition(b"\0")[0].decode("ascii", "replace")[:_NAME_LENGTH_MAX]
    return "".join(one if one.isascii() and (one.isalnum() or one in "._") else "_" for one in text)
