"""One vehicle, one UDP socket: frames in, telemetry kept, heartbeats out, a lost link noticed."""

import asyncio
from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import cast
from urllib.parse import urlsplit

import msgspec
from pymavlink.dialects.v20 import common as mavlink

from necmergitur.adapters.mavlink.commands import Commander
from necmergitur.adapters.mavlink.constants import (
    AT_DOCK_M,
    AUTOPILOT_COMPONENT_ID,
    CAMERA_COMPONENT_ID,
    GROUND_COMPONENT_ID,
    GROUND_SYSTEM_ID,
    HEARTBEAT_S,
    LINK_LOST_S,
    QUALITY_WINDOW_S,
    SOFTWARE_ASKED_MAX,
)
from necmergitur.adapters.mavlink.fence import MESSAGE_IDS as FENCE_MESSAGE_IDS
from necmergitur.adapters.mavlink.fence import FenceTransfer
from necmergitur.adapters.mavlink.telemetry import Record, Telemetry
from necmergitur.adapters.mavlink.wire import Message, Wire
from necmergitur.kernel.clock import Clock
from necmergitur.kernel.geo import Position, distance_m
from necmergitur.kernel.ids import DroneId

_HEARTBEAT_ID = int(mavlink.MAVLINK_MSG_ID_HEARTBEAT)
_EXTENDED_STATE_ID = int(mavlink.MAVLINK_MSG_ID_EXTENDED_SYS_STATE)
_CAPTURE_ID = int(mavlink.MAVLINK_MSG_ID_CAMERA_CAPTURE_STATUS)
_VERSION_ID = int(mavlink.MAVLINK_MSG_ID_AUTOPILOT_VERSION)
_CAMERA_ID = int(mavlink.MAVLINK_MSG_ID_CAMERA_INFORMATION)
_REQUEST_MESSAGE = int(mavlink.MAV_CMD_REQUEST_MESSAGE)


class Vehicle(msgspec.Struct, frozen=True, kw_only=True):
    """How to reach one vehicle. `signing_key` is 32 bytes, or None (tests on loopback only)."""

    drone_id: DroneId
    endpoint: str
    dock: Position
    signing_key: bytes | None
    system_id: int = 1
    camera_component_id: int = CAMERA_COMPONENT_ID
    # Parameter that holds the ceiling: FENCE_ALT_MAX on ArduPilot, GF_MAX_VER_DIST on PX4.
    ceiling_param: str = "FENCE_ALT_MAX"
    # Relay that drives the dock's doors (MAV_CMD_DO_SET_RELAY), or None for a pad without doors.
    dock_relay: int | None = 0


