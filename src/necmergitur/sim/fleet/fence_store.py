"""The vehicle's side of the fence upload and read-back (MAVLink mission protocol, type fence)."""

from collections.abc import Callable

from pymavlink.dialects.v20 import common as mavlink

from necmergitur.adapters.mavlink.wire import Message
from necmergitur.kernel.geo import Position
from necmergitur.sim.fleet.constants import ITEM_ATTEMPTS, ITEM_TIMEOUT_S, MAX_FENCE_ITEMS, MIN_FENCE_ITEMS

_FENCE = int(mavlink.MAV_MISSION_TYPE_FENCE)
_INCLUSION = int(mavlink.MAV_CMD_NAV_FENCE_POLYGON_VERTEX_INCLUSION)


class FenceStore:
    """Receives, holds and gives back one inclusion polygon."""

    def __init__(self, send: Callable[[Message], None], on_stored: Callable[[tuple[Position, ...]], None]) -> None:
        """`send` answers whoever asked last; `on_stored` is told the ring after a complete upload."""
        self._send = send
        self._on_stored = on_stored
        self.rejects = False
        self.corrupts = False
        self.items: tuple[Message, ...] = ()
        self._coming: list[Message] = []
        self._expected = 0
        self._asker = (0, 0)
        self._deadline_s = 0.0
        self._attempts = 0

    def received(self, message: Message, now_s: float) -> None:
        """Take a message of the mission protocol."""
        if message.mission_type != _FENCE:
            if message.get_type() in ("MISSION_COUNT", "MISSION_REQUEST_LIST", "MISSION_CLEAR_ALL"):
                self._answer_from(message)
                self._ack(mavlink.MAV_MISSION_UNSUPPORTED, message.mission_type)
            return
        kind = message.get_type()
        self._answer_from(message)
        if kind == "MISSION_COUNT":
            self._begin(message.count, now_s)
        elif kind == "MISSION_ITEM_INT":
            self._take(message, now_s)
        elif kind == "MISSION_REQUEST_LIST":
            system, component = self._asker
            self._send(mavlink.MAVLink_mission_count_message(system, component, len(self.items), _FENCE))
        elif kind == "MISSION_REQUEST_INT":
            self._give(message.seq)
        elif kind == "MISSION_CLEAR_ALL":
            self._store([])

    def tick(self, now_s: float) -> None:
        """Ask again for a vertex that did not come; give up after five times."""
        if self._expected and now_s >= self._deadline_s:
            if self._attempts >= ITEM_ATTEMPTS:
                self._expected = 0
                self._ack(mavlink.MAV_MISSION_OPERATION_CANCELLED)
            else:
                self._request(now_s)

    def _answer_from(self, message: Message) -> None:
        self._asker = (message.get_srcSystem(), message.get_srcComponent())

    def _begin(self, count: int, now_s: float) -> None:
        if self.rejects:
            self._ack(mavlink.MAV_MISSION_DENIED)
        elif count > MAX_FENCE_ITEMS:
            self._ack(mavlink.MAV_MISSION_NO_SPACE)
        elif count == 0:
            self._store([])
        else:
            self._coming, self._expected, self._attempts = [], count, 0
            self._request(now_s)

    def _take(self, item: Message, now_s: float) -> None:
        if not self._expected or item.seq != len(self._coming):
            return
        if item.command != _INCLUSION or item.param1 != self._expected or self._expected < MIN_FENCE_ITEMS:
            self._expected = 0
            self._ack(mavlink.MAV_MISSION_INVALID_PARAM1)
            return
        self._coming.append(item)
        self._attempts = 0
        if len(self._coming) < self._expected:
            self._request(now_s)
        else:
            self._expected = 0
            self._store(self._coming)

    def _store(self, items: list[Message]) -> None:
        if self.corrupts and items:
            items[0].x += 100_000  # about a kilometre north
        self.items = tuple(items)
        self._on_stored(tuple(Position(item.y / 1e7, item.x / 1e7) for item in items))
        self._ack(mavlink.MAV_MISSION_ACCEPTED)

    def _give(self, seq: int) -> None:
        if seq >= len(self.items):
            self._ack(mavlink.MAV_MISSION_INVALID_SEQUENCE)
            return
        item = self.items[seq]
        system, component = self._asker
        self._send(
            mavlink.MAVLink_mission_item_int_message(
                system,
                component,
                seq,
                item.frame,
                item.command,
                0,
                0,
                item.param1,
                item.param2,
                0.0,
                0.0,
                item.x,
                item.y,
                item.z,
                _FENCE,
            )
        )

    def _request(self, now_s: float) -> None:
        self._attempts += 1
        self._deadline_s = now_s + ITEM_TIMEOUT_S
        system, component = self._asker
        self._send(mavlink.MAVLink_mission_request_int_message(system, component, len(self._coming), _FENCE))

    def _ack(self, result: int, mission_type: int = _FENCE) -> None:
        system, component = self._asker
        self._send(mavlink.MAVLink_mission_ack_message(system, component, result, mission_type))
