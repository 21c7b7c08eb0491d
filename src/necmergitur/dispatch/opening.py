"""The first facts of an incident."""

from datetime import datetime
from uuid import UUID

from necmergitur.dispatch.incident_events import (
    DroneStatusChanged,
    IncidentEvent,
    IncidentOpened,
    Link,
    SignalsAttached,
)
from necmergitur.dispatch.incidents import SEEKS_DRONE
from necmergitur.dispatch.places import PLACE_UNKNOWN
from necmergitur.kernel.geo import Position
from necmergitur.signals.press import Signal


def open_from(
    signal: Signal,
    *,
    incident_id: UUID,
    number: str,
    place: Position,
    exercise: bool,
    now: datetime,
    placed: bool = True,
) -> list[IncidentEvent]:
    """Open an incident on its first signal, and seek a drone when its kind calls for one and its place is known."""
    events: list[IncidentEvent] = [
        IncidentOpened(
            id=incident_id,
            number=number,
            kind="test" if signal.test else signal.kind,
            personal_device=signal.device_id if signal.personal else None,
            test=signal.test,
            exercise=exercise,
            position=None if signal.personal else place,
            accuracy_m=signal.accuracy_m,
            zone_id=signal.zone_id,
            label=signal.label,
            at=now,
            placed=placed,
        ),
        SignalsAttached((Link(signal.id, signal.device_id, 1.0, "first signal"),), now),
    ]
    if signal.kind in SEEKS_DRONE or signal.kind == "test":  # a test is carried as far as the decision
        unplaced = DroneStatusChanged("none" if signal.test else "refused", PLACE_UNKNOWN, now)
        events.append(DroneStatusChanged("searching", "", now) if placed else unplaced)
    return events
