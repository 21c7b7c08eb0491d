"""An experiment as tests try it: a chain up to its project, a vendor's key in one zone, and the paper three parties sign."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import msgspec

from necmergitur.governance.authorisations import Authorisation
from necmergitur.governance.sensors import Sensor
from necmergitur.innovation import protocol
from necmergitur.innovation.chain import ChallengeState, LeadState, ProjectState, TeamState
from necmergitur.innovation.protocol import (
    Goal,
    Protocol,
    Source,
    Stop,
    TrialBegun,
    TrialEvent,
    TrialExit,
    TrialProtocol,
    TrialReported,
    TrialStopped,
)
from necmergitur.operations import sensing, trial_store
from necmergitur.operations.sensing import Heard, Memory
from necmergitur.web.programme import making
from necmergitur.web.programme.models import Experiment, Project
from necmergitur.web.store import store
from tests import signed
from tests.streams import TECHNICIAN, sensor
from tests.web.pages import City
from tests.web.programme.stating import stated

VENDOR = "v-0001"


def project(by: Any, now: datetime) -> Project:
    """Go from a need to a project that was selected."""
    row: Any = making.state_need(now, None, **stated())
    for state, title in (
        ("", "Lidar counts"),
        (LeadState.CONTACT, "Count without faces"),
        (ChallengeState.OPEN, "Densité SAS"),
        (TeamState.READY, "Crowd advice"),
    ):
        if state:
            row = making.move(row, state, now, by)
        row = making.make(row, now, by, title=title)
    moved: Project = making.move(row, ProjectState.SELECTED, now, by)
    return moved


def experiment(city: City, now: datetime) -> Experiment:
    made: Experiment = making.make(
        project(city.users["analyst"], now), now, city.users["analyst"], title="A season at the hall"
    )
    return made


def vendor(now: datetime, sensor_id: str = VENDOR, zone_id: str = "z-1") -> Sensor:
    """Enrol a vendor's key: nothing it says is taken before a paper."""
    asked = sensor(
        now, zone_id, id=sensor_id, label="Densité SAS, on trial", modality="advice", payload_schema="advice/1"
    )
    made = sensing.enrol(store(), asked, TECHNICIAN, now)
    assert isinstance(made, Sensor), made
    return made


def written(of: Experiment, now: datetime, **changes: Any) -> Protocol:
    made = Protocol(
        id=of.pk,
        chain=of.chain,
        title=of.title,
        hypotheses=("It tells of a square too full at least two minutes before the stewards do.",),
        goals=(Goal("precision", 0.7), Goal("recall", 0.5), Goal("false_alarms_per_hour", 2.0)),
        sources=(Source(VENDOR, "density", "z-1"),),
        mode="shadow",
        starts=now,
        ends=now + timedelta(hours=3),
        alarm_level=2,
        tolerance_s=120,
        operators=2,
        sample=5,
        stop=Stop(good=20, bad=60),
    )
    return msgspec.structs.replace(made, **changes)


def paper(of: Protocol, now: datetime, modality: str = "advice", **changes: Any) -> Authorisation:
    """Have three parties sign what opens the vendor's key: for this protocol, by its hash, and until its end."""
    text = protocol.digest_of(protocol.text_of(of))
    rests = signed.assessment(now)
    rests = msgspec.structs.replace(
        rests,
        covers=msgspec.structs.replace(
            rests.covers,
            streams=(f"sensor:{VENDOR}",),
            modality=modality,
            payload_schema=f"{modality}/1",
            zones=("z-1",),
            rate_per_minute=30,
        ),
    )
    terms = signed.terms(now, rests, label="Crowd advice on trial", valid_until=of.ends, readers=("analyst",))
    assert terms.experiment is not None
    trial = msgspec.structs.replace(
        terms.experiment, object="Does the advice come in time?", company="Densité SAS", evaluation=f"Protocol {text}"
    )
    terms = msgspec.structs.replace(terms, experiment=trial, **changes)
    return signed.granted(store(), terms, now, rests)


def say(memory: Memory, at: datetime, seq: int, level: int, boot: int = 1_000, **values: Any) -> str:
    """Let the engine hear one advice; return the rule that refused it, "" when it was taken."""
    return tell(memory, at, seq, {"level": level, "minute": int(at.timestamp() // 60), "confidence": 80} | values, boot)


def tell(memory: Memory, at: datetime, seq: int, told: dict[str, Any], boot: int = 1_000) -> str:
    """Let the engine hear one reading; return the rule that refused it, "" when it was taken."""
    body = json.dumps({"boot_id": boot, "seq": seq, "values": told}).encode()
    ((_sensor, rule),) = sensing.take(store(), memory, [Heard(VENDOR, body, at)], at)
    return rule


def now() -> datetime:
    return datetime.now(UTC)


def reported(of: Experiment, at: datetime, how: Any = "adopt", why: Any = "by_hand") -> Experiment:
    """Bring an experiment to its exit, by facts alone: for tests of what follows one."""
    if not any(one.id == VENDOR for one in _sensors()):
        vendor(at)
    told = written(of, at)
    text = protocol.text_of(told)
    steps: list[TrialEvent] = [
        TrialBegun((uuid5(signed.NAMES, "none"),), protocol.digest_of(text)),
        TrialStopped(why, "The evening is over." if why == "by_hand" else ""),
        TrialReported(3, "0" * 64),
        TrialExit(how, "It did what was promised."),
    ]
    with store().transaction() as tx:
        tx.serialise()
        state = trial_store.begin_stream(tx, of.pk, TrialProtocol(text, protocol.digest_of(text)), "user:1", at)
        for step in steps:
            state = trial_store.say(tx, state, [step], "user:1", at)
    of.refresh_from_db()
    return of


def shadowed(of: Experiment, at: datetime) -> tuple[UUID, ...]:
    """Give the solution of an experiment a reported trial in shadow, which a live one has to follow."""
    made: Experiment = making.make(of.project, at, None, title="In shadow before")
    return (reported(made, at).pk,)


def _sensors() -> list[Sensor]:
    with store().transaction() as tx:
        found: list[Sensor] = tx.sensors()
    return found


def trial(pk: UUID) -> Any:
    with store().transaction() as tx:
        return tx.trial(pk)
