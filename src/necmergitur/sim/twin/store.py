"""The store: one transaction at a time, undone whole when it fails."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import shapely

from necmergitur.kernel.geo import Position
from necmergitur.kernel.ids import IdSource
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.ports import Unreachable
from necmergitur.sim import papers
from necmergitur.sim.ids import SeededIds
from necmergitur.sim.twin.calls import CallsMixin
from necmergitur.sim.twin.facts import FactsMixin
from necmergitur.sim.twin.flights import FlightsMixin
from necmergitur.sim.twin.journal import Journal
from necmergitur.sim.twin.tables import Tables
from necmergitur.sim.twin.town import Town
from necmergitur.sim.twin.trust import TrustMixin
from necmergitur.territory.airspace import Airspace


class ZoneShapes:
    """Zones by place."""

    def __init__(self, town: Town) -> None:
        """Index the zones of `town`."""
        pairs = [((z.id, z.label), p) for z in sorted(town.zones, key=lambda z: z.id) for p in z.polygons]
        self._names = [name for name, _ in pairs]
        self._tree = shapely.STRtree(
            [
                shapely.Polygon([(q.lon, q.lat) for q in p.shell], [[(q.lon, q.lat) for q in hole] for hole in p.holes])
                for _, p in pairs
            ]
        )

    def find(self, position: Position) -> tuple[str, str] | None:
        """Return (zone id, label) of the zone that holds `position`."""
        hits = self._tree.query(shapely.Point(position.lon, position.lat), predicate="intersects")
        return None if len(hits) == 0 else self._names[int(min(hits))]


def _draw(town: Town) -> Airspace | None:
    """Draw the town's geozones around the middle of its docks."""
    if town.geozones is None or not town.drones:
        return None
    count = len(town.drones)
    middle = Position(sum(d.dock.lon for d in town.drones) / count, sum(d.dock.lat for d in town.drones) / count)
    return Airspace(town.geozones, middle)


class TwinTransaction(FactsMixin, CallsMixin, FlightsMixin, TrustMixin):
    """Everything one transaction can do (`operations.ports.Transaction`)."""

    def __init__(self, tables: Tables, zones: ZoneShapes, sky: Airspace | None) -> None:
        """Work on `tables` until the caller's `with` block ends."""
        self.tables = tables
        self.zones = zones
        self.sky = sky
        self.journal = Journal()


class TwinStore:
    """`operations.ports.Store` in memory. Threads take turns; a transaction inside another is a mistake."""

    def __init__(self, town: Town, ids: IdSource | None = None) -> None:
        """Open on `town`; ValueError when its law is refused. `reachable = False` plays a lost database."""
        self.tables = Tables(town)
        self.reachable = True
        self._ids: IdSource = ids or SeededIds(0)
        self._zones = ZoneShapes(town)
        self._sky = _draw(town)
        self._turn = threading.Lock()
        self._holder: int | None = None
        for authorisation in town.authorisations:
            granted = papers.authorise(self, authorisation, authorisation.granted_at)
            if isinstance(granted, Refusal):
                raise ValueError(f"the town's authorisation was refused: {granted.rule}")  # noqa: TRY004  bad value

    def resume_offers(self) -> None:
        """Pilots whose offers paused are back and say so (as `operations.shifts.pause_shift` does on rows)."""
        with self._turn:
            self.tables.walked_away.clear()
            self.tables.unanswered.clear()

    @property
    def ids(self) -> IdSource:
        """Where new identifiers come from."""
        return self._ids

    @contextmanager
    def transaction(self) -> Iterator["TwinTransaction"]:
        """Open a transaction. Raises Unreachable, or RuntimeError when this thread already holds one."""
        if not self.reachable:
            raise Unreachable("the twin was told to be unreachable")
        if self._holder == threading.get_ident():
            raise RuntimeError("a transaction inside a transaction would wait for itself")
        with self._turn:
            self._holder = threading.get_ident()
            transaction = TwinTransaction(self.tables, self._zones, self._sky)
            try:
                yield transaction
            except BaseException:
                transaction.journal.undo()
                self.tables.gate_table = None
                raise
            finally:
                self._holder = None
