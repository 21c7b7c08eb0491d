"""What experiments open to public actors by their data clause: means of an hour that tell of nobody."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from necmergitur.dispatch.incidents import Person
from necmergitur.governance.authorisations import Authorisation
from necmergitur.governance.disclosure import PEOPLE_MIN
from necmergitur.governance.terms import PUBLIC_ACTOR, DataClause, data_clause
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import readings
from necmergitur.operations.sensors import Row, SensorStore

HOUR = timedelta(hours=1)


class Hour(msgspec.Struct, frozen=True):
    """One zone's hour: the mean of its counts, None when it tells of fewer than ten people."""

    zone_id: str
    begins: datetime
    mean: int | None


def open_clause(paper: Authorisation, now: datetime) -> DataClause | None:
    """Return the data clause that is open now: with the paper in force, and until its own hour."""
    clause = None if paper.paper is None else data_clause(paper.paper.terms)
    return clause if clause is not None and paper.current(now) and now < clause.until else None


def hours(
    store: SensorStore, paper: Authorisation, since: datetime, until: datetime, by: Person, now: datetime
) -> Sequence[Hour] | Refusal:
    """Return the whole hours of a paper's stream within a range, as its clause opens them, or why not. On record.

    Only hours that are over: one that still fills would be told twice, and what came between could be had.
    """
    clause = open_clause(paper, now)
    if clause is None:
        return Refusal(rule="data_not_open", detail="No data clause in force opens this.")
    assert paper.paper is not None
    terms = paper.paper.terms
    start, end = _whole(since + HOUR - timedelta(microseconds=1)), _whole(min(until, now))
    if end <= start:
        return []
    asked = readings.Asked(stream=terms.stream, role=PUBLIC_ACTOR, purpose=terms.purpose, since=start, until=end, by=by)
    found = readings.read(store, asked, now)
    if isinstance(found, Refusal):
        return found
    return means([row for row in found if row.authorisation_id == paper.id])


def means(rows: Sequence[Row]) -> list[Hour]:
    """Return the mean of each zone and hour; withheld from one to nine, as everywhere else."""
    heard: dict[tuple[datetime, str], list[int]] = defaultdict(list)
    for row in rows:
        count = msgspec.json.decode(row.payload)["count"]
        heard[_whole(row.at), row.zone_id].append(count)
    found = []
    for (begins, zone_id), counts in sorted(heard.items()):
        nobody = not any(counts)
        mean = sum(counts) // len(counts)
        found.append(Hour(zone_id, begins, mean if nobody or mean >= PEOPLE_MIN else None))
    return found


def _whole(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
