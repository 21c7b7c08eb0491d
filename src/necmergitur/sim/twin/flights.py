"""The twin's missions, drones and pilots."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from necmergitur.dispatch.constants import PILOT_QUALIFICATION
from necmergitur.dispatch.missions import EXCUSED, Mission
from necmergitur.dispatch.pilots import PilotFact
from necmergitur.ledger.ports import StoreRefused, VersionConflict
from necmergitur.operations.ports import DroneRecord, Notice
from necmergitur.sim.twin.journal import Journal
from necmergitur.sim.twin.tables import Tables
from necmergitur.sim.twin.town import Shift
from necmergitur.territory.airspace import Airspace

_OFFERS_REMEMBERED = timedelta(hours=12)
_STEPS = {("", "offered"), ("offered", "accepted"), ("accepted", "flying")}


class FlightsMixin:
    """`MissionStore` in memory, with the refusals of the database's own triggers."""

    tables: Tables
    journal: Journal
    sky: Airspace | None

    def mission(self, mission_id: UUID) -> Mission | None:
        """Return one mission."""
        return self.tables.missions.get(mission_id)

    def live_missions(self) -> list[Mission]:
        """Return missions that have not ended, oldest first."""
        live = [self.tables.missions[i] for i in self.tables.live_missions]
        return sorted(live, key=lambda m: (m.offered_at, m.id))

    def missions_launched_since(self, since: datetime) -> list[UUID]:
        """Return missions whose drone left its dock after `since`."""
        found = [m for m in self.tables.missions.values() if m.airborne_at is not None and m.airborne_at >= since]
        return [m.id for m in sorted(found, key=lambda m: (m.airborne_at, m.id))]

    def missions_of(self, incident_id: UUID) -> list[Mission]:
        """Return an incident's missions, oldest first."""
        found = [self.tables.missions[i] for i in self.tables.missions_of_incident.get(incident_id, ())]
        return sorted(found, key=lambda m: (m.offered_at, m.id))

    def failed_drones(self, incident_ids: Collection[UUID], since: datetime) -> dict[UUID, frozenset[str]]:
        """Return, by incident, the drones that tried to reach it since then and did not."""
        found = {
            incident_id: frozenset(
                m.drone_id
                for m in self.missions_of(incident_id)
                if m.ended_at is not None and m.ended_at > since and m.on_scene_at is None and not _excused(m)
            )
            for incident_id in incident_ids
        }
        return {incident_id: drones for incident_id, drones in found.items() if drones}

    def offers_expired(self, now: datetime, limit: int) -> list[Mission]:
        """Return offers nobody answered in time."""
        live = (self.tables.missions[i] for i in self.tables.live_missions)
        late = [
            (m.offer_expires_at, m.id, m)
            for m in live
            if m.state == "offered" and m.offer_expires_at is not None and m.offer_expires_at <= now
        ]
        return [m for _, _, m in sorted(late, key=lambda row: row[:2])[:limit]]

    def put_missions(self, missions: Collection[Mission], seq: int) -> None:  # noqa: ARG002
        """Store missions as folded. Raises StoreRefused, or VersionConflict for a drone already at work."""
        for mission in missions:
            before = self.tables.missions.get(mission.id)
            self._founded(mission, before)
            if mission.state != "ended":
                self._alone(mission)
            self.journal.put(self.tables.missions, mission.id, mission)
            self.journal.put(self.tables.missions_of_incident[mission.incident_id], mission.id, None)
            for pilot_id in mission.tried_pilots:
                self.journal.put(self.tables.missions_of_pilot[pilot_id], mission.id, mission.offered_at)
            if mission.state != "ended":
                self.journal.put(self.tables.live_missions, mission.id, None)
                self.journal.put(self.tables.mission_of_drone, mission.drone_id, mission.id)
            elif before is not None and before.state != "ended":
                self.journal.drop(self.tables.live_missions, mission.id)
                self.journal.drop(self.tables.mission_of_drone, mission.drone_id)

    def _alone(self, mission: Mission) -> None:
        if self.tables.mission_of_drone.get(mission.drone_id, mission.id) != mission.id:
            raise VersionConflict(f"drone {mission.drone_id} already has a mission")

    def _founded(self, mission: Mission, before: Mission | None) -> None:
        """Refuse what the trigger `mission_founded` refuses."""
        was = "" if before is None else before.state
        if before is not None and _founding(before) != _founding(mission):
            raise StoreRefused("NM008", f"mission: what {mission.id} was founded on does not change")
        if (was, mission.state) not in _STEPS and not (was and mission.state in (was, "ended")):
            raise StoreRefused("NM008", f"mission: {was} does not become {mission.state}")
        if mission.state in ("accepted", "flying") and (mission.pilot_id is None or mission.accepted_at is None):
            raise StoreRefused("NM006", f"mission: no pilot accepted {mission.id}")
        if mission.state in ("ended", was):
            return
        at = {"offered": mission.offered_at, "accepted": mission.accepted_at}.get(mission.state, mission.airborne_at)
        incident = self.tables.incidents.get(mission.incident_id)
        if incident is None or incident.state != "open" or incident.test:
            raise StoreRefused("NM004", f"mission: no live incident {mission.incident_id}")
        authorisation = self.tables.authorisations.get(mission.authorisation_id)
        if authorisation is None or authorisation.kind != "flight" or at is None or not authorisation.current(at):
            raise StoreRefused("NM005", f"mission: no current flight authorisation {mission.authorisation_id}")

    def expect_choice(self, now: datetime) -> None:
        """Do nothing: nothing is waited for here."""

    def drones(self) -> list[DroneRecord]:
        """Return installed drones."""
        return list(self.tables.drones.values())

    def offer_unanswered(self, user_id: int, most: int, now: datetime) -> bool:  # noqa: ARG002  shifts last the scene
        """Count an offer let pass; return whether that paused the shift."""
        count = self.tables.unanswered.get(user_id, 0) + 1
        self.journal.put(self.tables.unanswered, user_id, count)
        if count >= most:
            self.journal.put(self.tables.walked_away, user_id, None)
        return count == most

    def offer_answered(self, user_id: int) -> None:
        """Begin counting anew."""
        self.journal.drop(self.tables.unanswered, user_id)

    def ground_drone(self, drone_id: str, reason: str) -> bool:
        """Take a drone out of service."""
        record = self.tables.drones.get(drone_id)
        if record is None or not record.enabled:
            return False
        grounded = msgspec.structs.replace(record, enabled=False, disabled_reason=reason)
        self.journal.put(self.tables.drones, drone_id, grounded)
        return True

    def pilots_on_shift(self, now: datetime) -> list[PilotFact]:
        """Return pilots whose shift covers `now`, with their load."""
        loads: dict[int, int] = {}
        for mission_id in self.tables.live_missions:
            pilot_id = self.tables.missions[mission_id].pilot_id
            if pilot_id is not None:
                loads[pilot_id] = loads.get(pilot_id, 0) + 1
        on_shift = [s for s in self.tables.town.shifts if s.starts_at <= now < s.ends_at]
        return [self._pilot(s, loads.get(s.user_id, 0), now) for s in sorted(on_shift, key=lambda s: s.user_id)]

    def _pilot(self, shift: Shift, load: int, now: datetime) -> PilotFact:
        qualified = (
            shift.qualification == PILOT_QUALIFICATION
            and shift.qualified_from is not None
            and shift.qualified_from <= now
        )
        offers = self.tables.missions_of_pilot.get(shift.user_id, {}).values()
        return PilotFact(
            user_id=shift.user_id,
            name=shift.name,
            shift_ends_at=shift.ends_at,
            qualified_until=shift.qualified_until if qualified else None,
            max_missions=shift.max_missions,
            load=load,
            paused=shift.paused or shift.user_id in self.tables.walked_away,
            last_offered_at=max((at for at in offers if at > now - _OFFERS_REMEMBERED), default=None),
        )

    def notices(self, now: datetime) -> list[Notice]:
        """Return the notices in force."""
        return [notice for notice in self.tables.town.notices if notice.until > now]

    def airspace(self) -> Airspace | None:
        """Return the geozones last read, drawn once."""
        return self.sky


def _excused(mission: Mission) -> bool:
    return mission.end_reason in EXCUSED or mission.order in ("return", "land")


def _founding(mission: Mission) -> tuple[object, ...]:
    """Return what a mission stands on."""
    return mission.incident_id, mission.authorisation_id, mission.drone_id, mission.offered_at
