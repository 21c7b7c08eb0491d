"""A trial on the real database: fixed before the start, heard by the gate, ended by rule, and what PostgreSQL refuses."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import msgspec
import psycopg
import pytest
from django.utils import timezone
from django.utils.translation import override

from necmergitur.dispatch.incidents import Person
from necmergitur.innovation import metrics, protocol
from necmergitur.innovation.protocol import TrialAdvised, TrialBegun, TrialComplaint, TrialCost, TrialTruth
from necmergitur.innovation.trial import Trial
from necmergitur.kernel.refusal import Refusal
from necmergitur.ledger.ports import StoreRefused
from necmergitur.operations import authorising, ending, trial_store, trials
from necmergitur.operations.sensing import Memory
from necmergitur.web.programme import making
from necmergitur.web.programme.models import Experiment
from necmergitur.web.store import store
from necmergitur.web.trials import words
from tests import signed
from tests.web.pages import City
from tests.web.trials.trying import VENDOR, experiment, now, paper, reported, say, trial, vendor, written


def started(city: City, **changes: Any) -> tuple[Trial, Memory]:
    at = now()
    vendor(at)
    asked = written(experiment(city, at), at, **changes)
    frozen = trials.freeze(store(), asked, city.person("analyst"), at)
    assert isinstance(frozen, Trial), frozen
    paper(asked, at)
    begun = trials.begin(store(), asked.id, city.person("analyst"), now())
    assert isinstance(begun, Trial), begun
    return begun, Memory(None)


def seen(at: Any, *, present: bool, minutes: float = 1) -> TrialTruth:
    return TrialTruth("density", "z-1", at, at + timedelta(minutes=minutes), present, "steward")


PREFECT = Person(9, "prefect")


def begun_under(pk: Any) -> tuple[Any, ...]:
    return next(
        one.event.authorisations for one in trial_store.facts_of(store(), pk) if isinstance(one.event, TrialBegun)
    )


def kinds(pk: Any) -> list[str]:
    return [type(one.event).__name__ for one in trial_store.facts_of(store(), pk)]


def test_from_a_fixed_protocol_to_a_computed_report_whose_figures_are_the_hand_s(city: City) -> None:
    by = city.person("analyst")
    begun, memory = started(city)
    at = now()
    assert [say(memory, at, seq, level) for seq, level in ((1, 0), (2, 2), (3, 3), (4, 0))] == [""] * 4
    assert trials.note(store(), begun.id, seen(at - timedelta(seconds=30), present=True, minutes=0.4), by, now())
    trials.note(store(), begun.id, TrialComplaint("privacy", "z-1", at), by, now())
    trials.note(store(), begun.id, TrialCost("licence", 120_000), by, now())
    stopped = trials.stop(store(), begun.id, "The evening is over.", by, now())
    assert isinstance(stopped, Trial) and stopped.state == "stopped", stopped
    assert say(memory, now(), 5, 3) == "authorisation_revoked"
    done = trials.report(store(), begun.id, by, now())
    assert isinstance(done, Trial), done
    told = trial_store.facts_of(store(), begun.id)
    found = metrics.figures(protocol.read(done.protocol), told[:-1], now())
    assert told[-1].event.digest == metrics.digest_of(found)  # type: ignore[union-attr]
    assert (found.total.advice, found.total.alarms, found.total.precision.hits, found.total.recall.value) == (
        4,
        1,
        1,
        1.0,
    )
    assert (found.cost_cents, found.complaints) == (120_000, 1)
    assert found.total.delay_p50_s is not None and 29 <= found.total.delay_p50_s <= 31
    left = trials.leave(store(), begun.id, "adopt", "It did what was promised.", by, now())
    assert isinstance(left, Trial) and left.exit == "adopt"
    row = Experiment.objects.get(pk=begun.id)
    assert (row.state, row.exit) == ("reported", "adopt")
    made = making.make(row, now(), city.users["analyst"], title="At the hall", route="market")
    assert made.chain == row.chain


def test_false_alarms_beyond_what_the_protocol_accepts_end_it_and_kill_the_key(city: City) -> None:
    begun, memory = started(city)
    seq = 0
    for _ in range(4):
        at = now()
        for level in (2, 0):
            seq += 1
            rule = say(memory, at, seq, level)
            assert rule in ("", "authorisation_revoked"), rule
        state = trials.note(store(), begun.id, seen(at, present=False, minutes=0), city.person("analyst"), now())
        if isinstance(state, Trial) and state.state == "stopped":
            break
    assert trial(begun.id).why == "too_many_false_alarms"
    assert say(memory, now(), seq + 1, 3) == "authorisation_revoked"


def test_the_window_s_end_stops_a_trial_by_itself(city: City) -> None:
    begun, _memory = started(city)
    after = ending.look(store(), begun.id, now() + timedelta(hours=4))
    assert after is not None and after.why == "window_over"


def test_a_paper_revoked_in_between_ends_the_trial_and_no_hour_after_it_counts(city: City) -> None:
    begun, memory = started(city)
    assert say(memory, now(), 1, 2) == ""
    ending.look(store(), begun.id, now())
    (paper_id,) = begun_under(begun.id)
    assert not isinstance(authorising.revoke(store(), paper_id, "The prefect wants it.", PREFECT, now()), Refusal)
    assert say(memory, now(), 2, 2) == "authorisation_revoked"
    ended = ending.look(store(), begun.id, now())
    assert ended is not None and (ended.state, ended.why) == ("stopped", "paper_ended")
    found = metrics.figures(
        protocol.read(ended.protocol), trial_store.facts_of(store(), begun.id), now() + timedelta(hours=2)
    )
    assert found.total.advice == 1 and found.operator_hours < 0.1


def test_a_paper_shorter_than_its_protocol_ends_the_trial_with_it(city: City) -> None:
    at = now()
    vendor(at)
    asked = written(experiment(city, at), at)
    trials.freeze(store(), asked, city.person("analyst"), at)
    paper(asked, at, valid_until=at + timedelta(hours=1))
    assert isinstance(trials.begin(store(), asked.id, city.person("analyst"), now()), Trial)
    ended = ending.look(store(), asked.id, at + timedelta(hours=1, seconds=5))
    assert ended is not None and ended.why == "paper_ended"


def test_what_is_said_before_the_period_is_none_of_the_trial(city: City) -> None:
    """A trial begun early is ready, and no more: a key whose paper opens sooner adds nothing, nor do the hours."""
    at = now()
    vendor(at)
    starts = at + timedelta(minutes=30)
    asked = written(experiment(city, at), at, starts=starts)
    trials.freeze(store(), asked, city.person("analyst"), at)
    paper(asked, at)
    begun = trials.begin(store(), asked.id, city.person("analyst"), now())
    assert isinstance(begun, Trial), begun
    memory = Memory(None)
    assert say(memory, now(), 1, 3) == ""
    running = ending.look(store(), asked.id, starts - timedelta(minutes=1))
    assert running is not None and running.state == "running" and "TrialAdvised" not in kinds(asked.id)
    assert say(memory, starts + timedelta(seconds=1), 2, 3) == ""
    ending.look(store(), asked.id, starts + timedelta(minutes=6))
    told = trial_store.facts_of(store(), asked.id)
    found = metrics.figures(asked, told, starts + timedelta(minutes=6))
    assert (found.total.advice, found.operator_hours) == (1, pytest.approx(0.2))


def test_a_key_that_one_trial_listens_to_is_none_of_another(city: City) -> None:
    begun, _memory = started(city)
    at = now()
    other = written(experiment(city, at), at, title="Another trial of the same key")
    trials.freeze(store(), other, city.person("analyst"), at)
    refused = trials.begin(store(), other.id, city.person("analyst"), now())
    assert isinstance(refused, Refusal) and refused.rule == "trial_source_busy"
    assert refused.until == protocol.read(begun.protocol).ends
    with override("en"):
        assert f"until {timezone.localtime(refused.until):%d.%m.%Y %H:%M}" in words.sentence(refused)


def test_a_metric_changed_after_the_start_is_refused_and_that_it_was_is_a_fact(city: City) -> None:
    begun, _memory = started(city)
    told = protocol.read(begun.protocol)
    other = msgspec.structs.replace(told, goals=(), tolerance_s=600)
    refused = trials.freeze(store(), other, city.person("analyst"), now())
    assert isinstance(refused, list) and refused[0].rule == "trial_protocol_fixed"
    event = trial_store.facts_of(store(), begun.id)[-1].event
    assert isinstance(event, protocol.TrialChangeRefused) and event.fields == ("goals", "tolerance_s")
    assert trial(begun.id).protocol == begun.protocol
    same = trials.freeze(store(), told, city.person("analyst"), now())
    assert isinstance(same, Trial) and kinds(begun.id).count("TrialChangeRefused") == 1


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"readers": ("analyst", "lead")}, "trial_paper_not_shadow"),
        ({"readers": ("lead",)}, "trial_paper_unread"),
        ({"valid_until": timedelta(days=2)}, "trial_paper_too_long"),
        ({"evaluation": "We will see."}, "trial_paper_of_another_protocol"),
        (None, "trial_paper_missing"),
    ],
)
def test_nothing_begins_under_a_paper_that_says_otherwise(city: City, changes: Any, rule: str) -> None:
    at = now()
    vendor(at)
    asked = written(experiment(city, at), at)
    assert isinstance(trials.freeze(store(), asked, city.person("analyst"), at), Trial)
    if changes is not None:
        if "valid_until" in changes:
            changes = {"valid_until": at + changes["valid_until"]}
        if "evaluation" in changes:
            base = signed.terms(at).experiment
            assert base is not None
            changes = {"experiment": msgspec.structs.replace(base, **changes)}
        paper_of(asked, at, changes)
    refused = trials.begin(store(), asked.id, city.person("analyst"), now())
    assert isinstance(refused, Refusal) and refused.rule == rule


def paper_of(asked: Any, at: Any, changes: dict[str, Any]) -> None:
    held = changes.pop("experiment", None)
    if held is None:
        paper(asked, at, **changes)
    else:
        paper(msgspec.structs.replace(asked, title="Another protocol"), at)


def test_advice_of_another_form_or_too_often_is_refused_and_counted(city: City) -> None:
    _begun, memory = started(city)
    at = now()
    assert say(memory, at, 1, 4) == "reading_not_of_its_type"
    assert say(memory, at, 1, 2, words="help") == "reading_not_of_its_type"
    rules = [say(memory, at, seq, 0) for seq in range(1, 40)]
    assert rules[0] == "" and rules[-1] in ("rate_exceeded", "bit_budget_exceeded")


def a_protocol_rewritten(pk: Any) -> str:
    return f"UPDATE trial SET protocol = '{{}}', digest = encode(sha256('{{}}'), 'hex') WHERE id = '{pk}'"


def a_trial_deleted(pk: Any) -> str:
    return f"DELETE FROM trial WHERE id = '{pk}'"


def a_trial_that_never_stopped(pk: Any) -> str:
    return f"UPDATE trial SET state = 'frozen' WHERE id = '{pk}'"


def an_exit_before_the_report(pk: Any) -> str:
    return f"UPDATE trial SET exit = 'adopt' WHERE id = '{pk}'"


def an_experiment_that_says_it_was_adopted(pk: Any) -> str:
    return f"UPDATE programme_experiment SET state = 'reported', exit = 'adopt' WHERE id = '{pk}'"


@pytest.mark.parametrize(
    "breach",
    [
        a_protocol_rewritten,
        a_trial_deleted,
        a_trial_that_never_stopped,
        an_exit_before_the_report,
        an_experiment_that_says_it_was_adopted,
    ],
)
def test_postgresql_refuses_by_itself(city: City, breach: Callable[[Any], str]) -> None:
    begun, _memory = started(city)
    with psycopg.connect(city.url) as connection, pytest.raises(psycopg.DatabaseError) as caught:
        connection.execute(breach(begun.id))
    assert caught.value.sqlstate == "NM023"


def never_said(_heard: TrialAdvised) -> dict[str, Any]:
    return {"seq": 99}


def said_at_another_time(heard: TrialAdvised) -> dict[str, Any]:
    return {"at": heard.at + timedelta(minutes=3)}


def said_by_another_key(_heard: TrialAdvised) -> dict[str, Any]:
    return {"sensor_id": "v-0002"}


@pytest.mark.parametrize("forged", [never_said, said_at_another_time, said_by_another_key])
def test_no_advice_that_the_gate_did_not_hear_enters_a_trial(
    city: City, forged: Callable[[TrialAdvised], dict[str, Any]]
) -> None:
    begun, memory = started(city)
    assert say(memory, now(), 1, 2) == ""
    ending.look(store(), begun.id, now())
    (heard,) = [one.event for one in trial_store.facts_of(store(), begun.id) if isinstance(one.event, TrialAdvised)]
    with pytest.raises(StoreRefused, match="NM023"), store().transaction() as tx:
        trial_store.say(tx, begun, [msgspec.structs.replace(heard, **forged(heard))], "user:1", now())


def test_no_advice_under_another_paper_enters_a_trial(city: City) -> None:
    """The same key, heard by the gate under the paper of one trial, adds nothing to another."""
    begun, memory = started(city)
    assert say(memory, now(), 1, 2) == ""
    ending.look(store(), begun.id, now())
    (heard,) = [one.event for one in trial_store.facts_of(store(), begun.id) if isinstance(one.event, TrialAdvised)]
    other = written(experiment(city, now()), now() + timedelta(seconds=1))
    frozen = trials.freeze(store(), other, city.person("analyst"), now())
    assert isinstance(frozen, Trial)
    with pytest.raises(StoreRefused, match="NM023"), store().transaction() as tx:
        trial_store.say(tx, frozen, [TrialBegun((uuid4(),), frozen.digest), heard], "user:1", now())


def test_a_second_protocol_is_refused_by_the_record_itself(city: City) -> None:
    begun, _memory = started(city)
    with pytest.raises(StoreRefused), store().transaction() as tx:
        trial_store.say(tx, begun, [protocol.TrialProtocol("{}", protocol.digest_of("{}"))], "user:1", now())


def test_an_experiment_brought_to_its_exit_may_be_deployed(city: City) -> None:
    at = now()
    made = reported(experiment(city, at), at)
    assert (made.state, made.exit, VENDOR) == ("reported", "adopt", "v-0001")


def versions(pk: Any) -> list[int]:
    return [at for at, one in enumerate(trial_store.facts_of(store(), pk), 1) if isinstance(one.event, TrialTruth)]


def test_a_note_that_was_a_mistake_is_taken_back_and_the_report_says_so(city: City) -> None:
    by = city.person("analyst")
    begun, memory = started(city)
    at = now()
    assert say(memory, at, 1, 2) == ""
    wrong = seen(at - timedelta(seconds=20), present=False, minutes=0.5)
    for _twice in range(2):
        assert isinstance(trials.note(store(), begun.id, wrong, by, at + timedelta(seconds=30)), Trial)
    (version,) = versions(begun.id)  # the same note twice is one
    refused = trials.withdraw(store(), begun.id, version, "Oops", by, now())
    assert isinstance(refused, Refusal) and refused.rule == "trial_reason_missing"
    refused = trials.withdraw(store(), begun.id, 1, "It is no note at all.", by, now())
    assert isinstance(refused, Refusal) and refused.rule == "trial_note_unknown"
    assert isinstance(trials.withdraw(store(), begun.id, version, "It was the other square.", by, now()), Trial)
    refused = trials.withdraw(store(), begun.id, version, "It was the other square.", by, now())
    assert isinstance(refused, Refusal) and refused.rule == "trial_note_unknown"
    found = metrics.figures(protocol.read(begun.protocol), trial_store.facts_of(store(), begun.id), now())
    assert (found.withdrawn, found.outcomes, found.total.unjudged) == (1, (), 1)
    assert isinstance(trials.note(store(), begun.id, wrong, by, at + timedelta(seconds=40)), Trial)
    trials.stop(store(), begun.id, "The evening is over.", by, now())
    late = trials.withdraw(store(), begun.id, versions(begun.id)[-1], "It was the other square.", by, now())
    assert isinstance(late, Refusal) and late.rule == "trial_not_running"


def what_is_no_note(begun: Trial) -> int:
    return 1


def what_is_not_there(begun: Trial) -> int:
    return 99


def what_was_taken_back(begun: Trial) -> int:
    (version,) = versions(begun.id)
    assert isinstance(trials.withdraw(store(), begun.id, version, "It was a mistake.", PREFECT, now()), Trial)
    return version


def what_is_of_an_ended_trial(begun: Trial) -> int:
    trials.stop(store(), begun.id, "The evening is over.", PREFECT, now())
    return versions(begun.id)[0]


@pytest.mark.parametrize("breach", [what_is_no_note, what_is_not_there, what_was_taken_back, what_is_of_an_ended_trial])
def test_postgresql_lets_nobody_take_back(city: City, breach: Callable[[Trial], int]) -> None:
    begun, _memory = started(city)
    at = now()
    trials.note(store(), begun.id, seen(at - timedelta(seconds=5), present=True, minutes=0.05), PREFECT, now())
    version = breach(begun)
    state = trial(begun.id)
    with pytest.raises(StoreRefused, match="NM023"), store().transaction() as tx:
        trial_store.say(tx, state, [protocol.TrialTruthWithdrawn(version, "It was a mistake.")], "user:1", now())


def test_the_desk_takes_a_note_back_once_somebody_is_sure_and_everybody_reads_of_it(city: City) -> None:
    begun, _memory = started(city)
    at = now()
    trials.note(store(), begun.id, seen(at - timedelta(seconds=5), present=True, minutes=0.05), PREFECT, now())
    client, (version,) = city.client("analyst"), versions(begun.id)
    page, to = f"/programme/trials/desk/{begun.id}/", f"/programme/trials/desk/{begun.id}/withdraw/"
    assert "Take the note back" in client.get(page).content.decode()
    said = {"note": str(version), "reason": "It was the other square."}
    assert client.post(to, said).status_code == 422 and "TrialTruthWithdrawn" not in kinds(begun.id)
    assert client.post(to, said | {"sure": "on", "note": "1"}).status_code == 422
    assert client.post(to, said | {"sure": "on"}).status_code == 302
    public = city.client("lead").get(f"/programme/trials/{begun.id}/").content.decode()
    assert "A note was taken back (" in public and "It was the other square." in public
    assert "<dt>Notes taken back</dt><dd>1</dd>" in public
    trials.stop(store(), begun.id, "The evening is over.", PREFECT, now())
    assert "Take the note back" not in client.get(page).content.decode()
    assert client.post(to, said | {"sure": "on"}).status_code == 422, "it is taken back already"
    assert kinds(begun.id).count("TrialTruthWithdrawn") == 1


def test_what_stands_against_a_note_or_a_reason_keeps_it_out_of_the_record(city: City) -> None:
    by = city.person("analyst")
    begun, _memory = started(city)
    at = now()
    elsewhere = TrialTruth("density", "z-9", at, at, True, "steward")
    refused: list[Any] = [
        trials.note(store(), begun.id, event, by, at)
        for event in (elsewhere, seen(at, present=True, minutes=20), seen(at - timedelta(days=1), present=True),
                      TrialComplaint("privacy", "z-9", at), TrialCost("licence", 0))
    ]  # fmt: skip
    refused.append(trials.stop(store(), begun.id, "Enough", by, at))
    assert [getattr(one, "rule", one) for one in refused] == [
        "trial_truth_elsewhere", "trial_truth_not_yet", "trial_truth_outside", "trial_truth_elsewhere",
        "trial_cost_out_of_range", "trial_reason_missing",
    ]  # fmt: skip
    assert not {"TrialTruth", "TrialComplaint", "TrialCost", "TrialStopped"} & set(kinds(begun.id))
    trials.stop(store(), begun.id, "The evening is over.", by, now())
    trials.report(store(), begun.id, by, now())
    left = trials.leave(store(), begun.id, "adopt", "Good", by, now())
    assert isinstance(left, Refusal) and left.rule == "trial_reason_missing" and trial(begun.id).exit == ""
