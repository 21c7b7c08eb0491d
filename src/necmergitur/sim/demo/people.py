"""Simulated people: pilots who accept and report, an operator for the calls nobody in the room made.

They call the same operations as a person's browser does. A call pressed by a visitor is left to visitors.
"""

import asyncio
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import structlog

from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.dispatch.incidents import Incident, Person
from necmergitur.dispatch.missions import Mission
from necmergitur.dispatch.observations import ObservationFacts
from necmergitur.kernel.ids import DroneId
from necmergitur.operations import flying, incidents, observing, shifts
from necmergitur.operations.ports import Unreachable, VersionConflict
from necmergitur.sim.demo.prepare import simulated_pilots
from necmergitur.sim.fleet.scene import Sight

log = structlog.get_logger(__name__)

TICK_S = 0.5
OPERATOR = Person(9_100_001, "Simulated operator (demo)")
ACCEPT_S = (1.5, 4.0)
REPORT_S = (5.0, 12.0)
RETURN_S = (45.0, 90.0)
OPERATOR_ACKNOWLEDGES_S = (3.0, 8.0)
OPERATOR_ACTS_S = (10.0, 25.0)
OPERATOR_CLOSES_S = (120.0, 240.0)
NOTHING: tuple[str, UUID] = ("", UUID(int=0))


class Scene(msgspec.Struct, frozen=True):
    """What happened there: what the pilot files, and what the camera shows, which agree."""

    facts: ObservationFacts
    words: str
    sight: Sight


SCENES: dict[str, list[Scene]] = {
    "sos": [
        Scene(
            ObservationFacts(people_down=1, crowd_size=6),
            "One person on the ground, others around. Access from the avenue.",
            Sight(1, 6, smoke=False),
        ),
        Scene(ObservationFacts(nothing_seen=True), "Nobody near the post. Street calm.", Sight(0, 0, smoke=False)),
        Scene(
            ObservationFacts(crowd_size=20),
            "Argument outside a bar, about twenty people, nobody down.",
            Sight(0, 20, smoke=False),
        ),
    ],
    "medical": [
        Scene(
            ObservationFacts(people_down=1),
            "One person lying, one kneeling beside. Pavement clear.",
            Sight(1, 1, smoke=False),
        )
    ],
    "fire": [
        Scene(
            ObservationFacts(fire=True, smoke=True, access_blocked=True),
            "Flames on the second floor, street blocked by a van.",
            Sight(0, 4, smoke=True),
        )
    ],
    "violence": [
        Scene(
            ObservationFacts(crowd_size=12, people_down=2),
            "Two people down, a group leaving on foot.",
            Sight(2, 12, smoke=False),
        )
    ],
}


def scene_of(incident: Incident) -> Scene:
    """Return what happens at an incident: whoever flies there sees the same."""
    return random.Random(str(incident.id)).choice(SCENES.get(incident.kind, SCENES["sos"]))  # noqa: S311 -- a story


class People:
    """Everyone simulated. `is_ours` tells a scripted call from a visitor's."""

    def __init__(
        self, store: PostgresStore, seed: int, is_ours: Callable[[str], bool], sights: dict[DroneId, Sight]
    ) -> None:
        """Act on `store`, with a seeded temper. `sights`: what each drone's camera shows, set here."""
        self._store = store
        self._sights = sights
        self._rng = random.Random(seed)  # noqa: S311 -- a temper, not a secret
        self._is_ours = is_ours
        self._pilots = {p.id: p for p in simulated_pilots()}
        self._due: dict[tuple[str, UUID], datetime] = {}
        self._done: set[tuple[str, UUID]] = set()
        self._last = NOTHING  # what is being done now

    async def run(self) -> None:
        """Live until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(TICK_S)
            await loop.run_in_executor(None, self.turn)

    def turn(self) -> None:
        """Do what is due. Whoever was not quick enough, or found nothing that keeps it, hesitates again."""
        try:
            self._tick()
        except (Unreachable, VersionConflict):
            self._done.discard(self._last)
        except Exception:
            log.exception("people_failed")

    def _tick(self) -> None:
        now, self._last = datetime.now(UTC), NOTHING
        with self._store.transaction() as tx:
            missions = tx.live_missions()
            open_incidents = {m.incident_id: tx.incident(m.incident_id) for m in missions}
        for mission in missions:
            incident = open_incidents.get(mission.incident_id)
            if incident is not None:
                self._sights[DroneId(mission.drone_id)] = scene_of(incident).sight
                if mission.pilot_id in self._pilots:
                    self._fly(mission, incident, self._pilots[mission.pilot_id], now)
        self._operate(now)
        self._keep_on_shift(now)

    def _after(self, what: str, key: UUID, between: tuple[float, float], now: datetime) -> bool:
        """Return True once, some seconds after it was first asked."""
        name = (what, key)
        if name in self._done:
            return False
        due = self._due.setdefault(name, now + timedelta(seconds=self._rng.uniform(*between)))
        if now < due:
            return False
        self._done.add(name)
        self._last = name
        del self._due[name]
        return True

    def _fly(self, mission: Mission, incident: Incident, pilot: Person, now: datetime) -> None:
        if mission.state == "offered" and self._after(f"accept-{pilot.id}", mission.id, ACCEPT_S, now):
            flying.accept(self._store, mission.id, pilot, now)
        elif mission.phase == "on_scene" and incident.state == "open":
            if self._after("report", mission.id, REPORT_S, now):
                scene = scene_of(incident)
                observing.file_observation(self._store, incident.id, mission.id, scene.facts, scene.words, pilot, now)
            if self._after("home", mission.id, RETURN_S, now) and mission.order == "fly":
                flying.order(self._store, mission.id, "return", pilot, now)

    def _operate(self, now: datetime) -> None:
        """Look after the scripted calls, so that a visitor's own stay on top."""
        self._last = NOTHING
        for incident_id, device_id, rung in self._open_incidents():
            if not self._is_ours(device_id):
                continue
            if rung == "received" and self._after("acknowledge", incident_id, OPERATOR_ACKNOWLEDGES_S, now):
                incidents.climb(self._store, incident_id, "acknowledged", OPERATOR, now)
            elif rung == "acknowledged" and self._after("act", incident_id, OPERATOR_ACTS_S, now):
                incidents.climb(self._store, incident_id, "acting", OPERATOR, now)
            elif rung == "acting" and self._after("close", incident_id, OPERATOR_CLOSES_S, now):
                outcome = self._rng.choice(["helped", "helped", "false_alarm", "handed_over"])
                incidents.close(self._store, incident_id, outcome, OPERATOR, now)

    def _open_incidents(self) -> list[tuple[Any, ...]]:
        with self._store.cursor() as cursor:
            return cursor.execute(
                "SELECT DISTINCT ON (i.id) i.id, s.device_id, i.rung FROM incident i "
                "JOIN signal s ON s.incident_id = i.id WHERE i.state = 'open' ORDER BY i.id, s.received_at"
            ).fetchall()

    def _keep_on_shift(self, now: datetime) -> None:
        """Start the next shift of a pilot whose last one ended, and resume one whose offers paused unanswered."""
        self._last = NOTHING
        if now.second != 0:
            return
        for pilot in self._pilots.values():
            shifts.start_shift(self._store, pilot, shifts.SHIFT_MAX, now)
        with self._store.transaction() as tx:
            paused = [p.user_id for p in tx.pilots_on_shift(now) if p.paused and p.user_id in self._pilots]
        for user_id in paused:
            shifts.pause_shift(self._store, self._pilots[user_id], paused=False, now=now)
