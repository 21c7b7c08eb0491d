"""Find a drone and a pilot for every incident that wants one, and say why when there is none."""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

import msgspec

from necmergitur.dispatch import choice, incidents, missions, pilots
from necmergitur.dispatch.availability import free_in_s
from necmergitur.dispatch.choice import Choice, DroneFact, Need
from necmergitur.dispatch.constants import BAR_LASTS, OFFER_LASTS, SOON_PATIENCE, UNANSWERED_MAX
from necmergitur.dispatch.incidents import Incident, IncidentEvent, Person
from necmergitur.dispatch.missions import Mission
from necmergitur.dispatch.pilots import PilotFact
from necmergitur.dispatch.places import PLACE_UNKNOWN
from necmergitur.governance import gate
from necmergitur.governance.authorisations import Authorisation
from necmergitur.kernel.events import Fact
from necmergitur.kernel.ids import IdSource
from necmergitur.kernel.refusal import Refusal
from necmergitur.ledger.admitted import Admitted
from necmergitur.operations import responding
from necmergitur.operations.ports import DroneRecord, Store, Transaction
from necmergitur.operations.registry import Audited
from necmergitur.operations.retry import on_conflict
from necmergitur.operations.ways import Ways
from necmergitur.operations.writing import mission_facts, write_incidents, write_missions

# Ours: under the record's lock everybody waits. Those left out come first a round later, a fraction of a second on.
RETRIED_MAX = 64
PASSED_ON_MAX = 32
ROUND_MAX = 256  # incidents looked at in one round; the next round takes the rest
ROUTES_TRIED_MAX = 8  # drones whose route is checked for one incident before it is called out of reach
ENGINE = Person(0, "Nec Mergitur")
WAIT_STEP_S = 60  # a wait is told by the minute, so that it is not a new fact at every retry


class DroneState(msgspec.Struct, frozen=True, kw_only=True):
    """What the fleet says of a drone now."""

    battery_pct: float | None
    link_pct: float
    wind_m_s: float | None
    linked: bool
    docked: bool


class FleetView(Protocol):
    """The drones as last heard; the engine's fleet, or a simulated one."""

    def states(self) -> Mapping[str, DroneState]:
        """Return the last state heard, by drone id."""
        ...


class Round(msgspec.Struct, frozen=True):
    """What one round did: missions offered, incidents left without and why."""

    offered: tuple[Mission, ...]
    refused: tuple[tuple[UUID, str], ...]


class _Drones(msgspec.Struct, frozen=True):
    """The drones and the ways open to them, as a round reads them once."""

    ways: Ways
    records: dict[str, DroneRecord]
    fleet: choice.Fleet


class _Ground(msgspec.Struct, frozen=True):
    """What a round reads once."""

    ways: Ways
    records: dict[str, DroneRecord]
    fleet: choice.Fleet
    pilots: list[PilotFact]
    failed: dict[UUID, frozenset[str]]


def offer_pending(store: Store, view: FleetView, now: datetime, *, refused_too: bool = False) -> Round:
    """Offer a mission for each incident that seeks a drone. Raises Unreachable.

    `refused_too` tries again those no drone was found for, RETRIED_MAX at a time, the longest untried first.
    """
    return on_conflict(store, lambda tx: _offer_pending(store, tx, view, now, refused_too))


