"""The twin's signals, incidents and proposals."""

import math
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

import msgspec

from necmergitur.dispatch.incidents import Incident, Link
from necmergitur.dispatch.observations import ResponderTask
from necmergitur.kernel.geo import EARTH_RADIUS_M, Position
from necmergitur.ledger.ports import VersionConflict
from necmergitur.operations.ports import Around, KnownSignal, Note, PlacedSignal, Proposal, StoredSignal
from necmergitur.signals.press import CALLS, Device, Signal
from necmergitur.sim.twin.journal import Journal
from necmergitur.sim.twin.tables import Key, LinkRow, SignalRow, Tables


class ZoneFinder(Protocol):
    """Finds the zone of a place."""

    def find(self, position: Position) -> tuple[str, str] | None:
        """Return (zone id, label), None outside the territory."""
        ...


class CallsMixin:
    """`SignalStore` and `IncidentStore` in memory."""

    tables: Tables
    journal: Journal
    zones: ZoneFinder

    def expect_presses(self, keys: Sequence[Key], around: Around, now: datetime) -> None:
        """Do nothing: nothing is waited for here."""

    def known_signals(self, keys: Sequence[Key]) -> dict[Key, KnownSignal]:
        """Return what was answered to presses already recorded."""
        found: dict[Key, KnownSignal] = {}
        for key in keys:
            signal_id = self.tables.signal_ids.get(key)
            if signal_id is not None:
                row = self.tables.signals[signal_id]
                incident = None if row.incident_id is None else self.tables.incidents[row.incident_id]
                device = self.tables.devices.get(row.signal.device_id)
                found[key] = KnownSignal(
                    signal_id=signal_id,
                    incident_id=row.incident_id,
                    rung=None if incident is None else _rung(incident),
                    recorded_at=row.recorded_at,
                    turn=row.signal.turn,
                    placed=row.signal.position is not None or (device is not None and device.installed is not None),
                    cancelled="pin_accepted" in row.signal.flags,
                    over=incident is not None and not incident.test and self._standing(incident.id).state == "closed",
                )
        return found

    def devices(self, ids: Collection[str]) -> dict[str, Device]:
        """Return known devices by id."""
        return {i: self.tables.devices[i] for i in ids if i in self.tables.devices}

    def zones_under_test(self, now: datetime) -> frozenset[str] | None:
        """Return zones in a test window; None when one covers the whole city."""
        zones: set[str] = set()
        for window in self.tables.town.drill_windows:
            if window.starts_at <= now < window.ends_at:
                if window.zones is None:
                    return None
                zones.update(window.zones)
        return frozenset(zones)

    def zone_at(self, position: Position) -> tuple[str, str] | None:
        """Return (zone id, label) around `position`."""
        return self.zones.find(position)

    def city_middle(self) -> Position | None:
        """Return the middle of the town's docks, None when it has none."""
        docks = [d.dock for d in self.tables.town.drones]
        if not docks:
            return None
        return Position(sum(p.lon for p in docks) / len(docks), sum(p.lat for p in docks) / len(docks))

    def put_signals(self, signals: Sequence[StoredSignal], recorded_at: datetime, seq: int) -> None:
        """Store signals. Raises VersionConflict when one is already there."""
        for stored in signals:
            signal = stored.signal
            key = (signal.device_id, signal.boot_id, signal.seq)
            before = self.tables.signal_ids.get(key)
            if before is not None and self.tables.signals[before].signal.turn >= signal.turn:
                raise VersionConflict(f"press {key} is already recorded")
            self.journal.put(self.tables.signal_ids, key, signal.id)
            self.journal.put(self.tables.signals, signal.id, SignalRow(signal, stored.incident_id, seq, recorded_at))

    def place_signals(self, placed: Sequence[PlacedSignal]) -> None:
        """Complete signals that came without a place."""
        for one in placed:
            row = self.tables.signals[one.signal_id]
            flags = (*(flag for flag in row.signal.flags if flag != "no_position"), one.flag)
            signal = msgspec.structs.replace(
                row.signal, position=one.position, accuracy_m=one.accuracy_m, zone_id=one.zone_id, flags=flags
            )
            self.journal.put(self.tables.signals, one.signal_id, msgspec.structs.replace(row, signal=signal))

    def new_incident_numbers(self, now: datetime, count: int) -> list[str]:
        """Return `count` times "year-serial"; like a sequence, a serial lost to a rollback is not used again."""
        self.tables.numbers += count
        return [f"{now.year}-{self.tables.numbers - ahead:04d}" for ahead in reversed(range(count))]

    def incident(self, incident_id: UUID) -> Incident | None:
        """Return one incident."""
        return self.tables.incidents.get(incident_id)

    def incidents_by_id(self, incident_ids: Collection[UUID]) -> dict[UUID, Incident]:
        """Return incidents by id."""
        return {i: self.tables.incidents[i] for i in incident_ids if i in self.tables.incidents}

    def open_incidents_near(self, around: Around) -> list[Incident]:
        """Return open incidents inside a box around any place or installed device."""
        installed = (device.installed for device in self.devices(around.devices).values())
        dlat = math.degrees(around.reach_m / EARTH_RADIUS_M)
        boxes = [
            (p, dlat / max(0.1, math.cos(math.radians(p.lat))))
            for p in (*around.places, *(place for place in installed if place is not None))
        ]
        return [
            i
            for i in self._open()
            if i.last_signal_at >= around.since
            and any(abs(i.position.lat - p.lat) <= dlat and abs(i.position.lon - p.lon) <= dlon for p, dlon in boxes)
        ]

    def open_incidents_of(self, devices: Collection[str]) -> dict[str, Incident]:
        """Return, by device, the newest open incident holding one of its signals."""
        found: dict[str, Incident] = {}
        for device_id in devices:
            links = [self.tables.links[key] for key in self.tables.links_of_device.get(device_id, ())]
            held = [self._standing(link.incident_id) for link in links if link.undone_at is None]
            calls = [i for i in held if i.state == "open"]
            newest = max(calls, key=lambda i: (not i.test, i.last_signal_at, -i.id.int), default=None)
            if newest is not None:
                found[device_id] = newest
        return found

    def _standing(self, incident_id: UUID) -> Incident:
        """Return the incident, or the one it was merged into."""
        incident = self.tables.incidents[incident_id]
        while incident.merged_into is not None:
            incident = self.tables.incidents[incident.merged_into]
        return incident

    def incidents_due(self, now: datetime, limit: int) -> list[Incident]:
        """Return open incidents past their deadline."""
        due = [(i.due_at, i.id, i) for i in self._open() if i.due_at is not None and i.due_at <= now]
        return [i for _, _, i in sorted(due, key=lambda row: row[:2])[:limit]]

    def incidents_seeking(self, limit: int, *, refused_too: bool) -> list[Incident]:
        """Return open incidents that want a drone: those never tried first, then oldest first."""
        wanted = ("searching", "refused") if refused_too else ("searching",)
        seeking = [i for i in self._open() if i.drone in wanted and _may_seek(i)]
        tried, never = self.tables.tried_at, datetime.min.replace(tzinfo=UTC)
        return sorted(seeking, key=lambda i: (i.drone == "refused", tried.get(i.id, never), i.opened_at, i.id))[:limit]

    def tried(self, incident_ids: Collection[UUID], now: datetime) -> None:
        """Remember that a drone was sought for these."""
        for incident_id in incident_ids:
            self.journal.put(self.tables.tried_at, incident_id, now)

    def incidents_rehearsing(self, limit: int) -> list[Incident]:
        """Return open test incidents whose decision is still to be rehearsed, oldest first."""
        tests = [i for i in self._open() if i.test and (i.drone == "searching" or not i.placed)]
        return sorted(tests, key=lambda i: (i.opened_at, i.id))[:limit]

    def _open(self) -> list[Incident]:
        return [self.tables.incidents[i] for i in self.tables.open_incidents]

    def put_incidents(self, incidents: Collection[Incident], seq: int) -> None:  # noqa: ARG002
        """Store incidents as folded."""
        for incident in incidents:
            self.journal.put(self.tables.incidents, incident.id, incident)
            if incident.state == "open":
                self.journal.put(self.tables.open_incidents, incident.id, None)
            else:
                self.journal.drop(self.tables.open_incidents, incident.id)

    def put_links(self, links: Sequence[tuple[UUID, Link]], by: str, at: datetime) -> None:
        """Attach signals to incidents."""
        for incident_id, link in links:
            key = (incident_id, link.signal_id, at)
            if key not in self.tables.links:
                row = LinkRow(incident_id, link.signal_id, link.score, link.reason, by, at)
                self.journal.put(self.tables.links, key, row)
                self.journal.put(self.tables.links_of_incident[incident_id], key, None)
                self.journal.put(self.tables.links_of_device[link.device_id], key, None)
            stored = self.tables.signals[link.signal_id]
            self.journal.put(
                self.tables.signals, link.signal_id, msgspec.structs.replace(stored, incident_id=incident_id)
            )

    def undo_links(self, incident_id: UUID, signal_ids: Sequence[UUID], at: datetime) -> list[Link]:
        """Detach signals; the rows stay, marked."""
        undone: list[Link] = []
        for key in list(self.tables.links_of_incident.get(incident_id, ())):
            row = self.tables.links[key]
            if row.signal_id in signal_ids and row.undone_at is None:
                self.journal.put(self.tables.links, key, msgspec.structs.replace(row, undone_at=at))
                device_id = self.tables.signals[row.signal_id].signal.device_id
                undone.append(Link(row.signal_id, device_id, row.score, row.reason))
        return undone

    def call_devices_of(self, incident_id: UUID) -> frozenset[str]:
        """Return the devices whose calls an incident holds, those of incidents merged into it too."""
        held = [i.id for i in self.tables.incidents.values() if self._standing(i.id).id == incident_id]
        signals = [signal for one in held for signal in self.signals_of(one)]
        return frozenset(s.device_id for s in signals if s.kind in CALLS and not s.test)

    def signals_of(self, incident_id: UUID) -> list[Signal]:
        """Return the signals an incident holds now, oldest first."""
        rows = [self.tables.links[key] for key in self.tables.links_of_incident.get(incident_id, ())]
        held = [self.tables.signals[row.signal_id].signal for row in rows if row.undone_at is None]
        return sorted(held, key=lambda s: (s.received_at, s.id))

    def callers_of(self, incident_id: UUID) -> list[str]:
        """Return the personal buttons heard by an incident and by those merged into it."""
        heard = {s.device_id for s in self.signals_of(incident_id) if s.personal}
        for other in self.tables.incidents.values():
            if other.merged_into == incident_id:
                heard.update(self.callers_of(other.id))
        return sorted(heard)

    def proposal(self, proposal_id: UUID) -> Proposal | None:
        """Return one proposal."""
        return self.tables.proposals.get(proposal_id)

    def put_proposals(self, proposals: Sequence[Proposal]) -> None:
        """Store proposals."""
        for proposal in proposals:
            self.journal.put(self.tables.proposals, proposal.id, proposal)

    def responder_tasks(self, incident_id: UUID) -> list[ResponderTask]:
        """Return the responders of an incident, earliest told first."""
        told = [self.tables.responders[i] for i in self.tables.responders_of_incident.get(incident_id, ())]
        return sorted(told, key=lambda t: (t.told_at, t.id))

    def incidents_told(self, incident_ids: Collection[UUID], unit: str) -> set[UUID]:
        """Return which of these incidents a unit was told of."""
        return {i for i in incident_ids if any(t.unit == unit for t in self.responder_tasks(i))}

    def put_responder_tasks(self, tasks: Sequence[ResponderTask], seq: int) -> None:  # noqa: ARG002
        """Store responders' parts. Raises VersionConflict when one responder would have two in one incident."""
        for task in tasks:
            others = [t for t in self.responder_tasks(task.incident_id) if t.id != task.id]
            if task.user_id is not None and task.user_id in {t.user_id for t in others}:
                raise VersionConflict(f"user {task.user_id} has a part in {task.incident_id} already")
            self.journal.put(self.tables.responders, task.id, task)
            self.journal.put(self.tables.responders_of_incident[task.incident_id], task.id, None)

    def touch_incidents(self, incident_ids: Collection[UUID], seq: int) -> None:
        """Nothing to do: the twin has no screens."""

    def put_note(self, note: Note, seq: int) -> None:  # noqa: ARG002
        """Store a note."""
        self.journal.put(self.tables.notes, note.id, note)


def _rung(incident: Incident) -> str:
    """Return how far people climbed; whoever closed or merged an incident has seen it. Tests close by themselves."""
    closed = incident.state != "open" and not incident.test
    return "seen" if closed and incident.rung == "received" else incident.rung


def _may_seek(incident: Incident) -> bool:
    """Return whether a drone may fly for it: a known place, no test, not taken back by its caller (unless forced)."""
    return incident.placed and not incident.test and not (incident.cancelled and not incident.duress)
