"""What pilots and drones do to a mission: accept, order, hand over, launch, reach a phase, end."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from necmergitur.dispatch import incidents, missions
from necmergitur.dispatch.constants import CANCEL_WINDOW, SCENE_RADIUS_M, TOKEN_LASTS
from necmergitur.dispatch.incidents import Incident, IncidentEvent, Person
from necmergitur.dispatch.missions import Mission, MissionEvent, Order
from necmergitur.dispatch.pilots import PilotFact, unavailable
from necmergitur.dispatch.tokens import MissionToken, Signer, Volume, issue
from necmergitur.governance import gate
from necmergitur.governance.authorisations import Conditions
from necmergitur.kernel.events import Fact
from necmergitur.kernel.geo import LocalPlane, Position, distance_m
from necmergitur.kernel.ids import AuthorisationId, DroneId, IncidentId, MissionId
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.ports import Store, Transaction
from necmergitur.operations.registry import Audited
from necmergitur.operations.retry import on_conflict
from necmergitur.operations.writing import mission_facts, write_incidents, write_missions
from necmergitur.signals.press import Signal

CORRIDOR_M = 80.0  # ours: room on each side of the straight line, and around both ends


def accept(store: Store, mission_id: UUID, by: Person, now: datetime) -> Mission | Refusal:
    """A qualified pilot on shift takes the mission offered to them. Only this makes a lift-off possible."""

    def attempt(tx: Transaction) -> Mission | Refusal:
        mission = tx.mission(mission_id)
        if mission is None:
            return Refusal(rule="mission_unknown")
        events = missions.accept(mission, by, now)
        if isinstance(events, Refusal):
            return events
        grounded = _may_fly(tx, by, now, holding=1)
        if grounded is not None:
            return grounded
        if (unfounded := _unfounded(tx.incident(mission.incident_id))) is not None:
            return unfounded
        after, facts = mission_facts(tx, mission, events, f"user:{by.id}")
        admitted = gate.admit_under(tx.gate_table(now), mission.authorisation_id, facts, now)
        if isinstance(admitted, Refusal):
            return admitted
        assert after is not None
        tx.put_missions([after], tx.append(admitted))
        tx.offer_answered(by.id)
        return after

    return on_conflict(store, attempt)


def _unfounded(incident: Incident | None) -> Refusal | None:
    """Say why no drone may lift for an incident: it is over, a test, or its caller took the call back."""
    if incident is None or incident.state != "open" or incident.test:
        return Refusal(rule="incident_not_open", detail="No incident, no flight.")
    if incident.cancelled and not incident.duress:
        return Refusal(rule="call_taken_back", detail="The caller took the call back.")
    return None


def _may_fly(tx: Transaction, by: Person, now: datetime, holding: int) -> Refusal | None:
    """Check shift, qualification and load. `holding`: missions of theirs already counted in the load."""
    tx.serialise()  # no shift ends and no offer is made meanwhile
    mine: PilotFact | None = next((p for p in tx.pilots_on_shift(now) if p.user_id == by.id), None)
    if mine is None:
        return Refusal(rule="not_on_shift", detail="Start a shift first.")
    rule = unavailable(mine, now)
    if rule == "busy" and mine.load - holding < mine.max_missions:
        rule = None
    return None if rule is None else Refusal(rule=f"pilot_{rule}", owner=by.name)


def _change(
    store: Store, mission_id: UUID, actor: str, now: datetime, rule: Callable[[Mission], list[MissionEvent] | Refusal]
) -> Mission | Refusal:
    """Load one mission, apply a pure rule, write what follows."""

    def attempt(tx: Transaction) -> Mission | Refusal:
        mission = tx.mission(mission_id)
        if mission is None:
            return Refusal(rule="mission_unknown")
        events = rule(mission)
        if isinstance(events, Refusal):
            return events
        return write_missions(tx, {mission.id: (mission, events)}, actor, now).get(mission.id, mission)

    return on_conflict(store, attempt)


def order(store: Store, mission_id: UUID, asked: Order, by: Person, now: datetime) -> Mission | Refusal:
    """The pilot asks the drone to fly on, hold, descend, return or land. The engine carries it out.

    A return or a landing asked before the lift-off ends the mission: nothing arms.
    """

    def attempt(tx: Transaction) -> Mission | Refusal:
        mission = tx.mission(mission_id)
        if mission is None:
            return Refusal(rule="mission_unknown")
        events = missions.order(mission, asked, by, now)
        if isinstance(events, Refusal):
            return events
        after = write_missions(tx, {mission.id: (mission, events)}, f"user:{by.id}", now)[mission.id]
        if after.state == "ended":
            _follow(tx, after, "done", after.end_reason, now)
        return after

    return on_conflict(store, attempt)


def order_refused(store: Store, mission_id: UUID, seq: int, rule: str, now: datetime) -> Mission | Refusal:
    """Record that the drone did not carry out order `seq`, so that its pilot reads it."""
    return _change(store, mission_id, "engine:fleet", now, lambda m: missions.refuse_order(m, seq, rule, now))


def hand_over(store: Store, mission_id: UUID, to: Person, by: Person, now: datetime) -> Mission | Refusal:
    """`to`, a qualified pilot on shift, takes the controls, or is given them under way by the mission's pilot."""

    def attempt(tx: Transaction) -> Mission | Refusal:
        mission = tx.mission(mission_id)
        if mission is None:
            return Refusal(rule="mission_unknown")
        grounded = _may_fly(tx, to, now, holding=0)
        if grounded is not None:
            return grounded
        events = missions.hand_over(mission, to, by, now)
        if isinstance(events, Refusal):
            return events
        return write_missions(tx, {mission.id: (mission, events)}, f"user:{by.id}", now)[mission.id]

    return on_conflict(store, attempt)


