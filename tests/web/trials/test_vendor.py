"""A vendor's own program, a real broker, engine and database: from the fixed protocol to a report a hand agrees with."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
from django.test import Client

from necmergitur.innovation import metrics, protocol
from necmergitur.innovation.protocol import Goal, TrialAdvised, TrialTruth
from necmergitur.innovation.trial import Trial
from necmergitur.operations import ending, sensing, streams, trial_store, trials
from necmergitur.sim.devices.credentials import write_identities
from necmergitur.web.store import store
from tests.engine.conftest import engine_parts, home, running, until  # noqa: F401 -- a fixture
from tests.streams import TECHNICIAN
from tests.web.pages import City
from tests.web.trials.trying import VENDOR, experiment, now, paper, trial, vendor, written

RATE = 30
COUNTS = (100, 170, 190, 90, 165, 80)  # of 200: levels 0, 2, 2, 0, 2, 0
LASTS_S = 30


@contextmanager
def program(broker: Any, folder: Path, *says: str, for_s: float) -> Iterator[subprocess.Popen[bytes]]:
    """The vendor's program, a process of its own that speaks on after its window."""
    key, trust, counts = folder / "key.jsonl", folder / "trust.pem", folder / "evening.csv"
    write_identities(key, [broker.enrol_sensor(VENDOR)])
    trust.write_bytes(broker.authority.trust_pem)
    counts.write_text("minute,count\n" + "".join(f"{n},{count}\n" for n, count in enumerate(COUNTS)))
    command = [
        sys.executable, "-m", "necmergitur.sim.devices.vendor", str(counts), "--key", str(key), "--trust", str(trust),
        "--port", str(broker.mqtt_port), "--capacity", "200", "--rate", str(RATE), "--for-s", str(for_s), "--disobey", *says,
    ]  # fmt: skip
    made = subprocess.Popen(command)
    try:
        yield made
    finally:
        made.kill()
        made.wait()


def count(city: City, query: str) -> int:
    with psycopg.connect(city.url) as connection:
        row = connection.execute(query).fetchone()  # type: ignore[arg-type]
    assert row is not None
    return int(row[0] or 0)


REFUSED = "SELECT sum(count) FROM reading_refusal WHERE rule IN ('authorisation_expired', 'authorisation_revoked')"
HEARD = "SELECT count(*) FROM reading"


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_start_up_s_advice_is_heard_scored_and_refused_after_its_window(
    city: City,
    broker: Any,
    home: Path,  # noqa: F811
    tmp_path: Path,
) -> None:
    by, at = city.person("analyst"), now()
    known = vendor(at)
    sensing.enrol(store(), msgspec.structs.replace(known, rate_per_minute=RATE), TECHNICIAN, at)
    asked = written(
        experiment(city, at), at, ends=at + timedelta(seconds=LASTS_S), tolerance_s=1, goals=(Goal("precision", 0.9),)
    )
    frozen = trials.freeze(store(), asked, by, at)
    assert isinstance(frozen, Trial), frozen
    paper(asked, now())
    assert isinstance(trials.begin(store(), asked.id, by, now()), Trial)

    async def play() -> None:
        async with running(engine_parts(city.url, broker.nats_url, home)):
            with program(broker, tmp_path, for_s=120):
                await until(lambda: count(city, HEARD) >= len(COUNTS), within_s=LASTS_S)
                await asyncio.to_thread(noted, city, asked.id)
                await until(lambda: ending.look_at_all(store(), now()) == 1, within_s=40)
                await until(lambda: count(city, REFUSED) >= 1, within_s=40)

    asyncio.run(play())
    assert trial(asked.id).why == "window_over"
    assert isinstance(trials.report(store(), asked.id, by, now()), Trial)
    told = trial_store.facts_of(store(), asked.id)
    found = metrics.figures(asked, told[:-1], now())
    advice = [one.event for one in told if isinstance(one.event, TrialAdvised)]
    assert [one.level for one in advice][: len(COUNTS)] == [0, 2, 2, 0, 2, 0]
    # By hand: two alarms, of which the first was right; of two crowds that were there, one was told of.
    assert (found.total.alarms, found.total.precision.hits, found.total.precision.of) == (2, 1, 2)
    assert (found.total.recall.hits, found.total.recall.of) == (1, 2)
    hours = (trial(asked.id).stopped_at - trial(asked.id).begun_at).total_seconds() / 3600
    assert found.total.false_alarms_per_hour == pytest.approx(1 / (hours * asked.operators), rel=1e-3)
    assert found.outcome == "fail"
    refused = trials.freeze(store(), msgspec.structs.replace(asked, goals=(Goal("precision", 0.5),)), by, now())
    assert isinstance(refused, list) and refused[0].rule == "trial_protocol_fixed"
    streams.publish_refused(store(), now() + timedelta(minutes=3))
    assert count(city, "SELECT count(*) FROM ledger_event WHERE kind = 'ReadingsRefused'") >= 1
    browser = Client()
    browser.cookies["nec_language"] = "en"
    page = browser.get(f"/programme/trials/{asked.id}/").content.decode()
    assert "A change of the fixed protocol" in page and f"{VENDOR} ·" in page and "1/2 = 50%" in page


def noted(city: City, pk: Any) -> None:
    """The observer's notes: the first alarm was right, the second was not, and another crowd nobody told of."""
    ending.look_at_all(store(), now())
    advice = [one.event for one in trial_store.facts_of(store(), pk) if isinstance(one.event, TrialAdvised)]
    first, second = advice[1].at, advice[4].at

    def note(since: datetime, until_: datetime, *, present: bool) -> None:
        event = TrialTruth("density", "z-1", since, until_, present, "counted_by_hand")
        outcome = trials.note(store(), pk, event, city.person("analyst"), now())
        assert isinstance(outcome, Trial), outcome

    note(first, first + timedelta(milliseconds=200), present=True)
    note(second, second, present=False)
    missed = advice[0].at - timedelta(seconds=1)
    note(missed, missed, present=True)


def test_a_protocol_reads_the_same_as_the_vendor_s_levels() -> None:
    from necmergitur.innovation.candidates import advise

    assert [advise("threshold", COUNTS[: n + 1], 200).level for n in range(len(COUNTS))] == [0, 2, 2, 0, 2, 0]
    assert advise("trend", (100, 120, 140), 200).level == 2, "it says earlier what is coming"
    assert protocol.LEVEL_MAX == 3
