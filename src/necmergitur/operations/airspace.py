"""Airspace: a helicopter announced over the city, a drone grounded."""

from datetime import datetime, timedelta

from necmergitur.dispatch.incidents import Person
from necmergitur.kernel.geo import Position
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.registry import Registry, audit

HELICOPTER_RADIUS_MAX_M = 5_000.0  # ours: beyond, ground the fleet
NOTICES_MAX = 64  # ours: more at once than any city has seen, and what the fleet follows
HELICOPTER_LASTS_MAX = timedelta(hours=2)  # ours: announce again after


def announce_helicopter(
    registry: Registry,
    place: Position,
    radius_m: float,
    lasts: timedelta,
    reason: str,
    by: Person,
    now: datetime,
) -> int | Refusal:
    """Announce a helicopter: drones inside descend and hold, none is sent in. Returns the notice's id."""
    if not 0 < radius_m <= HELICOPTER_RADIUS_MAX_M:
        return Refusal(rule="radius_out_of_range", detail=f"Up to {HELICOPTER_RADIUS_MAX_M:.0f} m.")
    if not timedelta(0) < lasts <= HELICOPTER_LASTS_MAX:
        return Refusal(rule="notice_length", detail="Up to two hours.")
    with registry.transaction() as tx:
        tx.serialise()  # two announced at once see each other
        if len(tx.notices(now)) >= NOTICES_MAX:
            return Refusal(rule="too_many_notices", detail=f"{NOTICES_MAX} are in force: end one first.")
        notice: int = tx.put_airspace_notice("helicopter", place, radius_m, now, now + lasts, by.name, reason.strip())
        audit(registry, tx, "lead:airspace:announce", str(notice), by, now, radius_m=f"{radius_m:.0f}")
        return notice


def end_notice(registry: Registry, notice_id: int, by: Person, now: datetime) -> None:
    """End a notice before its time."""
    with registry.transaction() as tx:
        tx.end_airspace_notice(notice_id, now)
        audit(registry, tx, "lead:airspace:end", str(notice_id), by, now)


def set_drone(
    registry: Registry, drone_id: str, *, enabled: bool, reason: str, by: Person, now: datetime
) -> Refusal | None:
    """Ground a drone with a reason, or return it to service."""
    if not enabled and not reason.strip():
        return Refusal(rule="reason_missing", detail="Say why it is grounded.")
    with registry.transaction() as tx:
        if not tx.set_drone(drone_id, enabled=enabled, reason=reason.strip()):
            return Refusal(rule="drone_unknown")
        audit(registry, tx, f"technician:drone:{'enable' if enabled else 'ground'}", drone_id, by, now)
    return None
