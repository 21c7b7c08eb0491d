"""What a pilot saw: a few structured facts and a sentence, never a face or a name."""

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from necmergitur.dispatch.constants import NOTE_LENGTH_MAX
from necmergitur.dispatch.incidents import Person
from necmergitur.governance.law import Kept
from necmergitur.kernel.refusal import Refusal

# Décret 2023-283 of 19 April 2023: images 7 days, interiors of homes erased within 48 h. The rules of law as they are
# (`governance/law`) shorten these, and lengthen neither; PostgreSQL holds a picture to them (NM015).
STILL_LASTS = timedelta(days=7)
STILL_INTERIOR_LASTS = timedelta(hours=48)
STILL_BYTES_MAX = 8_000_000  # ours: a 12-megapixel JPEG
STILL_SIDE_MAX_PX = 2_560  # ours: enough to read a door number, small enough for a phone
COUNT_MAX = 100_000  # ours: more people than any square of the city holds


class ObservationFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The boxes of the form. Counts are people; None means not said."""

    people_down: int | None = None
    crowd_size: int | None = None
    fire: bool = False
    smoke: bool = False
    weapon_seen: bool = False
    access_blocked: bool = False
    nothing_seen: bool = False


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """One report from above, attached to an incident."""

    id: UUID
    incident_id: UUID
    mission_id: UUID | None
    author: Person
    observed_at: datetime
    facts: ObservationFacts
    note: str


class ObservationFiled(msgspec.Struct, frozen=True, tag=True):
    """An observation entered the record; its free text travels sealed."""

    observation_id: UUID
    incident_id: UUID
    mission_id: UUID | None
    facts: ObservationFacts
    by: Person
    at: datetime


class StillFiled(msgspec.Struct, frozen=True, tag=True):
    """A still image was attached. Its bytes are elsewhere, sealed, and expire."""

    still_id: UUID
    incident_id: UUID
    mission_id: UUID | None
    interior: bool
    expires_at: datetime
    by: Person
    at: datetime


def check(facts: ObservationFacts, note: str) -> Refusal | None:
    """Refuse an empty, contradictory or oversized observation."""
    for count in (facts.people_down, facts.crowd_size):
        if count is not None and not 0 <= count <= COUNT_MAX:
            return Refusal(rule="count_out_of_range", detail=f"Between 0 and {COUNT_MAX}.")
    if len(note) > NOTE_LENGTH_MAX:
        return Refusal(rule="note_too_long", detail=f"At most {NOTE_LENGTH_MAX} characters.")
    said = facts != ObservationFacts() or note.strip()
    if not said:
        return Refusal(rule="observation_empty", detail="Tick a box or write a sentence.")
    seen = facts.people_down or facts.fire or facts.smoke or facts.weapon_seen or facts.access_blocked
    if facts.nothing_seen and seen:
        return Refusal(rule="observation_contradicts", detail="Nothing seen, and something seen.")
    return None


def still_expiry(taken_at: datetime, *, interior: bool, kept: Kept) -> datetime:
    """Return when a still must be gone, as the law is when it is taken."""
    if interior:
        return taken_at + min(STILL_INTERIOR_LASTS, kept.interiors)
    return taken_at + min(STILL_LASTS, kept.pictures)


ResponderState = Literal["told", "acknowledged", "arrived", "need_help", "released"]
RESPONDER_STATES: tuple[ResponderState, ...] = ("told", "acknowledged", "arrived", "need_help", "released")


# The unit that stands for whoever is on duty: told by the machine when no drone can come. Screens say it in words.
ON_DUTY = "on_duty"


class ResponderTask(msgspec.Struct, frozen=True, kw_only=True):
    """A responder's part in an incident."""

    id: UUID
    incident_id: UUID
    unit: str
    user_id: int | None
    state: ResponderState
    told_at: datetime
    changed_at: datetime


class ResponderStateChanged(msgspec.Struct, frozen=True, tag=True):
    """A responder was told, acknowledged, arrived, asked for help, or was released."""

    task_id: UUID
    incident_id: UUID
    unit: str
    state: ResponderState
    at: datetime
