"""Whether what a drone sees may be looked at: on scene, for an open incident, under an authorisation in force."""

from datetime import datetime
from uuid import UUID

import msgspec

from necmergitur.dispatch.incidents import Person
from necmergitur.dispatch.missions import Mission
from necmergitur.dispatch.observations import ON_DUTY
from necmergitur.governance import gate
from necmergitur.governance.accesses import ANSWER_CALL, TOLD, Reading, place_of
from necmergitur.governance.gate import CAMERA, Request
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import accessing
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


class Viewer(msgspec.Struct, frozen=True):
    """Who wants to see: an account's number, and its roles."""

    id: int
    roles: tuple[str, ...]

    def parts(self, now: datetime) -> dict[str, object]:
        """Return what the database judges a camera's address by: a responder counts if they were told."""
        told = (TOLD,) if "responder" in self.roles else ()
        return {"account": self.id, "readers": [*self.roles, *told], "now": now}


def may_show(store: Store, mission_id: UUID, now: datetime, viewer: Viewer) -> Mission | Refusal:
    """Return the mission whose picture may be shown now to this viewer; responders see their own calls only."""
    with store.transaction() as tx:
        mission: Mission | None = tx.mission(mission_id)
        if mission is None:
            return Refusal(rule="mission_unknown")
        incident = tx.incident(mission.incident_id)
        told = (TOLD,) if "responder" in viewer.roles and is_told(tx, mission.incident_id, viewer.id) else ()
        asked = Reading(
            what="picture",
            purpose=ANSWER_CALL,
            readers=(*viewer.roles, *told),
            place=place_of(mission.incident_id),
            live=incident is not None and incident.state == "open",
        )
        # A page asks again and again until there is a picture: what is not there yet is nobody's wrong.
        under = accessing.ask(store, tx, asked, Person(viewer.id, ""), now, untold=("incident_not_open",))
        if isinstance(under, Refusal) and under.rule != "incident_not_open":
            return Refusal(rule="not_told") if "responder" in viewer.roles else under
        return _shows(tx, mission, now)


def shows(store: Store, mission_id: UUID, now: datetime) -> Mission | Refusal:
    """Return the mission when its picture may be shown now to whoever may see it: what a page says, without showing."""
    with store.transaction() as tx:
        mission: Mission | None = tx.mission(mission_id)
        return Refusal(rule="mission_unknown") if mission is None else _shows(tx, mission, now)


def _shows(tx: Transaction, mission: Mission, now: datetime) -> Mission | Refusal:
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
