"""One simulated vehicle on one UDP port: orders in, reports out, physics in between."""

import asyncio
import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import cast

from msgspec.structs import replace
from pymavlink.dialects.v20 import common as mavlink

from necmergitur.adapters.mavlink.wire import Message, Wire
from necmergitur.kernel.geo import Position, offset
from necmergitur.sim.fleet import physics, reports
from necmergitur.sim.fleet.autopilot import ACCEPTED, FAILED, IN_PROGRESS, UNSUPPORTED, Autopilot
from necmergitur.sim.fleet.config import Config, FaultKind, SimVehicle
from necmergitur.sim.fleet.constants import (
    BATTERY_SAG_PCT,
    FULL_BATTERY_PCT,
    GPS_GLITCH_M,
    GROUND_LOST_S,
    MAX_PARAM,
    MAX_RATE_HZ,
    SOFTWARE,
)
from necmergitur.sim.fleet.fence_store import FenceStore
from necmergitur.sim.fleet.reports import Sender
from necmergitur.sim.fleet.weather import Weather

_MISSION_TYPES = frozenset(
    {"MISSION_COUNT", "MISSION_ITEM_INT", "MISSION_REQUEST_LIST", "MISSION_REQUEST_INT", "MISSION_CLEAR_ALL"}
)
_WANTED = frozenset(
    {
        mavlink.MAVLINK_MSG_ID_HEARTBEAT,
        mavlink.MAVLINK_MSG_ID_COMMAND_LONG,
        mavlink.MAVLINK_MSG_ID_COMMAND_INT,
        mavlink.MAVLINK_MSG_ID_MISSION_COUNT,
        mavlink.MAVLINK_MSG_ID_MISSION_ITEM_INT,
        mavlink.MAVLINK_MSG_ID_MISSION_REQUEST_LIST,
        mavlink.MAVLINK_MSG_ID_MISSION_REQUEST_INT,
        mavlink.MAVLINK_MSG_ID_MISSION_CLEAR_ALL,
        mavlink.MAVLINK_MSG_ID_PARAM_REQUEST_READ,
        mavlink.MAVLINK_MSG_ID_PARAM_REQUEST_LIST,
        mavlink.MAVLINK_MSG_ID_PARAM_SET,
    }
)
_STUCK_PITCH_DEG = -60.0


