"""Live advice in the control room: shown to whom the papers name, old after its time, gone with the window; in shadow never."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from necmergitur.innovation import live, protocol
from necmergitur.innovation.protocol import TrialTruth
from necmergitur.innovation.trial import Trial
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import ending, trial_store, trials
from necmergitur.operations.sensing import Memory
from necmergitur.web.store import store
from necmergitur.web.trials import advice
from tests.web.pages import City
from tests.web.trials.test_trials import started
from tests.web.trials.trying import VENDOR, experiment, now, paper, say, shadowed, vendor, written

BOARD, PANEL = "/console/", "/programme/trials/advice/"


def live_trial(city: City, readers: tuple[str, ...] = ("analyst", "operator", "lead")) -> Any:
    at = now()
    vendor(at)
    made = experiment(city, at)
    asked = written(made, at, mode="live")
    assert isinstance(trials.freeze(store(), asked, city.person("analyst"), at, shadowed(made, at)), Trial)
    paper(asked, at, readers=readers)
    begun = trials.begin(store(), asked.id, city.person("analyst"), asked.starts)
    assert isinstance(begun, Trial), begun
    return begun


def test_what_was_not_measured_in_shadow_is_not_shown_to_the_control_room(city: City) -> None:
    at, by = now(), city.person("analyst")
    vendor(at)
    made = experiment(city, at)
    asked = written(made, at, mode="live")
    for before in ((), (made.pk,), (uuid4(),)):
        refused = trials.freeze(store(), asked, by, at, before)
        assert isinstance(refused, list) and [one.rule for one in refused] == ["trial_mode_unmeasured"]
    before = shadowed(made, at)
    other = msgspec.structs.replace(asked, sources=(msgspec.structs.replace(asked.sources[0], use="movement"),))
    refused = trials.freeze(store(), other, by, at, before)
    assert isinstance(refused, list) and [one.facts["use"] for one in refused] == ["movement"], (
        "measured for another use"
    )
    assert isinstance(trials.freeze(store(), asked, by, at, before), Trial)


def alarmed(pk: Any) -> None:
    memory = Memory(None)
    for seq, level in ((1, 0), (2, 3)):
        assert say(memory, now() + timedelta(seconds=1), seq, level) == ""
    ending.look(store(), pk, now() + timedelta(seconds=2))


@pytest.fixture(autouse=True)
def begun_already(monkeypatch: pytest.MonkeyPatch) -> None:
    """A trial begins a second after its protocol was fixed; the panel's clock is past it."""

    class Later:
        @staticmethod
        def now() -> Any:
            return now() + timedelta(seconds=2)

    monkeypatch.setattr(advice, "CLOCK", Later)


def test_an_operator_sees_what_a_live_trial_advises_and_that_it_is_no_alarm(city: City) -> None:
    begun = live_trial(city)
    alarmed(begun.id)
    page = city.client("operator").get(PANEL).content.decode()
    for words in ("advice, not an alarm", "Old Town", "Level 3 of 3: act now", "sure to 80 %", "A season at the hall"):
        assert words in page, words
    assert "Level 0" not in page  # the newest of a key, not all it ever said
    assert city.client("pilot").get(PANEL).content.decode().strip() == ""


def test_in_shadow_nothing_is_shown_though_the_same_was_said(city: City) -> None:
    begun, _memory = started(city)
    alarmed(begun.id)
    assert city.client("operator").get(PANEL).content.decode().strip() == ""
    assert "advice, not an alarm" not in city.client("operator").get(BOARD).content.decode()


