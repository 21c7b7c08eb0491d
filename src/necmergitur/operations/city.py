"""Put a city in the database, whole or not at all; read it again under the same ids."""

from datetime import datetime

from necmergitur.dispatch.incidents import Person
from necmergitur.operations.registry import Registry, audit
from necmergitur.territory.geozones import GeozoneSet
from necmergitur.territory.inventory import Inventory, Reimport
from necmergitur.territory.model import City


def inventory(registry: Registry) -> Inventory:
    """Return what is already stored, the retired included."""
    with registry.transaction() as tx:
        stored: Inventory = tx.inventory()
        return stored


def install(registry: Registry, city: City, source: str, by: Person, now: datetime) -> Reimport:
    """Store a city in one transaction. What is recognised keeps its id; what is gone is retired, never deleted."""
    from necmergitur.territory.reimport import reimport  # noqa: PLC0415 -- heavy, and only an import needs it

    with registry.transaction() as tx:
        old: Inventory = tx.inventory()
        plan = reimport(old, city)
        tx.put_city(plan, source, now)
        audit(
            registry,
            tx,
            "technician:city:install",
            city.name,
            by,
            now,
            zones=str(len(city.zones)),
            buttons=str(len(city.buttons)),
            retired=str(len(plan.zones.retired) + len(plan.docks.retired) + len(plan.buttons.retired)),
        )
    return plan


def read_geozones(registry: Registry, zones: GeozoneSet, by: Person, now: datetime) -> None:
    """Store the geozones in force. The newest set counts; an empty or stale one grounds the fleet."""
    with registry.transaction() as tx:
        tx.put_geozones(zones, now)
        audit(
            registry,
            tx,
            "technician:geozones:read",
            zones.source[:120],
            by,
            now,
            zones=str(len(zones.zones)),
            problems=str(len(zones.problems)),
        )
