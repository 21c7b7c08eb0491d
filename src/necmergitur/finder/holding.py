"""What the finder holds: for each crisis that may be read, its people, kept in step with their rows."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from necmergitur.adapters.crisis_keys import CrisisKey, KeyFiles
from necmergitur.adapters.finder import AWAY
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.finder.constants import OVERLAP_S, PAGE_ROWS, SPAN_S, SPAN_S_MAX, WIDE_EVERY_S, WIDE_OVERLAP_S
from necmergitur.governance.accesses import crisis_place
from necmergitur.kernel.clock import Clock
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import accessing
from necmergitur.operations.population.finding import SealedRow, Source
from necmergitur.operations.ports import Unreachable
from necmergitur.people.crises import Crisis
from necmergitur.people.findable import Findable, Found, Wanted
from necmergitur.people.search import People

log = structlog.get_logger(__name__)
NOT_READY = Refusal(rule="finder_not_ready", detail="Names are being read; ask again in a moment.")
CLOSED = Refusal(rule="crisis_closed")


class CrisisPeople:
    """The people of one crisis, from their sealed rows."""

    def __init__(self, crisis: Crisis, key: CrisisKey, sources: Sequence[Source], begun: datetime) -> None:
        """Hold nobody yet; rows changed since `begun` will be read again."""
        self.crisis = crisis
        self.people = People()
        self.loaded = False
        self._key = key
        self._sources = sources
        self._newest = {source.kind: begun for source in sources}
        self._recent: dict[bytes, datetime] = {}
        self._looked_wide = 0.0
        self._span_s = {source.kind: SPAN_S_MAX * 2 for source in sources}

    def load(self, store: PostgresStore, alive: Callable[[], None]) -> None:
        """Read all rows there are, saying between pages that we live. Raises Unreachable."""
        for source in self._sources:
            after = b""
            while True:
                with store.transaction() as tx:
                    rows = source.page(tx, self.crisis.id, after, PAGE_ROWS)
                if not rows:
                    break
                self._take(source, rows)
                after = rows[-1].id
                alive()
        self.loaded = True

    def follow(self, store: PostgresStore, alive: Callable[[], None]) -> int:
        """Read what changed since, or a span of it when much has piled up; return how many rows. Raises Unreachable."""
        is_behind = any(span_s <= SPAN_S_MAX for span_s in self._span_s.values())
        wide = not is_behind and time.monotonic() - self._looked_wide >= WIDE_EVERY_S
        taken = sum(self._follow_one(store, source, alive, wide=wide) for source in self._sources)
        if wide:
            self._looked_wide = time.monotonic()
        if wide or is_behind:
            oldest = min(self._newest.values()) - timedelta(seconds=WIDE_OVERLAP_S)
            self._recent = {row_id: at for row_id, at in self._recent.items() if at >= oldest}
        return taken

    def _follow_one(self, store: PostgresStore, source: Source, alive: Callable[[], None], *, wide: bool) -> int:
        newest, span_s = self._newest[source.kind], self._span_s[source.kind]
        until = newest + timedelta(seconds=span_s) if span_s <= SPAN_S_MAX else None
        spans = [(newest - timedelta(seconds=OVERLAP_S), until)]
        if wide:
            back = [newest - timedelta(seconds=after_s) for after_s in _steps(WIDE_OVERLAP_S, OVERLAP_S, SPAN_S)]
            spans = [*zip(back, [*back[1:], spans[0][0]], strict=True), *spans]
        taken = sum(self._read(store, source, since, before, alive) for since, before in spans)
        # What a turn cannot read has piled up, until longer and longer spans hold no more than a page.
        self._span_s[source.kind] = SPAN_S if taken >= PAGE_ROWS else min(span_s * 2, SPAN_S_MAX * 2)
        return taken

    def _read(
        self, store: PostgresStore, source: Source, since: datetime, before: datetime | None, alive: Callable[[], None]
    ) -> int:
        with store.transaction() as tx:
            rows = source.changed(tx, self.crisis.id, since, before)
        fresh = [row for row in rows if self._recent.get(row.id) != row.changed_at]
        for first in range(0, len(fresh), PAGE_ROWS):
            self._take(source, fresh[first : first + PAGE_ROWS])
            alive()
        self._recent.update((row.id, row.changed_at) for row in fresh)
        self._newest[source.kind] = max((row.changed_at for row in rows), default=self._newest[source.kind])
        return len(fresh)

    def reconcile(self, store: PostgresStore) -> None:
        """Forget whoever's row is gone: while nobody listened, deletions were not heard of. Raises Unreachable."""
        for source in self._sources:
            known = self.people.known(source.kind)
            for first in range(0, len(known), PAGE_ROWS):
                self._keep_standing(store, source, known[first : first + PAGE_ROWS])

    def find(self, store: PostgresStore, wanted: Wanted) -> list[Found]:
        """Answer, of those whose rows still stand. Raises Unreachable."""
        found = self.people.search(wanted)
        standing: set[tuple[str, bytes]] = set()
        for source in self._sources:
            ids = [one.id for one in found if one.kind == source.kind]
            standing |= {(source.kind, one) for one in self._standing(store, source, ids)} if ids else set()
        return [one for one in found if (one.kind, one.id) in standing]

    def _take(self, source: Source, rows: Sequence[SealedRow]) -> None:
        opened: list[Findable] = []
        for row in rows:
            record = source.open(self._key, row)
            if record is None:
                self.people.remove(source.kind, row.id)
            else:
                opened.append(record)
        if opened:
            self.people.add(opened)

    def _standing(self, store: PostgresStore, source: Source, ids: Sequence[bytes]) -> set[bytes]:
        with store.transaction() as tx:
            return set(source.standing(tx, self.crisis.id, ids))

    def _keep_standing(self, store: PostgresStore, source: Source, ids: Sequence[bytes]) -> None:
        for gone in set(ids) - self._standing(store, source, ids):
            self.people.remove(source.kind, gone)