def test_a_planted_paper_that_opens_shadow_to_the_room_shows_nothing_either(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, _memory = started(city)
    alarmed(begun.id)
    monkeypatch.setattr(advice, "_is_reader", lambda row, user, at: True)
    assert advice.standing(city.users["operator"], now() + timedelta(seconds=2)) == []
    told = protocol.read(begun.protocol)
    assert not live.may_be_seen(begun, told, told.starts)
    assert live.may_be_seen(begun, msgspec.structs.replace(told, mode="live"), told.starts)  # the mode alone decides


def test_whom_the_papers_do_not_name_sees_nothing(city: City) -> None:
    begun = live_trial(city, readers=("analyst", "lead"))
    alarmed(begun.id)
    assert city.client("operator").get(PANEL).content.decode().strip() == ""
    assert "Level 3 of 3" in city.client("lead").get(PANEL).content.decode()


def test_advice_grows_old_and_is_gone_when_the_window_ends_or_the_trial_stops(city: City) -> None:
    begun = live_trial(city)
    alarmed(begun.id)
    user, told = city.users["operator"], protocol.read(begun.protocol)
    assert [one["old"] for one in advice.standing(user, now() + timedelta(seconds=5))] == [False]
    assert [one["old"] for one in advice.standing(user, now() + timedelta(minutes=3))] == [True]
    assert advice.standing(user, told.ends) == []
    trials.stop(store(), begun.id, "The evening is over.", city.person("analyst"), now())
    assert advice.standing(user, now() + timedelta(seconds=5)) == []


@pytest.mark.parametrize(("button", "present"), [("useful", True), ("false", False)])
def test_a_mark_is_noted_once_as_what_the_control_room_saw(city: City, button: str, present: bool) -> None:
    begun = live_trial(city)
    alarmed(begun.id)
    operator, said = city.client("operator"), {"sensor": VENDOR, "seq": "2", button: "1"}
    for _ in range(2):
        answer = operator.post(f"{PANEL}{begun.id}/", said, headers={"x-fragment": "advice"})
        assert answer.status_code == 200 and answer.content.decode().count("Noted:") == 2, "said, and beside it"
    assert [(one.present, one.seen, one.zone_id) for one in noted(begun.id)] == [(present, "control_room", "z-1")]
    unknown = operator.post(f"{PANEL}{begun.id}/", said | {"seq": "9"}, headers={"x-fragment": "advice"})
    assert unknown.status_code == 409 and "no longer here" in unknown.content.decode()
    assert city.client("pilot").post(f"{PANEL}{begun.id}/", said).status_code == 403


def test_an_alarm_that_its_keys_next_word_replaced_may_be_marked_and_what_is_no_alarm_may_not(city: City) -> None:
    """*Of use* on *nothing to do* noted that something was there, which is the opposite."""
    begun = live_trial(city)
    memory = Memory(None)
    for seq, level in ((1, 3), (2, 0)):
        assert say(memory, now() + timedelta(seconds=1), seq, level) == ""
    ending.look(store(), begun.id, now() + timedelta(seconds=2))
    operator, at = city.client("operator"), f"{PANEL}{begun.id}/"
    shown = operator.get(PANEL).content.decode()
    assert "Level 0 of 3" in shown and "data-mark" not in shown
    quiet = operator.post(at, {"sensor": VENDOR, "seq": "2", "useful": "1"}, headers={"x-fragment": "advice"})
    assert quiet.status_code == 409 and "no alarm" in quiet.content.decode()
    assert noted(begun.id) == []
    late = operator.post(at, {"sensor": VENDOR, "seq": "1", "useful": "1"}, headers={"x-fragment": "advice"})
    assert late.status_code == 200 and "Noted: of use" in late.content.decode()
    assert [one.present for one in noted(begun.id)] == [True]


def test_what_is_marked_too_late_is_said_and_not_noted(city: City) -> None:
    begun = live_trial(city)
    alarmed(begun.id)
    told = protocol.read(begun.protocol)
    (heard,) = [one for one in advice._heard(begun.id) if one.seq == 2]
    assert live.against_mark(told, told.sources[0], heard, heard.at + live.SURE_FOR) is None
    late = live.against_mark(told, told.sources[0], heard, heard.at + live.SURE_FOR + timedelta(seconds=1))
    assert late == Refusal(rule="trial_advice_gone")
    assert live.against_mark(told, None, heard, heard.at) == live.against_mark(told, told.sources[0], None, heard.at)


def noted(pk: Any) -> list[TrialTruth]:
    return [one.event for one in trial_store.facts_of(store(), pk) if isinstance(one.event, TrialTruth)]
