"""Everything at once, at random, from a seed: callers, people, pilots, drones, engines, judges, crashes.

Played on any store. Whatever happens, `verdict` must find every promise kept.
"""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from necmergitur.dispatch.incidents import OUTCOMES, Person
from necmergitur.dispatch.missions import ORDERS
from necmergitur.governance.authorisations import CALLS_FOR_HELP, RECORD_OF_DECISIONS
from necmergitur.kernel.ids import IdSource
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import authorising, dispatching, flying, incidents, intake, timers
from necmergitur.operations.intake import Answer, Ground, Received
from necmergitur.operations.ports import Store, Transaction, Unreachable
from necmergitur.signals.press import Press, StatedPosition, possible_press
from tests.operations.scene import Scene
from tests.operations.town import CANCEL, DEVICES, DURESS, FLIGHTS, MIDDLE, START, Fleet, flights, place

PEOPLE = [Person(n, f"Person {n}") for n in range(101, 105)]
PILOTS = [Person(n, f"Pilot {n}") for n in range(1, 4)]
PHASES = ["open_dock", "climb", "transit", "on_scene", "return", "dock", "link_lost", "hold"]
ENDS = ["docked", "link_lost", "arm_refused", "failed"]
DEVICE_IDS = [d.id for d in DEVICES]
PERSONAL = {d.id for d in DEVICES if d.kind == "personal"}


class Crash(Exception):
    """The process died before its commit."""


class ShakyStore:
    """A store whose database is sometimes away and whose process sometimes dies before the commit."""

    def __init__(self, store: Store, chance: random.Random, crash_share: float) -> None:
        self.inner, self._chance, self._crash_share = store, chance, crash_share
        self.away = False

    @property
    def ids(self) -> IdSource:
        return self.inner.ids

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        if self.away:
            raise Unreachable("away")
        dies = self._chance.random() < self._crash_share
        with self.inner.transaction() as tx:
            yield tx
            if dies:
                raise Crash


