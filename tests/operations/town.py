"""A small town for tests: nine square zones of 800 m, a drone in each, posts, personal buttons, pilots, law."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import psycopg

from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.dispatch.constants import PILOT_QUALIFICATION
from necmergitur.dispatch.flight_time import CRUISE_M_S
from necmergitur.governance.authorisations import Authorisation, Conditions
from necmergitur.kernel.geo import Position, offset
from necmergitur.operations.dispatching import DroneState
from necmergitur.operations.ports import DroneRecord
from necmergitur.signals.press import Device
from necmergitur.sim import papers
from necmergitur.sim.twin.town import Shift, Town
from necmergitur.territory.geozones import Circle, Geozone, GeozoneSet, Volume
from necmergitur.territory.model import Polygon, Zone

MIDDLE = Position(2.35, 48.86)
START = datetime(2026, 3, 1, 20, 0, tzinfo=UTC)
SIDE_M = 800.0
FLIGHTS = UUID("00000000-0000-7000-8000-0000000000f1")
CANCEL, DURESS = b"c" * 32, b"d" * 32


def place(east_m: float, north_m: float) -> Position:
    return offset(MIDDLE, east_m, north_m)


def _zone(number: int) -> Zone:
    east, north = ((number % 3) - 1) * SIDE_M, ((number // 3) - 1) * SIDE_M
    h = SIDE_M / 2
    corners = ((-h, -h), (h, -h), (h, h), (-h, h), (-h, -h))
    return Zone(
        id=f"Z-{number}",
        number=number,
        quarter_id="Q",
        label=f"Quarter, zone {number}",
        polygons=(Polygon(tuple(place(east + x, north + y) for x, y in corners)),),
        centre=place(east, north),
        area_m2=SIDE_M**2,
        street_length_m=1_000.0,
        neighbours=(),
    )


ZONES = tuple(_zone(n) for n in range(9))
DRONES = tuple(
    DroneRecord(
        id=f"D-{z.number}",
        dock=z.centre,
        zone_id=z.id,
        link_url=f"udp://127.0.0.1:{14600 + z.number}",
        camera_url="",
        system_id=1,
        signing_key=None,
        speed_m_s=CRUISE_M_S,
        enabled=True,
        disabled_reason="",
    )
    for z in ZONES
)


def post(name: str, east_m: float, north_m: float, zone_id: str = "Z-4") -> Device:
    return Device(id=name, kind="post", label=f"Post {name}", zone_id=zone_id, installed=place(east_m, north_m))


def personal(name: str) -> Device:
    return Device(id=name, kind="personal", label=f"Button {name}", cancel_hash=CANCEL, duress_hash=DURESS)


DEVICES = (
    post("P-1", 100, 0),
    post("P-2", 130, 10),  # beside P-1
    post("P-3", -300, 200),
    post("P-4", 210, 0),  # near P-1, not beside it
    post("P-5", 800, 800, "Z-8"),
    personal("B-1"),
    personal("B-2"),
    Device(id="S-1", kind="synthetic", label="Probe"),
    msgspec.structs.replace(post("P-old", 0, 800, "Z-7"), retired=True),
)


def pilot(user_id: int, **changes: object) -> Shift:
    shift = Shift(
        user_id=user_id,
        name=f"Pilot {user_id}",
        starts_at=START - timedelta(hours=1),
        ends_at=START + timedelta(hours=7),
        qualified_from=START - timedelta(days=30),
        qualified_until=START + timedelta(days=30),
    )
    return msgspec.structs.replace(shift, **changes)


def flights(**changes: object) -> Authorisation:
    """The town's flight authorisation."""
    asked = Authorisation(
        id=FLIGHTS,
        kind="flight",
        label="Town flights",
        purpose="emergency_response",
        legal_basis="Prefect's order no 1",
        holder="city",
        modality="drone_flight",
        zones=None,
        streams=None,
        valid_from=START - timedelta(days=1),
        valid_until=START + timedelta(days=30),
        conditions=Conditions(),
        demo=False,
        granted_by="user:1",
        granted_at=START - timedelta(days=1),
    )
    return msgspec.structs.replace(asked, **changes)


def prohibited(name: str, centre: Position, radius_m: float) -> Geozone:
    return Geozone(name, name, "PROHIBITED", (Volume(circle=Circle(centre, radius_m)),))


FAR_ZONE = prohibited("FAR", place(20_000, 0), 500.0)
SKY = GeozoneSet("test", (FAR_ZONE,))
TOWN = Town(
    zones=ZONES,
    drones=DRONES,
    devices=DEVICES,
    shifts=(pilot(1), pilot(2), pilot(3)),
    authorisations=(flights(),),
    geozones=SKY,
)


