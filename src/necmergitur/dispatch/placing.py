"""Where a call is, once it becomes known: the incident moves, and a search that waited for it begins."""

from datetime import datetime

from necmergitur.dispatch.incident_events import DroneStatusChanged, IncidentEvent, Person, PlaceStated
from necmergitur.dispatch.incidents import Incident, not_open
from necmergitur.dispatch.places import PLACE_UNKNOWN, Spot
from necmergitur.kernel.refusal import Refusal


def by_device(state: Incident, spot: Spot, device_id: str, now: datetime) -> list[IncidentEvent]:
    """Follow a personal button: its own incident, or one whose place nobody knows. A post's incident stays put."""
    if state.state != "open":
        return []
    if state.placed and not (state.personal_device == device_id and spot.improves(state.position, state.accuracy_m)):
        return []
    return _stated(state, spot, None, now, sealed=True)


def by_person(state: Incident, spot: Spot, by: Person, now: datetime) -> list[IncidentEvent] | Refusal:
    """Take a person's word for where the call is."""
    if state.state != "open":
        return not_open(state)
    return _stated(state, spot, by, now, sealed=state.personal_device is not None)


def by_merge(state: Incident, other: Incident, by: Person, now: datetime) -> list[IncidentEvent]:
    """Take the place of an incident merged into one whose place nobody knows."""
    if state.placed or not other.placed:
        return []
    spot = Spot(other.position, other.accuracy_m, other.zone_id, state.label)
    personal = state.personal_device is not None or other.personal_device is not None
    return _stated(state, spot, by, now, sealed=personal)


def _stated(state: Incident, spot: Spot, by: Person | None, now: datetime, *, sealed: bool) -> list[IncidentEvent]:
    events: list[IncidentEvent] = [
        PlaceStated(
            position=None if sealed else spot.position,
            accuracy_m=spot.accuracy_m,
            zone_id=spot.zone_id,
            label=spot.label,
            by=by,
            at=now,
        )
    ]
    if state.drone_reason == PLACE_UNKNOWN and state.drone in ("refused", "none"):
        events.append(DroneStatusChanged("searching", "", now))
    return events