class Holding:
    """All crises that may be read."""

    def __init__(self, store: PostgresStore, keys: KeyFiles, sources: Sequence[Source], clock: Clock) -> None:
        """Hold nothing yet."""
        self._store = store
        self._keys = keys
        self._sources = sources
        self._clock = clock
        self._crises: Mapping[UUID, CrisisPeople] = {}

    def look(self) -> bool:
        """Look which crises there are; return False when one that was held may be read no more: memory must go."""
        now = self._clock.now()
        try:
            with self._store.transaction() as tx:
                crises = [
                    crisis
                    for crisis in tx.crises_now()
                    if accessing.open_to(tx, "finder", "names", "look_for_people", crisis_place(crisis.id), now)
                ]
        except Unreachable:  # but an end that was announced needs no database
            return all(held.crisis.kept(now) for held in self._crises.values())
        return self._keep(crises)

    def _keep(self, crises: Sequence[Crisis]) -> bool:
        wanted = {crisis.id: crisis for crisis in crises if self._keys.of(crisis.id) is not None}
        if not self._crises.keys() <= wanted.keys():
            return False
        for crisis in crises:
            key = self._keys.of(crisis.id)
            held = self._crises.get(crisis.id)
            if held is not None:
                held.crisis = crisis
            elif key is not None:
                begun = CrisisPeople(crisis, key, self._sources, self._clock.now() - timedelta(seconds=WIDE_OVERLAP_S))
                self._crises = {**self._crises, crisis.id: begun}
        return True

    def follow(self, alive: Callable[[], None] = lambda: None) -> None:
        """Read what is new of each crisis, all of it for a new one; without a database, nothing."""
        with suppress(Unreachable):
            for held in self._crises.values():
                if not held.loaded:
                    held.load(self._store, alive)
                    log.info("names_read", crisis=str(held.crisis.id), records=len(held.people))
                held.follow(self._store, alive)

    def reconcile(self) -> None:
        """Forget rows that went while nobody listened."""
        with suppress(Unreachable):
            for held in self._crises.values():
                held.reconcile(self._store)

    def close(self) -> None:
        """Let go of the database."""
        self._store.close()

    def gone(self, told: str) -> None:
        """Forget a row that was deleted, as `population.tell_finder` tells it: crisis, kind and id."""
        crisis_id, kind, row_id = told.split(" ")
        held = self._crises.get(UUID(crisis_id))
        if held is not None:
            held.people.remove(kind, bytes.fromhex(row_id))

    def find(self, crisis_id: UUID, wanted: Wanted) -> list[Found] | Refusal:
        """Answer one question; may be called from any thread."""
        held = self._crises.get(crisis_id)
        if held is None or not held.crisis.kept(self._clock.now()) or self._keys.of(crisis_id) is None:
            return CLOSED
        if not held.loaded:
            return NOT_READY
        try:
            return held.find(self._store, wanted)
        except Unreachable:
            return AWAY


def _steps(first: float, last: float, step: float) -> list[float]:
    """Return `first`, and every `step` down from it, above `last`."""
    count = math.ceil((first - last) / step)
    return [first - number * step for number in range(count)]
