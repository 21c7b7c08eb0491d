"""What a person should know of a city just built: counts, balance, bounds. All in one flat-enough dict."""

from typing import Any

import msgspec
import numpy as np

from necmergitur.territory.constants import CRUISE_SPEED_M_S, LAUNCH_S
from necmergitur.territory.model import City
from necmergitur.territory.siting import bound


def report(city: City, speed_m_s: float = CRUISE_SPEED_M_S, launch_s: float = LAUNCH_S) -> dict[str, Any]:
    """Return counts, zone balance and nearest-dock bounds, ready for JSON.

    `balance.max_over_mean` is the fullest zone's street length over the mean; `within_25_pct` the share of
    zones within a quarter of it; `without_streets` counts zones of woods and water.
    """
    streets_m = np.array([zone.street_length_m for zone in city.zones])
    mean_m = float(streets_m.mean())
    share = streets_m / mean_m
    return {
        "name": city.name,
        "area_km2": round(sum(zone.area_m2 for zone in city.zones) / 1e6, 3),
        "streets_km": round(float(streets_m.sum()) / 1_000, 1),
        "quarters": len(city.quarters),
        "zones": len(city.zones),
        "docks": len(city.docks),
        "buttons": len(city.buttons),
        "balance": {
            "mean_m": round(mean_m),
            "max_over_mean": round(float(share.max()), 3),
            "within_25_pct": round(float((np.abs(share - 1) <= 0.25).mean()), 3),  # noqa: PLR2004 - in its name
            "without_streets": int((streets_m == 0).sum()),
        },
        "zones_in_pieces": sum(len(zone.polygons) > 1 for zone in city.zones),
        "area_share": city.plan.area_share,
        "bound": {
            "speed_m_s": speed_m_s,
            "launch_s": launch_s,
            "area": _rounded(msgspec.structs.asdict(bound(city, "area", speed_m_s, launch_s))),
            "street": _rounded(msgspec.structs.asdict(bound(city, "street", speed_m_s, launch_s))),
        },
        "notes": list(city.notes),
    }


def _rounded(figures: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 2) for name, value in figures.items()}
