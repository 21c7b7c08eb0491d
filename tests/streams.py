"""A crowd counter and its paper, for tests: enrolled in one zone, signed for, and what it says."""

import json
from collections import Counter
from datetime import datetime
from typing import Any

import msgspec

from necmergitur.adapters.law import rules
from necmergitur.dispatch.incidents import Person
from necmergitur.governance.assessments import Assessment
from necmergitur.governance.authorisations import Authorisation
from necmergitur.governance.sensors import Sensor
from necmergitur.operations import assessing, proposing, sensing
from necmergitur.operations.sensing import Heard, Memory
from tests import signed

COUNTER = "c-0001"
STREAM = "sensor:c-0001"
TECHNICIAN = Person(7, "Tess")
BOOT = 1_000


def sensor(now: datetime, zone_id: str = "Z-1", **changes: Any) -> Sensor:
    made = Sensor(
        id=COUNTER,
        label="Square, north side",
        modality="crowd_count",
        payload_schema="crowd_count/1",
        zone_id=zone_id,
        lon=2.35,
        lat=48.86,
        rate_per_minute=1,
        firmware="1.0",
        certificate_subject=None,
        installed_at=now,
    )
    return msgspec.structs.replace(made, **changes)


def assessment(now: datetime, zones: tuple[str, ...] = ("Z-1",), **covers: Any) -> Assessment:
    made = signed.assessment(now)
    return msgspec.structs.replace(made, covers=msgspec.structs.replace(made.covers, zones=zones, **covers))


def authorise(
    store: Any, now: datetime, zones: tuple[str, ...] = ("Z-1",), rate: int = 1, **terms: Any
) -> Authorisation:
    """Sign for the counter, all three, and open its stream."""
    rests = assessment(now, zones, rate_per_minute=rate)
    return signed.granted(store, signed.terms(now, rests, **terms), now, rests)


def forge(store: Any, now: datetime) -> Authorisation:
    """Open the counter's stream with a signature the State never made, as a page that was broken into could."""
    rests = assessment(now)
    signed.enrol(store, now)
    assert isinstance(assessing.sign(store, rests, signed.DPO, now), Assessment)
    signed.heard(store, rests.id, now)
    paper = signed.paper(signed.terms(now, rests), now)
    *honest, last = paper.signatures
    made_up = msgspec.structs.replace(last.assertion, signature=honest[0].assertion.signature)
    forged = (*honest, msgspec.structs.replace(last, assertion=made_up))
    signed.laid(store, msgspec.structs.replace(paper, signatures=forged), now)
    outcome = proposing.grant(store, paper.terms.id, lambda *_: None, (), signed.DPO, now, rules=rules())
    assert isinstance(outcome, Authorisation), outcome
    return outcome


def again(store: Any, now: datetime, version: int, **terms: Any) -> Authorisation:
    """Open the stream anew on a next version of its assessment."""
    rests = msgspec.structs.replace(assessment(now), version=version, digest=f"{version:064x}")
    assert isinstance(assessing.sign(store, rests, signed.DPO, now), Assessment)
    paper = signed.paper(signed.terms(now, rests, **terms), now)
    outcome = signed.grant(store, paper, now)
    assert isinstance(outcome, Authorisation), outcome
    return outcome


def body(now: datetime, seq: int, count: int = 12, boot: int = BOOT, **values: Any) -> bytes:
    """What the counter sends for the minute of `now`."""
    said = {"count": count, "minute": int(now.timestamp() // 60)} | values
    return json.dumps({"boot_id": boot, "seq": seq, "values": said}, separators=(",", ":")).encode()


def hear(store: Any, memory: Memory, now: datetime, *bodies: bytes) -> Counter[str]:
    """Let the engine hear messages at `now`; return how many each rule refused, "" for those taken."""
    outcome = sensing.take(store, memory, [Heard(COUNTER, one, now) for one in bodies], now)
    counts: Counter[str] = Counter()
    for (_, rule), count in outcome.items():
        counts[rule] += count
    return counts
