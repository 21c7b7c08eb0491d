"""Facts and their read tables, mapped read-only: operations write them, pages read them.

Columns that hold secrets or sealed bytes are named in NOT_MAPPED and stay out, so no template can show one.
tests/web/facts holds every model against `information_schema`.
"""

from necmergitur.web.facts.models.base import NOT_MAPPED, Fact, FactIsReadOnly
from necmergitur.web.facts.models.crises import Crisis
from necmergitur.web.facts.models.dispatch import (
    Drone,
    DroneState,
    Mission,
    PilotShift,
    Qualification,
)
from necmergitur.web.facts.models.incidents import (
    Incident,
    IncidentNote,
    IncidentSignal,
    Observation,
    Proposal,
    ResponderTask,
    Still,
    StillView,
)
from necmergitur.web.facts.models.record import (
    Authorisation,
    BreakGlass,
    LedgerEvent,
    Outbox,
    SystemAlarm,
)
from necmergitur.web.facts.models.sensors import Reading, ReadingRefusal, Sensor, StreamEnd
from necmergitur.web.facts.models.signals import (
    Device,
    DeviceHealth,
    Signal,
    TestWindow,
)
from necmergitur.web.facts.models.territory import (
    AirspaceNotice,
    City,
    Dock,
    GeozoneSet,
    Zone,
)
from necmergitur.web.facts.models.trials import Trial
from necmergitur.web.facts.models.trust import Assessment, Party, TermsProposal

__all__ = [
    "NOT_MAPPED",
    "AirspaceNotice",
    "Assessment",
    "Authorisation",
    "BreakGlass",
    "City",
    "Crisis",
    "Device",
    "DeviceHealth",
    "Dock",
    "Drone",
    "DroneState",
    "Fact",
    "FactIsReadOnly",
    "GeozoneSet",
    "Incident",
    "IncidentNote",
    "IncidentSignal",
    "LedgerEvent",
    "Mission",
    "Observation",
    "Outbox",
    "Party",
    "PilotShift",
    "Proposal",
    "Qualification",
    "Reading",
    "ReadingRefusal",
    "ResponderTask",
    "Sensor",
    "Signal",
    "Still",
    "StillView",
    "StreamEnd",
    "SystemAlarm",
    "TermsProposal",
    "TestWindow",
    "Trial",
    "Zone",
]
