"""What was seen from above, filed to an incident: structured observations and expiring stills."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from necmergitur.dispatch import observations
from necmergitur.dispatch.incidents import Person, not_open
from necmergitur.dispatch.observations import Observation, ObservationFacts, ObservationFiled, StillFiled
from necmergitur.governance import gate
from necmergitur.governance.accesses import ANSWER_CALL, REVIEW_CALL, TOLD, Reading, place_of
from necmergitur.governance.law import Kept
from necmergitur.kernel.events import Fact
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import accessing, breakglass, subjects
from necmergitur.operations.picturing import is_told
from necmergitur.operations.registry import Registry, Still


class ImageCleaner(Protocol):
    """Re-encodes an image without its metadata."""

    def clean(self, raw: bytes) -> tuple[bytes, int, int] | Refusal:
        """Return (JPEG bytes, width, height), or why it is no usable image."""
        ...


def file_observation(
    registry: Registry,
    incident_id: UUID,
    mission_id: UUID | None,
    facts: ObservationFacts,
    note: str,
    by: Person,
    now: datetime,
) -> Observation | Refusal:
    """Attach an observation; responders see it at once."""
    problem = observations.check(facts, note)
    if problem is not None:
        return problem
    with registry.transaction() as tx:
        incident = tx.incident(incident_id)
        if incident is None:
            return Refusal(rule="incident_unknown")
        if incident.state != "open":
            return not_open(incident)
        filed = Observation(
            id=registry.ids.new(),
            incident_id=incident_id,
            mission_id=mission_id,
            author=by,
            observed_at=now,
            facts=facts,
            note=note.strip(),
        )
        event = ObservationFiled(filed.id, incident_id, mission_id, facts, by, now)
        sealed = tx.seal(filed.note.encode(), subjects.of_incident(incident_id)) if filed.note else None
        fact = Fact(stream=f"observation:{filed.id}", version=1, event=event, actor=f"user:{by.id}", personal=sealed)
        seq = tx.append(gate.admit_call_for_help([fact], now))
        tx.put_observation(filed, seq)
        tx.touch_incidents([incident_id], seq)
        return filed


def file_still(  # noqa: PLR0913  each is a thing of its own
    registry: Registry,
    cleaner: ImageCleaner,
    incident_id: UUID,
    mission_id: UUID | None,
    raw: bytes,
    *,
    interior: bool,
    kept: Kept,
    by: Person,
    now: datetime,
) -> Still | Refusal:
    """Attach a still image: re-encoded without metadata, sealed, gone when the law wants it `kept` no longer."""
    if len(raw) > observations.STILL_BYTES_MAX:
        return Refusal(rule="still_too_large", detail=f"At most {observations.STILL_BYTES_MAX // 1_000_000} MB.")
    cleaned = cleaner.clean(raw)
    if isinstance(cleaned, Refusal):
        return cleaned
    jpeg, width_px, height_px = cleaned
    with registry.transaction() as tx:
        incident = tx.incident(incident_id)
        if incident is None:
            return Refusal(rule="incident_unknown")
        if incident.state != "open":
            return not_open(incident)
        still = Still(
            id=registry.ids.new(),
            incident_id=incident_id,
            mission_id=mission_id,
            taken_at=now,
            interior=interior,
            expires_at=observations.still_expiry(now, interior=interior, kept=kept),
            sealed=tx.seal(jpeg, subjects.of_incident(incident_id)),
            width_px=width_px,
            height_px=height_px,
        )
        event = StillFiled(still.id, incident_id, mission_id, interior, still.expires_at, by, now)
        fact = Fact(stream=f"still:{still.id}", version=1, event=event, actor=f"user:{by.id}")
        seq = tx.append(gate.admit_call_for_help([fact], now))
        tx.put_still(still)
        tx.touch_incidents([incident_id], seq)
        return still


def view_still(registry: Registry, still_id: UUID, by: Person, roles: Sequence[str], now: datetime) -> bytes | Refusal:
    """Return the JPEG bytes of a still and log who looked. Refused once it expired.

    A responder sees what was seen on their own calls and on no other; or, while a broken glass opens it to one of
    their `roles`, on that incident too.
    """
    asked = Reading(what="still", purpose=ANSWER_CALL, readers=tuple(roles), place="")
    return accessing.judged_twice(registry, asked, by, now, lambda: _view_still(registry, still_id, by, roles, now))


def _view_still(registry: Registry, still_id: UUID, by: Person, roles: Sequence[str], now: datetime) -> bytes | Refusal:
    with registry.transaction() as tx:
        still = tx.still(still_id)
        if still is None:
            return Refusal(rule="still_unknown")
        incident = tx.incident(still.incident_id)
        live = incident is not None and incident.state == "open"
        told = (TOLD,) if "responder" in roles and is_told(tx, still.incident_id, by.id) else ()
        asked = Reading(
            what="still",
            purpose=ANSWER_CALL if live else REVIEW_CALL,
            readers=(*roles, *told),
            place=place_of(still.incident_id),
            live=live,
        )
        under = accessing.ask(registry, tx, asked, by, now)
        if isinstance(under, Refusal):
            return Refusal(rule="not_told") if "responder" in roles and not told else under
        if under.by_glass:
            glass = breakglass.use(tx, under, "stills", still.incident_id, str(still_id), by.id, now)
            if isinstance(glass, Refusal):
                return glass
        if still.expires_at <= now:
            return Refusal(rule="still_expired", until=still.expires_at)
        sealed = tx.open_still(still_id, still.incident_id, f"user:{by.id}", under, now)
        plain: bytes | None = None if sealed is None else tx.unseal(sealed, under, vital=live)
        return Refusal(rule="still_erased") if plain is None else plain
