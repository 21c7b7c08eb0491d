"""What the gate costs, beside two general policy engines that decide the same requests and must agree on each.

A thousand signed authorisations of a thousand streams; requests drawn so that about half are open. Cedar gets one
policy set a stream, parsed before the clock starts, which is the best case it was seen to have; Casbin one rule for
each authorisation and zone, in memory.
"""

import hashlib
import random
import statistics
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import numpy as np

from necmergitur.governance.authorisations import Authorisation, Conditions
from necmergitur.governance.budget import Allowance
from necmergitur.governance.grants import NONE, Batch, Grants, microseconds
from necmergitur.governance.modalities import CROWD_COUNT
from necmergitur.governance.readings import Place
from necmergitur.governance.terms import PURPOSES
from necmergitur.operations.sensing import Heard, admit
from necmergitur.operations.sensors import Kept
from necmergitur.sim.bench.figures import percentile
from necmergitur.sim.bench.revoke import measure_revoke_ms, open_counter

AUTHORISATIONS = 1_000
ZONES = 240
REQUESTS = 100_000
REQUESTS_QUICK = 20_000
REQUESTS_CASBIN = 2_000
REQUESTS_CASBIN_QUICK = 400
READINGS = 20_000
READINGS_QUICK = 5_000
RATE_OF_ALL = 600  # a minute: no reading of the measurement is refused
BATCHES = 20
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)

Question = tuple[str, str, str, str, int]  # modality, purpose, stream, zone, microseconds


class NoPeer(RuntimeError):
    """A policy engine to compare with is missing; the message says what to install."""


def measure(*, quick: bool = False, seed: int = 1) -> dict[str, Any]:
    """Return microseconds a decision, alone and in arrays, and those of the peers. `differ` counts disagreements.

    Raises NoPeer.
    """
    chance = random.Random(seed)  # noqa: S311 -- a sample
    items = [_authorisation(number, chance) for number in range(AUTHORISATIONS)]
    asked = [_question(items, chance) for _ in range(REQUESTS_QUICK if quick else REQUESTS)]
    table = Grants(items)
    mine = [table.decide(*one) for one in asked]
    cedar, cedarpy_us = _cedar(items, asked)
    few = asked[: REQUESTS_CASBIN_QUICK if quick else REQUESTS_CASBIN]
    casbin, casbin_us = _casbin(items, few)
    batched, batched_ns = _batched(table, asked)
    revoked_ms = sorted(measure_revoke_ms(quick=quick))
    return {
        "authorisations": len(items),
        "requests": len(asked),
        "open_share": round(sum(index != NONE for index in mine) / len(asked), 3),
        "decide_us": _alone_us(table, asked),
        "decide_batched_ns": batched_ns,
        "compile_ms": _compile_ms(items),
        "admit_us": _admit_us(table, READINGS_QUICK if quick else READINGS),
        "revoke_ms_p50": round(percentile(revoked_ms, 50), 1),
        "revoke_ms_p99": round(percentile(revoked_ms, 99), 1),
        "revocations": len(revoked_ms),
        "cedarpy_us": cedarpy_us,
        "casbin_us": casbin_us,
        "casbin_requests": len(few),
        "differ": sum((index != NONE) != other for index, other in zip(mine, cedar, strict=True))
        + sum((index != NONE) != other for index, other in zip(mine, casbin, strict=False))
        + sum(index != other for index, other in zip(mine, batched, strict=True)),
    }


def _authorisation(number: int, chance: random.Random) -> Authorisation:
    start = BEGIN + timedelta(hours=chance.randrange(24 * 300))
    return Authorisation(
        id=UUID(int=number + 1),
        kind="stream",
        label=f"Stream {number}",
        purpose=chance.choice(sorted(PURPOSES)),
        legal_basis="GDPR art. 6(1)(e)",
        holder="city",
        modality=CROWD_COUNT.name,
        # A fifth of the streams have a second paper, so that windows meet.
        streams=(f"sensor:c-{number if number % 5 else max(0, number - 1):05d}",),
        zones=tuple(f"zone-{n}" for n in chance.sample(range(ZONES), chance.randint(1, 4))),
        valid_from=start,
        valid_until=start + timedelta(hours=chance.randint(1, 24 * 90)),
        conditions=Conditions(),
        demo=False,
        granted_by="user:1",
        granted_at=BEGIN,
        revoked_at=start + timedelta(hours=chance.randint(1, 500)) if chance.random() < 0.2 else None,  # noqa: PLR2004
    )


def _question(items: Sequence[Authorisation], chance: random.Random) -> Question:
    """Ask about one authorisation, most often inside its window, now and then with one thing wrong."""
    item = chance.choice(items)
    assert item.streams is not None
    assert item.zones is not None
    assert item.valid_until is not None
    start_us, end_us = microseconds(item.valid_from), microseconds(item.valid_until)
    length_us = end_us - start_us
    at_us = chance.choice((start_us, end_us, end_us - 1, chance.randint(start_us - length_us, end_us + length_us)))
    purpose = item.purpose if chance.random() < 0.9 else chance.choice(sorted(PURPOSES))  # noqa: PLR2004
    zone = chance.choice(item.zones) if chance.random() < 0.9 else f"zone-{chance.randrange(ZONES)}"  # noqa: PLR2004
    return item.modality, purpose, item.streams[0], zone, at_us


def _median_us(turn: Callable[[], object], each: int, repeats: int = 5) -> float:
    samples = []
    for _ in range(repeats):
        began = time.perf_counter_ns()
        turn()
        samples.append((time.perf_counter_ns() - began) / 1_000 / each)
    return statistics.median(samples)


