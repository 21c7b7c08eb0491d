"""Fold decided events into states and write both, facts first. Shared by every operation that writes."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from necmergitur.dispatch import incidents, missions
from necmergitur.dispatch.incident_events import PlaceStated
from necmergitur.dispatch.incidents import Incident, IncidentEvent
from necmergitur.dispatch.missions import Mission, MissionEvent
from necmergitur.governance import gate
from necmergitur.kernel.events import Fact
from necmergitur.kernel.geo import Position
from necmergitur.operations import subjects
from necmergitur.operations.ports import Transaction


def write_incidents(
    tx: Transaction,
    changes: Mapping[UUID, tuple[Incident | None, Sequence[IncidentEvent]]],
    actor: str,
    now: datetime,
    places: Mapping[UUID, Position] | None = None,
) -> dict[UUID, Incident]:
    """Append incident events and store the folded states; return the states.

    `places` gives the place of an incident opened or placed here whose position is a person's (sealed in the fact).
    """
    states: dict[UUID, Incident] = {}
    facts: list[Fact] = []
    for incident_id, (before, events) in changes.items():
        state = before
        place = (places or {}).get(incident_id)
        for event in events:
            state = incidents.evolve(state, event)
            sealed = None
            if (
                isinstance(event, incidents.IncidentOpened | PlaceStated)
                and event.position is None
                and place is not None
            ):
                sealed = tx.seal(msgspec.json.encode(place), subject_of(state))
                state = msgspec.structs.replace(state, position=place)
            facts.append(
                Fact(
                    stream=incidents.stream_of(incident_id),
                    version=state.version,
                    event=event,
                    actor=actor,
                    personal=sealed,
                )
            )
        if state is not None:
            states[incident_id] = state
    if facts:
        seq = tx.append(gate.admit_call_for_help(facts, now))
        tx.put_incidents([states[i] for i, (_, events) in changes.items() if events], seq)
    return states


def subject_of(incident: Incident) -> str:
    """Return whose place an incident's is: its caller's, else the incident's own."""
    if incident.personal_device is None:
        return subjects.of_incident(incident.id)
    return subjects.of_device(incident.personal_device)


def mission_facts(
    tx: Transaction, before: Mission | None, events: Sequence[MissionEvent], actor: str, of: Incident | None = None
) -> tuple[Mission | None, list[Fact]]:
    """Fold mission events; return the state and the facts. `of`: the incident whose place an offer flies to."""
    state = before
    facts: list[Fact] = []
    for event in events:
        state = missions.evolve(state, event)
        sealed = None
        if isinstance(event, missions.MissionOffered) and event.target is None and of is not None:
            sealed = tx.seal(msgspec.json.encode(of.position), subject_of(of))
            state = msgspec.structs.replace(state, target=of.position)
        facts.append(
            Fact(stream=missions.stream_of(state.id), version=state.version, event=event, actor=actor, personal=sealed)
        )
    return state, facts


def write_missions(
    tx: Transaction,
    changes: Mapping[UUID, tuple[Mission | None, Sequence[MissionEvent]]],
    actor: str,
    now: datetime,
) -> dict[UUID, Mission]:
    """Append the progress of missions and store their states.

    Progress is recorded under the call for help that founded the mission: a flight whose authorisation ended
    meanwhile is called back, and what it did until then is still never lost.
    """
    states: dict[UUID, Mission] = {}
    facts: list[Fact] = []
    for mission_id, (before, events) in changes.items():
        state, new = mission_facts(tx, before, events, actor)
        facts.extend(new)
        if state is not None and new:
            states[mission_id] = state
    if facts:
        seq = tx.append(gate.admit_call_for_help(facts, now))
        tx.put_missions(list(states.values()), seq)
    return states
