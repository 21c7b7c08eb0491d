"""The fence: a mission volume uploaded to the vehicle, read back from it, and compared.

MAVLink mission protocol with type fence (one inclusion polygon) for the ring; the ceiling is a parameter,
because polygon vertices carry no height in MAVLink.
"""

import asyncio
import math

import msgspec
from pymavlink.dialects.v20 import common as mavlink

from necmergitur.adapters.mavlink.commands import Outcome, Send
from necmergitur.adapters.mavlink.constants import (
    CEILING_TOLERANCE_M,
    DEGREES_E7,
    ITEM_ATTEMPTS,
    ITEM_TIMEOUT_S,
    MAX_ITEM_REQUESTS,
    TRANSFER_TIMEOUT_S,
)
from necmergitur.adapters.mavlink.wire import Message
from necmergitur.dispatch.tokens import MAX_RING_VERTICES, Volume
from necmergitur.kernel.refusal import Refusal

_FENCE = int(mavlink.MAV_MISSION_TYPE_FENCE)
_INCLUSION = int(mavlink.MAV_CMD_NAV_FENCE_POLYGON_VERTEX_INCLUSION)
_MISSION_ACCEPTED = int(mavlink.MAV_MISSION_ACCEPTED)
_REAL32 = int(mavlink.MAV_PARAM_TYPE_REAL32)
_TIMEOUT = Refusal(rule="fence_timeout", detail="the vehicle stopped answering during the fence transfer")

MESSAGE_IDS = frozenset(
    {
        mavlink.MAVLINK_MSG_ID_MISSION_REQUEST,
        mavlink.MAVLINK_MSG_ID_MISSION_REQUEST_INT,
        mavlink.MAVLINK_MSG_ID_MISSION_ACK,
        mavlink.MAVLINK_MSG_ID_MISSION_COUNT,
        mavlink.MAVLINK_MSG_ID_MISSION_ITEM_INT,
        mavlink.MAVLINK_MSG_ID_PARAM_VALUE,
    }
)


class Fence(msgspec.Struct, frozen=True):
    """A fence as vehicles store it: vertices (lon, lat) in 1e-7 degrees, and the ceiling above home."""

    vertices_e7: tuple[tuple[int, int], ...]
    ceiling_m: float

    def matches(self, other: "Fence") -> bool:
        """Return whether both hold the same vertices in the same order and the same ceiling."""
        return (
            self.vertices_e7 == other.vertices_e7
            and math.isfinite(self.ceiling_m)
            and abs(self.ceiling_m - other.ceiling_m) <= CEILING_TOLERANCE_M
        )


def fence_of(volume: Volume) -> Fence:
    """Return the fence that a vehicle must hold for `volume`."""
    ring = tuple((round(p.lon * DEGREES_E7), round(p.lat * DEGREES_E7)) for p in volume.ring)
    return Fence(ring, volume.ceiling_m)


