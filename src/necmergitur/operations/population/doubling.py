"""Records that may be one person, found by name and proposed to the desk: a hospital's list meets families' notices."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from necmergitur.governance.accesses import crisis_place
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import accessing
from necmergitur.operations.population import missing
from necmergitur.operations.population.checkins import Sealer
from necmergitur.operations.population.finding import Finder, PersonSource
from necmergitur.operations.population.missing_ports import PersonRow, Registry, Tie, TieRow, TieState
from necmergitur.people.constants import AT_MOST_DOUBLES, DOUBLE_SCORE
from necmergitur.people.crises import Crisis
from necmergitur.people.findable import Wanted
from necmergitur.people.notes import Hidden

AT_ONCE = 200  # ours: records compared in one turn, a few seconds of the finder's


class Doubles:
    """Goes through the records of every crisis in the order they changed, once; a restart goes through them again."""

    def __init__(self, store: Registry, key_of: Callable[[UUID], Sealer | None], finder: Finder) -> None:
        """Begin with the oldest."""
        self._store = store
        self._key_of = key_of
        self._finder = finder
        self._after: dict[UUID, tuple[datetime, bytes]] = {}

    def propose(self, now: datetime) -> int:
        """Compare the next records; return how many pairs are new. While the finder is away, nothing is passed over."""
        with self._store.transaction() as tx:
            states: list[Crisis] = [
                one
                for one in tx.crises_now()
                if accessing.open_to(tx, "worker", "notices", "duplicate", crisis_place(one.id), now)
            ]
        self._after = {one.id: self._after[one.id] for one in states if one.id in self._after}
        return sum(self._of(crisis, now) for crisis in states)

    def _of(self, crisis: Crisis, now: datetime) -> int:
        key = self._key_of(crisis.id)
        if key is None:
            return 0
        with self._store.transaction() as tx:
            rows: list[PersonRow] = tx.persons_changed(crisis.id, self._after.get(crisis.id), AT_ONCE)
        ties: list[TieRow] = []
        for row in rows:
            found = self._like(crisis, key, row)
            if found is None:
                break
            ties += [_tie(row.id, other, now) for other in found]
            self._after[crisis.id] = (row.changed_at, row.id)
        with self._store.transaction() as tx:
            return int(tx.put_ties(crisis.id, list({(t.left, t.right): t for t in ties}.values())))

    def _like(self, crisis: Crisis, key: Sealer, row: PersonRow) -> list[bytes] | None:
        """Return the records most like one; None while the finder is away."""
        notice = missing.opened(key, row)
        if notice is None or row.hidden in (Hidden.AUTHOR, Hidden.NOT_TO_BE_FOUND):
            return []
        person = notice.person
        names = (*person.full_name.splitlines(), *person.alternate_names.splitlines())
        wanted = Wanted(names=names, kinds=(PersonSource.kind,), limit=AT_MOST_DOUBLES + 1)
        found = self._finder.find(crisis.id, wanted)
        if isinstance(found, Refusal):
            return None
        return [one.id for one in found if one.id != row.id and one.score >= DOUBLE_SCORE][:AT_MOST_DOUBLES]


def _tie(one: bytes, other: bytes, now: datetime) -> TieRow:
    left, right = sorted((one, other))
    return TieRow(kind=Tie.DUPLICATE, left=left, right=right, state=TieState.PROPOSED, at=now)