class Turmoil:
    """One run: `play` some steps, then `settle`."""

    def __init__(self, store: Store, seed: int, *, crash_share: float = 0.03) -> None:
        self.chance = random.Random(seed)
        self.store = ShakyStore(store, random.Random(seed + 1), crash_share)
        self.fleet = Fleet()
        self.now = START
        self.sent: dict[tuple[str, int, int], tuple[Press, bytes]] = {}
        self.answers: dict[tuple[str, int, int], Answer] = {}
        self._seq = 0
        self._laws = [FLIGHTS]
        self._incidents: list[UUID] = []
        self._missions: list[UUID] = []

    # --- playing --------------------------------------------------------------------------------------

    def play(self, steps: int) -> None:
        deeds: list[tuple[int, Callable[[], object]]] = [
            (20, self._press),
            (5, self._repeat),
            (4, self._batch),
            (4, self._cancel),
            (25, self._round),
            (18, self._accept),
            (18, self._flight),
            (4, self._pilot),
            (14, self._people),
            (3, self._merge_and_split),
            (2, self._law),
            (3, self._weather),
            (1, self._outage),
        ]
        weights = [weight for weight, _ in deeds]
        for _ in range(steps):
            self.now += timedelta(seconds=self.chance.choice([0.0, 0.2, 1.0, 3.0, 9.0, 20.0]))
            (deed,) = self.chance.choices([deed for _, deed in deeds], weights)
            try:
                deed()
            except (Crash, Unreachable):
                continue

    def settle(self) -> None:
        """Let the storm pass: everything works again, drones come home, every unlit press is repeated."""
        self.store.away, self.store._crash_share = False, 0.0
        for drone_id in self.fleet.now:
            self.fleet.change(drone_id, battery_pct=100.0, link_pct=100.0, wind_m_s=3.0, linked=True, docked=True)
        for key, (press, pin) in self.sent.items():
            if key not in self.answers:
                self._take([(press, pin)])
        for _ in range(3):
            self.now += timedelta(seconds=10)
            self._round(refused_too=True)
            with self.store.transaction() as tx:
                live = tx.live_missions()
            for mission in live:
                flying.ended(self.store, mission.id, "docked", self.now)
        self.now += timedelta(seconds=10)
        self._round(refused_too=True)

    # --- callers --------------------------------------------------------------------------------------

    def _new_press(self) -> tuple[Press, bytes]:
        self._seq += 1
        device = self.chance.choice(DEVICE_IDS)
        if self.chance.random() < 0.05:
            return possible_press(device, str(self._seq).encode()), b""
        kind = self.chance.choice(["sos", "sos", "sos", "medical", "fire", "violence", "test"])
        kind = "synthetic" if device == "S-1" else kind
        stated = None
        if device in PERSONAL and self.chance.random() < 0.9:
            there = place(self.chance.uniform(-1_300, 1_300), self.chance.uniform(-1_300, 1_300))
            stated = StatedPosition(lon=there.lon, lat=there.lat, accuracy_m=self.chance.choice([5.0, 33.3, 400.0]))
        claimed = self.now - timedelta(seconds=self.chance.choice([0, 1, 5_000]))
        press = Press(device=device, boot_id=1, seq=self._seq, kind=kind, claimed_time=claimed, position=stated)
        return press, b""

    def _take(self, batch: list[tuple[Press, bytes]]) -> None:
        for press, pin in batch:
            self.sent.setdefault(press.key, (press, pin))
        received = [Received(press, self.now, pin) for press, pin in batch]
        for answer in intake.take(self.store, received, Ground(MIDDLE), self.now):
            assert answer.lit, f"lamp dark for a known device: {answer}"
            before = self.answers.setdefault(answer.key, answer)
            assert (before.signal_id, before.lit) == (answer.signal_id, True), "another answer for the same press"
            if answer.incident_id is not None and answer.incident_id not in self._incidents:
                self._incidents.append(answer.incident_id)

    def _press(self) -> None:
        self._take([self._new_press()])

    def _batch(self) -> None:
        self._take([self._new_press() for _ in range(self.chance.randint(2, 12))])

    def _repeat(self) -> None:
        if self.sent:
            self._take([self.chance.choice(list(self.sent.values()))])

    def _cancel(self) -> None:
        self._seq += 1
        press = Press(device=self.chance.choice(sorted(PERSONAL)), boot_id=1, seq=self._seq, kind="cancel")
        self._take([(press, self.chance.choice([CANCEL, CANCEL, DURESS, b"?" * 32, b""]))])

    # --- engine ---------------------------------------------------------------------------------------

    def _round(self, *, refused_too: bool | None = None) -> None:
        timers.escalate_due(self.store, self.now)
        dispatching.pass_on_expired(self.store, self.now)
        flying.call_back_unfounded(self.store, self.now)
        again = self.chance.random() < 0.4 if refused_too is None else refused_too
        done = dispatching.offer_pending(self.store, self.fleet, self.now, refused_too=again)
        self._missions += [m.id for m in done.offered]
        dispatching.rehearse(self.store, self.fleet, self.now)

    def _flight(self) -> None:
        with self.store.transaction() as tx:
            live = tx.live_missions()
        if not live:
            return
        mission = self.chance.choice(live)
        deed = self.chance.random()
        if deed < 0.45:
            flying.launched(self.store, mission.id, self.now)
            self.fleet.change(mission.drone_id, docked=False)
        elif deed < 0.8:
            flying.reached(self.store, mission.id, self.chance.choice(PHASES), self.now)
        elif deed < 0.85:
            flying.breached(self.store, mission.id, "camera_not_level", -20.0, self.now)
        elif mission.state == "flying" or self.chance.random() < 0.2:
            flying.ended(self.store, mission.id, self.chance.choice(ENDS), self.now)
            self.fleet.change(mission.drone_id, docked=True, battery_pct=self.chance.choice([34.0, 70.0, 100.0]))

    # --- pilots ---------------------------------------------------------------------------------------

    def _accept(self) -> None:
        with self.store.transaction() as tx:
            waiting = [m for m in tx.live_missions() if m.state == "offered"]
        if waiting:
            mission = self.chance.choice(waiting)
            right = next(p for p in PILOTS if p.id == mission.pilot_id)
            if self.chance.random() < 0.15:
                dispatching.decline(self.store, mission.id, right, self.now)
            else:
                by = right if self.chance.random() < 0.85 else self.chance.choice(PILOTS)
                flying.accept(self.store, mission.id, by, self.now)

    def _pilot(self) -> None:
        if self._missions:
            mission_id, by = self.chance.choice(self._missions), self.chance.choice(PILOTS)
            if self.chance.random() < 0.6:
                flying.order(self.store, mission_id, self.chance.choice(ORDERS), by, self.now)
            else:
                flying.hand_over(self.store, mission_id, by, self.now)

    # --- people ---------------------------------------------------------------------------------------

    def _people(self) -> None:
        if not self._incidents:
            return
        incident_id, by = self.chance.choice(self._incidents[-12:]), self.chance.choice(PEOPLE)
        deeds: list[Callable[[], Any]] = [
            lambda: incidents.climb(self.store, incident_id, "seen", by, self.now),
            lambda: incidents.climb(self.store, incident_id, "acknowledged", by, self.now),
            lambda: incidents.climb(self.store, incident_id, "acting", by, self.now),
            lambda: incidents.close(self.store, incident_id, self.chance.choice(OUTCOMES), by, self.now),
            lambda: incidents.reopen(self.store, incident_id, by, self.now),
            lambda: incidents.seek_drone(self.store, incident_id, by, self.now),
            lambda: incidents.stand_down(self.store, incident_id, by, self.now),
            lambda: incidents.write_note(self.store, incident_id, "note", "word", by, self.now),
        ]
        self.chance.choice(deeds)()

    def _merge_and_split(self) -> None:
        if len(self._incidents) < 2:
            return
        one, other = self.chance.sample(self._incidents[-8:], 2)
        by, deed = self.chance.choice(PEOPLE), self.chance.random()
        if deed < 0.4:
            incidents.merge(self.store, one, other, by, self.now)
        elif deed < 0.6:
            incidents.unmerge(self.store, one, by, self.now)
        else:
            with self.store.transaction() as tx:
                held = [s.id for s in tx.signals_of(one)]
            if len(held) > 1:
                new = incidents.split(self.store, one, self.chance.sample(held, len(held) // 2), by, self.now)
                if not isinstance(new, Refusal):
                    self._incidents.append(new.id)

    # --- the world ------------------------------------------------------------------------------------

    def _law(self) -> None:
        if self.chance.random() < 0.5:
            authorising.revoke(self.store, self._laws[-1], "judge's order", PEOPLE[0], self.now)
        else:
            law = flights(id=self.store.ids.new(), valid_from=self.now, granted_at=self.now)
            if authorising.grant(self.store, law, self.now):
                self._laws.append(law.id)

    def _weather(self) -> None:
        drone_id = self.chance.choice(list(self.fleet.now))
        change = self.chance.choice(
            [{"linked": False}, {"linked": True}, {"wind_m_s": 15.0}, {"wind_m_s": 3.0}, {"battery_pct": 90.0}]
        )
        self.fleet.change(drone_id, **change)

    def _outage(self) -> None:
        self.store.away = not self.store.away and self.chance.random() < 0.5


# --- the verdict ------------------------------------------------------------------------------------------


def verdict(run: Turmoil) -> None:
    """Hold every promise to what is stored and to what was answered."""
    scene = Scene(run.store.inner, run.now)
    scene.check()
    _every_fact_is_lawful(scene)
    _no_press_is_lost(run, scene)
    _every_flight_is_founded(scene)
    _nobody_is_mixed_up(scene)
    _everyone_is_told(run, scene)


def _told(scene: Scene) -> list[tuple[str, UUID, dict[str, Any], datetime, str]]:
    """Return (kind, subject, payload, at, law) of every fact about an incident or a mission, in order."""
    rows = []
    for fact in scene.facts():
        source, _, name = fact.stream.partition(":")
        if source in ("incident", "mission", "authorisation"):
            law = fact.authorisation_id
            rows.append((fact.kind, UUID(name), msgspec.json.decode(fact.payload), fact.recorded_at, law))
    return rows


def _every_fact_is_lawful(scene: Scene) -> None:
    """No fact without an authorisation current when it was recorded; a flight's under a flight's."""
    ended: dict[str, datetime] = {}
    granted: dict[str, tuple[datetime, datetime]] = {}
    standing = {str(CALLS_FOR_HELP), str(RECORD_OF_DECISIONS)}
    for kind, subject, payload, at, law in _told(scene):
        if kind == "AuthorisationGranted":
            asked = payload["authorisation"]
            window = (asked["valid_from"], asked["valid_until"])
            granted[str(subject)] = tuple(datetime.fromisoformat(text) for text in window)
        elif kind == "AuthorisationRevoked":
            ended[str(subject)] = at
        if kind in ("MissionOffered", "MissionAccepted", "MissionLaunched"):
            start, end = granted[law]
            assert start <= at < end
            assert law not in ended or at < ended[law], f"{kind} under an authorisation revoked before"
        else:
            assert law in standing, (kind, law)


def _no_press_is_lost(run: Turmoil, scene: Scene) -> None:
    """Every press a device sent has a lit lamp, one signal, and (a call) an incident people can see."""
    facts = {f.stream for f in scene.facts() if f.kind == "PressReceived"}
    assert len(facts) == len(run.sent)
    with scene.store.transaction() as tx:
        known = tx.known_signals(list(run.sent))
    for key, (press, _) in run.sent.items():
        answer = run.answers[key]
        assert answer.lit
        assert known[key].signal_id == answer.signal_id
        assert f"signal:{answer.signal_id}" in facts
        if press.device != "S-1" and press.kind != "cancel":
            assert known[key].incident_id is not None, f"a call without an incident: {press}"
            with scene.store.transaction() as tx:
                assert answer.signal_id in {s.id for s in tx.signals_of(known[key].incident_id)}


def _every_flight_is_founded(scene: Scene) -> None:  # noqa: C901  one case for each kind of fact
    """Follow the record in order: no launch without an open incident and the offered pilot's yes; none twice."""
    state: dict[UUID, str] = {}
    tests: set[UUID] = set()
    asked: dict[UUID, int] = {}
    accepted: set[UUID] = set()
    of: dict[UUID, UUID] = {}
    drone_of: dict[UUID, str] = {}
    at_work: dict[str, UUID] = {}
    launched: set[UUID] = set()
    for kind, subject, payload, _at, _law in _told(scene):
        match kind:
            case "IncidentOpened":
                state[subject] = "open"
                if payload["test"]:
                    tests.add(subject)
            case "IncidentClosed" | "IncidentMerged":
                state[subject] = "over"
            case "IncidentReopened" | "IncidentUnmerged":
                state[subject] = "open"
            case "MissionOffered":
                of[subject], asked[subject] = UUID(payload["incident_id"]), payload["pilot"]["id"]
                drone_of[subject] = payload["drone_id"]
                assert at_work.setdefault(payload["drone_id"], subject) == subject, "a drone with two missions"
            case "OfferPassedOn":
                asked[subject] = payload["pilot"]["id"]
            case "MissionAccepted":
                assert payload["by"]["id"] == asked[subject], "accepted by a pilot who was not asked"
                accepted.add(subject)
            case "MissionLaunched":
                assert subject in accepted, "a launch nobody accepted"
                assert subject not in launched, "a double launch"
                launched.add(subject)
            case "MissionEnded":
                del at_work[drone_of[subject]]
        if kind in ("MissionOffered", "MissionAccepted", "MissionLaunched"):
            assert state[of[subject]] == "open", f"{kind} for an incident that is over"
            assert of[subject] not in tests, f"{kind} for a test"


def _nobody_is_mixed_up(scene: Scene) -> None:
    """What joined an incident by itself (not by a human's split) comes from one person, or from posts."""
    joined: dict[UUID, list[str]] = {}
    for kind, subject, payload, _at, _law in _told(scene):
        if kind == "SignalsAttached":
            machine = [link for link in payload["links"] if not link["reason"].startswith("split by")]
            joined.setdefault(subject, []).extend((link["device_id"], link["reason"]) for link in machine)
    for incident_id, links in joined.items():
        by_score = {device for device, reason in links if not reason.startswith("same device")}
        if by_score & PERSONAL:
            assert len(by_score) == 1, f"incident {incident_id} mixes {by_score}"


def _everyone_is_told(run: Turmoil, scene: Scene) -> None:
    """An open call has a deadline until somebody acts, and its drone is where the screen says."""
    for incident_id in {subject for kind, subject, *_ in _told(scene) if kind == "IncidentOpened"}:
        incident = scene.incident(incident_id)
        if incident.state != "open":
            continue
        if not incident.test and incident.rung != "acting":
            assert incident.due_at is not None
            assert incident.due_at > run.now - timedelta(seconds=11), "nobody was told in time"
        with scene.store.transaction() as tx:
            live = [m for m in tx.missions_of(incident_id) if m.state != "ended"]
        if incident.drone in ("offered", "flying", "on_scene"):
            assert live, f"{incident.number} says {incident.drone} and no drone is at work"
        assert incident.drone != "searching", f"{incident.number} was forgotten"