def token_for(
    store: Store, mission_id: UUID, signer: Signer, now: datetime, *, adopting: bool = False
) -> MissionToken | Refusal:
    """Sign the right to arm: for an accepted mission of an open incident under a current authorisation.

    `adopting`: the drone is already in the air (the engine restarted), and bringing it home needs a token whatever
    became of its incident. The fleet never arms on adoption.
    """
    with store.transaction() as tx:
        mission = tx.mission(mission_id)
        if mission is None or mission.state not in ("accepted", "flying"):
            return Refusal(rule="not_accepted", detail="A drone lifts only on a pilot's acceptance.")
        incident = tx.incident(mission.incident_id)
        if incident is None:
            return Refusal(rule="incident_unknown")
        if not adopting and (unfounded := _unfounded(incident)) is not None:
            return unfounded
        admitted = gate.admit_under(tx.gate_table(now), mission.authorisation_id, (), now)
        if isinstance(admitted, Refusal) and not adopting:
            return admitted
        record = next((r for r in tx.drones() if r.id == mission.drone_id), None)
        authorisation = tx.authorisation(mission.authorisation_id)
        held = tx.signals_of(incident.id)
    if record is None or authorisation is None:
        return Refusal(rule="drone_unknown")
    conditions = authorisation.conditions.as_flown()
    unflyable = conditions.heights()
    if unflyable is not None and not adopting:
        return unflyable
    return issue(
        signer,
        mission_id=MissionId(mission.id),
        incident_id=IncidentId(mission.incident_id),
        authorisation_id=AuthorisationId(mission.authorisation_id),
        drone_id=DroneId(mission.drone_id),
        volume=Volume(corridor(record.dock, mission.target), conditions.ceiling_m),
        not_before=max(mission.accepted_at or now, lift_off_not_before(incident, held)),
        expires_at=now + TOKEN_LASTS,
    )


def lift_off_not_before(incident: Incident, held: Sequence[Signal]) -> datetime:
    """Return when a drone may leave the ground: after the caller's window to cancel (it overlaps dock opening).

    Whoever pressed twice has confirmed the call: no window. `held` are the incident's signals.
    """
    hurried = any("double_press" in signal.flags for signal in held)
    return incident.opened_at if hurried else incident.opened_at + CANCEL_WINDOW


