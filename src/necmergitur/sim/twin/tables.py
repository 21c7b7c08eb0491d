"""The tables of the twin. Rows are the frozen values operations speak; indexes are tables too."""

from collections import defaultdict
from datetime import datetime
from uuid import UUID

import msgspec

from necmergitur.dispatch.incidents import Incident
from necmergitur.dispatch.missions import Mission
from necmergitur.dispatch.observations import ResponderTask
from necmergitur.governance.assessments import Assessment
from necmergitur.governance.authorisations import CALLS_FOR_HELP, RECORD_OF_DECISIONS, Authorisation, Conditions
from necmergitur.governance.gate import GateTable
from necmergitur.governance.proposals import Proposal as TermsProposal
from necmergitur.governance.signing import Party
from necmergitur.kernel.events import Recorded
from necmergitur.operations.ports import DroneRecord, Effect, Note, Proposal
from necmergitur.signals.press import Device, Signal
from necmergitur.sim.twin.town import Town

Key = tuple[str, int, int]


class SignalRow(msgspec.Struct, frozen=True):
    """A signal as stored: the incident it is part of now, and its place in the ledger."""

    signal: Signal
    incident_id: UUID | None
    seq: int
    recorded_at: datetime


class LinkRow(msgspec.Struct, frozen=True):
    """A signal's part in an incident; undone, never deleted."""

    incident_id: UUID
    signal_id: UUID
    score: float
    reason: str
    by: str
    at: datetime
    undone_at: datetime | None = None


class Tables:
    """All rows of one simulated city."""

    def __init__(self, town: Town) -> None:
        """Install `town`."""
        self.town = town
        self.devices: dict[str, Device] = {d.id: d for d in town.devices}
        self.drones: dict[str, DroneRecord] = {d.id: d for d in town.drones}
        self.events: list[Recorded] = []
        self.by_stream: dict[str, list[Recorded]] = defaultdict(list)
        self.outbox: dict[str, Effect] = {}
        self.signals: dict[UUID, SignalRow] = {}
        self.signal_ids: dict[Key, UUID] = {}
        self.links: dict[tuple[UUID, UUID, datetime], LinkRow] = {}
        self.links_of_incident: dict[UUID, dict[tuple[UUID, UUID, datetime], None]] = defaultdict(dict)
        self.links_of_device: dict[str, dict[tuple[UUID, UUID, datetime], None]] = defaultdict(dict)
        self.incidents: dict[UUID, Incident] = {}
        self.tried_at: dict[UUID, datetime] = {}
        self.open_incidents: dict[UUID, None] = {}
        self.numbers = 0
        self.proposals: dict[UUID, Proposal] = {}
        self.notes: dict[UUID, Note] = {}
        self.responders: dict[UUID, ResponderTask] = {}
        self.responders_of_incident: dict[UUID, dict[UUID, None]] = defaultdict(dict)
        self.missions: dict[UUID, Mission] = {}
        self.live_missions: dict[UUID, None] = {}
        self.mission_of_drone: dict[str, UUID] = {}
        self.missions_of_incident: dict[UUID, dict[UUID, None]] = defaultdict(dict)
        self.unanswered: dict[int, int] = {}  # offers in a row, by pilot
        self.walked_away: dict[int, None] = {}
        self.missions_of_pilot: dict[int, dict[UUID, datetime]] = defaultdict(dict)
        self.authorisations: dict[UUID, Authorisation] = {a.id: a for a in _standing()}
        self.assessments: dict[UUID, Assessment] = {}
        self.parties: dict[UUID, Party] = {}
        self.terms_proposals: dict[UUID, TermsProposal] = {}
        self.gate_table: GateTable | None = None  # compiled again after any change, and after any rollback


def _standing() -> tuple[Authorisation, ...]:
    """Return the two authorisations the first migration installs."""
    since = datetime.fromisoformat("2015-11-13T00:00:00+00:00")
    return tuple(
        Authorisation(
            id=identifier,
            kind="standing",
            label=label,
            purpose=purpose,
            legal_basis="GDPR art. 6(1)(d)-(e)",
            holder="city",
            modality=modality,
            zones=None,
            streams=None,
            valid_from=since,
            valid_until=None,
            conditions=Conditions(),
            demo=False,
            granted_by="system:install",
            granted_at=since,
        )
        for identifier, label, purpose, modality in (
            (CALLS_FOR_HELP, "Calls for help", "emergency_response", "call_for_help"),
            (RECORD_OF_DECISIONS, "Record of decisions", "accountability", "governance"),
        )
    )