def _offer_pending(store: Store, tx: Transaction, view: FleetView, now: datetime, refused_too: bool) -> Round:
    if not tx.incidents_seeking(1, refused_too=refused_too):
        return Round((), ())
    # Before the lock: everybody waits behind it, and whatever of this changes meanwhile meets a guard at the commit
    # (one mission a drone, the authorisation's window), or is chosen again a round later.
    drones = _read_drones(tx, view, now)
    tx.serialise()
    limit = RETRIED_MAX if refused_too else ROUND_MAX
    seeking = tx.incidents_seeking(limit, refused_too=refused_too)
    if len(seeking) == limit:
        tx.tried([i.id for i in seeking], now)  # the next round takes those that waited longest
    ground = _read_ground(tx, drones, seeking, now)
    offered: list[Mission] = []
    refused: dict[UUID, Refusal] = {}
    facts: list[Admitted] = []
    changes: dict[UUID, tuple[Incident | None, list[IncidentEvent]]] = {}
    taken = list(ground.pilots)
    if not pilots.count_free(ground.pilots, now):
        # Choosing drones for everybody, every few seconds, would only hold the record's lock in the worst hour.
        unlawful = {i.id: ground.ways.allowed(i, now) for i in seeking}
        refused = {i: _no_pilot(ground.pilots) if why is None else why for i, why in unlawful.items()}
    for incident, chosen, law in [] if refused else _choose(ground, seeking, refused, now):
        outcome = _offer(store, tx, ground, incident, chosen, law, taken, now)
        if isinstance(outcome, Refusal):
            refused[incident.id] = outcome
            continue
        mission, admitted = outcome
        taken = [_loaded(p, now) if p.user_id == mission.pilot_id else p for p in taken]
        offered.append(mission)
        facts.extend(admitted)
        changes[incident.id] = (incident, incidents.change_drone(incident, "offered", mission.why, now))
    for incident in seeking:
        why = refused.get(incident.id)
        if why is not None:
            changes[incident.id] = (incident, _refuse(incident, why, now))
    if facts:
        tx.put_missions(offered, tx.append(facts))
    write_incidents(tx, changes, "engine:dispatch", now)
    # One that waits for a drone about to be free will have it within the minute.
    without = {i.id: (i, refused[i.id].rule) for i in seeking if i.id in refused and refused[i.id].rule != "drone_soon"}
    responding.tell_on_duty(store.ids, tx, without, now)
    return Round(tuple(offered), tuple((i, r.rule) for i, r in refused.items()))


def rehearse(store: Store, view: FleetView, now: datetime) -> int:
    """Carry test calls as far as the decision, and no further: which drone would come, or why none would.

    Returns how many were decided. A test never flies: nothing is offered, and the database would refuse it. What was
    rehearsed is over: nobody waits for it, and a drill of the whole city leaves no incident open behind each button.
    """

    def attempt(tx: Transaction) -> int:
        tests = tx.incidents_rehearsing(ROUND_MAX)
        if not tests:
            return 0
        ground = _read_ground(tx, _read_drones(tx, view, now), tests, now)
        refused = {i.id: Refusal(rule=PLACE_UNKNOWN) for i in tests if not i.placed}
        placed = [i for i in tests if i.placed]
        decided = {incident.id: chosen.why for incident, chosen, _ in _choose(ground, placed, refused, now)}
        decided |= {incident_id: describe(why) for incident_id, why in refused.items()}
        over = incidents.IncidentClosed("test", ENGINE, now)
        changes: dict[UUID, tuple[Incident | None, list[IncidentEvent]]] = {
            i.id: (i, [*incidents.change_drone(i, "none", decided.get(i.id, ""), now), over]) for i in tests
        }
        write_incidents(tx, changes, "engine:dispatch", now)
        return len(tests)

    return on_conflict(store, attempt)


def _read_drones(tx: Transaction, view: FleetView, now: datetime) -> _Drones:
    """Read what may fly, and where it may."""
    tx.expect_choice(now)
    records = {r.id: r for r in tx.drones()}
    states = view.states()
    busy = {m.drone_id: m for m in tx.live_missions()}
    facts = [drone_fact(r, states.get(r.id), busy.get(r.id), now) for r in records.values()]
    return _Drones(Ways(tx.gate_table(now), tx.airspace(), tx.notices(now)), records, choice.Fleet(facts))


def _read_ground(tx: Transaction, drones: _Drones, seeking: Sequence[Incident], now: datetime) -> _Ground:
    """Add who may fly them, and which drones already failed those who ask."""
    failed = tx.failed_drones([i.id for i in seeking if not _asked_again(i)], now - BAR_LASTS)
    return _Ground(drones.ways, drones.records, drones.fleet, tx.pilots_on_shift(now), failed)


def drone_fact(record: DroneRecord, state: DroneState | None, mission: Mission | None, now: datetime) -> DroneFact:
    """Join what is installed, what was heard and what it is doing into what choice needs."""
    battery_pct = None if state is None else state.battery_pct
    return DroneFact(
        id=record.id,
        position=record.dock,
        speed_m_s=record.speed_m_s,
        battery_pct=battery_pct,
        link_pct=0.0 if state is None else state.link_pct,
        wind_m_s=None if state is None else state.wind_m_s,
        linked=state is not None and state.linked,
        enabled=record.enabled,
        free_in_s=free_in_s(mission, battery_pct, now, docked=state is None or state.docked),
    )


