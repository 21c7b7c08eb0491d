"""Plain rows in PostgreSQL: shifts, observations, responders, devices, airspace, alarms."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from necmergitur.adapters.postgres.queries import load
from necmergitur.adapters.postgres.statements import Statements
from necmergitur.dispatch.observations import Observation
from necmergitur.governance.accesses import place_of
from necmergitur.governance.passes import Pass
from necmergitur.kernel.geo import Position
from necmergitur.operations.registry import NewDevice, Shift, Still
from necmergitur.signals.heartbeat import Heartbeat

SQL = load("registry")
SIGNALS = load("signals")
_TELL_SCREENS = "SELECT pg_notify('nec_ledger', '')"


class RegistryMixin:
    """`operations.registry.RegistryTransaction` beyond the facts."""

    cursor: Statements

    def put_shift(self, user_id: int, name: str, starts_at: datetime, ends_at: datetime, max_missions: int) -> int:
        """Store a shift; return its id."""
        return self._returned_id(
            "put_shift",
            user_id=user_id,
            name=name,
            starts_at=starts_at,
            ends_at=ends_at,
            max_missions=max_missions,
        )

    def current_shift(self, user_id: int, now: datetime) -> Shift | None:
        """Return the shift a user is on."""
        row = self.cursor.execute(SQL["current_shift"], {"user_id": user_id, "now": now}).fetchone()
        return None if row is None else Shift(**dict(zip(Shift.__struct_fields__, row, strict=True)))

    def change_shift(self, shift: Shift) -> None:
        """Store a shift as changed."""
        self.cursor.execute(SQL["change_shift"], msgspec.structs.asdict(shift))

    def put_qualification(
        self, user_id: int, kind: str, valid_from: datetime, valid_until: datetime, recorded_by: str
    ) -> None:
        """Store or renew a qualification."""
        self.cursor.execute(
            SQL["put_qualification"],
            {
                "user_id": user_id,
                "kind": kind,
                "valid_from": valid_from,
                "valid_until": valid_until,
                "recorded_by": recorded_by,
            },
        )

    def put_observation(self, observation: Observation, seq: int) -> None:
        """Store an observation."""
        self.cursor.execute(
            SQL["put_observation"],
            {
                "id": observation.id,
                "incident_id": observation.incident_id,
                "mission_id": observation.mission_id,
                "author_id": observation.author.id,
                "author_name": observation.author.name,
                "observed_at": observation.observed_at,
                "facts": msgspec.json.encode(observation.facts).decode(),
                "note": observation.note,
                "seq": seq,
            },
        )

    def put_still(self, still: Still) -> None:
        """Store a still image."""
        self.cursor.execute(SQL["put_still"], msgspec.structs.asdict(still))

    def still(self, still_id: UUID) -> Still | None:
        """Return a still image."""
        row = self.cursor.execute(SQL["still"], {"id": still_id}).fetchone()
        if row is None:
            return None
        names = ["id", "incident_id", "mission_id", "taken_at", "interior", "expires_at", "width_px", "height_px"]
        return Still(**dict(zip(names, row, strict=True)), sealed=None)

    def open_still(self, still_id: UUID, incident_id: UUID, viewed_by: str, under: Pass, at: datetime) -> bytes | None:
        """Record that somebody looks, and return the sealed picture; None once it was erased."""
        under.must_be_for("still", place=place_of(incident_id))
        parts = {"viewed_by": viewed_by, "reader": under.reader, "purpose": under.purpose, "glass": under.glass}
        self.cursor.execute(SQL["log_still_view"], {"still_id": still_id, "at": at, **parts})
        row = self.cursor.execute(SQL["still_opened"], {"id": still_id}).fetchone()
        return None if row is None or row[0] is None else bytes(row[0])

    def known_otherwise(self, devices: Sequence[NewDevice]) -> list[str]:
        """Return which known devices these would replace: of another kind or way in, or with the same external key."""
        rows = {name: [getattr(d, name) for d in devices] for name in ("id", "kind", "transport", "external_key")}
        return [row[0] for row in self.cursor.execute(SQL["known_otherwise"], rows)]

    def put_devices(self, devices: Sequence[NewDevice], now: datetime) -> None:
        """Store devices, new or renewed."""
        names = [
            "id",
            "kind",
            "transport",
            "label",
            "zone_id",
            "external_key",
            "credential_hash",
            "cancel_hash",
            "duress_hash",
            "certificate_subject",
        ]
        rows: dict[str, Any] = {name: [getattr(d, name) for d in devices] for name in names}
        rows["lon"] = [d.place.lon if d.place else None for d in devices]
        rows["lat"] = [d.place.lat if d.place else None for d in devices]
        self.cursor.execute(SQL["put_devices"], {**rows, "now": now})

    def set_certificates(self, subjects: Mapping[str, str]) -> None:
        """Bind certificate subjects to devices."""
        self.cursor.execute(SQL["set_certificates"], {"id": list(subjects), "subject": list(subjects.values())})

    def retire_devices(self, ids: Sequence[str], now: datetime) -> None:
        """Mark devices as gone, and forget who held them."""
        self.cursor.execute(SQL["retire_devices"], {"ids": list(ids), "now": now})
        self.cursor.execute(SQL["drop_holders"], {"ids": list(ids)})

    def put_test_window(
        self, zones: Sequence[str] | None, starts_at: datetime, ends_at: datetime, reason: str, declared_by: str
    ) -> int:
        """Store a test window; return its id."""
        return self._returned_id(
            "put_test_window",
            zones=None if zones is None else list(zones),
            starts_at=starts_at,
            ends_at=ends_at,
            reason=reason,
            declared_by=declared_by,
        )

    def put_holder(self, device_id: str, sealed: bytes, now: datetime) -> None:
        """Store who holds a personal button, sealed."""
        self.cursor.execute(SQL["put_holder"], {"device_id": device_id, "sealed": sealed, "now": now})

    def open_holder(
        self,
        device_id: str,
        incident_id: UUID,
        opened_by: str,
        reason: str,
        under: Pass,
        now: datetime,
    ) -> bytes | None:
        """Return the sealed holder of a device and log the opening."""
        under.must_be_for("holder", place=place_of(incident_id))
        self.cursor.execute(
            SQL["log_holder_opening"],
            {
                "device_id": device_id,
                "incident_id": incident_id,
                "by": opened_by,
                "reader": under.reader,
                "purpose": under.purpose,
                "reason": reason,
                "now": now,
                "glass": under.glass,
            },
        )
        row = self.cursor.execute(SQL["holder"], {"device_id": device_id}).fetchone()
        return None if row is None or row[0] is None else bytes(row[0])

    def put_heartbeats(self, beats: Sequence[Heartbeat], at: datetime) -> None:
        """Store signs of life."""
        newest = {b.device: b for b in beats}
        self.cursor.execute(
            SIGNALS["heartbeats"],
            {
                "at": at,
                "device_id": list(newest),
                "battery_pct": [b.battery_pct for b in newest.values()],
                "rssi_dbm": [b.rssi_dbm for b in newest.values()],
                "firmware": [b.firmware for b in newest.values()],
                "boot_id": [b.boot_id for b in newest.values()],
            },
        )

    def mark_deaf(self, before: datetime) -> int:
        """Mark devices silent since `before`."""
        count = self.cursor.execute(SIGNALS["mark_deaf"], {"before": before}).rowcount
        if count:
            self.cursor.execute(_TELL_SCREENS)
        return count

    def put_airspace_notice(
        self,
        kind: str,
        place: Position,
        radius_m: float,
        starts_at: datetime,
        ends_at: datetime,
        by: str,
        reason: str,
    ) -> int:
        """Store a notice; return its id."""
        return self._returned_id(
            "put_airspace_notice",
            kind=kind,
            lon=place.lon,
            lat=place.lat,
            radius_m=radius_m,
            starts_at=starts_at,
            ends_at=ends_at,
            by=by,
            reason=reason,
        )

    def end_airspace_notice(self, notice_id: int, now: datetime) -> None:
        """End a notice now."""
        self.cursor.execute(SQL["end_airspace_notice"], {"id": notice_id, "now": now})

    def set_drone(self, drone_id: str, *, enabled: bool, reason: str) -> bool:
        """Enable or ground a drone; return whether it exists."""
        parts = {"id": drone_id, "enabled": enabled, "reason": "" if enabled else reason}
        return self.cursor.execute(SQL["set_drone"], parts).rowcount > 0

    def raise_alarm(self, name: str, detail: str, now: datetime) -> bool:
        """Raise a system alarm; return whether it is new."""
        return self._alarm("raise_alarm", {"name": name, "detail": detail, "now": now})

    def clear_alarm(self, name: str, now: datetime) -> bool:
        """Clear a system alarm; return whether it was raised."""
        return self._alarm("clear_alarm", {"name": name, "now": now})

    def _alarm(self, query: str, parts: dict[str, Any]) -> bool:
        changed = self.cursor.execute(SQL[query], parts).fetchone() is not None
        if changed:
            self.cursor.execute(_TELL_SCREENS)
        return changed

    def _returned_id(self, query: str, **parts: Any) -> int:
        row = self.cursor.execute(SQL[query], parts).fetchone()
        assert row is not None
        return int(row[0])
