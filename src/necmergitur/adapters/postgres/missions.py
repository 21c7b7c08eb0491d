"""Missions, drones, pilots and geozones in PostgreSQL."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from necmergitur.adapters.postgres.governance import SQL as GATE
from necmergitur.adapters.postgres.queries import fill, load
from necmergitur.adapters.postgres.rows import RowCodec
from necmergitur.adapters.postgres.statements import Executes, Statements
from necmergitur.dispatch.constants import PILOT_QUALIFICATION
from necmergitur.dispatch.missions import EXCUSED, Mission
from necmergitur.dispatch.pilots import PilotFact
from necmergitur.kernel.geo import Position
from necmergitur.operations.ports import DroneRecord, Notice
from necmergitur.territory.airspace import Airspace
from necmergitur.territory.geozones import GeozoneSet

CODEC = RowCodec(Mission, renamed={"order": "order_name"}, position="target")
SQL = {
    name: fill(query, columns=CODEC.columns(), values=CODEC.values(), updates=CODEC.updates())
    for name, query in load("missions").items()
}

NOTICES = load("registry")["airspace_notices"]


class Sky:
    """The airspace of a process, drawn anew when another geozone set or another city was read."""

    def __init__(self) -> None:
        """Start with nothing drawn."""
        self._drawn: tuple[tuple[int, datetime | None], Airspace] | None = None

    def of(self, cursor: Executes, set_id: int, imported_at: datetime | None) -> Airspace | None:
        """Return the airspace of one geozone set; None while the city has no dock to fly from."""
        drawn_for = (set_id, imported_at)
        if self._drawn is None or self._drawn[0] != drawn_for:
            zones = cursor.execute(SQL["geozones"], {"id": set_id}).fetchone()
            middle = cursor.execute(SQL["docks_middle"]).fetchone()
            if zones is None or middle is None or middle[0] is None:
                return None
            read = msgspec.structs.replace(msgspec.json.decode(zones[0], type=GeozoneSet), read_at=zones[1])
            self._drawn = (drawn_for, Airspace(read, Position(*middle)))
        return self._drawn[1]


class MissionMixin:
    """`operations.ports.MissionStore` inside one transaction."""

    cursor: Statements
    sky: Sky

    def mission(self, mission_id: UUID) -> Mission | None:
        """Return one mission."""
        row = self.cursor.execute(SQL["one"], {"id": mission_id}).fetchone()
        return None if row is None else CODEC.from_row(row)

    def live_missions(self) -> list[Mission]:
        """Return missions that have not ended."""
        return [CODEC.from_row(row) for row in self.cursor.execute(SQL["live"])]

    def missions_launched_since(self, since: datetime) -> list[UUID]:
        """Return missions whose drone left its dock after `since`."""
        return [row[0] for row in self.cursor.execute(SQL["launched_since"], {"since": since})]

    def missions_of(self, incident_id: UUID) -> list[Mission]:
        """Return an incident's missions."""
        return [CODEC.from_row(r) for r in self.cursor.execute(SQL["of_incident"], {"incident_id": incident_id})]

    def failed_drones(self, incident_ids: Collection[UUID], since: datetime) -> dict[UUID, frozenset[str]]:
        """Return, by incident, the drones that tried to reach it since then and did not."""
        parts = {"incident_ids": list(incident_ids), "excused": list(EXCUSED), "since": since}
        return {row[0]: frozenset(row[1]) for row in self.cursor.execute(SQL["failed_drones"], parts)}

    def offers_expired(self, now: datetime, limit: int) -> list[Mission]:
        """Return offers nobody answered in time."""
        return [CODEC.from_row(r) for r in self.cursor.execute(SQL["offers_expired"], {"now": now, "limit": limit})]

    def put_missions(self, missions: Collection[Mission], seq: int) -> None:
        """Store missions as folded."""
        if missions:
            self.cursor.executemany(SQL["put"], [{**CODEC.to_row(m), "last_seq": seq} for m in missions])

    def expect_choice(self, now: datetime) -> None:
        """Ask at once what a round of choosing reads."""
        for query in (SQL["drones"], SQL["live"], GATE["version"], SQL["geozone_set"]):
            self.cursor.expect(query)
        self.cursor.expect(NOTICES, {"now": now})

    def drones(self) -> list[DroneRecord]:
        """Return installed drones."""
        return [
            DroneRecord(
                id=r[0],
                dock=Position(r[1], r[2]),
                zone_id=r[3],
                link_url=r[4],
                camera_url=r[5],
                system_id=r[6],
                signing_key=None if r[7] is None else bytes(r[7]),
                speed_m_s=r[8],
                enabled=r[9],
                disabled_reason=r[10],
                camera_kind=r[11],
            )
            for r in self.cursor.execute(SQL["drones"])
        ]

    def offer_unanswered(self, user_id: int, most: int, now: datetime) -> bool:
        """Count an offer let pass; return whether that paused the shift."""
        parts = {"user_id": user_id, "most": most, "now": now}
        row = self.cursor.execute(SQL["offer_unanswered"], parts).fetchone()
        return row is not None and bool(row[0])

    def offer_answered(self, user_id: int) -> None:
        """Begin counting anew."""
        self.cursor.execute(SQL["offer_answered"], {"user_id": user_id})

    def ground_drone(self, drone_id: str, reason: str) -> bool:
        """Take a drone out of service."""
        return self.cursor.execute(SQL["ground_drone"], {"id": drone_id, "reason": reason}).rowcount > 0

    def pilots_on_shift(self, now: datetime) -> list[PilotFact]:
        """Return pilots whose shift covers `now`."""
        return [
            PilotFact(
                user_id=r[0],
                name=r[1],
                shift_ends_at=r[2],
                qualified_until=r[3],
                max_missions=r[4],
                load=r[5],
                paused=r[6],
                last_offered_at=r[7],
            )
            for r in self.cursor.execute(SQL["pilots_on_shift"], _on_shift(now))
        ]

    def notices(self, now: datetime) -> list[Notice]:
        """Return the notices in force."""
        return [Notice(Position(r[2], r[3]), r[4], r[6]) for r in self.cursor.execute(NOTICES, {"now": now})]

    def airspace(self) -> Airspace | None:
        """Return the geozones last read, drawn once for each set."""
        row = self.cursor.execute(SQL["geozone_set"]).fetchone()
        return None if row is None else self.sky.of(self.cursor, row[0], row[1])


def _on_shift(now: datetime) -> dict[str, Any]:
    return {"now": now, "kind": PILOT_QUALIFICATION}
