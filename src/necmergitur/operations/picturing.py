"""Whether what a drone sees may be looked at: on scene, for an open incident, under an authorisation in force."""

from datetime import datetime
from uuid import UUID

from necmergitur.dispatch.missions import Mission
from necmergitur.dispatch.observations import ON_DUTY
from necmergitur.governance import gate
from necmergitur.governance.gate import CAMERA, Request
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.ports import Store, Transaction
from necmergitur.operations.ways import EMERGENCY


def uncovered(tx: Transaction, mission: Mission, now: datetime) -> Refusal | None:
    """Return why the camera of a mission must stay off, None when an authorisation lets it look."""
    table = tx.gate_table(now)
    # Most flights carry the permission themselves: only the others ask where the incident is.
    found = gate.picture(table, mission.authorisation_id, _request(None), now)
    if isinstance(found, Refusal) and found.rule == "picture_not_authorised":
        incident = tx.incident(mission.incident_id)
        zone_id = None if incident is None else incident.zone_id
        found = gate.picture(table, mission.authorisation_id, _request(zone_id), now)
    return found if isinstance(found, Refusal) else None


# The cameras of the whole fleet are one stream: one paper is signed for all of them.
CAMERAS = "drone_cameras"


def _request(zone_id: str | None) -> Request:
    return Request(modality=CAMERA, purpose=EMERGENCY, stream=CAMERAS, zone_id=zone_id)


def may_show(store: Store, mission_id: UUID, now: datetime, *, told_to: int | None = None) -> Mission | Refusal:
    """Return the mission whose picture may be shown now. `told_to`: a responder, who sees their own calls only."""
    with store.transaction() as tx:
        mission: Mission | None = tx.mission(mission_id)
        if mission is None:
            return Refusal(rule="mission_unknown")
        if told_to is not None and not is_told(tx, mission.incident_id, told_to):
            return Refusal(rule="not_told")
        if mission.state != "flying" or mission.phase != "on_scene":
            return Refusal(rule="picture_off_scene")
        incident = tx.incident(mission.incident_id)
        if incident is None or incident.state != "open":
            return Refusal(rule="incident_not_open")
        refusal = uncovered(tx, mission, now)
        return mission if refusal is None else refusal


def is_told(tx: Transaction, incident_id: UUID, user_id: int) -> bool:
    """Return whether a responder was told of an incident, by name or with all on duty, and not released since."""
    tasks = tx.responder_tasks(incident_id)
    theirs = [task for task in tasks if task.user_id == user_id]
    if theirs:
        return any(task.state != "released" for task in theirs)
    return any(task.user_id is None and task.unit == ON_DUTY for task in tasks)