class Channel(asyncio.DatagramProtocol):
    """The ground's end of one vehicle's link, without orders. One event loop; nothing here blocks."""

    def __init__(self, vehicle: Vehicle, *, clock: Clock, on_change: Callable[[DroneId], None] | None = None) -> None:
        """`on_change` is called after each message that moved the record, and when the link is lost or back."""
        self.vehicle = vehicle
        self.drone_id = vehicle.drone_id
        self.record = Record()
        self.connected = False
        self.heard_at: datetime | None = None
        self.clock = clock
        self._on_change = on_change
        self._wire = Wire(GROUND_SYSTEM_ID, GROUND_COMPONENT_ID, key=vehicle.signing_key, now=clock.now())
        self._transport: asyncio.DatagramTransport | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._heard_s = 0.0
        self._asked_software = 0
        self._quality = _Quality()
        self.commander = Commander(self.send)
        self.fence = FenceTransfer(
            self.send,
            system_id=vehicle.system_id,
            component_id=AUTOPILOT_COMPONENT_ID,
            ceiling_param=vehicle.ceiling_param,
        )
        record = self.record
        self._telemetry_handlers: dict[int, Callable[[Message], None]] = {
            mavlink.MAVLINK_MSG_ID_GLOBAL_POSITION_INT: record.global_position,
            mavlink.MAVLINK_MSG_ID_SYS_STATUS: record.sys_status,
            mavlink.MAVLINK_MSG_ID_EXTENDED_SYS_STATE: record.extended_sys_state,
            mavlink.MAVLINK_MSG_ID_GIMBAL_DEVICE_ATTITUDE_STATUS: record.gimbal_attitude,
            mavlink.MAVLINK_MSG_ID_CAMERA_CAPTURE_STATUS: record.camera_capture,
            mavlink.MAVLINK_MSG_ID_WIND_COV: record.wind_cov,
            mavlink.MAVLINK_MSG_ID_AUTOPILOT_VERSION: record.autopilot_version,
            mavlink.MAVLINK_MSG_ID_CAMERA_INFORMATION: record.camera_information,
            mavlink.MAVLINK_MSG_ID_HEARTBEAT: record.heartbeat,
        }
        self._protocol_handlers: dict[int, Callable[[Message], None]] = {
            mavlink.MAVLINK_MSG_ID_COMMAND_ACK: self.commander.acknowledged,
            **dict.fromkeys(FENCE_MESSAGE_IDS, self.fence.received),
        }
        self._wanted = frozenset(self._telemetry_handlers) | frozenset(self._protocol_handlers)

    async def open(self) -> None:
        """Open the socket towards the vehicle. Raises ValueError for an endpoint that is not udp://host:port."""
        parts = urlsplit(self.vehicle.endpoint)
        if parts.scheme != "udp" or parts.hostname is None or parts.port is None:
            raise ValueError(f"not udp://host:port: {self.vehicle.endpoint!r}")
        self._loop = asyncio.get_running_loop()
        await self._loop.create_datagram_endpoint(lambda: self, remote_addr=(parts.hostname, parts.port))

    def close(self) -> None:
        """Close the socket; a vehicle in the air then follows its own lost-link behaviour."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    @property
    def is_open(self) -> bool:
        """Whether there is a socket to send by."""
        return self._transport is not None

    def tick(self) -> None:
        """Send our heartbeat and notice a lost link; call once a second."""
        assert self._loop is not None, "open the channel first"
        self._wire.keep_time(self.clock.now())
        self.send(
            mavlink.MAVLink_heartbeat_message(
                mavlink.MAV_TYPE_GCS, mavlink.MAV_AUTOPILOT_INVALID, 0, 0, mavlink.MAV_STATE_ACTIVE, 3
            )
        )
        if self.connected and not self.record.complete:
            self._ask_state()
        if self.connected and not self.record.software and self._asked_software < SOFTWARE_ASKED_MAX:
            self._asked_software += 1
            self._ask((_VERSION_ID, AUTOPILOT_COMPONENT_ID), (_CAMERA_ID, self.vehicle.camera_component_id))
        now_s = self._loop.time()
        self._quality.sample(self._wire.frames, self._wire.lost)
        if self.connected and now_s - self._heard_s > LINK_LOST_S:
            self.connected = False
            self.record.forget()
            self._changed()

    def send(self, message: Message) -> None:
        """Send one message; dropped while the socket is closed, as any datagram may be."""
        if self._transport is not None:
            self._transport.sendto(self._wire.encode(message))

    def telemetry(self) -> Telemetry:
        """Return the last known state as a value."""
        record = self.record
        return Telemetry(
            drone_id=self.drone_id,
            position=record.position,
            altitude_m=record.altitude_m,
            heading_deg=record.heading_deg,
            ground_speed_m_s=record.ground_speed_m_s,
            battery_pct=record.battery_pct,
            voltage_v=record.voltage_v,
            mode=record.mode,
            armed=record.armed,
            landed=record.landed,
            gimbal_pitch_deg=record.gimbal_pitch_deg,
            recording=record.recording,
            link_quality_pct=self._quality.pct if self.connected else 0,
            wind_m_s=record.wind_m_s,
            connected=self.connected,
            in_dock=self.in_dock,
            at=self.heard_at,
            software=record.software,
        )

    @property
    def in_dock(self) -> bool:
        """Whether the vehicle stands, disarmed, where its dock is."""
        record = self.record
        if record.armed or not record.landed or record.position is None:
            return False
        return distance_m(record.position, self.vehicle.dock) <= AT_DOCK_M

    @property
    def messages_received(self) -> int:
        """Authentic messages decoded since the start."""
        return self._wire.received

    @property
    def frames_received(self) -> int:
        """Frames seen since the start, those skipped before decoding included."""
        return self._wire.frames

    @property
    def messages_rejected(self) -> int:
        """Frames dropped as malformed, unsigned, forged or replayed since the start."""
        return self._wire.rejected

    # --- asyncio.DatagramProtocol -------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport (called by the loop)."""
        # asyncio's own UDP transport is not registered as a DatagramTransport, uvloop's is.
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, _addr: object) -> None:
        """Decode and dispatch one datagram (called by the loop; the hot path)."""
        heard = False
        for message in self._wire.decode(data, self._wanted):
            if message.get_srcSystem() != self.vehicle.system_id:
                continue
            message_id = message.get_msgId()
            handler = self._telemetry_handlers.get(message_id)
            if handler is None:
                self._protocol_handlers[message_id](message)
            elif message_id != _HEARTBEAT_ID or message.get_srcComponent() == AUTOPILOT_COMPONENT_ID:
                handler(message)
            heard = True
        if heard:
            self._alive()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget a socket that broke (called by the loop): the fleet opens another."""
        if exc is not None:
            self._transport = None

    def error_received(self, exc: Exception) -> None:
        """Ignore ICMP errors: a vehicle that is not there yet shows as a link that is not connected."""

    def _alive(self) -> None:
        assert self._loop is not None
        self._heard_s = self._loop.time()
        self.heard_at = self.clock.now()
        if not self.connected:
            self.connected = True
            self._asked_software = 0
            self._ask_state()
        self._changed()

    def _ask_state(self) -> None:
        """Ask at once for what a vehicle sends seldom; heartbeat and position come by themselves."""
        self._ask((_EXTENDED_STATE_ID, AUTOPILOT_COMPONENT_ID), (_CAPTURE_ID, self.vehicle.camera_component_id))

    def _ask(self, *wanted: tuple[int, int]) -> None:
        for message_id, component in wanted:
            self.send(
                mavlink.MAVLink_command_long_message(
                    self.vehicle.system_id, component, _REQUEST_MESSAGE, 0, message_id, 0, 0, 0, 0, 0, 0
                )
            )

    def _changed(self) -> None:
        if self._on_change is not None:
            self._on_change(self.drone_id)


class _Quality:
    """Share of the vehicle's frames that arrived over a sliding window of ticks."""

    def __init__(self) -> None:
        self._samples: deque[tuple[int, int]] = deque(maxlen=int(QUALITY_WINDOW_S / HEARTBEAT_S) + 1)

    def sample(self, frames: int, lost: int) -> None:
        """Take the running totals of frames seen and frames missing."""
        self._samples.append((frames, lost))

    @property
    def pct(self) -> int:
        """Whole per cent, 100 until something was lost."""
        if not self._samples:
            return 100
        frames = self._samples[-1][0] - self._samples[0][0]
        lost = self._samples[-1][1] - self._samples[0][1]
        return round(100 * frames / (frames + lost)) if frames + lost else 100
