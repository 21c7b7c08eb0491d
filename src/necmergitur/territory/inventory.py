"""What a city already has, and what an import would change: values only, light to load."""

import msgspec

from necmergitur.kernel.geo import Position
from necmergitur.territory.model import City, Polygon, Standing


class Known(msgspec.Struct, frozen=True):
    """A zone (its centre), dock or button already stored. Polygons, when known, match zones by overlap."""

    id: str
    position: Position
    polygons: tuple[Polygon, ...] = ()
    retired: bool = False


class Inventory(msgspec.Struct, frozen=True):
    """Everything already stored, the retired included (their ids stay taken)."""

    zones: tuple[Known, ...]
    docks: tuple[Known, ...]
    buttons: tuple[Known, ...]


class Moved(msgspec.Struct, frozen=True):
    """The same object at another place (for a zone: redrawn)."""

    id: str
    before: Position
    after: Position


class Changes(msgspec.Struct, frozen=True):
    """What an import does to one kind of object, by id; `retired` rows are kept, out of service."""

    kept: tuple[str, ...]
    moved: tuple[Moved, ...]
    added: tuple[str, ...]
    retired: tuple[str, ...]


class Reimport(msgspec.Struct, frozen=True):
    """The new city under stable ids, and the changes that lead to it."""

    city: City
    zones: Changes
    docks: Changes
    buttons: Changes


def inventory_of(city: City) -> Inventory:
    """Return the inventory of a city just imported."""
    return Inventory(
        zones=tuple(Known(zone.id, zone.centre, zone.polygons) for zone in city.zones),
        docks=tuple(Known(dock.id, dock.position) for dock in city.docks),
        buttons=tuple(Known(button.id, button.position) for button in city.buttons),
    )


def standing_of(old: Inventory) -> Standing:
    """Return the docks and buttons in service: give it to `build_city` so that none is moved on paper."""
    return Standing(
        tuple(known.position for known in old.docks if not known.retired),
        tuple(known.position for known in old.buttons if not known.retired),
    )
