"""Needs as tests state them."""

from typing import Any

NEED = {
    "title": "Know within a minute that a square is too full",
    "spoken_for": "venue",
    "situation": "On match nights the square before the hall fills in ten minutes; stewards see it too late.",
    "sufferers": "Spectators, stewards",
    "measure": "minutes from danger to a warning",
    "unit": "minutes",
    "now_value": "9",
    "target_value": "1",
    "constraints": "No camera that knows faces.",
    "sites": "Square of the hall",
    "language": "en",
}


def stated(**changes: Any) -> dict[str, Any]:
    """Return a need's form, filled in."""
    return NEED | changes
