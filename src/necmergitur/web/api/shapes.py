"""What the API takes and gives. Names are those of the read tables; times are RFC 3339 in UTC."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Field, Schema

# PostgreSQL's bigint, which counts what devices count.
Counter = Annotated[int, Field(ge=0, le=2**63 - 1)]
Page = Annotated[int, Field(ge=1, le=10_000)]
PerPage = Annotated[int, Field(ge=1, le=200)]


# PostgreSQL keeps no NUL.
Text80 = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00]+$")]
Text2000 = Annotated[str, Field(min_length=1, max_length=2_000, pattern=r"^[^\x00]*[^\x00\s][^\x00]*$")]
Address = Annotated[str, Field(min_length=1, max_length=500, pattern=r"^https?://[A-Za-z0-9._\-\[\]:]+(/[^\s\x00]*)?$")]


class Problem(Schema):
    """A refusal: a stable name to match, a sentence for a log."""

    rule: str
    detail: str = ""


class PlaceOut(Schema):
    """Where an incident is: WGS84 degrees, and for a street button the words on it."""

    lon: float
    lat: float
    accuracy_m: float
    zone_id: str | None
    label: str


class IncidentOut(Schema):
    """One incident. Never says whether its caller is under duress, nor who works on it: that stays in the room.

    `place` is null without the scope `places:read`, and until somebody knows it. A personal call's is rounded to a
    kilometre, without words.
    """

    id: UUID
    number: str
    state: Literal["open", "closed", "merged"]
    rung: Literal["received", "seen", "acknowledged", "acting"]
    kind: str
    test: bool
    exercise: bool
    cancelled: bool
    placed: bool = Field(description="False until somebody knows where it is; there is no place to tell then.")
    place: PlaceOut | None
    opened_at: datetime
    last_signal_at: datetime
    signal_count: int
    escalation: int
    due_at: datetime | None
    mine: bool
    drone: str
    outcome: str
    closed_at: datetime | None
    merged_into: UUID | None
    version: int


class MissionOut(Schema):
    """One drone's work for one incident."""

    id: UUID
    incident_id: UUID
    drone_id: str
    state: Literal["offered", "accepted", "flying", "ended"]
    phase: str
    eta_s: float
    why: str
    offered_at: datetime
    accepted_at: datetime | None
    airborne_at: datetime | None
    on_scene_at: datetime | None
    ended_at: datetime | None
    end_reason: str
    version: int


class DeviceOut(Schema):
    """The health of a button. A street button has a place and a label; a personal one never does."""

    id: str
    kind: str
    transport: str
    label: str
    zone_id: str | None
    lon: float | None
    lat: float | None
    heartbeat_at: datetime | None
    battery_pct: float | None
    rssi_dbm: float | None
    firmware: str | None
    deaf: bool | None


class ObservationOut(Schema):
    """What a pilot saw. `note`, what they wrote, is null without the scope `words:read`."""

    id: UUID
    incident_id: UUID
    mission_id: UUID | None
    observed_at: datetime
    facts: dict[str, Any]
    note: str | None


class NoteOut(Schema):
    """A note as written."""

    id: UUID
    incident_id: UUID
    kind: str
    author_name: str
    written_at: datetime


class SignalOut(Schema):
    """The lamp's answer: `lit` means committed."""

    lamp: Literal["lit"]
    signal_id: UUID | None
    incident_id: UUID | None
    duplicate: bool
    seen: bool


class WebhookOut(Schema):
    """A webhook; its secret is given once, when it is made."""

    id: int
    name: str
    url: str
    events: list[str]
    disabled_at: datetime | None


class WebhookMade(WebhookOut):
    """A webhook just made, with the secret that signs its events."""

    secret: str


class IncidentPage(Schema):
    """One page of incidents, newest first."""

    items: list[IncidentOut]
    count: int
    page: int


class MissionPage(Schema):
    """One page of missions, newest first."""

    items: list[MissionOut]
    count: int
    page: int


class DevicePage(Schema):
    """One page of devices, by id."""

    items: list[DeviceOut]
    count: int
    page: int


class ObservationPage(Schema):
    """One page of observations, newest first."""

    items: list[ObservationOut]
    count: int
    page: int


class ClimbIn(Schema):
    """How far the partner's own people are with an incident."""

    rung: Literal["seen", "acknowledged", "acting"]


class NoteIn(Schema):
    """Words for the room."""

    kind: Literal["note", "call_back", "hand_off"] = "note"
    body: Text2000


class CloseIn(Schema):
    """How it ended."""

    outcome: Literal["helped", "handed_over", "false_alarm", "not_found", "test", "duplicate", "cancelled_by_caller"]


class PlaceIn(Schema):
    """Where a call says it is: WGS84 degrees, accuracy in metres (68 %)."""

    lon: Annotated[float, Field(ge=-180, le=180)]
    lat: Annotated[float, Field(ge=-90, le=90)]
    accuracy_m: Annotated[float, Field(gt=0, le=100_000)] = 50.0


class SignalIn(Schema):
    """A call for help from one of the partner's buttons. Unique on (device, boot_id, seq): repeat it until lit."""

    device: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
    boot_id: Counter
    seq: Counter
    kind: Literal["sos", "medical", "fire", "violence", "test"] = "sos"
    claimed_time: datetime | None = None
    position: PlaceIn | None = None


class WebhookIn(Schema):
    """Where to send events, and which."""

    name: Text80
    url: Address
    events: Annotated[
        list[Literal["incident.opened", "incident.escalated", "incident.handed_off", "incident.without_drone"]],
        Field(min_length=1),
    ]


class DatasetOut(Schema):
    """What an experiment opens by its data clause."""

    id: UUID
    dataset: str
    stream: str
    zones: list[str]
    step: str
    since: datetime
    until: datetime


class HourOut(Schema):
    """One zone's hour. `mean` is null when it tells of fewer than ten people."""

    zone_id: str
    begins: datetime
    mean: int | None


class Me(Schema):
    """The token that asks."""

    name: str
    scopes: list[str]
    devices: list[str]
    expires_at: datetime
