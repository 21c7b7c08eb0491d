"""Which tests run beside which, so that no worker is left alone with what takes longest.

Whole cities (every process, a browser, a drone's flight) start first, in two rows that each run one city at a time:
three beside each other starve on two cores. The slowest other modules follow, then the rest in their order.
"""

from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

CITIES = {
    "tests/e2e/test_demonstration.py": "a city",
    "tests/app/test_first_city.py": "a city",
    "tests/sim/bench/test_whole.py": "a city",
    "tests/e2e/test_crisis.py": "another city",
    "tests/e2e/test_trust.py": "another city",
    "tests/e2e/test_programme.py": "another city",
    "tests/app/test_run.py": "another city",
    "tests/sim/bench/test_start.py": "another city",
}
SLOW = (
    "tests/adapters/mavlink/test_flight.py",
    "tests/engine/test_outages.py",
    "tests/web/hackathon/test_played.py",
    "tests/web/trust/test_desk_browser.py",
    "tests/web/trust/test_signing.py",
    "tests/web/trials/test_vendor.py",
    "tests/web/commons/test_browser.py",
    "tests/web/network/test_network.py",
    "tests/web/people_desk/test_desk.py",
)
ORDER = {module: place for place, module in enumerate([*CITIES, *SLOW])}


class Schedule(LoadScopeScheduling):
    """Modules stay whole, as with `--dist loadscope`; the cities of one row stay in one worker."""

    def _split_scope(self, nodeid: str) -> str:
        module = module_of(nodeid)
        return CITIES.get(module) or module

    def _reschedule(self, node: WorkerController) -> None:
        """Give a worker its next module, unless it takes another's place and does not know its tests yet."""
        if node in self.registered_collections:
            super()._reschedule(node)

    def remove_node(self, node: WorkerController) -> str | None:
        """Return what a worker that ended was running. It failed, and is not given to the next worker to end it too."""
        workload = self.assigned_work[node]
        crashed = next((test for unit in workload.values() for test, is_done in unit.items() if not is_done), None)
        for unit in workload.values():
            if crashed in unit:
                unit[crashed] = True
        # What a unit has left goes to others; one with nothing left would be waited for.
        self.assigned_work[node] = {scope: unit for scope, unit in workload.items() if not all(unit.values())}
        super().remove_node(node)
        return crashed


def module_of(nodeid: str) -> str:
    """Return `tests/room/test_x.py` of `tests/room/test_x.py::test_y[z]`."""
    return nodeid.split("::", 1)[0]


def place_of(nodeid: str) -> int:
    """Return where the module of a test stands in the order; the unnamed stand together behind."""
    return ORDER.get(module_of(nodeid), len(ORDER))
