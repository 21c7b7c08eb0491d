"""What a vendor on trial said, read back in the analyst's role for the paper's purpose; each look is on record.

A solution plugs in by one contract: advice, or a count that the protocol judges. Both are readings that entered by the
gate from the vendor's own key.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from necmergitur.governance.modalities import Advice, CrowdCount
from necmergitur.innovation import protocol
from necmergitur.innovation.protocol import HEARD, Heard, Source, TrialAdvised, TrialBegun, TrialCounted
from necmergitur.innovation.trial import Trial
from necmergitur.kernel.events import Recorded
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import readings
from necmergitur.operations.constants import READ_LONGEST, READ_ROWS_MAX
from necmergitur.operations.readings import Asked
from necmergitur.operations.sensors import Row, SensorStore, SensorTransaction

READER = "analyst"  # the one role that reads a trial in shadow
KINDS = [kind.__name__ for kind in HEARD]
_SOON = timedelta(seconds=2)


def begun_under(facts: Sequence[Recorded]) -> frozenset[UUID]:
    """Return the papers a trial began under: what the same key says under another paper is none of its."""
    begun = next(one for one in facts if one.kind == TrialBegun.__name__)
    event = protocol.event_of(begun.payload)
    assert isinstance(event, TrialBegun)
    return frozenset(event.authorisations)


def last_of(facts: Sequence[Recorded], sensor_id: str) -> Heard | None:
    """Return the last word of a vendor's key on record."""
    events = (protocol.event_of(one.payload) for one in reversed(facts) if one.kind in KINDS)
    return next((one for one in events if isinstance(one, HEARD) and one.sensor_id == sensor_id), None)


def unheard(tx: SensorTransaction, sensor_id: str, facts: Sequence[Recorded]) -> bool:
    """Return whether a vendor said something since: asked of the stream's place alone, which needs no reading."""
    place, last = tx.last_reading(f"sensor:{sensor_id}"), last_of(facts, sensor_id)
    return place is not None and (last is None or (last.boot_id, last.seq) < (place.boot_id, place.seq))


def heard(store: SensorStore, source: Source, facts: Sequence[Recorded], state: Trial, now: datetime) -> list[Heard]:
    """Read what a vendor said since its last word on record, as the paper permits."""
    sensor_id = source.sensor_id
    last = last_of(facts, sensor_id)
    assert state.begun_at is not None
    begins = max(state.begun_at, protocol.read(state.protocol).starts)
    # Readings are found by their minute; what was said in it before the trial began is none of it.
    since = (begins if last is None else last.at).replace(second=0, microsecond=0)
    own = begun_under(facts)
    with store.transaction() as tx:
        papers = [one for one in tx.papers_of(f"sensor:{sensor_id}") if one.id in own]
    if not papers:
        return []
    found: list[Heard] = []
    while since < now:
        until = min(now + _SOON, since + READ_LONGEST)
        asked = Asked(stream=f"sensor:{sensor_id}", role=READER, purpose=papers[0].purpose, since=since, until=until)
        rows = readings.read(store, asked, now)
        if isinstance(rows, Refusal):
            break
        for row in rows:
            fresh = last is None or (row.boot_id, row.seq) > (last.boot_id, last.seq)
            if fresh and row.at >= begins and row.authorisation_id in own:
                found.append(_fact_of(source, row))
        if len(rows) >= READ_ROWS_MAX:
            break  # the rest at the next look: it begins after what was found here
        since = until
    return found


def _fact_of(source: Source, row: Row) -> Heard:
    """Make a fact of a reading. Raises msgspec.ValidationError for one that is not of its source's kind."""
    key = source.sensor_id
    if source.full:
        counted = msgspec.json.decode(row.payload, type=CrowdCount)
        return TrialCounted(key, row.at, counted.minute, counted.count, row.boot_id, row.seq)
    said = msgspec.json.decode(row.payload, type=Advice)
    return TrialAdvised(key, row.at, said.minute, said.level, said.confidence, row.boot_id, row.seq)
