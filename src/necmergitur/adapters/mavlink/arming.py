"""The arming guard's memory: a mission is flown once."""

from collections.abc import Iterable

from necmergitur.adapters.mavlink.constants import MAX_SPENT
from necmergitur.kernel.ids import MissionId


class SpentMissions:
    """Missions whose token already armed a vehicle. Seeded from the ledger after a restart.

    Claiming happens before the arm order leaves, so a timeout or a crash never frees a mission for a second
    launch; only a vehicle's own clear "no" releases it.
    """

    def __init__(self, spent: Iterable[MissionId] = ()) -> None:
        self._spent = dict.fromkeys(spent)

    def __contains__(self, mission_id: MissionId) -> bool:
        return mission_id in self._spent

    def claim(self, mission_id: MissionId) -> bool:
        """Mark a mission flown; return False when it already was. The oldest is forgotten at the bound."""
        if mission_id in self._spent:
            return False
        if len(self._spent) >= MAX_SPENT:
            del self._spent[next(iter(self._spent))]
        self._spent[mission_id] = None
        return True

    def release(self, mission_id: MissionId) -> None:
        """Forget a claim whose arm order the vehicle refused."""
        self._spent.pop(mission_id, None)
