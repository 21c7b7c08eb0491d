"""How zones and buttons are called, and numbered: ids carry the number people read on the post."""

_ZONE = ", zone "


def zone_label(quarter: str, number: int) -> str:
    """Return how a zone is spoken of: its main quarter and its number."""
    return f"{quarter}{_ZONE}{number}"


def button_label(place: str, zone_number: int, number: int) -> str:
    """Return how a button is spoken of: street or quarter, zone, and the number of its id, which stays."""
    return f"{place}{_ZONE}{zone_number}, no {number}"


def place_in(label: str) -> str:
    """Return the street or quarter a label begins with."""
    return label.rpartition(_ZONE)[0]


def names_zone(label: str, zone: str) -> bool:
    """Return whether a label already speaks of this zone, perhaps under the name of another of its quarters."""
    number = zone.rpartition(_ZONE)[2]
    return zone in label or f"{_ZONE}{number}," in f"{label},"


def zone_id(number: int) -> str:
    """Return the id of the zone of that number: z-001, z-002..."""
    return f"z-{number:03d}"


def dock_id(number: int) -> str:
    """Return the id of the dock of that number: d-001, d-002..."""
    return f"d-{number:03d}"


def button_id(number: int) -> str:
    """Return the id of the button of that number: b-00001, b-00002..."""
    return f"b-{number:05d}"


def number_in(ident: str) -> int:
    """Return the number an id carries, 0 when it carries none (an id given by hand)."""
    digits = ident.rpartition("-")[2]
    return int(digits) if digits.isdecimal() else 0
