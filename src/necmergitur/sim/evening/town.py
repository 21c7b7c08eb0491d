"""The town an evening is played in: a real city's zones, docks and buttons, enough pilots, a law and an airspace."""

from datetime import datetime, timedelta
from uuid import UUID

from necmergitur.dispatch.flight_time import CRUISE_M_S
from necmergitur.governance.authorisations import Authorisation, Conditions
from necmergitur.governance.gate import FLIGHT
from necmergitur.operations.ports import DroneRecord
from necmergitur.operations.ways import EMERGENCY
from necmergitur.sim.evening.callers import devices_of
from necmergitur.sim.twin.town import Shift, Town
from necmergitur.territory.geozones import Geozone, GeozoneSet, Limit, Volume
from necmergitur.territory.model import City

# The whole city lies in a prohibited zone, as Paris does (LF-P 23), and the authorisation opens it by name.
FORBIDDEN = "LF-P 23"


def town_of(city: City, pilots: int, start: datetime, lasts: timedelta) -> Town:
    """Return the town of `city` with `pilots` on shift for the whole time."""
    drones = tuple(
        DroneRecord(
            id=f"D-{number:03d}",
            dock=dock.position,
            zone_id=dock.zone_id,
            link_url="",
            camera_url="",
            system_id=1,
            signing_key=None,
            speed_m_s=CRUISE_M_S,
            enabled=True,
            disabled_reason="",
        )
        for number, dock in enumerate(city.docks, start=1)
    )
    shifts = tuple(
        Shift(
            user_id=number,
            name=f"Pilot {number}",
            starts_at=start,
            ends_at=start + lasts,
            qualified_from=start,
            qualified_until=start + lasts,
        )
        for number in range(1, pilots + 1)
    )
    forbidden = Geozone(FORBIDDEN, "The city", "PROHIBITED", (Volume(city.outline, upper=Limit(1_981.0, "AMSL")),))
    law = Authorisation(
        id=UUID(int=1 << 80),
        kind="flight",
        label="Simulated flights",
        purpose=EMERGENCY,
        legal_basis="simulation",
        holder="city",
        modality=FLIGHT,
        zones=None,
        streams=None,
        valid_from=start,
        valid_until=start + lasts,
        conditions=Conditions(geozones=(FORBIDDEN,)),
        demo=True,
        granted_by="system:simulation",
        granted_at=start,
    )
    return Town(
        zones=city.zones,
        drones=drones,
        devices=devices_of(city),
        shifts=shifts,
        authorisations=(law,),
        geozones=GeozoneSet("simulation", (forbidden,)),
    )
