"""The MAVLink command protocol: send, wait for COMMAND_ACK, resend a bounded number of times."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from typing import Literal

from pymavlink.dialects.v20 import common as mavlink

from necmergitur.adapters.mavlink.constants import COMMAND_ACK_S, COMMAND_ATTEMPTS, COMMAND_PROGRESS_S
from necmergitur.adapters.mavlink.wire import Message
from necmergitur.kernel.refusal import Refusal

Outcome = Literal[True] | Refusal
Send = Callable[[Message], None]

_ACCEPTED = int(mavlink.MAV_RESULT_ACCEPTED)
_IN_PROGRESS = int(mavlink.MAV_RESULT_IN_PROGRESS)
_TEMPORARILY_REJECTED = int(mavlink.MAV_RESULT_TEMPORARILY_REJECTED)


class Commander:
    """Commands of one link. One command of each id is in flight at a time; different ids do not wait."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._acks: dict[int, asyncio.Queue[int]] = {}
        self._turns: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)

    def acknowledged(self, message: Message) -> None:
        """Take a COMMAND_ACK; one nobody waits for is ignored (a late copy)."""
        queue = self._acks.get(message.command)
        if queue is not None and not queue.full():
            queue.put_nowait(message.result)

    async def run(self, command: int, make: Callable[[int], Message]) -> Outcome:
        """Send `make(confirmation)` until the vehicle accepts.

        Refusals: `command_refused` with the vehicle's result in `facts`, or `command_timeout`. A vehicle that
        answers "temporarily rejected" is asked again like one that does not answer.
        """
        async with self._turns[command]:
            # Eight answers outstanding are more than any vehicle sends for five requests.
            queue = self._acks[command] = asyncio.Queue(maxsize=8)
            try:
                return await self._attempts(command, make, queue)
            finally:
                del self._acks[command]

    async def _attempts(self, command: int, make: Callable[[int], Message], queue: asyncio.Queue[int]) -> Outcome:
        last: int | None = None
        for confirmation in range(COMMAND_ATTEMPTS):
            self._send(make(confirmation))
            result = await _next(queue, COMMAND_ACK_S)
            while result == _IN_PROGRESS:
                result = await _next(queue, COMMAND_PROGRESS_S)
            if result == _ACCEPTED:
                return True
            if result == _TEMPORARILY_REJECTED:
                last = result
                await asyncio.sleep(COMMAND_ACK_S)
            elif result is not None:
                return refused(command, result)
        if last is not None:
            return refused(command, last)
        return Refusal(rule="command_timeout", detail=f"the vehicle did not answer {name_of(command)}")


def refused(command: int, result: int) -> Refusal:
    """Return the refusal that names the command and the vehicle's MAV_RESULT."""
    entry = mavlink.enums["MAV_RESULT"].get(result)
    why = entry.name if entry else str(result)
    return Refusal(
        rule="command_refused",
        detail=f"the vehicle answered {why} to {name_of(command)}",
        facts={"command": name_of(command), "result": why},
    )


def name_of(command: int) -> str:
    """Return the MAV_CMD name of a command id."""
    entry = mavlink.enums["MAV_CMD"].get(command)
    return entry.name if entry else str(command)


async def _next(queue: asyncio.Queue[int], timeout_s: float) -> int | None:
    try:
        return await asyncio.wait_for(queue.get(), timeout_s)
    except TimeoutError:
        return None
