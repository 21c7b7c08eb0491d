"""What a partner is told: what its token was given by name, and never a person's name (docs/TENETS.md, 11)."""

from typing import Any

from necmergitur.web.api.models import ApiToken
from necmergitur.web.facts.models import Incident, Observation

PLACES = "places:read"
WORDS = "words:read"
# ours: two decimals of a degree are 1.1 km by 0.7 km at 49 degrees north, some tens of streets
PERSONAL_DECIMALS = 2
PERSONAL_ACCURACY_M = 1_000.0
SAME = (
    "id",
    "number",
    "state",
    "rung",
    "kind",
    "test",
    "exercise",
    "cancelled",
    "placed",
    "opened_at",
    "last_signal_at",
    "signal_count",
    "escalation",
    "due_at",
    "drone",
    "outcome",
    "closed_at",
    "version",
)


def incident(token: ApiToken, row: Incident) -> dict[str, Any]:
    """Return one incident as this token may read it."""
    told = {name: getattr(row, name) for name in SAME}
    place = _place(row) if row.placed and PLACES in token.scopes else None
    return told | {"place": place, "mine": row.owner_id == -token.pk, "merged_into": row.merged_into_id}


def _place(row: Incident) -> dict[str, Any]:
    if row.personal_device is None:
        return {name: getattr(row, name) for name in ("lon", "lat", "accuracy_m", "zone_id", "label")}
    return {
        "lon": round(row.lon, PERSONAL_DECIMALS),
        "lat": round(row.lat, PERSONAL_DECIMALS),
        "accuracy_m": max(row.accuracy_m, PERSONAL_ACCURACY_M),
        "zone_id": None,
        "label": "",
    }


def observation(token: ApiToken, row: Observation) -> dict[str, Any]:
    """Return what was seen, and what was written of it when this token may read words."""
    told = {name: getattr(row, name) for name in ("id", "incident_id", "mission_id", "observed_at", "facts")}
    return told | {"note": row.note if WORDS in token.scopes else None}
