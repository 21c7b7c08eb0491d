"""A short way to play a scene on any store: press, wait, offer, fly; and to compare what is stored with its facts."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from necmergitur.dispatch import incidents, missions
from necmergitur.dispatch.incidents import Incident, Person
from necmergitur.dispatch.missions import Mission
from necmergitur.governance import authorisations
from necmergitur.kernel.events import Recorded, fold
from necmergitur.kernel.geo import Position
from necmergitur.kernel.refusal import Refusal
from necmergitur.ledger.chain import verify
from necmergitur.operations import dispatching, flying, intake
from necmergitur.operations.intake import Answer, Ground, Received
from necmergitur.operations.ports import Store
from necmergitur.signals.press import Press, StatedPosition
from tests.operations.town import MIDDLE, START, Fleet
from tests.passes import forged

OPERATOR = Person(101, "Olga")
LEAD = Person(102, "Leo")

_INCIDENT_EVENTS = msgspec.json.Decoder(incidents.IncidentEvent)
_MISSION_EVENTS = msgspec.json.Decoder(missions.MissionEvent)
_LAW_EVENTS = msgspec.json.Decoder(authorisations.AuthorisationEvent)


class Scene:
    """One store, one fleet, one moment that `wait` moves."""

    def __init__(self, store: Store, now: datetime = START) -> None:
        self.store, self.now, self.fleet = store, now, Fleet()
        self.ground = Ground(MIDDLE)
        self._seq: dict[str, int] = {}

    # --- time and presses -----------------------------------------------------------------------------

    def wait(self, seconds: float) -> datetime:
        self.now += timedelta(seconds=seconds)
        return self.now

    def make(self, device: str, kind: str = "sos", at: Position | None = None, **fields: object) -> Press:
        seq = self._seq[device] = self._seq.get(device, 0) + 1
        stated = None if at is None else StatedPosition(lon=at.lon, lat=at.lat, accuracy_m=20.0)
        press = Press(device=device, boot_id=7, seq=seq, kind=kind, claimed_time=self.now, position=stated)
        return msgspec.structs.replace(press, **fields)

    def take(self, *batch: Press, pin: bytes = b"") -> list[Answer]:
        received = [Received(press, self.now, pin) for press in batch]
        return intake.take(self.store, received, self.ground, self.now)

    def press(
        self, device: str, kind: str = "sos", at: Position | None = None, pin: bytes = b"", **fields: object
    ) -> Answer:
        return self.take(self.make(device, kind, at, **fields), pin=pin)[0]

    def call(self, device: str = "P-1", kind: str = "sos", at: Position | None = None) -> Incident:
        """Press, and return the incident."""
        answer = self.press(device, kind, at)
        assert answer.incident_id is not None
        return self.incident(answer.incident_id)

    # --- drones ---------------------------------------------------------------------------------------

    def offer(self, *, refused_too: bool = False) -> dispatching.Round:
        return dispatching.offer_pending(self.store, self.fleet, self.now, refused_too=refused_too)

    def offered(self) -> Mission:
        """Offer, and return the one mission offered."""
        (mission,) = self.offer().offered
        return mission

    def accept(self, mission: Mission) -> Mission:
        assert mission.pilot_id is not None
        accepted = flying.accept(self.store, mission.id, Person(mission.pilot_id, mission.pilot_name), self.now)
        assert isinstance(accepted, Mission), accepted
        return accepted

    def launch(self, mission: Mission) -> Mission:
        launched = flying.launched(self.store, mission.id, self.now)
        assert isinstance(launched, Mission), launched
        return launched

    def fly(self, device: str = "P-1") -> Mission:
        """Play a call until its drone is in the air."""
        self.call(device)
        return self.launch(self.accept(self.offered()))

    # --- what is stored -------------------------------------------------------------------------------

    def incident(self, incident_id: UUID) -> Incident:
        with self.store.transaction() as tx:
            found = tx.incident(incident_id)
        assert found is not None
        return found

    def open(self) -> list[Incident]:
        """Return the incidents with a deadline, whoever opened them."""
        with self.store.transaction() as tx:
            return tx.incidents_due(self.now + timedelta(days=365), 1_000)

    def mission(self, mission_id: UUID) -> Mission:
        with self.store.transaction() as tx:
            found = tx.mission(mission_id)
        assert found is not None
        return found

    def facts(self, stream: str | None = None) -> list[Recorded]:
        with self.store.transaction() as tx:
            return list(tx.tail(0, 100_000)) if stream is None else tx.stream(stream)

    def kinds(self, stream: str) -> list[str]:
        return [fact.kind for fact in self.facts(stream)]

    def folded_incident(self, incident_id: UUID) -> Incident | None:
        """Return the incident told by its facts alone; a person's place comes from the sealed part."""
        return fold(incidents.evolve, self._opened(incidents.stream_of(incident_id), _INCIDENT_EVENTS, "position"))

    def folded_mission(self, mission_id: UUID) -> Mission | None:
        """Return the mission told by its facts alone."""
        return fold(missions.evolve, self._opened(missions.stream_of(mission_id), _MISSION_EVENTS, "target"))

    def _opened(self, stream: str, decoder: msgspec.json.Decoder, field: str) -> Iterable[msgspec.Struct]:
        with self.store.transaction() as tx:
            for fact in tx.stream(stream):
                event = decoder.decode(fact.payload)
                if getattr(event, field, 0) is None:
                    assert fact.personal is not None
                    plain = tx.unseal(fact.personal, forged())
                    assert plain is not None
                    event = msgspec.structs.replace(event, **{field: msgspec.json.decode(plain, type=Position)})
                yield event

    def check(self) -> None:
        """Hold every promise that can be read off the store: chain, folds, no unfounded flight."""
        facts = self.facts()
        counted = verify(facts)
        assert isinstance(counted, tuple), counted
        assert counted[0] == len(facts)
        for stream in {fact.stream for fact in facts}:
            kind, _, name = stream.partition(":")
            if kind == "incident":
                assert self.folded_incident(UUID(name)) == self.incident(UUID(name))
            elif kind == "mission":
                assert self.folded_mission(UUID(name)) == self.mission(UUID(name))
            elif kind == "authorisation":
                events = [_LAW_EVENTS.decode(fact.payload) for fact in facts if fact.stream == stream]
                with self.store.transaction() as tx:
                    assert tx.authorisation(UUID(name)) == fold(authorisations.evolve, events)


def refused(outcome: object) -> str:
    """Return the rule of a refusal; fail when it is none."""
    assert isinstance(outcome, Refusal), outcome
    return outcome.rule
