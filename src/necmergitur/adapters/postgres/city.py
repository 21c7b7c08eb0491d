"""The city in PostgreSQL: zones, docks and posts by id, lines for the map as they are served."""

import zlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import psycopg

from necmergitur.adapters.postgres.places import ZoneIndex
from necmergitur.adapters.postgres.queries import load
from necmergitur.adapters.postgres.registry import RegistryMixin
from necmergitur.adapters.postgres.session import CONNECT_TIMEOUT_S
from necmergitur.kernel.geo import Position
from necmergitur.operations.ports import DroneRecord
from necmergitur.operations.registry import NewDevice
from necmergitur.territory.geozones import GeozoneSet
from necmergitur.territory.inventory import Inventory, Known, Reimport
from necmergitur.territory.model import Polygon

SQL = load("city")


class CityMixin(RegistryMixin):
    """The city's part of `operations.registry.RegistryTransaction`."""

    zone_index: ZoneIndex

    def inventory(self) -> Inventory:
        """Return everything stored, the retired included."""
        zones = []
        for zone_id, rings, retired in self.cursor.execute(SQL["zones"]).fetchall():
            polygons = tuple(_polygon(rings_) for rings_ in rings)
            zones.append(Known(zone_id, polygons[0].shell[0], polygons, retired))
        return Inventory(
            zones=tuple(zones),
            docks=tuple(_known(row) for row in self.cursor.execute(SQL["docks"])),
            buttons=tuple(_known(row) for row in self.cursor.execute(SQL["posts"])),
        )

    def put_city(self, plan: Reimport, source: str, now: datetime) -> None:
        """Store the city of `plan`; retire what it left out."""
        city = plan.city
        lines = [[[round(p.lon, 6), round(p.lat, 6)] for p in line.positions] for line in city.streets]
        self.cursor.execute(
            SQL["put_city"],
            {
                "name": city.name,
                "source": source,
                "now": now,
                "outline": _json([_rings(p) for p in city.outline]),
                "quarters": _json([{"name": q.name, "rings": [_rings(p) for p in q.polygons]} for q in city.quarters]),
                "streets": zlib.compress(msgspec.json.encode(lines), 6),
                "facts": _json({"notes": city.notes, "plan": msgspec.to_builtins(city.plan)}),
            },
        )
        self.cursor.execute(
            SQL["put_zones"],
            {
                "id": [z.id for z in city.zones],
                "label": [z.label for z in city.zones],
                "rings": [_json([_rings(p) for p in z.polygons]) for z in city.zones],
                "metres": [z.street_length_m for z in city.zones],
                "neighbours": [",".join(z.neighbours) for z in city.zones],
            },
        )
        self.cursor.execute(
            SQL["put_docks"],
            {
                "id": [d.id for d in city.docks],
                "zone_id": [d.zone_id for d in city.docks],
                "lon": [d.position.lon for d in city.docks],
                "lat": [d.position.lat for d in city.docks],
            },
        )
        self.put_devices(
            [
                NewDevice(id=b.id, kind="post", transport="mqtt", label=b.label, zone_id=b.zone_id, place=b.position)
                for b in city.buttons
            ],
            now,
        )
        self.cursor.execute(SQL["retire_zones"], {"ids": list(plan.zones.retired), "now": now})
        self.cursor.execute(SQL["retire_docks"], {"ids": list(plan.docks.retired), "now": now})
        self.retire_devices(list(plan.buttons.retired), now)
        self.cursor.execute(SQL["follow_docks"])
        self.zone_index.forget()

    def put_geozones(self, zones: GeozoneSet, now: datetime) -> None:
        """Store the geozones last read."""
        parts = {
            "source": zones.source,
            "now": now,
            "zones": _json(zones),
            "problems": _json(zones.problems),
        }
        self.cursor.execute(SQL["put_geozones"], parts)

    def put_drones(self, drones: Sequence[DroneRecord], docks: Sequence[str]) -> None:
        """Store drones, each with its dock's id."""
        rows: dict[str, list[Any]] = {
            name: [getattr(d, name) for d in drones]
            for name in (
                "id",
                "zone_id",
                "link_url",
                "camera_url",
                "camera_kind",
                "system_id",
                "signing_key",
                "speed_m_s",
            )
        }
        self.cursor.execute(SQL["put_drones"], {**rows, "dock_id": list(docks)})


def middle_of(cursor: psycopg.Cursor[Any]) -> Position | None:
    """Return the middle of the city's docks, None before there is a city."""
    row = cursor.execute(SQL["middle"]).fetchone()
    return None if row is None or row[0] is None else Position(row[0], row[1])


def city_name(cursor: psycopg.Cursor[Any]) -> str | None:
    """Return the city's name, None before there is one."""
    row = cursor.execute(SQL["exists"]).fetchone()
    return None if row is None else str(row[0])


def is_migrated(database_url: str) -> bool:
    """Return whether this database has our tables. Raises psycopg.OperationalError when it cannot be had."""
    with psycopg.connect(database_url, connect_timeout=CONNECT_TIMEOUT_S) as connection:
        row = connection.execute(SQL["migrated"]).fetchone()
    return row is not None and bool(row[0])


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _rings(polygon: Polygon) -> list[list[list[float]]]:
    return [[[round(p.lon, 7), round(p.lat, 7)] for p in ring] for ring in (polygon.shell, *polygon.holes)]


def _polygon(rings: list[list[list[float]]]) -> Polygon:
    shell, *holes = [tuple(Position(lon, lat) for lon, lat in ring) for ring in rings]
    return Polygon(shell, tuple(holes))


def _known(row: Sequence[Any]) -> Known:
    return Known(row[0], Position(row[1], row[2]), (), row[3])