class FenceTransfer:
    """Uploads and reads fences on one link, one transfer at a time."""

    def __init__(self, send: Send, *, system_id: int, component_id: int, ceiling_param: str) -> None:
        self._send = send
        self.system_id = system_id
        self._component_id = component_id
        self._ceiling_param = ceiling_param.encode()
        self._turn = asyncio.Lock()
        self._inbox: asyncio.Queue[Message] | None = None

    def received(self, message: Message) -> None:
        """Take a message of the mission or parameter protocol; outside a transfer it is ignored."""
        if self._inbox is not None and not self._inbox.full():
            self._inbox.put_nowait(message)

    async def upload(self, fence: Fence) -> Outcome:
        """Store `fence` on the vehicle. Refusals: `fence_rejected`, `fence_timeout`."""
        async with self._turn:
            self._inbox = asyncio.Queue(maxsize=MAX_ITEM_REQUESTS)
            try:
                outcome = await self._upload_ring(fence)
                return outcome and await self._upload_ceiling(fence.ceiling_m)
            finally:
                self._inbox = None

    async def read(self) -> Fence | Refusal:
        """Ask the vehicle what fence it holds. Refusals: `fence_unreadable`, `fence_timeout`."""
        async with self._turn:
            self._inbox = asyncio.Queue(maxsize=MAX_ITEM_REQUESTS)
            try:
                vertices = await self._read_ring()
                if isinstance(vertices, Refusal):
                    return vertices
                ceiling_m = await self._read_ceiling()
                return ceiling_m if isinstance(ceiling_m, Refusal) else Fence(vertices, ceiling_m)
            finally:
                self._inbox = None

    async def _upload_ring(self, fence: Fence) -> Outcome:
        count = len(fence.vertices_e7)
        start = self._make("mission_count", count=count, mission_type=_FENCE)
        message: Message | None = None
        for _ in range(ITEM_ATTEMPTS):
            self._send(start)
            message = await self._next(TRANSFER_TIMEOUT_S, "MISSION_REQUEST_INT", "MISSION_REQUEST", "MISSION_ACK")
            if message is not None:
                break
        for _ in range(MAX_ITEM_REQUESTS):
            if message is None:
                return _TIMEOUT
            if message.get_type() == "MISSION_ACK":
                if message.type == _MISSION_ACCEPTED:
                    return True
                return _rejected("MAV_MISSION_RESULT", message.type)
            if message.seq >= count:
                return Refusal(rule="fence_rejected", detail=f"the vehicle asked for vertex {message.seq} of {count}")
            lon_e7, lat_e7 = fence.vertices_e7[message.seq]
            self._send(self._vertex(message.seq, count, lon_e7, lat_e7))
            # The vehicle repeats its own requests, so silence here is one wait as long as all of its retries.
            message = await self._next(TRANSFER_TIMEOUT_S * 2, "MISSION_REQUEST_INT", "MISSION_REQUEST", "MISSION_ACK")
        return _TIMEOUT

    async def _upload_ceiling(self, ceiling_m: float) -> Outcome:
        request = self._make("param_set", param_id=self._ceiling_param, param_value=ceiling_m, param_type=_REAL32)
        value = await self._parameter(request)
        if isinstance(value, Refusal):
            return value
        if abs(value - ceiling_m) > CEILING_TOLERANCE_M:
            return Refusal(rule="fence_rejected", detail=f"the vehicle kept a ceiling of {value} m")
        return True

    async def _read_ring(self) -> tuple[tuple[int, int], ...] | Refusal:
        count: Message | None = None
        for _ in range(ITEM_ATTEMPTS):
            self._send(self._make("mission_request_list", mission_type=_FENCE))
            count = await self._next(TRANSFER_TIMEOUT_S, "MISSION_COUNT")
            if count is not None:
                break
        if count is None:
            return _TIMEOUT
        if count.count > MAX_RING_VERTICES:
            return Refusal(rule="fence_unreadable", detail=f"the vehicle holds {count.count} fence items")
        vertices = []
        for seq in range(count.count):
            item = await self._item(seq)
            if item is None:
                return _TIMEOUT
            if item.command != _INCLUSION or item.param1 != count.count:
                return Refusal(rule="fence_unreadable", detail=f"item {seq} is not a vertex of one inclusion polygon")
            vertices.append((int(item.y), int(item.x)))
        # x is latitude and y longitude in MISSION_ITEM_INT; ours is lon, lat everywhere.
        self._send(self._make("mission_ack", type=_MISSION_ACCEPTED, mission_type=_FENCE))
        return tuple(vertices)

    async def _item(self, seq: int) -> Message | None:
        for _ in range(ITEM_ATTEMPTS):
            self._send(self._make("mission_request_int", seq=seq, mission_type=_FENCE))
            item = await self._next(ITEM_TIMEOUT_S, "MISSION_ITEM_INT")
            while item is not None and item.seq != seq:
                item = await self._next(ITEM_TIMEOUT_S, "MISSION_ITEM_INT")
            if item is not None:
                return item
        return None

    async def _read_ceiling(self) -> float | Refusal:
        return await self._parameter(self._make("param_request_read", param_id=self._ceiling_param, param_index=-1))

    async def _parameter(self, request: Message) -> float | Refusal:
        for _ in range(ITEM_ATTEMPTS):
            self._send(request)
            reply = await self._next(ITEM_TIMEOUT_S, "PARAM_VALUE")
            if reply is not None:
                return float(reply.param_value)
        return _TIMEOUT

    async def _next(self, timeout_s: float, *types: str) -> Message | None:
        """Return the next fence message of one of `types`, or None after `timeout_s`. Others are dropped."""
        assert self._inbox is not None
        loop = asyncio.get_running_loop()
        until = loop.time() + timeout_s
        while (left_s := until - loop.time()) > 0:
            try:
                message = await asyncio.wait_for(self._inbox.get(), left_s)
            except TimeoutError:
                return None
            kind = message.get_type()
            if kind in types and self._is_ours(message, kind):
                return message
        return None

    def _is_ours(self, message: Message, kind: str) -> bool:
        if kind == "PARAM_VALUE":
            return bool(message.param_id.encode() == self._ceiling_param)
        return bool(message.mission_type == _FENCE)

    def _vertex(self, seq: int, count: int, lon_e7: int, lat_e7: int) -> Message:
        return self._make(
            "mission_item_int",
            seq=seq,
            frame=mavlink.MAV_FRAME_GLOBAL,
            command=_INCLUSION,
            current=0,
            autocontinue=0,
            param1=count,
            param2=0,
            param3=0,
            param4=0,
            x=lat_e7,
            y=lon_e7,
            z=0,
            mission_type=_FENCE,
        )

    def _make(self, name: str, **fields: object) -> Message:
        kind = getattr(mavlink, f"MAVLink_{name}_message")
        return kind(target_system=self.system_id, target_component=self._component_id, **fields)


def _rejected(enum: str, value: int) -> Refusal:
    entry = mavlink.enums[enum].get(value)
    return Refusal(rule="fence_rejected", detail=f"the vehicle answered {entry.name if entry else value}")
