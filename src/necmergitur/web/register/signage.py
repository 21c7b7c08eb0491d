"""Signage in the terms of DTPR (Digital Trust for Places and Routines): which of its elements say what a stream is.

Identifiers are the taxonomy's (`category__id` of its elements, version 1); French names are the city's own words where
the taxonomy's translation does not read as French. Icons are drawn here, in one style, and are not DTPR's.
"""

from collections.abc import Iterable
from typing import Any

import msgspec
from django.utils.translation import gettext_lazy as _


class Element(msgspec.Struct, frozen=True):
    """One element: the category it stands in, its id in the taxonomy, its name, and which drawing stands for it."""

    category: str
    id: str
    name: Any
    icon: str


CATEGORIES: dict[str, Any] = {
    "purpose": _("Purpose"),
    "accountable": _("Accountable"),
    "tech": _("Technology"),
    "data": _("Data Type"),
    "process": _("Processing"),
    "access": _("Access"),
    "retention": _("Retention"),
    "storage": _("Storage"),
}
_ALL = (
    Element("purpose", "safety_security", _("Safety & Security"), "shield"),
    Element("purpose", "fire_emergency", _("Fire & Emergency"), "siren"),
    Element("purpose", "planning_decision_making", _("Planning & Decision-making"), "compass"),
    Element("purpose", "research_development", _("Research & Development"), "flask"),
    Element("accountable", "organization", _("Organization"), "hall"),
    Element("tech", "person_detection", _("Person detection"), "people"),
    Element("tech", "li_dar", _("LiDAR"), "rays"),
    Element("tech", "unmanned_aircraft_system", _("Unmanned Aircraft System"), "drone"),
    Element("tech", "assistance_station", _("Assistance Station"), "post"),
    Element("tech", "video_camera", _("Video camera"), "camera"),
    Element("data", "values_time", _("Values / Time"), "curve"),
    Element("data", "spatial", _("Spatial"), "pin"),
    Element("data", "boolean", _("Boolean"), "switch"),
    Element("data", "pixel_based_image", _("Pixel-based Image"), "image"),
    Element("data", "tabular", _("Tabular"), "table"),
    Element("process", "aggregated", _("Aggregated"), "sum"),
    Element("process", "encrypted", _("Encrypted"), "lock"),
    Element("process", "raw_data", _("Raw data"), "dots"),
    Element(
        "access", "available_to_the_accountable_organization", _("Available to the accountable organization"), "key"
    ),
    Element("access", "available_to_download", _("Available to download"), "download"),
    Element("access", "available_to_3rd_parties", _("Available to 3rd parties"), "share"),
    Element("retention", "data_retained", _("Retained"), "clock"),
    Element("retention", "no_data_retained", _("No data retained"), "none"),
    Element("storage", "stored_locally", _("Stored locally"), "disk"),
)
ELEMENTS = {f"{one.category}__{one.id}": one for one in _ALL}

PURPOSES = {
    "emergency_response": "purpose__fire_emergency",
    "crowd_safety": "purpose__safety_security",
    "maintenance": "purpose__planning_decision_making",
    "training": "purpose__research_development",
}
# Modality -> technology, data, what is done with it. One that is not here is told as a table of values.
TECHNOLOGIES: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "crowd_count": ("tech__person_detection", ("data__values_time",), ("process__aggregated",)),
    "advice": ("tech__person_detection", ("data__values_time",), ("process__aggregated",)),
    "lidar_track": ("tech__li_dar", ("data__spatial", "data__values_time"), ("process__raw_data",)),
    "drone_flight": (
        "tech__unmanned_aircraft_system",
        ("data__pixel_based_image", "data__spatial"),
        ("process__encrypted",),
    ),
    "camera": ("tech__video_camera", ("data__pixel_based_image",), ("process__encrypted",)),
    "call_for_help": ("tech__assistance_station", ("data__boolean", "data__spatial"), ("process__encrypted",)),
}
_UNKNOWN: tuple[str, tuple[str, ...], tuple[str, ...]] = (
    "tech__person_detection",
    ("data__tabular",),
    ("process__raw_data",),
)
_INSIDE = frozenset(
    {"operator", "lead", "duty_officer", "pilot", "technician", "responder", "administrator", "dpo", "liaison"}
)


def elements(modality: str, purpose: str, readers: Iterable[str], retention_days: int) -> tuple[Element, ...]:
    """Return the elements of a stream's sign, in the order DTPR shows them."""
    tech, data, process = TECHNOLOGIES.get(modality, _UNKNOWN)
    read = frozenset(readers)
    ids = [
        PURPOSES.get(purpose, "purpose__planning_decision_making"),
        "accountable__organization",
        tech,
        *data,
        *process,
        "access__available_to_the_accountable_organization",
        *(["access__available_to_download"] if "public" in read else []),
        *(["access__available_to_3rd_parties"] if read - _INSIDE - {"public"} else []),
        "retention__data_retained" if retention_days > 0 else "retention__no_data_retained",
        "storage__stored_locally",
    ]
    return tuple(ELEMENTS[one] for one in ids)


def identity(element: Element) -> str:
    """Return the element's name in the taxonomy's files."""
    return f"{element.category}__{element.id}"