def corridor(dock: Position, target: Position) -> tuple[Position, ...]:
    """Return the ring a flight stays in: a box along the line, wide enough to work around the scene."""
    plane = LocalPlane(dock)
    x, y = plane.to_xy(target)
    length = max(1.0, distance_m(dock, target))
    ux, uy = x / length, y / length
    half = CORRIDOR_M + SCENE_RADIUS_M
    corners = ((-half, -half), (length + half, -half), (length + half, half), (-half, half))
    return tuple(plane.to_position(along * ux - across * uy, along * uy + across * ux) for along, across in corners)


def square(centre: Position, radius_m: float) -> tuple[Position, ...]:
    """Return the square around a circle: the area a notice closes."""
    plane = LocalPlane(centre)
    corners = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    return tuple(plane.to_position(x * radius_m, y * radius_m) for x, y in corners)


def conditions_of(store: Store, mission: Mission) -> Conditions | None:
    """Return the heights a mission is flown under; None when its authorisation is not known here."""
    with store.transaction() as tx:
        authorisation = tx.authorisation(mission.authorisation_id)
    return None if authorisation is None else authorisation.conditions.as_flown()


def launched(store: Store, mission_id: UUID, now: datetime) -> Mission | Refusal:
    """Record the lift-off, before arming: two engines that race meet here, and one goes home."""

    def attempt(tx: Transaction) -> Mission | Refusal:
        tx.serialise()  # a call taken back this very second is read, not raced
        mission = tx.mission(mission_id)
        if mission is None:
            return Refusal(rule="mission_unknown")
        events = missions.launch(mission, now)
        if isinstance(events, Refusal):
            return events
        if events and (unfounded := _unfounded(tx.incident(mission.incident_id))) is not None:
            return unfounded
        after, facts = mission_facts(tx, mission, events, "engine:fleet")
        if not facts:
            return mission
        admitted = gate.admit_under(tx.gate_table(now), mission.authorisation_id, facts, now)
        if isinstance(admitted, Refusal):
            return admitted
        assert after is not None
        seq = tx.append(admitted)
        tx.put_missions([after], seq)
        _follow(tx, after, "flying", "", now)
        return after

    return on_conflict(store, attempt)


# While the incident says one of these, its newest mission decides what it says next; otherwise people did.
_CARRIED = ("offered", "flying", "on_scene", "returning")
# What the incident's drone column says when its mission reaches a phase.
_STATUS_OF_PHASE: dict[str, incidents.DroneStatus] = {
    "on_scene": "on_scene",
    "return": "returning",
    "land": "returning",
}


def reached(store: Store, mission_id: UUID, phase: str, now: datetime) -> Mission | Refusal:
    """Record a phase the drone reached."""

    def attempt(tx: Transaction) -> Mission | Refusal:
        mission = tx.mission(mission_id)
        if mission is None:
            return Refusal(rule="mission_unknown")
        events = missions.reach(mission, phase, now)
        after = write_missions(tx, {mission.id: (mission, events)}, "engine:fleet", now).get(mission.id, mission)
        status = _STATUS_OF_PHASE.get(phase)
        if status is not None and events:
            _follow(tx, after, status, "", now)
        return after

    return on_conflict(store, attempt)


def breached(store: Store, mission_id: UUID, kind: str, value: float, now: datetime) -> Mission | Refusal:
    """Record that a camera was not where it must be. The supervisor sees it; it is published later."""
    return _change(
        store, mission_id, "engine:fleet", now, lambda _: [missions.CameraBreached(kind, round(value, 1), now)]
    )


def ended(store: Store, mission_id: UUID, reason: str, now: datetime) -> Mission | Refusal:
    """Record the end. An incident left without its drone before the scene was reached seeks another.

    A drone that landed in a street is grounded until a technician has seen it.
    """

    def attempt(tx: Transaction) -> Mission | Refusal:
        mission = tx.mission(mission_id)
        if mission is None:
            return Refusal(rule="mission_unknown")
        events = missions.end(mission, reason, now)
        if not events:
            return mission
        return _write_end(store, tx, mission, events, reason, now)

    return on_conflict(store, attempt)


