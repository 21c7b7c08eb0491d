"""A city as one value: what an import or a generation yields, and what storage and the map read."""

import msgspec

from necmergitur.kernel.geo import Position
from necmergitur.territory import constants


class Polygon(msgspec.Struct, frozen=True):
    """One closed shell (first position repeated last) and the holes cut in it."""

    shell: tuple[Position, ...]
    holes: tuple[tuple[Position, ...], ...] = ()


class Quarter(msgspec.Struct, frozen=True):
    """A named administrative part of the city; one or several polygons."""

    id: str
    name: str
    polygons: tuple[Polygon, ...]


class Street(msgspec.Struct, frozen=True):
    """One street between two junctions of a `StreetNetwork` (indices into `junctions`)."""

    start: int
    end: int
    metres: float
    seconds: float
    both_ways: bool


class StreetNetwork(msgspec.Struct, frozen=True):
    """Junctions and the streets between them; a street's true length may exceed its chord."""

    junctions: tuple[Position, ...]
    streets: tuple[Street, ...]


class StreetLine(msgspec.Struct, frozen=True):
    """A street as drawn on the map: two positions or more, its stated length, its name when known."""

    positions: tuple[Position, ...]
    metres: float
    name: str = ""


class Zone(msgspec.Struct, frozen=True):
    """A drone's small zone. One polygon, unless the territory itself is in pieces (islands)."""

    id: str
    number: int
    quarter_id: str
    label: str
    polygons: tuple[Polygon, ...]
    centre: Position
    area_m2: float
    street_length_m: float
    neighbours: tuple[str, ...]


class Dock(msgspec.Struct, frozen=True):
    """Where a zone's drone waits; always inside its zone."""

    id: str
    zone_id: str
    position: Position


class Button(msgspec.Struct, frozen=True):
    """A street post with an emergency button. Its id never changes nor is reused."""

    id: str
    zone_id: str
    position: Position
    label: str


class CityPlan(msgspec.Struct, frozen=True):
    """What to make of a territory: how many zones (one dock each) and buttons, and for which demand.

    `area_share` is the share of the demand spread evenly over the ground; the rest lies along the streets.
    """

    zones: int = constants.DEFAULT_ZONES
    buttons: int = constants.DEFAULT_BUTTONS
    area_share: float = constants.DEFAULT_AREA_SHARE
    seed: int = 0


class Standing(msgspec.Struct, frozen=True):
    """What already stands in the streets and is not to be moved by a calculation: docks and buttons."""

    docks: tuple[Position, ...] = ()
    buttons: tuple[Position, ...] = ()


class CitySource(msgspec.Struct, frozen=True):
    """A territory as read or generated, not yet checked: quarters and the street network."""

    name: str
    quarters: tuple[Quarter, ...]
    network: StreetNetwork
    street_names: dict[int, str] = {}


class City(msgspec.Struct, frozen=True):
    """The whole city, complete and checked; `notes` are remarks a person should read after an import."""

    name: str
    outline: tuple[Polygon, ...]
    quarters: tuple[Quarter, ...]
    zones: tuple[Zone, ...]
    docks: tuple[Dock, ...]
    buttons: tuple[Button, ...]
    streets: tuple[StreetLine, ...]
    network: StreetNetwork
    plan: CityPlan = CityPlan()
    notes: tuple[str, ...] = ()
