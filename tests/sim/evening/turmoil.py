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
from necmergitur.kernel.ids import IdSource
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import authorising, dispatching, flying, incidents, intake, timers
from necmergitur.operations.intake import Answer, Ground, Received
from necmergitur.operations.ports import Store, Transaction, Unreachable
from necmergitur.signals.constants import REPEAT_LASTS_MAX
from necmergitur.signals.press import Press, StatedPosition, possible_press
from necmergitur.sim import papers
from necmergitur.sim.twin.store import TwinStore
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
        self.dark: set[tuple[str, int, int]] = set()  # sent, and no answer came back
        self.told_at: dict[UUID, datetime] = {}
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
            if key in self.dark:
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
            self.dark.add(press.key)
        received = [Received(press, self.now, pin) for press, pin in batch]
        for answer in intake.take(self.store, received, Ground(MIDDLE), self.now):
            assert answer.lit, f"lamp dark for a known device: {answer}"
            before = self.answers.get(answer.key, answer)
            if before.signal_id != answer.signal_id:
                assert self._was_over(before), "another answer for the same press"
            self.answers[answer.key] = answer
            self.told_at.setdefault(answer.signal_id, self.now)
            self.dark.discard(answer.key)
            if answer.incident_id is not None and answer.incident_id not in self._incidents:
                self._incidents.append(answer.incident_id)

    def _was_over(self, before: Answer) -> bool:
        """Return whether the same counters can no longer be a repeat: too long ago, or its call was closed once."""
        if self.now - self.told_at[before.signal_id] > REPEAT_LASTS_MAX:
            return True
        with self.store.transaction() as tx:
            ahead, seen = {before.incident_id}, set()
            while ahead - seen:
                one = (ahead - seen).pop()
                seen.add(one)
                for fact in tx.stream(f"incident:{one}"):
                    if fact.kind == "IncidentClosed":
                        return True
                    payload = msgspec.json.decode(fact.payload)
                    if fact.kind == "IncidentMerged":
                        ahead.add(UUID(payload["into"]))
                    elif fact.kind == "SignalsDetached" and str(before.signal_id) in payload["signal_ids"]:
                        ahead.add(UUID(payload["to"]))
        return False

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
                flying.hand_over(self.store, mission_id, by, by, self.now)
        if isinstance(self.store.inner, TwinStore):
            self.store.inner.resume_offers()
        else:
            with self.store.inner.cursor() as cursor:
                cursor.execute("UPDATE pilot_shift SET unanswered = 0, paused = false")

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
            if papers.authorise(self.store, law, self.now):
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