def _write_end(
    store: Store, tx: Transaction, mission: Mission, events: list[MissionEvent], reason: str, now: datetime
) -> Mission:
    """Write an end and what follows for the incident and the drone."""
    after = write_missions(tx, {mission.id: (mission, events)}, "engine:fleet", now)[mission.id]
    arrived, called = mission.on_scene_at is not None, mission.order in missions.HOMEWARD
    _follow(tx, after, "done" if arrived or called else "searching", reason, now)
    if reason in missions.GROUNDING and tx.ground_drone(mission.drone_id, reason):
        event = Audited("engine:drone:ground", mission.drone_id, {"reason": reason, "mission": str(mission.id)})
        fact = Fact(stream=f"audit:{store.ids.new()}", version=1, event=event, actor="engine:fleet")
        tx.append(gate.admit_record([fact], now))
    return after


def end_unlifted(store: Store, now: datetime) -> int:
    """End missions that were accepted and never lifted, so that drone, pilot and incident are free. How many."""

    def attempt(tx: Transaction) -> int:
        late = [m for m in tx.live_missions() if missions.overdue(m, now)]
        for mission in late:
            _write_end(store, tx, mission, missions.end(mission, "never_lifted", now), "never_lifted", now)
        return len(late)

    return on_conflict(store, attempt)


def _follow(tx: Transaction, mission: Mission, status: incidents.DroneStatus, reason: str, now: datetime) -> None:
    """Carry the mission's progress to its incident, while the incident is open."""
    incident: Incident | None = tx.incident(mission.incident_id)
    if incident is None or incident.state != "open" or incident.drone not in _CARRIED:
        return
    if tx.missions_of(incident.id)[-1].id != mission.id:
        return  # a later mission speaks for the incident now
    events: list[IncidentEvent] = incidents.change_drone(incident, status, reason, now)
    write_incidents(tx, {incident.id: (incident, events)}, "engine:fleet", now)


def call_back_unfounded(store: Store, now: datetime) -> int:
    """Bring home drones whose incident is over or cancelled, or whose authorisation ended. Returns how many."""

    def attempt(tx: Transaction) -> int:
        table = tx.gate_table(now)
        changes: dict[UUID, tuple[Mission | None, list[MissionEvent]]] = {}
        told: dict[UUID, tuple[Incident | None, list[IncidentEvent]]] = {}
        live = tx.live_missions()
        founded = tx.incidents_by_id({mission.incident_id for mission in live})
        for mission in live:
            incident = founded.get(mission.incident_id)
            lawful = not isinstance(gate.admit_under(table, mission.authorisation_id, (), now), Refusal)
            wanted = incident is not None and incident.state == "open"
            taken_back = incident is not None and incident.cancelled and not incident.duress
            if lawful and wanted and not taken_back:
                continue
            events = missions.call_back(mission, Person(0, "Nec Mergitur"), now)
            if not events:
                continue
            changes[mission.id] = (mission, events)
            if incident is not None and incident.state == "open" and incident.drone in _CARRIED:
                status = _status_without(mission, taken_back=taken_back)
                told[incident.id] = (incident, incidents.change_drone(incident, status, "", now))
        write_missions(tx, changes, "engine:timer", now)
        write_incidents(tx, told, "engine:timer", now)
        return len(changes)

    return on_conflict(store, attempt)


def _status_without(mission: Mission, *, taken_back: bool) -> incidents.DroneStatus:
    """Return what an open incident says of its drone once this mission is called back."""
    if taken_back:
        return "returning" if mission.state == "flying" else "none"
    # The law ended under way: nobody has seen the scene yet, so the search goes on and says what is missing.
    return "searching" if mission.on_scene_at is None else "returning"
