"""Presses, devices and heartbeats in PostgreSQL."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from necmergitur.adapters.postgres.incidents import SQL as INCIDENTS
from necmergitur.adapters.postgres.incidents import near_parts
from necmergitur.adapters.postgres.places import ZoneIndex
from necmergitur.adapters.postgres.queries import load
from necmergitur.adapters.postgres.statements import Statements
from necmergitur.kernel.geo import Position
from necmergitur.operations.ports import Around, KnownSignal, PlacedSignal, StoredSignal
from necmergitur.signals.press import Device

SQL = load("signals")


class SignalMixin:
    """`operations.ports.SignalStore` inside one transaction."""

    cursor: Statements
    zone_index: ZoneIndex

    def expect_presses(self, keys: Sequence[tuple[str, int, int]], around: Around, now: datetime) -> None:
        """Ask at once what the presses of a batch will be judged by."""
        self.cursor.expect(SQL["known_signals"], _keys(keys))
        self.cursor.expect(SQL["devices"], {"ids": list(around.devices)})
        self.cursor.expect(SQL["test_windows"], {"now": now})
        self.cursor.expect(INCIDENTS["near"], near_parts(around))
        self.cursor.expect(INCIDENTS["of_devices"], {"devices": list(around.devices)})

    def known_signals(self, keys: Sequence[tuple[str, int, int]]) -> dict[tuple[str, int, int], KnownSignal]:
        """Return what was answered to presses already recorded."""
        return {
            (row[0], row[1], row[2]): KnownSignal(
                signal_id=row[3],
                incident_id=row[4],
                rung=row[5],
                recorded_at=row[6],
                turn=row[7],
                placed=row[8],
                cancelled=row[9],
                over=row[10],
            )
            for row in self.cursor.execute(SQL["known_signals"], _keys(keys))
        }

    def devices(self, ids: Collection[str]) -> dict[str, Device]:
        """Return known devices by id."""
        found = self.cursor.execute(SQL["devices"], {"ids": list(ids)})
        return {row[0]: _device(row) for row in found}

    def zones_under_test(self, now: datetime) -> frozenset[str] | None:
        """Return zones in a test window; None when one covers the whole city."""
        zones: set[str] = set()
        for (listed,) in self.cursor.execute(SQL["test_windows"], {"now": now}):
            if listed is None:
                return None
            zones.update(listed)
        return frozenset(zones)

    def zone_at(self, position: Position) -> tuple[str, str] | None:
        """Return (zone id, label) around `position`."""
        return self.zone_index.find(self.cursor, position)

    def city_middle(self) -> Position | None:
        """Return the middle of the city as last imported, None before there is one."""
        return self.zone_index.middle(self.cursor)

    def put_signals(self, signals: Sequence[StoredSignal], recorded_at: datetime, seq: int) -> None:
        """Store signals. Raises VersionConflict's cause (UniqueViolation) to the caller when one exists."""
        rows = [(s.signal, s.incident_id, s.authorisation_id) for s in signals]
        self.cursor.execute(
            SQL["put_signals"],
            {
                "recorded_at": recorded_at,
                "ledger_seq": seq,
                "id": [s.id for s, _, _ in rows],
                "device_id": [s.device_id for s, _, _ in rows],
                "boot_id": [s.boot_id for s, _, _ in rows],
                "seq": [s.seq for s, _, _ in rows],
                "kind": [s.kind for s, _, _ in rows],
                "claimed_at": [s.claimed_at for s, _, _ in rows],
                "received_at": [s.received_at for s, _, _ in rows],
                "lon": [s.position.lon if s.position else None for s, _, _ in rows],
                "lat": [s.position.lat if s.position else None for s, _, _ in rows],
                "accuracy_m": [s.accuracy_m for s, _, _ in rows],
                "zone_id": [s.zone_id for s, _, _ in rows],
                "flags": [",".join(s.flags) for s, _, _ in rows],
                "test": [s.test for s, _, _ in rows],
                "incident_id": [i for _, i, _ in rows],
                "authorisation_id": [a for _, _, a in rows],
                "turn": [s.turn for s, _, _ in rows],
            },
        )

    def place_signals(self, placed: Sequence[PlacedSignal]) -> None:
        """Complete signals that came without a place."""
        for one in placed:
            parts = {"lon": one.position.lon, "lat": one.position.lat, "accuracy_m": one.accuracy_m}
            self.cursor.execute(
                SQL["place_signal"], {**parts, "zone_id": one.zone_id, "flag": one.flag, "id": one.signal_id}
            )


def _keys(keys: Sequence[tuple[str, int, int]]) -> dict[str, list[Any]]:
    return {"device": [k[0] for k in keys], "boot": [k[1] for k in keys], "seq": [k[2] for k in keys]}


def _device(row: Sequence[Any]) -> Device:
    lon, lat = row[4], row[5]
    return Device(
        id=row[0],
        kind=row[1],
        label=row[2],
        zone_id=row[3],
        installed=None if lon is None else Position(lon, lat),
        retired=row[6],
        credential_hash=_bytes(row[7]),
        cancel_hash=_bytes(row[8]),
        duress_hash=_bytes(row[9]),
    )


def _bytes(value: Any) -> bytes | None:
    return None if value is None else bytes(value)
