"""The contract's other way in: a vendor whose key counts, and a protocol that says from how many on it is an alarm."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from necmergitur.governance.sensors import Sensor
from necmergitur.innovation import metrics, protocol
from necmergitur.innovation.protocol import Source, TrialAdvised, TrialCounted, TrialTruth
from necmergitur.innovation.trial import Trial
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import ending, sensing, trial_store, trials
from necmergitur.operations.sensing import Memory
from necmergitur.web.store import store
from necmergitur.web.trials import advice
from necmergitur.web.trials.forms import ProtocolForm
from tests.engine.conftest import engine_parts, home, running, until  # noqa: F401 -- a fixture
from tests.streams import TECHNICIAN, sensor
from tests.web.pages import City
from tests.web.trials.test_vendor import COUNTS as SAID
from tests.web.trials.test_vendor import LASTS_S, program
from tests.web.trials.trying import VENDOR, experiment, now, paper, say, shadowed, tell, vendor, written

FULL = 180
COUNTS = Source(VENDOR, "density", "z-1", full=FULL)
PAGE = "/programme/trials/"


def counter(at: Any, rate_per_minute: int = 30) -> None:
    made = sensing.enrol(
        store(),
        sensor(at, "z-1", id=VENDOR, label="Comptage SAS", rate_per_minute=rate_per_minute),
        TECHNICIAN,
        at,
    )
    assert isinstance(made, Sensor) and made.modality == "crowd_count", made


def started(city: City, **changes: Any) -> Trial:
    at = now()
    counter(at)
    made = experiment(city, at)
    asked = written(made, at, sources=(COUNTS,), **changes)
    before = shadowed(made, at) if asked.mode == "live" else ()
    assert isinstance(trials.freeze(store(), asked, city.person("analyst"), at, before), Trial)
    readers = ("analyst", "operator", "lead") if asked.mode == "live" else ("analyst",)
    paper(asked, at, "crowd_count", readers=readers)
    begun = trials.begin(store(), asked.id, city.person("analyst"), asked.starts)
    assert isinstance(begun, Trial), begun
    return begun


def count(memory: Memory, at: Any, seq: int, people: int) -> str:
    return tell(memory, at, seq, {"count": people, "minute": int(at.timestamp() // 60)})


def test_counts_that_reach_the_protocol_s_bound_are_alarms_and_judged_as_advice_is(city: City) -> None:
    by = city.person("analyst")
    begun, memory, at = started(city), Memory(None), now() + timedelta(seconds=2)
    said = ((1, FULL - 1), (2, FULL), (3, FULL + 40), (4, 20))
    assert [count(memory, at, seq, people) for seq, people in said] == [""] * len(said)
    event = TrialTruth("density", "z-1", at - timedelta(seconds=30), at, present=True, seen="steward")
    assert not isinstance(trials.note(store(), begun.id, event, by, at + timedelta(seconds=1)), Refusal)
    trials.stop(store(), begun.id, "The evening is over.", by, at + timedelta(seconds=2))
    told = trial_store.facts_of(store(), begun.id)
    heard = [one.event for one in told if isinstance(one.event, TrialCounted)]
    assert [one.count for one in heard] == [people for _seq, people in said]
    found = metrics.figures(protocol.read(begun.protocol), told, at)
    assert (found.total.advice, found.total.alarms, found.total.precision.hits) == (4, 1, 1)
    assert count(memory, at + timedelta(seconds=3), 5, 300) == "authorisation_revoked"


@pytest.mark.parametrize("made", [counter, vendor])
def test_a_key_says_what_it_was_enrolled_for_and_nothing_else(city: City, made: Any) -> None:
    at = now()
    made(at)
    wrong = Source(VENDOR, "density", "z-1", full=0 if made is counter else FULL)
    refused = trials.freeze(store(), written(experiment(city, at), at, sources=(wrong,)), city.person("analyst"), at)
    assert isinstance(refused, list) and [one.rule for one in refused] == ["trial_source_unknown"]


def test_a_counting_key_is_refused_a_level_by_the_gate(city: City) -> None:
    started(city)
    assert say(Memory(None), now() + timedelta(seconds=2), 1, 3) != ""


@pytest.mark.parametrize("full", [-1, 100_001])
def test_a_bound_beyond_any_square_is_refused(city: City, full: int) -> None:
    at = now()
    counter(at)
    asked = written(experiment(city, at), at, sources=(msgspec.structs.replace(COUNTS, full=full),))
    assert "trial_full_out_of_range" in {one.rule for one in protocol.check(asked, at)}


def test_a_protocol_of_advice_keeps_the_text_it_had_before_there_were_counts(city: City) -> None:
    at = now()
    text = protocol.text_of(written(experiment(city, at), at))
    assert '"sources":[{"sensor_id":"v-0001","use":"density","zone_id":"z-1"}]' in text


def test_the_control_room_reads_a_count_of_a_live_trial_and_none_in_shadow(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, memory, at = started(city, mode="live"), Memory(None), now() + timedelta(seconds=2)
    count(memory, at, 1, 20)
    count(memory, at, 2, FULL + 5)
    ending.look(store(), begun.id, at + timedelta(seconds=1))
    monkeypatch.setattr(advice, "CLOCK", type("Later", (), {"now": staticmethod(lambda: at + timedelta(seconds=2))}))
    page = city.client("operator").get(f"{PAGE}advice/").content.decode()
    assert f"{FULL + 5} people, full from {FULL}" in page and "advice, not an alarm" in page
    assert "20 people" not in page and "sure to" not in page
    answer = city.client("operator").post(
        f"{PAGE}advice/{begun.id}/", {"sensor": VENDOR, "seq": "2", "useful": "1"}, headers={"x-fragment": "advice"}
    )
    assert "Noted: of use" in answer.content.decode()
    shown = city.client("analyst").get(f"{PAGE}{begun.id}/").content.decode()
    assert f"counted: an alarm from {FULL} people" in shown and f"Count of {VENDOR}: {FULL + 5} people" in shown


def test_no_count_of_a_trial_in_shadow_reaches_the_control_room(city: City) -> None:
    begun, at = started(city), now() + timedelta(seconds=2)
    assert count(Memory(None), at, 1, FULL + 5) == ""
    ending.look(store(), begun.id, at + timedelta(seconds=1))
    assert city.client("operator").get(f"{PAGE}advice/").content.decode().strip() == ""


def test_the_form_asks_from_how_many_on_it_is_an_alarm(city: City) -> None:
    at = now()
    counter(at)
    form = ProtocolForm({"sources": [VENDOR]})
    assert "counts" in dict(form.fields["sources"].choices)[VENDOR]
    assert "full" in form.errors and "full" not in ProtocolForm({"sources": [VENDOR], "full": "180"}).errors
    assert "full" not in ProtocolForm({"sources": []}).errors


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_a_vendor_s_own_program_counts_through_broker_gate_and_database(
    city: City,
    broker: Any,
    home: Path,  # noqa: F811
    tmp_path: Path,
) -> None:
    begun = started(city)

    def heard() -> list[int]:
        ending.look_at_all(store(), now())
        return [
            one.event.count for one in trial_store.facts_of(store(), begun.id) if isinstance(one.event, TrialCounted)
        ]

    async def play() -> None:
        async with running(engine_parts(city.url, broker.nats_url, home)):
            with program(broker, tmp_path, "--counts", for_s=60):
                await until(lambda: heard()[: len(SAID)] == list(SAID), within_s=LASTS_S)

    asyncio.run(play())
    facts = trial_store.facts_of(store(), begun.id)
    assert not any(isinstance(one.event, TrialAdvised) for one in facts)
    found = metrics.alarms(protocol.read(begun.protocol), facts)
    assert [one.right for one in found] == [None], "one count of 180 or more, and nobody saw whether it was so"
