"""One evening, played: callers, pilots, operators and drones around the production operations.

What decides is the code the engine runs: intake, dispatching, flying, timers, incidents. What is simulated is
the world: the store (the twin), the clock, the fleet and the people.
"""

import math
import random
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Protocol
from uuid import UUID

import msgspec

from necmergitur.dispatch.incidents import Person, Rung
from necmergitur.dispatch.missions import Mission
from necmergitur.dispatch.tokens import Signer
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import dispatching, flying, incidents, intake, timers
from necmergitur.operations.intake import Ground, Received
from necmergitur.signals.press import Press, StatedPosition
from necmergitur.sim.clock import VirtualClock
from necmergitur.sim.evening import constants as c
from necmergitur.sim.evening.agenda import Agenda
from necmergitur.sim.evening.callers import Call
from necmergitur.sim.evening.fleet import EveningFleet, Flight
from necmergitur.sim.twin.store import TwinStore

START = datetime(2026, 6, 21, 18, 0, tzinfo=UTC)


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How many calls an hour, for how long, and whether people take their time."""

    per_hour: float
    measured: int
    warm_up_h: float = 1.5
    human: bool = True
    on_scene_s: float = 720.0


class Outcome(msgspec.Struct, kw_only=True):
    """What came of an evening. Times run from the press to the drone standing over the scene."""

    on_scene_s: list[float] = msgspec.field(default_factory=list)
    watched_s: list[float] = msgspec.field(default_factory=list)
    not_served: int = 0
    merged: int = 0
    escalated: int = 0
    passed_on: int = 0
    waited: int = 0
    deeds: int = 0
    reasons: dict[str, int] = msgspec.field(default_factory=dict)


class _Silent:
    """Signs nothing: no vehicle here checks a signature."""

    def sign(self, message: bytes) -> bytes:
        del message
        return b""


class Source(Protocol):
    """Where calls come from."""

    def call(self) -> Call:
        """Return the next call."""
        ...

    def witness(self, call: Call) -> Call | None:
        """Return a call for the same thing from beside it."""
        ...


class Evening:
    """Plays a plan on a store."""

    def __init__(
        self, store: TwinStore, fleet: EveningFleet, clock: VirtualClock, ground: Ground, source: Source
    ) -> None:
        """`fleet` flies by `clock`; calls come from `source`."""
        self._store, self._fleet, self._ground, self._source = store, fleet, ground, source
        self._clock = clock
        self._agenda = Agenda(clock)
        self._signer: Signer = _Silent()
        self._operator = Person(1_000_000, "Operator")
        self._flights: dict[UUID, Flight] = {}
        self._asked: dict[UUID, int] = {}
        self._retrying = False
        self._seq = 0
        self.outcome = Outcome()

    def play(self, plan: Plan, seed: int) -> Outcome:
        """Play `plan` to its end."""
        # Callers and people draw apart, so that the same calls come whether people take their time or not.
        self._plan, self._chance = plan, random.Random(seed)  # noqa: S311  an evening
        self._people = random.Random(seed)  # noqa: S311  an evening
        warm = timedelta(hours=plan.warm_up_h)
        self._measured_from = self._clock.now() + warm
        self._measured_to = self._measured_from + timedelta(hours=plan.measured / plan.per_hour)
        self._agenda.after(self._gap_s(), self._next_call)
        self._agenda.after(c.CALL_BACK_S * 60, self._call_back)
        self.outcome.deeds = self._agenda.run()
        return self.outcome

    def _gap_s(self) -> float:
        return self._chance.expovariate(self._plan.per_hour / 3_600)

    # --- callers --------------------------------------------------------------------------------------

    def _next_call(self) -> None:
        if self._clock.now() >= self._measured_to:
            return
        call = self._source.call()
        press = self._press(call)
        if self._chance.random() < c.RESENT_SHARE:
            self._agenda.after(c.RESENT_AFTER_S, lambda: self._take(press))
        if self._chance.random() < c.PRESSED_AGAIN_SHARE:
            self._agenda.after(c.PRESSED_AGAIN_AFTER_S, lambda: self._press(call))
        if self._chance.random() < c.WITNESS_SHARE:
            witness = self._source.witness(call)
            if witness is not None:
                self._agenda.after(self._chance.uniform(*c.WITNESS_AFTER_S), lambda: self._press(witness))
        self._agenda.after(self._gap_s(), self._next_call)

    def _press(self, call: Call) -> Press:
        self._seq += 1
        place = call.place
        stated = None if place is None else StatedPosition(lon=place.lon, lat=place.lat, accuracy_m=10.0)
        now = self._clock.now()
        press = Press(device=call.device, boot_id=1, seq=self._seq, kind=call.kind, claimed_time=now, position=stated)
        self._take(press)
        return press

    def _take(self, press: Press) -> None:
        now = self._clock.now()
        (answer,) = intake.take(self._store, [Received(press, now)], self._ground, now)
        assert answer.lit, "a call was not taken"
        assert answer.incident_id is not None
        if answer.duplicate:
            return
        if answer.incident_id in self._asked:
            self.outcome.merged += 1
            return
        self._asked[answer.incident_id] = 0
        self._attend(answer.incident_id)
        self._decide(refused_too=False)

    # --- operators ------------------------------------------------------------------------------------

    def _attend(self, incident_id: UUID) -> None:
        slow = self._people.random() < c.OPERATOR_SLOW_SHARE
        sees_s = c.OPERATOR_SLOW_S if slow else self._people.uniform(*c.OPERATOR_SEES_S)
        self._agenda.after(10.0, self._escalate)
        steps: tuple[tuple[Rung, float], ...] = (
            ("seen", sees_s),
            ("acknowledged", sees_s + c.OPERATOR_ACKNOWLEDGES_S),
            ("acting", sees_s + c.OPERATOR_ACTS_S),
        )
        for rung, after_s in steps:
            self._agenda.after(after_s, partial(self._climb, incident_id, rung))
        self._agenda.after(c.GIVEN_UP_AFTER_S, lambda: self._give_up(incident_id))

    def _climb(self, incident_id: UUID, rung: Rung) -> None:
        incidents.climb(self._store, incident_id, rung, self._operator, self._clock.now())

    def _escalate(self) -> None:
        self.outcome.escalated += timers.escalate_due(self._store, self._clock.now())

    def _give_up(self, incident_id: UUID) -> None:
        with self._store.transaction() as tx:
            incident, missions = tx.incident(incident_id), tx.missions_of(incident_id)
        if incident is None or incident.state != "open" or any(m.state != "ended" for m in missions):
            return
        if self._counts(incident.opened_at):
            self.outcome.not_served += 1
        incidents.close(self._store, incident_id, "handed_over", self._operator, self._clock.now())

    def _counts(self, opened_at: datetime) -> bool:
        return self._measured_from <= opened_at < self._measured_to

    # --- dispatch -------------------------------------------------------------------------------------

    def _decide(self, *, refused_too: bool) -> None:
        done = dispatching.offer_pending(self._store, self._fleet, self._clock.now(), refused_too=refused_too)
        for mission in done.offered:
            self._fleet.prepare(mission.drone_id)
            self._ask(mission)
        for _, rule in done.refused:
            self.outcome.reasons[rule] = self.outcome.reasons.get(rule, 0) + 1
        if done.refused and not self._retrying:
            self._retrying = True
            self._agenda.after(c.RETRY_S, self._retry)

    def _retry(self) -> None:
        self._retrying = False
        self.outcome.waited += 1
        self._decide(refused_too=True)

    def _ask(self, mission: Mission) -> None:
        """Let the pilot the mission is offered to answer, or not."""
        delay_s = 0.0
        if self._plan.human:
            delay_s = self._people.lognormvariate(math.log(c.PILOT_MEDIAN_S), c.PILOT_SIGMA)
            if self._people.random() < c.PILOT_IGNORES_SHARE:
                delay_s = 1_000.0
        asked = len(mission.tried_pilots)
        self._agenda.after(delay_s, lambda: self._answer(mission, asked))
        if mission.offer_expires_at is not None:
            self._agenda.at(mission.offer_expires_at, lambda: self._expire(mission.id, asked))

    def _answer(self, mission: Mission, asked: int) -> None:
        now = self._clock.now()
        assert mission.pilot_id is not None
        if not self._still_asked(mission.id, asked):
            return
        accepted = flying.accept(self._store, mission.id, Person(mission.pilot_id, mission.pilot_name), now)
        if isinstance(accepted, Refusal):
            return
        token = flying.token_for(self._store, mission.id, self._signer, now)
        if isinstance(token, Refusal):
            flying.ended(self._store, mission.id, token.rule, now)
        else:
            self._agenda.at(token.not_before, lambda: self._launch(mission))

    def _expire(self, mission_id: UUID, asked: int) -> None:
        if not self._still_asked(mission_id, asked):
            return
        self.outcome.passed_on += dispatching.pass_on_expired(self._store, self._clock.now())
        self._agenda.after(c.PILOT_RESUMES_S, self._store.resume_offers)
        with self._store.transaction() as tx:
            mission = tx.mission(mission_id)
        assert mission is not None
        if mission.state == "offered":
            self._ask(mission)
        else:
            self._fleet.unprepare(mission.drone_id)
            self._decide(refused_too=True)

    def _still_asked(self, mission_id: UUID, asked: int) -> bool:
        with self._store.transaction() as tx:
            mission = tx.mission(mission_id)
        return mission is not None and mission.state == "offered" and len(mission.tried_pilots) == asked

    def _call_back(self) -> None:
        """The engine looks every second; here nothing ends a flight's ground but what `_leave` sees."""
        flying.call_back_unfounded(self._store, self._clock.now())
        if self._clock.now() < self._measured_to:
            self._agenda.after(c.CALL_BACK_S * 60, self._call_back)

    # --- flight ---------------------------------------------------------------------------------------

    def _launch(self, mission: Mission) -> None:
        launched = flying.launched(self._store, mission.id, self._clock.now())
        if isinstance(launched, Refusal):
            flying.ended(self._store, mission.id, launched.rule, self._clock.now())
            self._fleet.unprepare(mission.drone_id)
            return
        flight = self._fleet.launch(mission.drone_id, mission.target)
        self._flights[mission.id] = flight
        self._agenda.at(flight.lifts_at, lambda: self._reach(mission, "climb"))
        self._agenda.at(flight.cruises_at, lambda: self._reach(mission, "transit"))
        self._agenda.at(flight.arrives_at, lambda: self._arrive(mission))

    def _reach(self, mission: Mission, phase: str) -> None:
        flying.reached(self._store, mission.id, phase, self._clock.now())

    def _arrive(self, mission: Mission) -> None:
        now, flight = self._clock.now(), self._flights[mission.id]
        self._reach(mission, "on_scene")
        with self._store.transaction() as tx:
            incident = tx.incident(mission.incident_id)
        assert incident is not None
        leaves_at = min(now + timedelta(seconds=self._plan.on_scene_s), flight.must_leave_at)
        if self._counts(incident.opened_at):
            self.outcome.on_scene_s.append((now - incident.opened_at).total_seconds())
            self.outcome.watched_s.append((leaves_at - now).total_seconds())
        self._agenda.at(leaves_at, lambda: self._leave(mission))

    def _leave(self, mission: Mission) -> None:
        """The work is done: the operator closes, which calls the drone home."""
        incidents.close(self._store, mission.incident_id, "helped", self._operator, self._clock.now())
        self._reach(mission, "return")
        self._agenda.after(self._fleet.home_s(self._flights[mission.id]), lambda: self._dock(mission))

    def _dock(self, mission: Mission) -> None:
        self._fleet.dock(mission.drone_id)
        self._reach(mission, "dock")
        flying.ended(self._store, mission.id, "docked", self._clock.now())
        del self._flights[mission.id]