def town(**changes: object) -> Town:
    return msgspec.structs.replace(TOWN, **changes)


class Fleet:
    """A fleet view whose drones all wait in their docks, charged, unless `states` says otherwise."""

    def __init__(self, drones: tuple[DroneRecord, ...] = DRONES) -> None:
        ready = DroneState(battery_pct=100.0, link_pct=100.0, wind_m_s=3.0, linked=True, docked=True)
        self.now: dict[str, DroneState] = {d.id: ready for d in drones}

    def states(self) -> Mapping[str, DroneState]:
        return self.now

    def change(self, drone_id: str, **changes: object) -> None:
        self.now[drone_id] = msgspec.structs.replace(self.now[drone_id], **changes)

    def only(self, *drone_ids: str) -> None:
        """Ground every drone but these."""
        for drone_id in self.now:
            if drone_id not in drone_ids:
                self.change(drone_id, linked=False)


def install(url: str, town: Town) -> None:
    """Put `town` in an empty migrated database, as its owner would."""
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        for z in town.zones:
            rings = [[[[p.lon, p.lat] for p in polygon.shell]] for polygon in z.polygons]
            cursor.execute(
                "INSERT INTO zone (id, label, rings, street_length_m) VALUES (%s, %s, %s, %s)",
                (z.id, z.label, msgspec.json.encode(rings).decode(), z.street_length_m),
            )
        for d in town.drones:
            cursor.execute(
                "INSERT INTO dock (id, zone_id, lon, lat) VALUES (%s, %s, %s, %s)",
                (f"dock-{d.id}", d.zone_id, d.dock.lon, d.dock.lat),
            )
            cursor.execute(
                "INSERT INTO drone (id, dock_id, zone_id, link_url, camera_url, system_id, signing_key, speed_m_s,"
                " enabled, disabled_reason) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
                (
                    d.id,
                    f"dock-{d.id}",
                    d.zone_id,
                    d.link_url,
                    d.camera_url,
                    d.system_id,
                    d.signing_key,
                    d.speed_m_s,
                    d.enabled,
                    d.disabled_reason,
                ),
            )
        for device in town.devices:
            cursor.execute(
                "INSERT INTO device (id, kind, transport, label, zone_id, lon, lat, cancel_hash, duress_hash,"
                " installed_at, retired_at) VALUES (%s, %s, 'mqtt', %s, %s, %s, %s, %s, %s, %s, %s)",
                (
                    device.id,
                    device.kind,
                    device.label,
                    device.zone_id,
                    None if device.installed is None else device.installed.lon,
                    None if device.installed is None else device.installed.lat,
                    device.cancel_hash,
                    device.duress_hash,
                    START - timedelta(days=100),
                    START - timedelta(days=1) if device.retired else None,
                ),
            )
        for s in town.shifts:
            cursor.execute(
                "INSERT INTO pilot_shift (user_id, name, starts_at, ends_at, max_missions, paused)"
                " VALUES (%s, %s, %s, %s, %s, %s)",
                (s.user_id, s.name, s.starts_at, s.ends_at, s.max_missions, s.paused),
            )
            if s.qualified_from is not None and s.qualification == PILOT_QUALIFICATION:
                cursor.execute(
                    "INSERT INTO qualification VALUES (%s, %s, %s, %s, 'a lead')",
                    (s.user_id, s.qualification, s.qualified_from, s.qualified_until),
                )
        if town.geozones is not None:
            cursor.execute(
                "INSERT INTO geozone_set (source, read_at, zones) VALUES ('test', %s, %s)",
                (START, msgspec.json.encode(town.geozones).decode()),
            )
        for n in town.notices:
            cursor.execute(
                "INSERT INTO airspace_notice (kind, lon, lat, radius_m, starts_at, ends_at, announced_by, reason)"
                " VALUES ('helicopter', %s, %s, %s, %s, %s, 'a lead', 'rescue')",
                (n.place.lon, n.place.lat, n.radius_m, START - timedelta(minutes=1), n.until),
            )
        for w in town.drill_windows:
            cursor.execute(
                "INSERT INTO test_window (zones, starts_at, ends_at, reason, declared_by)"
                " VALUES (%s, %s, %s, 'drill', 'a lead')",
                (None if w.zones is None else list(w.zones), w.starts_at, w.ends_at),
            )
    store = PostgresStore(url)
    try:
        for authorisation in town.authorisations:
            granted = papers.authorise(store, authorisation, START - timedelta(days=1))
            assert granted, granted
    finally:
        store.close()