def _alone_us(table: Grants, asked: Sequence[Question]) -> float:
    def turn() -> None:
        decide = table.decide
        for modality, purpose, stream, zone, at_us in asked:
            decide(modality, purpose, stream, zone, at_us)

    return round(_median_us(turn, len(asked)), 3)


def _admit_us(table: Grants, count: int) -> float:
    """Return microseconds from the bytes of one reading to a row ready to be stored, with its leaf's hash."""
    sensor, paper = open_counter(BEGIN, rate_per_minute=RATE_OF_ALL)
    times = [BEGIN + timedelta(seconds=number) for number in range(count)]
    bodies = [
        msgspec.json.encode(
            {"boot_id": 1, "seq": number, "values": {"count": number % 500, "minute": int(at.timestamp() // 60)}}
        )
        for number, at in enumerate(times)
    ]
    heard = [Heard(sensor.id, body, at) for body, at in zip(bodies, times, strict=True)]

    asked = (sensor.modality, paper.purpose, sensor.stream, sensor.zone_id)

    def turn() -> None:
        places: dict[str, Place | None] = {}
        left: dict[str, tuple[UUID, Allowance]] = {}
        for one in heard:
            table.decide(*asked, microseconds(one.at))
            kept = admit(sensor, paper, places, left, one)
            assert isinstance(kept, Kept), kept
            hashlib.sha256(b"\x00" + kept.payload.encode()).digest()  # as PostgreSQL makes its leaf

    return round(_median_us(turn, count), 2)


def _batched(table: Grants, asked: Sequence[Question]) -> tuple[list[int], float]:
    batch = Batch(table)
    law = batch.number(0, [(m, p) for m, p, *_ in asked])
    stream = batch.number(1, [s for _, _, s, *_ in asked])
    zone = batch.number(2, [z for *_, z, _ in asked])
    at_us = np.array([at for *_, at in asked], dtype=np.int64)
    found = batch.decide(law, stream, zone, at_us).tolist()
    took_us = _median_us(lambda: batch.decide(law, stream, zone, at_us), len(asked), BATCHES)
    return found, round(took_us * 1_000, 1)


def _compile_ms(items: Sequence[Authorisation]) -> float:
    return round(_median_us(lambda: Batch(Grants(items)), 1) / 1_000, 2)


def _ends_us(item: Authorisation) -> int:
    assert item.valid_until is not None
    ends = [item.valid_until, *([item.revoked_at] if item.revoked_at is not None else [])]
    return microseconds(min(ends))


def _cedar(items: Sequence[Authorisation], asked: Sequence[Question]) -> tuple[list[bool], float]:
    try:
        from cedarpy import Entities, PolicySet, is_authorized  # noqa: PLC0415 -- only this bench compares with it
    except ImportError as missing:
        raise NoPeer("the cedarpy package is missing: make .make/dev") from missing
    texts: dict[str, list[str]] = {}
    for item in items:
        assert item.streams is not None
        assert item.zones is not None
        zones = ", ".join(f'"{zone}"' for zone in item.zones)
        texts.setdefault(item.streams[0], []).append(
            f'permit(principal, action == Action::"{item.modality}", resource == Stream::"{item.streams[0]}") when {{'
            f' context.purpose == "{item.purpose}" && [{zones}].contains(context.zone)'
            f" && context.at >= {microseconds(item.valid_from)} && context.at < {_ends_us(item)} }};"
        )
    sets = {stream: PolicySet.from_str("\n".join(found)) for stream, found in texts.items()}
    nobody = Entities.from_json_str("[]")
    answers = []
    began = time.perf_counter_ns()
    for modality, purpose, stream, zone, at_us in asked:
        request = {
            "principal": 'Gate::"city"',
            "action": f'Action::"{modality}"',
            "resource": f'Stream::"{stream}"',
            "context": {"purpose": purpose, "zone": zone, "at": at_us},
        }
        answers.append(bool(is_authorized(request, sets[stream], nobody).allowed))
    return answers, round((time.perf_counter_ns() - began) / 1_000 / len(asked), 1)


_CASBIN_MODEL = """
[request_definition]
r = modality, purpose, stream, zone, at
[policy_definition]
p = modality, purpose, stream, zone, start, end
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = r.stream == p.stream && r.zone == p.zone && r.purpose == p.purpose && r.modality == p.modality \
&& inside(r.at, p.start, p.end)
"""


def _casbin(items: Sequence[Authorisation], asked: Sequence[Question]) -> tuple[list[bool], float]:
    try:
        from casbin import Enforcer, Model  # noqa: PLC0415 -- the same
    except ImportError as missing:
        raise NoPeer("the pycasbin package is missing: make .make/dev") from missing
    model = Model()
    model.load_model_from_text(_CASBIN_MODEL)
    enforcer = Enforcer(model)
    enforcer.add_function("inside", lambda at, start, end: int(start) <= int(at) < int(end))
    enforcer.add_policies(
        [
            [item.modality, item.purpose, stream, zone, str(microseconds(item.valid_from)), str(_ends_us(item))]
            for item in items
            for stream in item.streams or ()
            for zone in item.zones or ()
        ]
    )
    began = time.perf_counter_ns()
    answers = [bool(enforcer.enforce(m, p, s, z, str(at))) for m, p, s, z, at in asked]
    return answers, round((time.perf_counter_ns() - began) / 1_000 / len(asked), 1)
