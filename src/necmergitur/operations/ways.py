"""May a drone go there now: the law, the airspace, what is announced in it, and the straight way itself."""

from datetime import datetime

import msgspec

from necmergitur.dispatch.incidents import Incident
from necmergitur.governance.authorisations import Authorisation
from necmergitur.governance.gate import FLIGHT, GateTable, Request
from necmergitur.kernel.geo import Position
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.ports import Notice
from necmergitur.territory.airspace import Airspace
from necmergitur.territory.geozones import usable

EMERGENCY = "emergency_response"  # the purpose a flight authorisation must name


class Ways(msgspec.Struct, frozen=True):
    """What decides whether a flight may go, read once for a round of decisions."""

    table: GateTable
    airspace: Airspace | None
    notices: list[Notice]

    def allowed(self, incident: Incident, now: datetime) -> Refusal | None:
        """Return why no drone may come here, whichever it is: the law, the geozones, a helicopter over the scene."""
        if incident.zone_id is None:
            # An authorisation for the whole territory says nothing of what lies beyond it.
            return Refusal(rule="outside_territory", owner="airspace")
        found = self.table.find_all(request(incident), now)
        if isinstance(found, Refusal):
            return found
        if self.airspace is None:
            return Refusal(rule="no_geozones", owner="airspace", detail="No geozone set was ever read: no flight.")
        unfit = usable(self.airspace.zones, now)
        return self._announced(incident.position, incident.position) if unfit is None else unfit

    def open_to(self, incident: Incident, dock: Position, now: datetime) -> Authorisation | Refusal:
        """Return the authorisation under which the straight way from `dock` is clear, or why none opens it.

        The newest that opens the whole way wins; when none does, the newest says why.
        """
        found = self.table.find_all(request(incident), now)
        if isinstance(found, Refusal):
            return found
        if self.airspace is None:
            return Refusal(rule="no_geozones", owner="airspace")
        # The vehicle would not lift into air announced as another's, and a pilot would be asked for it.
        announced = self._announced(dock, incident.position)
        if announced is not None:
            return announced
        why: Refusal | None = None
        for authorisation in found:
            closed = self._closed(authorisation, incident, dock, now)
            if closed is None:
                return authorisation
            why = why or closed
        assert why is not None, "the gate found at least one authorisation"
        return why

    def _closed(self, law: Authorisation, incident: Incident, dock: Position, now: datetime) -> Refusal | None:
        """Check the straight line from dock to scene against the geozones one authorisation opens."""
        assert self.airspace is not None
        conditions = law.conditions.as_flown()
        unflyable = conditions.heights()
        if unflyable is not None:
            return unflyable
        # The authorisation names the zones it opens, prohibited ones too: it is the written derogation.
        opened = frozenset(conditions.geozones)
        return self.airspace.route_clear(
            dock,
            incident.position,
            conditions.transit_m,
            now,
            authorised_zone_ids=opened,
            exempted_zone_ids=opened,
        )

    def _announced(self, start: Position, to: Position) -> Refusal | None:
        over = next((notice for notice in self.notices if notice.crosses(start, to)), None)
        return None if over is None else Refusal(rule="helicopter_in_area", owner="airspace", until=over.until)


def request(incident: Incident) -> Request:
    """Return what a flight for `incident` asks of the gate."""
    return Request(modality=FLIGHT, purpose=EMERGENCY, stream="fleet", zone_id=incident.zone_id)
