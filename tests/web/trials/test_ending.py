"""A look at a trial: computed while nobody waits, repeated only when something changed, and each trial for itself."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from necmergitur.adapters.postgres.trials import TrialMixin
from necmergitur.innovation import metrics
from necmergitur.innovation.protocol import Stop, TrialComplaint
from necmergitur.innovation.trial import Trial
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import authorising, ending, trial_store, trials
from necmergitur.web.store import store
from tests.web.pages import City
from tests.web.trials.test_trials import PREFECT, begun_under, kinds, started
from tests.web.trials.trying import now, say, trial

STRICT = Stop(good=20, bad=60, complaints=1)


def complain(pk: UUID) -> None:
    """Note a complaint without looking at the trial afterwards."""
    with store().transaction() as tx:
        tx.serialise()
        state = tx.trial(pk)
        assert state is not None
        trial_store.say(tx, state, [TrialComplaint("nuisance", "z-1", now())], "user:1", now())


class Computed:
    """How often figures were computed, and what happens while they are: each of `meanwhile` once."""

    def __init__(self) -> None:
        self.times = 0
        self.meanwhile: list[Callable[[], object]] = []


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> Computed:
    counts, real = Computed(), metrics.figures

    def figures(*args: Any) -> Any:
        counts.times += 1
        if counts.meanwhile:
            counts.meanwhile.pop()()
        return real(*args)

    monkeypatch.setattr(metrics, "figures", figures)
    return counts


def test_nobody_waits_while_figures_are_computed(city: City, computed: Computed) -> None:
    """Whoever appends meanwhile would wait for the record's lock, and give up, did a look hold it."""
    begun, _memory = started(city, stop=STRICT)
    computed.meanwhile.append(lambda: complain(begun.id))
    ending.look(store(), begun.id, now())
    ended = ending.look(store(), begun.id, now())
    assert ended is not None and (ended.state, ended.why) == ("stopped", "complaints")


def test_what_ends_a_trial_is_said_of_the_facts_it_was_computed_from(city: City, computed: Computed) -> None:
    begun, _memory = started(city, stop=STRICT)
    complain(begun.id)
    computed.meanwhile.append(lambda: complain(begun.id))
    ended = ending.look(store(), begun.id, now())
    assert ended is not None and ended.why == "complaints" and computed.times == 2, "computed anew with the second one"


def test_a_report_is_of_every_fact_before_it(city: City, computed: Computed) -> None:
    begun, _memory = started(city, stop=STRICT)
    by = city.person("analyst")
    trials.stop(store(), begun.id, "The evening is over.", by, now())
    computed.meanwhile.append(lambda: complain(begun.id))
    assert isinstance(trials.report(store(), begun.id, by, now()), Trial)
    told = trial_store.facts_of(store(), begun.id)
    assert kinds(begun.id)[-2:] == ["TrialComplaint", "TrialReported"]
    assert told[-1].event.version == len(told) - 1  # type: ignore[union-attr]


def test_a_trial_in_which_nothing_changed_is_not_computed_again(city: City, computed: Computed) -> None:
    begun, memory = started(city, stop=STRICT)
    quiet: dict[UUID, ending.Quiet] = {}

    def looks(at: datetime) -> int:
        before = computed.times
        ending.look_at_all(store(), at, quiet)
        return computed.times - before

    at = now() + timedelta(seconds=1)
    assert [looks(at + timedelta(seconds=s)) for s in (0, 10, 20)] == [1, 0, 0]
    assert say(memory, at + timedelta(seconds=25), 1, 0) == ""
    assert looks(at + timedelta(seconds=30)) == 1 and "TrialAdvised" in kinds(begun.id), "what a vendor says is heard"
    assert [looks(at + timedelta(seconds=s)) for s in (40, 50)] == [1, 0]
    middle = at + timedelta(hours=1, minutes=31)
    assert looks(middle) == 1 and "TrialMidterm" in kinds(begun.id), "the protocol's own clock is not slept through"
    complain(begun.id)
    assert looks(middle + timedelta(seconds=10)) == 1 and trial(begun.id).why == "complaints"
    assert looks(middle + timedelta(seconds=20)) == 0 and not quiet


def test_a_revoked_paper_ends_a_quiet_trial(city: City) -> None:
    begun, _memory = started(city)
    quiet: dict[UUID, ending.Quiet] = {}
    ending.look_at_all(store(), now(), quiet)
    assert begun.id in quiet
    (paper_id,) = begun_under(begun.id)
    assert not isinstance(authorising.revoke(store(), paper_id, "The prefect wants it.", PREFECT, now()), Refusal)
    assert ending.look_at_all(store(), now(), quiet) == 1 and trial(begun.id).why == "paper_ended"


def test_a_trial_that_cannot_be_looked_at_holds_up_no_other(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, _memory = started(city, stop=STRICT)
    complain(begun.id)
    broken, real = uuid4(), ending.look
    failed: dict[UUID, Exception] = {}

    def look(over: Any, trial_id: UUID, *rest: Any) -> Any:
        if trial_id == broken:
            raise ValueError("a reading that is none")
        return real(over, trial_id, *rest)

    monkeypatch.setattr(ending, "look", look)
    monkeypatch.setattr(TrialMixin, "trials_running", lambda _self: [broken, begun.id])
    with pytest.raises(ValueError, match="none"):
        ending.look_at_all(store(), now())
    assert trial(begun.id).state == "running"
    assert ending.look_at_all(store(), now(), None, failed.__setitem__) == 1
    assert list(failed) == [broken] and trial(begun.id).why == "complaints"
