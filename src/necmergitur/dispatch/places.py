"""A place as stated, before any incident holds it."""

import msgspec

from necmergitur.kernel.geo import Position, distance_m

PLACE_UNKNOWN = "place_unknown"  # the reason an incident gives while nobody knows where to send a drone


class Spot(msgspec.Struct, frozen=True):
    """A place as stated: how exact, in which zone (None outside the territory), and under what name."""

    position: Position
    accuracy_m: float
    zone_id: str | None
    label: str

    def improves(self, known: Position, accuracy_m: float) -> bool:
        """Return whether this replaces `known`: it is as exact, or the caller is no longer there."""
        moved_m = distance_m(known, self.position)
        return moved_m > 0 and (self.accuracy_m <= accuracy_m or moved_m > self.accuracy_m)
