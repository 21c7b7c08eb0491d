"""Incidents, their signals and proposals in PostgreSQL."""

import math
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from necmergitur.adapters.postgres.queries import fill, load
from necmergitur.adapters.postgres.rows import RowCodec
from necmergitur.adapters.postgres.statements import Statements
from necmergitur.dispatch.incidents import Incident, Link
from necmergitur.dispatch.observations import ResponderTask
from necmergitur.kernel.geo import EARTH_RADIUS_M, Position
from necmergitur.operations.ports import Around, Note, Proposal
from necmergitur.signals.constants import ACCURACY_MAX_M
from necmergitur.signals.press import CALLS, Signal

CODEC = RowCodec(Incident, position="position")
SQL = {
    name: fill(
        query,
        columns=CODEC.columns(),
        columns_i=CODEC.columns("i."),
        values=CODEC.values(),
        updates=CODEC.updates(),
    )
    for name, query in load("incidents").items()
}


class IncidentMixin:
    """`operations.ports.IncidentStore` inside one transaction."""

    cursor: Statements

    def new_incident_numbers(self, now: datetime, count: int) -> list[str]:
        """Return `count` times "year-serial", in order; a serial lost to a rollback leaves a gap, never a double."""
        taken = self.cursor.execute(SQL["new_numbers"], {"count": count})
        return [f"{now.year}-{serial:04d}" for serial in sorted(row[0] for row in taken)]

    def incident(self, incident_id: UUID) -> Incident | None:
        """Return one incident."""
        row = self.cursor.execute(SQL["one"], {"id": incident_id}).fetchone()
        return None if row is None else CODEC.from_row(row)

    def incidents_by_id(self, incident_ids: Collection[UUID]) -> dict[UUID, Incident]:
        """Return incidents by id."""
        if not incident_ids:
            return {}
        found = self.cursor.execute(SQL["some"], {"ids": list(incident_ids)})
        return {incident.id: incident for incident in map(CODEC.from_row, found)}

    def open_incidents_near(self, around: Around) -> list[Incident]:
        """Return open incidents inside a box around any place or installed device (scoring does the rest)."""
        return [CODEC.from_row(row) for row in self.cursor.execute(SQL["near"], near_parts(around))]

    def open_incidents_of(self, devices: Collection[str]) -> dict[str, Incident]:
        """Return, by device, the newest open incident holding one of its signals."""
        found = self.cursor.execute(SQL["of_devices"], {"devices": list(devices)})
        return {row[0]: CODEC.from_row(row[1:]) for row in found}

    def incidents_due(self, now: datetime, limit: int) -> list[Incident]:
        """Return open incidents past their deadline."""
        return [CODEC.from_row(r) for r in self.cursor.execute(SQL["due"], {"now": now, "limit": limit})]

    def incidents_seeking(self, limit: int, *, refused_too: bool) -> list[Incident]:
        """Return open incidents that want a drone."""
        parts = {"limit": limit, "refused_too": refused_too}
        return [CODEC.from_row(r) for r in self.cursor.execute(SQL["seeking"], parts)]

    def tried(self, incident_ids: Collection[UUID], now: datetime) -> None:
        """Remember that a drone was sought for these."""
        self.cursor.execute(SQL["tried"], {"ids": list(incident_ids), "now": now})

    def incidents_rehearsing(self, limit: int) -> list[Incident]:
        """Return open test incidents whose decision is still to be rehearsed."""
        return [CODEC.from_row(r) for r in self.cursor.execute(SQL["rehearsing"], {"limit": limit})]

    def put_incidents(self, incidents: Collection[Incident], seq: int) -> None:
        """Store incidents as folded."""
        if incidents:
            rows = [{**CODEC.to_row(i), "last_seq": seq} for i in incidents]
            self.cursor.execute(SQL["put"], {"rows": msgspec.json.encode(rows).decode()})

    def put_links(self, links: Sequence[tuple[UUID, Link]], by: str, at: datetime) -> None:
        """Attach signals to incidents."""
        if not links:
            return
        self.cursor.execute(
            SQL["put_links"],
            {
                "by": by,
                "at": at,
                "incident_id": [incident_id for incident_id, _ in links],
                "signal_id": [link.signal_id for _, link in links],
                "score": [link.score for _, link in links],
                "reason": [link.reason for _, link in links],
            },
        )
        self.cursor.execute(
            SQL["move_signals"],
            {
                "incident_id": [incident_id for incident_id, _ in links],
                "signal_id": [link.signal_id for _, link in links],
            },
        )

    def undo_links(self, incident_id: UUID, signal_ids: Sequence[UUID], at: datetime) -> list[Link]:
        """Detach signals; the rows stay, marked."""
        parts = {"incident_id": incident_id, "signal_ids": list(signal_ids), "at": at}
        return [Link(row[0], row[1], row[2], row[3]) for row in self.cursor.execute(SQL["undo_links"], parts)]

    def call_devices_of(self, incident_id: UUID) -> frozenset[str]:
        """Return the devices whose calls an incident holds."""
        parts = {"incident_id": incident_id, "kinds": sorted(CALLS)}
        return frozenset(row[0] for row in self.cursor.execute(SQL["call_devices_of"], parts))

    def signals_of(self, incident_id: UUID) -> list[Signal]:
        """Return the signals an incident holds now."""
        return [_signal(row) for row in self.cursor.execute(SQL["signals_of"], {"incident_id": incident_id})]

    def callers_of(self, incident_id: UUID) -> list[str]:
        """Return the personal buttons heard by an incident and by those merged into it."""
        return [row[0] for row in self.cursor.execute(SQL["callers"], {"id": incident_id})]

    def proposal(self, proposal_id: UUID) -> Proposal | None:
        """Return one proposal."""
        row = self.cursor.execute(SQL["proposal"], {"id": proposal_id}).fetchone()
        fields = (f.name for f in msgspec.structs.fields(Proposal))
        order = ["id", "incident_id", "other_id", "score", "reason", "proposed_at", "state", "decided_by", "decided_at"]
        assert set(order) == set(fields)
        return None if row is None else Proposal(**dict(zip(order, row, strict=True)))

    def put_proposals(self, proposals: Sequence[Proposal]) -> None:
        """Store proposals."""
        self.cursor.executemany(SQL["put_proposal"], [msgspec.structs.asdict(p) for p in proposals])
        self.cursor.execute("SELECT pg_notify('nec_ledger', '')")

    def responder_tasks(self, incident_id: UUID) -> list[ResponderTask]:
        """Return the responders of an incident."""
        names = ["id", "incident_id", "unit", "user_id", "state", "told_at", "changed_at"]
        found = self.cursor.execute(SQL["responder_tasks"], {"incident_id": incident_id})
        return [ResponderTask(**dict(zip(names, row, strict=True))) for row in found]

    def incidents_told(self, incident_ids: Collection[UUID], unit: str) -> set[UUID]:
        """Return which of these incidents a unit was told of."""
        return {row[0] for row in self.cursor.execute(SQL["told"], {"ids": list(incident_ids), "unit": unit})}

    def put_responder_tasks(self, tasks: Sequence[ResponderTask], seq: int) -> None:
        """Store responders' parts."""
        rows = [{**msgspec.structs.asdict(t), "last_seq": seq} for t in tasks]
        self.cursor.execute(SQL["put_responder_tasks"], {"rows": msgspec.json.encode(rows).decode()})

    def touch_incidents(self, incident_ids: Collection[UUID], seq: int) -> None:
        """Have screens read incidents again."""
        self.cursor.execute(SQL["touch"], {"ids": list(incident_ids), "seq": seq})

    def put_note(self, note: Note, seq: int) -> None:
        """Store a note."""
        self.cursor.execute(SQL["put_note"], {**msgspec.structs.asdict(note), "last_seq": seq})


def near_parts(around: Around) -> dict[str, Any]:
    """Return the parameters of the question for `open_incidents_near`."""
    return {
        "since": around.since,
        "devices": list(around.devices),
        "lon": [p.lon for p in around.places],
        "lat": [p.lat for p in around.places],
        "dlat": math.degrees(around.reach_m / EARTH_RADIUS_M),
    }


def _signal(row: Sequence[Any]) -> Signal:
    lon, lat = row[7], row[8]
    return Signal(
        id=row[0],
        device_id=row[1],
        boot_id=row[2],
        seq=row[3],
        kind=row[4],
        claimed_at=row[5],
        received_at=row[6],
        position=None if lon is None else Position(lon, lat),
        accuracy_m=row[9] or ACCURACY_MAX_M,
        zone_id=row[10],
        label=row[11],
        personal=bool(row[12]),
        test=row[13],
        duress=False,
        flags=tuple(row[14]),
        turn=row[15],
    )