def _choose(  # noqa: C901 -- one round of asking, in the order things can fail
    ground: _Ground, seeking: Sequence[Incident], refused: dict[UUID, Refusal], now: datetime
) -> list[tuple[Incident, Choice, Authorisation]]:
    """Choose drones; a way that no authorisation opens bars that drone and tries the next."""
    by_id = {i.id: i for i in seeking}
    # A drone that could not arm or come there would only cost this incident another pilot's time.
    needs: dict[UUID, Need] = {}
    for incident in seeking:
        allowed = ground.ways.allowed(incident, now)
        if isinstance(allowed, Refusal):
            refused[incident.id] = allowed
        else:
            failed = ground.failed.get(incident.id, frozenset())
            waits = now - incident.opened_at < SOON_PATIENCE
            needs[incident.id] = Need(incident.id, incident.position, failed, waits)
    settled: list[tuple[Incident, Choice, Authorisation]] = []
    used: frozenset[str] = frozenset()
    for _ in range(ROUTES_TRIED_MAX):
        if not needs:
            break
        pending = [msgspec.structs.replace(n, barred=n.barred | used) for n in needs.values()]
        chosen = {c.incident_id: c for c in choice.choose(ground.fleet, pending)}
        again = False
        for incident_id, need in list(needs.items()):
            found = chosen.get(incident_id)
            if found is None:
                if not again:
                    refused.setdefault(incident_id, _none_usable(ground))
                    del needs[incident_id]
                continue
            law = ground.ways.open_to(by_id[incident_id], ground.records[found.drone_id].dock, now)
            if isinstance(law, Authorisation):
                settled.append((by_id[incident_id], found, law))
                used |= {found.drone_id}
                del needs[incident_id]
            else:
                again = True
                refused[incident_id] = law
                needs[incident_id] = msgspec.structs.replace(need, barred=need.barred | {found.drone_id})
    for incident_id in needs:
        refused.setdefault(incident_id, _none_usable(ground))
    for incident, _, _ in settled:
        refused.pop(incident.id, None)
    return settled


def _asked_again(incident: Incident) -> bool:
    """Return whether a person just asked for a drone: then those that failed here before are asked too."""
    return incident.drone == "searching" and incident.drone_reason.startswith("asked by ")


def _none_usable(ground: _Ground) -> Refusal:
    """Say how many drones each rule grounds."""
    counts = {rule: str(count) for rule, count in sorted(ground.fleet.grounded.items())}
    free = sum(1 for drone in ground.fleet.drones if drone.free_in_s <= 0)
    return Refusal(rule="no_drone", owner="dispatch", facts={"free": str(free), **counts})


def _offer(
    store: Store,
    tx: Transaction,
    ground: _Ground,
    incident: Incident,
    chosen: Choice,
    law: Authorisation,
    on_shift: Sequence[PilotFact],
    now: datetime,
) -> tuple[Mission, list[Admitted]] | Refusal:
    """Offer one mission to one pilot, admitted under the authorisation that opens its way."""
    if chosen.wait_s > 0:
        return Refusal(
            rule="drone_soon",
            owner="dispatch",
            detail=chosen.why,
            until=now + timedelta(seconds=chosen.wait_s),
            facts={"drone": chosen.drone_id, "wait_s": str(math.ceil(chosen.wait_s / WAIT_STEP_S) * WAIT_STEP_S)},
        )
    pilot = pilots.next_pilot(on_shift, (), now)
    if pilot is None:
        return _no_pilot(on_shift)
    personal = incident.personal_device is not None
    event = missions.MissionOffered(
        id=store.ids.new(),
        incident_id=incident.id,
        authorisation_id=law.id,
        drone_id=chosen.drone_id,
        pilot=pilot,
        target=None if personal else incident.position,
        eta_s=round(chosen.eta_s, 1),
        why=chosen.why,
        expires_at=now + OFFER_LASTS,
        at=now,
    )
    mission, facts = mission_facts(tx, None, [event], "engine:dispatch", incident)
    admitted = gate.admit_under(ground.ways.table, law.id, facts, now)
    if isinstance(admitted, Refusal):
        return admitted
    assert mission is not None
    return mission, admitted


