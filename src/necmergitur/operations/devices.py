"""Buttons: enrol, retire, heartbeats, test windows, and the holder opened for one incident."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from necmergitur.dispatch.incidents import Person
from necmergitur.governance.accesses import ANSWER_CALL, Reading, place_of
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import accessing, breakglass, subjects
from necmergitur.operations.registry import NewDevice, Registry, audit
from necmergitur.signals.heartbeat import SILENCE_MAX, Heartbeat, sane
from necmergitur.signals.press import DEVICE_ID

TEST_WINDOW_MAX = timedelta(hours=8)  # ours: a night of testing


def enrol(registry: Registry, devices: Sequence[NewDevice], by: Person, now: datetime) -> int | Refusal:
    """Make devices known; return how many. Enrolling one again renews it.

    Refusals: `device_id_wrong`; `device_known_otherwise`, which would take a street button its place, or a panel its
    account.
    """
    wrong = [device.id for device in devices if not DEVICE_ID.fullmatch(device.id)]
    if wrong:
        return Refusal(rule="device_id_wrong", detail=f"Letters, figures, dashes, 64 at most: not {', '.join(wrong)}.")
    with registry.transaction() as tx:
        taken = tx.known_otherwise(devices)
        if taken:
            return Refusal(rule="device_known_otherwise", detail=f"Already another device: {', '.join(taken)}.")
        tx.put_devices(devices, now)
        if devices:
            audit(registry, tx, "technician:device:enrol", devices[0].id, by, now, count=str(len(devices)))
    return len(devices)


def retire(registry: Registry, ids: Sequence[str], by: Person, now: datetime) -> Refusal | None:
    """Retire devices, all or none. A press from one still reaches a human, flagged. Refusal: `button_unknown`."""
    with registry.transaction() as tx:
        unknown = sorted(set(ids) - set(tx.devices(ids)))
        if unknown:
            return Refusal(rule="button_unknown", detail=f"No button is called {', '.join(unknown)}.")
        tx.retire_devices(ids, now)
        audit(registry, tx, "technician:device:retire", ids[0] if ids else "", by, now, count=str(len(ids)))
    return None


def beat(registry: Registry, beats: Sequence[Heartbeat], now: datetime) -> None:
    """Keep signs of life. Not a fact: the latest is all that matters."""
    with registry.transaction() as tx:
        tx.put_heartbeats([sane(b) for b in beats], now)


def find_deaf(registry: Registry, now: datetime) -> int:
    """Mark devices that missed three heartbeats; return how many newly fell silent."""
    with registry.transaction() as tx:
        count: int = tx.mark_deaf(now - SILENCE_MAX)
        return count


def declare_test_window(
    registry: Registry,
    zones: Sequence[str] | None,
    starts_at: datetime,
    ends_at: datetime,
    reason: str,
    by: Person,
    now: datetime,
) -> int | Refusal:
    """Announce a mass test. Real presses still pass; test presses run to the decision and never to a flight."""
    if not reason.strip():
        return Refusal(rule="reason_missing", detail="Say what is tested.")
    if not now - timedelta(minutes=5) <= starts_at < ends_at <= starts_at + TEST_WINDOW_MAX:
        return Refusal(rule="test_window_length", detail="It starts from now on and lasts at most 8 hours.")
    with registry.transaction() as tx:
        window: int = tx.put_test_window(zones, starts_at, ends_at, reason.strip(), by.name)
        audit(registry, tx, "lead:test_window:declare", str(window), by, now, ends_at=ends_at.isoformat())
        return window


def open_holder(
    registry: Registry, incident_id: UUID, reason: str, by: Person, roles: Sequence[str], now: datetime
) -> str | Refusal:
    """Return who holds the personal button an open incident heard, itself or through one merged into it.

    Logged, with a reason, each time. `roles`: those of whoever reads; the gate says which of them opens it, by itself
    or under a broken glass.
    """
    asked = Reading(what="holder", purpose=ANSWER_CALL, readers=tuple(roles), place=place_of(incident_id))
    if not reason.strip():
        return Refusal(rule="reason_missing", detail="Say why you need the name.")
    return accessing.judged_twice(
        registry, asked, by, now, lambda: _open_holder(registry, asked, incident_id, reason.strip(), by, now)
    )


def _open_holder(
    registry: Registry, asked: Reading, incident_id: UUID, reason: str, by: Person, now: datetime
) -> str | Refusal:
    with registry.transaction() as tx:
        incident = tx.incident(incident_id)
        if incident is None:
            return Refusal(rule="incident_unknown")
        buttons = sorted({*tx.callers_of(incident_id), *filter(None, [incident.personal_device])})
        if not buttons:
            return Refusal(rule="no_holder", detail="A street button has no holder.")
        asked = msgspec.structs.replace(asked, live=incident.state == "open")
        under = accessing.ask(registry, tx, asked, by, now)
        if isinstance(under, Refusal):
            return under
        if under.by_glass:
            glass = breakglass.use(tx, under, "holder", incident_id, buttons[0], by.id, now)
            if isinstance(glass, Refusal):
                return glass
        known: list[str] = []
        for button in buttons:  # one, but for incidents merged before two people's were kept apart
            sealed = tx.open_holder(button, incident_id, f"user:{by.id}", reason, under, now)
            audit(registry, tx, "operator:holder:open", button, by, now, incident=incident.number)
            plain: bytes | None = None if sealed is None else tx.unseal(sealed, under, vital=True)
            known += [] if plain is None else [plain.decode()]
    if not known:
        return Refusal(rule="holder_unknown", detail="No holder is recorded for this button.")
    return "\n".join(known)


def set_holder(registry: Registry, device_id: str, holder: str, by: Person, now: datetime) -> None:
    """Record who holds a personal button (sealed, in a schema of its own)."""
    with registry.transaction() as tx:
        tx.put_holder(device_id, tx.seal(holder.encode(), subjects.of_device(device_id)), now)
        audit(registry, tx, "technician:holder:set", device_id, by, now)