class SimulatedVehicle(asyncio.DatagramProtocol):
    """Listens on its port and speaks to whichever ground station last sent it an authentic frame."""

    def __init__(self, spec: SimVehicle, config: Config, *, seed: int, now: datetime) -> None:
        self.spec = spec
        self.pilot = Autopilot(spec.dock)
        self.software = SOFTWARE
        self.faults: dict[FaultKind, float] = {}  # kind -> simulated second at which it ends
        self.sim_s = 0.0
        self._config = config
        self._weather = Weather(
            random.Random(seed),  # noqa: S311  weather
            config.wind_m_s,
            config.wind_towards_deg,
        )
        self._wires = {sender: Wire(spec.system_id, int(sender), key=spec.signing_key, now=now) for sender in Sender}
        self._fence = FenceStore(self._send, self._fence_stored)
        self._transport: asyncio.DatagramTransport | None = None
        self._peer: tuple[str, int] | None = None
        self._ground_s: float | None = None  # real second of the last ground heartbeat
        self._now_s = 0.0
        self._slot = seed % MAX_RATE_HZ
        self._turn = seed
        self._told = (False, True, False)
        self._told_pitch_deg = 0.0
        self._doors_asked_by: tuple[int, int] | None = None
        self._rotation = self._build_rotation()

    # --- time ---------------------------------------------------------------------------------------

    def tick(self, now_s: float, dt_s: float) -> None:
        """Fly on by `dt_s` simulated seconds and send this tick's message. `now_s` is the loop's real clock."""
        self._now_s = now_s
        self.sim_s += dt_s
        self._apply_faults()
        if not physics.at_rest(self.pilot.body):
            self._weather.advance(dt_s)
            if self.pilot.advance(dt_s, self._weather.now):
                self._send(reports.status_text("fence breached: returning"))
        elif self.pilot.body.battery_pct < FULL_BATTERY_PCT:
            self.pilot.advance(dt_s, self._weather.now)
        if self._ground_s is not None and now_s - self._ground_s > GROUND_LOST_S:
            self.pilot.lose_ground()
        self._fence.tick(now_s)
        if self._slot == 0:
            for wire in self._wires.values():
                wire.keep_time(datetime.now(UTC))
        self._finish_doors()
        self._report_changes()
        self._report()

    def inject(self, kind: FaultKind, duration_s: float) -> None:
        """Start a fault now, for `duration_s` simulated seconds."""
        self.faults[kind] = self.sim_s + duration_s

    def suffers(self, kind: FaultKind) -> bool:
        """Return whether a fault is active."""
        return self.faults.get(kind, 0.0) > self.sim_s

    @property
    def live_picture(self) -> bool:
        """Whether the camera has a picture to show: recording, in the air, link up."""
        body = self.pilot.body
        return body.recording and not body.landed and not self.suffers(FaultKind.LINK_LOSS)

    def _apply_faults(self) -> None:
        if not self.faults:
            return
        self.pilot.motors_refused = self.suffers(FaultKind.MOTOR_REFUSAL)
        self._fence.rejects = self.suffers(FaultKind.FENCE_REJECTED)
        self._fence.corrupts = self.suffers(FaultKind.FENCE_CORRUPTED)
        body = self.pilot.body
        if self.suffers(FaultKind.BATTERY_SAG) and body.battery_pct > BATTERY_SAG_PCT:
            self.pilot.body = replace(body, battery_pct=BATTERY_SAG_PCT)
        if self.suffers(FaultKind.CAMERA_STUCK):
            self.pilot.body = replace(
                self.pilot.body, gimbal_goal_deg=_STUCK_PITCH_DEG, gimbal_pitch_deg=_STUCK_PITCH_DEG, recording=True
            )
        if not any(self.suffers(kind) for kind in self.faults):
            self.faults.clear()

    # --- reports ------------------------------------------------------------------------------------

    def _report(self) -> None:
        """Send the message of this slot: position every other one in flight, everything else in between."""
        self._slot = (self._slot + 1) % MAX_RATE_HZ
        rate = self._config.rate_hz if self.pilot.body.armed else self._config.idle_rate_hz
        if self._slot % (MAX_RATE_HZ // rate):
            return
        if self._slot == 0:
            self._send(reports.heartbeat(self.pilot))
        elif rate == MAX_RATE_HZ and self._slot % 2:
            self._send(reports.global_position(self.pilot, self._reported(), self._boot_ms))
        else:
            self._turn = (self._turn + 1) % len(self._rotation)
            sender, make = self._rotation[self._turn]
            self._send(make(), sender)

    def _build_rotation(self) -> list[tuple[Sender, Callable[[], Message]]]:
        pilot = self.pilot
        position = (
            Sender.AUTOPILOT,
            lambda: reports.global_position(pilot, self._reported(), self._boot_ms),
        )
        gimbal = (Sender.GIMBAL, lambda: reports.gimbal_attitude(pilot, self._boot_ms))
        battery = (Sender.AUTOPILOT, lambda: reports.sys_status(pilot))
        capture = (Sender.CAMERA, lambda: reports.camera_capture(pilot, self._boot_ms))
        return [
            position,
            (Sender.AUTOPILOT, lambda: reports.extended_sys_state(pilot)),
            gimbal,
            battery,
            capture,
            (Sender.AUTOPILOT, lambda: reports.attitude(pilot, self._boot_ms)),
            gimbal,
            (Sender.AUTOPILOT, lambda: reports.wind_cov(self._weather.now, self._boot_ms)),
            battery,
            (Sender.CAMERA, lambda: reports.component_heartbeat(mavlink.MAV_TYPE_CAMERA)),
            gimbal,
            (Sender.AUTOPILOT, lambda: reports.gps_raw(pilot, self._reported(), self._boot_ms)),
            (Sender.AUTOPILOT, lambda: reports.battery_status(pilot)),
            (Sender.GIMBAL, lambda: reports.component_heartbeat(mavlink.MAV_TYPE_GIMBAL)),
        ]

    def _report_changes(self) -> None:
        """What a ground station must not wait for: armed, landed, recording."""
        body = self.pilot.body
        if body.gimbal_pitch_deg != self._told_pitch_deg:  # gimbals stream while they turn
            self._told_pitch_deg = body.gimbal_pitch_deg
            self._send(reports.gimbal_attitude(self.pilot, self._boot_ms), Sender.GIMBAL)
        state = (body.armed, body.landed, body.recording)
        if state == self._told:
            return
        self._told = state
        self._send(reports.heartbeat(self.pilot))
        self._send(reports.extended_sys_state(self.pilot))
        self._send(reports.camera_capture(self.pilot, self._boot_ms), Sender.CAMERA)

    def _reported(self) -> Position:
        true = self.pilot.position
        return offset(true, GPS_GLITCH_M, 0.0) if self.suffers(FaultKind.GPS_GLITCH) else true

    @property
    def _boot_ms(self) -> int:
        return int(self.sim_s * 1000) & 0xFFFFFFFF

    # --- orders -------------------------------------------------------------------------------------

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Take one datagram (called by the loop)."""
        if self.suffers(FaultKind.LINK_LOSS):
            return
        for message in self._wires[Sender.AUTOPILOT].decode(data, _WANTED):
            self._peer = addr
            kind = message.get_type()
            if kind == "HEARTBEAT":
                if message.type == mavlink.MAV_TYPE_GCS:
                    self._ground_s = self._now_s
            elif message.target_system not in (0, self.spec.system_id):
                continue
            elif kind in _MISSION_TYPES:
                self._fence.received(message, self._now_s)
            elif kind == "COMMAND_LONG":
                self._command_long(message)
            elif kind == "COMMAND_INT":
                self._command_int(message)
            else:
                self._parameter(message, kind)
            self._report_changes()

    def _command_long(self, message: Message) -> None:
        params = [getattr(message, f"param{n}") for n in range(1, 8)]
        sender = _addressee(message.target_component)
        if message.command == mavlink.MAV_CMD_REQUEST_MESSAGE:
            requested = self._requested(int(params[0]), sender)
            self._ack(message, ACCEPTED if requested else UNSUPPORTED, sender)
            if requested is not None:
                self._send(requested, sender)
            return
        result = self.pilot.execute(message.command, params)
        if result == IN_PROGRESS:
            self._doors_asked_by = (message.get_srcSystem(), message.get_srcComponent())
        elif result == FAILED:
            self._send(reports.status_text("motors refused"))
        self._ack(message, result, sender)

    def _command_int(self, message: Message) -> None:
        if message.command == mavlink.MAV_CMD_DO_REPOSITION:
            params = (message.param1, message.param2, message.param3, message.param4)
            result = self.pilot.reposition(message.frame, params, message.x, message.y, message.z)
        else:
            params7 = [getattr(message, f"param{n}") for n in range(1, 5)] + [0.0, 0.0, message.z]
            result = self.pilot.execute(message.command, params7)
        self._ack(message, result, _addressee(message.target_component))

    def _requested(self, message_id: int, sender: Sender) -> Message | None:
        boot_ms, pilot = self._boot_ms, self.pilot
        makers: dict[int, Callable[[], Message]] = {
            mavlink.MAVLINK_MSG_ID_AUTOPILOT_VERSION: lambda: reports.autopilot_version(
                self.spec.system_id, self.software
            ),
            mavlink.MAVLINK_MSG_ID_HOME_POSITION: lambda: reports.home_position(pilot, boot_ms),
            mavlink.MAVLINK_MSG_ID_EXTENDED_SYS_STATE: lambda: reports.extended_sys_state(pilot),
            mavlink.MAVLINK_MSG_ID_GIMBAL_MANAGER_INFORMATION: lambda: reports.gimbal_manager_information(boot_ms),
        }
        if sender is Sender.CAMERA:
            makers = {
                mavlink.MAVLINK_MSG_ID_CAMERA_INFORMATION: lambda: reports.camera_information(boot_ms),
                mavlink.MAVLINK_MSG_ID_CAMERA_CAPTURE_STATUS: lambda: reports.camera_capture(pilot, boot_ms),
            }
        make = makers.get(message_id)
        return None if make is None else make()

    def _parameter(self, message: Message, kind: str) -> None:
        names = list(self.pilot.params)
        if kind == "PARAM_REQUEST_LIST":
            asked = names
        elif kind == "PARAM_REQUEST_READ" and message.param_index >= 0:
            asked = names[message.param_index : message.param_index + 1]
        else:
            asked = [message.param_id] if message.param_id in self.pilot.params else []
        if kind == "PARAM_SET" and asked and 0.0 < message.param_value <= MAX_PARAM:
            self.pilot.params[asked[0]] = float(message.param_value)
        for name in asked:
            self._send(
                mavlink.MAVLink_param_value_message(
                    name.encode(),
                    self.pilot.params[name],
                    mavlink.MAV_PARAM_TYPE_REAL32,
                    len(names),
                    names.index(name),
                )
            )

    def _fence_stored(self, ring: tuple[Position, ...]) -> None:
        self.pilot.fence = ring

    def _finish_doors(self) -> None:
        """Answer the door order at last: the ground waits for open doors, not for a started motor."""
        body = self.pilot.body
        if self._doors_asked_by is None or body.doors != body.doors_goal:
            return
        system, component = self._doors_asked_by
        self._doors_asked_by = None
        command = mavlink.MAV_CMD_DO_SET_RELAY
        self._send(mavlink.MAVLink_command_ack_message(command, ACCEPTED, 100, 0, system, component))

    # --- plumbing -----------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport (called by the loop)."""
        # asyncio's own UDP transport is not registered as a DatagramTransport, uvloop's is.
        self._transport = cast(asyncio.DatagramTransport, transport)

    def error_received(self, exc: Exception) -> None:
        """Ignore ICMP errors: the ground station went away."""

    def close(self) -> None:
        """Close the socket."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    def _ack(self, message: Message, result: int, sender: Sender) -> None:
        system, component = message.get_srcSystem(), message.get_srcComponent()
        ack = mavlink.MAVLink_command_ack_message(message.command, result, 0, 0, system, component)
        self._send(ack, sender)

    def _send(self, message: Message, sender: Sender = Sender.AUTOPILOT) -> None:
        if self._peer is None or self._transport is None or self.suffers(FaultKind.LINK_LOSS):
            return
        self._transport.sendto(self._wires[sender].encode(message), self._peer)


def _addressee(component: int) -> Sender:
    return Sender(component) if component in (Sender.CAMERA, Sender.GIMBAL) else Sender.AUTOPILOT