def _no_pilot(on_shift: Sequence[PilotFact]) -> Refusal:
    return Refusal(rule="no_pilot", owner="dispatch", facts={"on_shift": str(len(on_shift))})


def _loaded(pilot: PilotFact, now: datetime) -> PilotFact:
    return msgspec.structs.replace(pilot, load=pilot.load + 1, last_offered_at=now)


def _refuse(incident: Incident, why: Refusal, now: datetime) -> list[IncidentEvent]:
    """Keep searching, and say on screen what stands in the way."""
    reason = describe(why)
    return incidents.change_drone(incident, "refused", reason, now)


def describe(why: Refusal) -> str:
    """Return a refusal as `rule key=value`, the form screens translate."""
    parts = [why.rule, *(f"{k}={v}" for k, v in why.facts.items())]
    return " ".join(parts)


def pass_on_expired(store: Store, now: datetime) -> int:
    """Give offers nobody answered in time to the next pilot. Returns how many moved. Raises Unreachable."""

    def attempt(tx: Transaction) -> int:
        expired = tx.offers_expired(now, PASSED_ON_MAX)
        if not expired:
            return 0
        tx.serialise()  # a round of choice may be loading the same pilots
        on_shift = tx.pilots_on_shift(now)
        for mission in expired:
            after = _pass_on(store.ids, tx, mission, "expired", "engine:timer", on_shift, now)
            on_shift = [_loaded(p, now) if p.user_id == after.pilot_id else p for p in on_shift]
            # After: the record's lock comes before any row's.
            if _leave_unanswered(store.ids, tx, mission, now):
                on_shift = [p for p in on_shift if p.user_id != mission.pilot_id]
        return len(expired)

    return on_conflict(store, attempt)


def decline(store: Store, mission_id: UUID, by: Person, now: datetime) -> Mission | Refusal:
    """A pilot says no: the next one is asked at once."""

    def attempt(tx: Transaction) -> Mission | Refusal:
        mission = tx.mission(mission_id)
        if mission is None:
            return Refusal(rule="mission_unknown")
        if mission.state != "offered" or mission.pilot_id != by.id:
            return Refusal(rule="offer_gone", owner=mission.pilot_name)
        tx.serialise()
        after = _pass_on(store.ids, tx, mission, "declined", f"user:{by.id}", tx.pilots_on_shift(now), now)
        tx.offer_answered(by.id)
        return after

    return on_conflict(store, attempt)


def _leave_unanswered(ids: IdSource, tx: Transaction, mission: Mission, now: datetime) -> bool:
    """Count an offer its pilot let pass; a pilot who walked away is not asked first every time. True: now paused."""
    if mission.pilot_id is None or not tx.offer_unanswered(mission.pilot_id, UNANSWERED_MAX, now):
        return False
    event = Audited("engine:shift:pause", str(mission.pilot_id), {"unanswered": str(UNANSWERED_MAX)})
    fact = Fact(stream=f"audit:{ids.new()}", version=1, event=event, actor="engine:timer")
    tx.append(gate.admit_record([fact], now))
    return True


def _pass_on(
    ids: IdSource,
    tx: Transaction,
    mission: Mission,
    reason: str,
    actor: str,
    on_shift: Sequence[PilotFact],
    now: datetime,
) -> Mission:
    """Ask the next pilot; with nobody left the mission ends and the incident says so."""
    assert reason in ("declined", "expired")
    successor = pilots.next_pilot(on_shift, mission.tried_pilots, now)
    events = missions.pass_on(mission, "declined" if reason == "declined" else "expired", successor, now)
    after = write_missions(tx, {mission.id: (mission, events)}, actor, now).get(mission.id, mission)
    incident = tx.incident(mission.incident_id)
    if after.state == "ended" and incident is not None and incident.state == "open":
        why = Refusal(rule="no_pilot_answered", facts={"asked": str(len(after.tried_pilots))})
        gone = incidents.change_drone(incident, "refused", describe(why), now)
        write_incidents(tx, {incident.id: (incident, gone)}, actor, now)
        responding.tell_on_duty(ids, tx, {incident.id: (incident, why.rule)}, now)
    return after
