"""Orders: what a pilot last asked, passed to the drone until it is carried out or refused for good.

An order counts as obeyed only when the vehicle accepted it. One that is refused is told to the pilot.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

import structlog

from necmergitur.adapters.keeping import end
from necmergitur.adapters.mavlink.commands import Outcome
from necmergitur.adapters.mavlink.fleet import Fleet
from necmergitur.dispatch.missions import HOMEWARD, Mission
from necmergitur.kernel.ids import DroneId
from necmergitur.kernel.refusal import Refusal

log = structlog.get_logger(__name__)

DESCEND_TO_M = 30.0  # ours: low enough to see, above the trees of a boulevard
PATIENCE_S = 10.0  # an order that could not be passed on for this long would surprise: its pilot is told instead
AGAIN_S = 3.0  # a drone ordered home that does not go is ordered again this often
FINAL = frozenset({"command_refused", "altitude_outside_volume"})
# Phases in which nothing is left to order of a drone that was called home.
GOING_HOME = frozenset({"return", "land", "dock", "link_lost"})


class Orders:
    """The orders of all missions in flight; one at a time per drone, so that none waits for another's answer."""

    def __init__(
        self,
        fleet: Fleet,
        phases: Mapping[str, str],
        refused: Callable[[Mission, str], Awaitable[None]],
    ) -> None:
        """`phases` is what each drone does now; `refused` records that a mission's order met a rule."""
        self._fleet = fleet
        self._phases = phases
        self._refused = refused
        self._carried: dict[UUID, int] = {}  # the last order of each mission that is done with
        self._asked_s: dict[UUID, float] = {}
        self._since: dict[UUID, tuple[int, float]] = {}  # since when an order waits to be carried out
        self._tasks: dict[UUID, asyncio.Task[None]] = {}

    def begin(self, mission: Mission, *, adopted: bool) -> None:
        """A flight begins. One adopted obeys its standing order anew, unless that is just to fly on."""
        self._carried[mission.id] = mission.order_seq if adopted and mission.order == "fly" else 0

    def forget(self, mission_id: UUID) -> None:
        """The mission is over."""
        for kept in (self._carried, self._asked_s, self._since):
            kept.pop(mission_id, None)

    def follow(self, mission: Mission) -> None:
        """Pass the standing order on if it is not carried out yet."""
        if mission.id not in self._tasks and self._due(mission):
            task = asyncio.create_task(self._obey(mission), name=f"order-{mission.drone_id}")
            self._tasks[mission.id] = task
            task.add_done_callback(lambda done: self._done(mission, done))

    async def stop(self) -> None:
        """Leave what is under way."""
        await end(*self._tasks.values())

    def _done(self, mission: Mission, task: asyncio.Task[None]) -> None:
        self._tasks.pop(mission.id, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("order_failed", drone=mission.drone_id, order=mission.order, exc_info=error)

    def _due(self, mission: Mission) -> bool:
        if mission.order_seq != self._carried.get(mission.id, 0):
            return True
        if mission.order not in HOMEWARD or self._phases.get(mission.drone_id) in GOING_HOME:
            return False
        return asyncio.get_running_loop().time() - self._asked_s.get(mission.id, 0.0) > AGAIN_S

    async def _obey(self, mission: Mission) -> None:
        drone, loop = DroneId(mission.drone_id), asyncio.get_running_loop()
        if drone not in self._fleet.flying():
            return  # not handed to the fleet yet: the next comparison asks again
        seq, since_s = self._since.get(mission.id, (-1, 0.0))
        if seq != mission.order_seq:
            since_s = loop.time()
            self._since[mission.id] = (mission.order_seq, since_s)
        outcome = await self._give(drone, mission)
        self._asked_s[mission.id] = loop.time()
        if isinstance(outcome, Refusal):
            log.warning("order_refused", drone=mission.drone_id, order=mission.order, rule=outcome.rule)
            if outcome.rule == "no_flight":
                return
            if mission.order in HOMEWARD:
                # The flight itself asks again for what it entered. A landing is not kept while the link is lost: by
                # then it may be over a street.
                over = outcome.rule == "link_lost"
            else:
                over = outcome.rule in FINAL or loop.time() - since_s > PATIENCE_S
                if not over:
                    return
            if over:
                await self._refused(mission, outcome.rule)
        self._carried[mission.id] = mission.order_seq

    async def _give(self, drone: DroneId, mission: Mission) -> Outcome:
        match mission.order:
            case "fly":
                return await self._fleet.resume(drone)
            case "hold":
                return await self._fleet.hold(drone)
            case "descend":
                return await self._fleet.descend(drone, DESCEND_TO_M)
            case "return":
                return await self._fleet.abort(drone)
            case "land":
                return await self._fleet.land_now(drone)
