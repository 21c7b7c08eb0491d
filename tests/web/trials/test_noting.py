"""What somebody at the desk notes of a trial: shown to the second, kept in its form when it is refused, taken back."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from django.utils import timezone

from necmergitur.innovation import metrics, protocol
from necmergitur.innovation.protocol import Stop, TrialComplaint, TrialComplaintWithdrawn, TrialTruth
from necmergitur.innovation.trial import Trial
from necmergitur.kernel.refusal import Refusal
from necmergitur.ledger.ports import StoreRefused
from necmergitur.operations import trial_store, trials
from necmergitur.web.store import store
from necmergitur.web.trials.forms import within
from tests.web.pages import City
from tests.web.trials.test_trials import PREFECT, kinds, seen, started
from tests.web.trials.trying import experiment, now, paper, trial, vendor, written


def desk(begun: Trial, action: str = "") -> str:
    return f"/programme/trials/desk/{begun.id}/{action}"


def clock(at: datetime) -> str:
    return f"{timezone.localtime(at):%H:%M:%S}"


def test_notes_within_a_minute_are_told_apart_by_their_seconds_wherever_they_are_listed(city: City) -> None:
    begun, _memory = started(city)
    first = now().replace(microsecond=0) - timedelta(seconds=9)
    spans = [(first, first + timedelta(seconds=2)), (first + timedelta(seconds=4), first + timedelta(seconds=6))]
    for since, until in spans:
        event = TrialTruth("density", "z-1", since, until, True, "steward")
        assert isinstance(trials.note(store(), begun.id, event, PREFECT, now()), Trial)
    page = city.client("analyst").get(desk(begun)).content.decode()
    facts = page[page.index('id="facts"') :]
    offered = re.findall(r"<option[^>]*>([^<]*)</option>", page[page.index("/withdraw/") :])
    for since, until in spans:
        said = f"{clock(since)} \N{EN DASH} {clock(until)}"
        assert said in facts and any(one.startswith(f"{said} · It was there") for one in offered), said
    calm = TrialTruth("density", "z-1", first, first, False, "steward")
    assert isinstance(trials.note(store(), begun.id, calm, PREFECT, now()), Trial)
    french = city.client("analyst", "fr").get(desk(begun)).content.decode()
    assert (
        ">" + f"{clock(first)} · Rien de tel n\N{RIGHT SINGLE QUOTATION MARK}a été vu · " in french
        and "\N{NO-BREAK SPACE}: Rien de tel" in french
    )


def test_a_note_begins_within_the_time_of_its_protocol() -> None:
    at = datetime(2026, 11, 27, 12, 0, 30, 500_000, tzinfo=UTC)
    told: Any = written(experiment_like(), at, starts=at, ends=at + timedelta(hours=1))
    for moment in (at - timedelta(minutes=5), at, at + timedelta(minutes=3), at + timedelta(hours=2)):
        found = within(told, moment)
        assert told.starts <= found <= told.ends
        note = TrialTruth("density", "z-1", found, found, True, "steward")
        strict = protocol.truth_against(note, told, max(moment, found))
        assert strict is None, moment
    assert within(told, at + timedelta(minutes=3)) == at.replace(microsecond=0) + timedelta(minutes=3)


def experiment_like() -> Any:
    class Row:
        pk, chain, title = UUID(int=1), 1, "A season at the hall"

    return Row()


def test_what_is_offered_first_is_taken_when_the_trial_has_only_just_begun(city: City) -> None:
    begun, _memory = started(city, tolerance_s=0)
    client = city.client("analyst")
    page = client.get(desk(begun)).content.decode()
    offered = {
        name: re.search(rf'name="{name}" value="([^"]+)"', page).group(1)  # type: ignore[union-attr]
        for name in ("since", "until")
    }
    said = offered | {"place": "density@z-1", "present": "yes", "seen": "steward"}
    assert client.post(desk(begun, "truth/"), said).status_code == 302
    assert "TrialTruth" in kinds(begun.id)


@pytest.mark.parametrize(
    ("action", "said", "beside", "why"),
    [
        ("truth", {"since": "2020-01-01T10:00:07", "until": "2020-01-01T10:00:08"}, "since", "outside the time"),
        ("truth", {"since": "2020-01-01T10:00:07", "until": "2099-01-01T10:00:08"}, "until", "lies ahead"),
        ("cost", {"of": "licence", "euros": "0"}, "euros", "more than nothing"),
    ],
)
def test_what_is_refused_stays_in_its_form_with_the_reason_beside_its_field(
    city: City, action: str, said: dict[str, str], beside: str, why: str
) -> None:
    begun, _memory = started(city)
    typed = said | ({"place": "density@z-1", "present": "no", "seen": "patrol"} if action == "truth" else {})
    answer = city.client("analyst").post(desk(begun, f"{action}/"), typed)
    page = answer.content.decode()
    assert answer.status_code == 422
    error = re.search(rf'id="id_{beside}-error"[^>]*>(.*?)</(?:p|div)>', page, re.DOTALL)
    assert error is not None and why in error.group(1)
    for value in said.values():
        assert f'value="{value}"' in page, value
    if action == "truth":
        assert '<option value="patrol" selected>' in page
    assert kinds(begun.id)[-1] == "TrialBegun"


def complained(begun: Trial, about: Any = "privacy") -> int:
    assert isinstance(trials.note(store(), begun.id, TrialComplaint(about, "z-1", now()), PREFECT, now()), Trial)
    return len(trial_store.facts_of(store(), begun.id))


def taken_back(begun: Trial, version: int) -> Any:
    return trials.withdraw(store(), begun.id, version, "It was about another evening.", PREFECT, now())


def figures(begun: Trial) -> metrics.Figures:
    return metrics.figures(protocol.read(begun.protocol), trial_store.facts_of(store(), begun.id), now())


def test_a_complaint_taken_back_counts_no_more_and_stops_nothing(city: City) -> None:
    begun, _memory = started(city, stop=protocol.Stop(good=20, bad=60, complaints=2))
    version = complained(begun)
    short = trials.withdraw(store(), begun.id, version, "Oops", PREFECT, now())
    assert isinstance(short, Refusal) and short.rule == "trial_reason_missing"
    assert isinstance(taken_back(begun, version), Trial)
    again = taken_back(begun, version)
    assert isinstance(again, Refusal) and again.rule == "trial_note_unknown"
    assert (figures(begun).complaints, figures(begun).unmade, figures(begun).withdrawn) == (0, 1, 0)
    complained(begun)
    assert trial(begun.id).state == "running", "of two complaints one was taken back"
    last = complained(begun, "nuisance")
    assert (trial(begun.id).state, trial(begun.id).why) == ("stopped", "complaints")
    late = taken_back(begun, last)
    assert isinstance(late, Refusal) and late.rule == "trial_not_running"


def test_figures_without_a_complaint_taken_back_keep_their_hash(city: City) -> None:
    begun, _memory = started(city)
    complained(begun)
    assert b"unmade" not in msgspec.json.encode(figures(begun))


def what_is_no_complaint(begun: Trial) -> int:
    at = now()
    trials.note(store(), begun.id, seen(at - timedelta(seconds=5), present=True, minutes=0.05), PREFECT, now())
    return len(trial_store.facts_of(store(), begun.id))


def what_is_not_there(begun: Trial) -> int:
    return 99


def what_was_taken_back(begun: Trial) -> int:
    version = complained(begun)
    assert isinstance(taken_back(begun, version), Trial)
    return version


def what_is_of_an_ended_trial(begun: Trial) -> int:
    version = complained(begun)
    trials.stop(store(), begun.id, "The evening is over.", PREFECT, now())
    return version


@pytest.mark.parametrize(
    "breach", [what_is_no_complaint, what_is_not_there, what_was_taken_back, what_is_of_an_ended_trial]
)
def test_postgresql_lets_nobody_take_back(city: City, breach: Callable[[Trial], int]) -> None:
    begun, _memory = started(city)
    version = breach(begun)
    state = trial(begun.id)
    with pytest.raises(StoreRefused, match="NM023"), store().transaction() as tx:
        trial_store.say(tx, state, [TrialComplaintWithdrawn(version, "It was a mistake.")], "user:1", now())


def test_the_desk_takes_a_complaint_back_and_everybody_reads_of_it(city: City) -> None:
    begun, _memory = started(city)
    version, client = complained(begun), city.client("analyst")
    page = client.get(desk(begun)).content.decode()
    offered = re.search(rf'<option value="{version}"[^>]*>([^<]*)<', page)
    assert offered is not None and "A complaint: Privacy" in offered.group(1) and "Old Town" in offered.group(1)
    said = {"note": str(version), "reason": "It was about another evening.", "sure": "on"}
    assert client.post(desk(begun, "withdraw/"), said).status_code == 302
    public = city.client("lead").get(f"/programme/trials/{begun.id}/").content.decode()
    assert "<dt>Complaints taken back</dt><dd>1</dd>" in public and "<dt>Complaints</dt><dd>0</dd>" in public
    assert "It was about another evening." in public and "A complaint: Privacy" in public


def test_a_trial_that_has_not_begun_is_drawn_from_its_start_to_its_end(city: City) -> None:
    at = now()
    vendor(at)
    asked = written(experiment(city, at), at, starts=at + timedelta(hours=1), ends=at + timedelta(hours=2))
    assert isinstance(trials.freeze(store(), asked, city.person("analyst"), at), Trial)
    page = city.client("analyst").get(f"/programme/trials/{asked.id}/").content.decode()
    drawn = page[page.index("What the vendor said against what was seen") :]
    ends = re.findall(r'text-anchor="(start|end)">([^<]*\d\d:\d\d:\d\d)<', drawn)
    assert [anchor for anchor, _said in ends] == ["start", "end"]
    for (_anchor, said), moment in zip(ends, (asked.starts, asked.ends), strict=True):
        assert said.endswith(clock(moment))


@pytest.mark.parametrize(("language", "noted", "back"), [("en", "Noted.", "Taken back."), ("fr", "Noté.", "Retiré.")])
def test_what_was_kept_is_said_to_be(city: City, language: str, noted: str, back: str) -> None:
    begun, _memory = started(city)
    client = city.client("analyst", language)
    for action, typed in (
        ("complaint", {"about": "privacy", "zone": "z-1"}),
        ("cost", {"of": "licence", "euros": "12.50"}),
    ):
        page = client.post(desk(begun, f"{action}/"), typed, follow=True).content.decode()
        assert noted in page and back not in page, action
    version = complained(begun)
    said = {"note": str(version), "reason": "It was about another evening.", "sure": "on"}
    page = client.post(desk(begun, "withdraw/"), said, follow=True).content.decode()
    assert back in page and noted not in page and back not in client.get(desk(begun)).content.decode()


def test_a_trial_that_ends_while_a_note_is_taken_back_loses_no_word(city: City) -> None:
    begun, _memory = started(city)
    version, client = complained(begun), city.client("analyst")
    trials.stop(store(), begun.id, "The evening is over.", PREFECT, now())
    said = {"note": str(version), "reason": "It was about another evening.", "sure": "on"}
    answer = client.post(desk(begun, "withdraw/"), said)
    page = answer.content.decode()
    assert answer.status_code == 409 and "This trial is not running." in page
    assert "It was about another evening." in page and f'<option value="{version}" selected>' in page
    assert "Take the note back" not in page, "what cannot be done is not offered"


@pytest.mark.parametrize(
    ("action", "typed", "kept"),
    [
        ("cost", {"of": "energy", "euros": "12.50"}, 'value="12.50"'),
        ("complaint", {"about": "nuisance", "zone": "z-1"}, '<option value="nuisance" selected>'),
    ],
)
def test_a_trial_that_is_reported_while_somebody_notes_loses_no_word(
    city: City, action: str, typed: dict[str, str], kept: str
) -> None:
    begun, _memory = started(city)
    trials.stop(store(), begun.id, "The evening is over.", PREFECT, now())
    assert isinstance(trials.report(store(), begun.id, PREFECT, now()), Trial)
    client = city.client("analyst")
    assert 'id="note"' not in client.get(desk(begun)).content.decode()
    answer = client.post(desk(begun, f"{action}/"), typed)
    page = answer.content.decode()
    assert answer.status_code == 409 and "This trial is not running." in page and kept in page
    assert "Note it</button>" not in page


def test_nothing_is_said_to_be_reached_before_a_trial_begins(city: City) -> None:
    at = now()
    vendor(at)
    goals = (protocol.Goal("cost_eur", 5_000.0), protocol.Goal("complaints", 2.0))
    asked = written(experiment(city, at), at, starts=at + timedelta(hours=1), ends=at + timedelta(hours=2), goals=goals)
    assert isinstance(trials.freeze(store(), asked, city.person("analyst"), at), Trial)
    page = city.client("analyst").get(f"/programme/trials/{asked.id}/").content.decode()
    assert page.count("not measured") == 2 and "reached" not in page


def test_a_goal_that_is_missed_before_its_trial_s_window_is_said_to_be(city: City) -> None:
    at, by = now(), city.person("analyst")
    vendor(at)
    goals = (protocol.Goal("cost_eur", 5_000.0), protocol.Goal("complaints", 2.0), protocol.Goal("precision", 0.7))
    times = {"starts": at + timedelta(hours=1), "ends": at + timedelta(hours=2)}
    asked = written(experiment(city, at), at, goals=goals, stop=Stop(good=20, bad=60, complaints=3), **times)
    assert isinstance(trials.freeze(store(), asked, by, at), Trial)
    paper(asked, at)
    assert isinstance(trials.begin(store(), asked.id, by, now()), Trial)
    for _ in range(3):
        trials.note(store(), asked.id, TrialComplaint("nuisance", "z-1", now()), by, now())
    assert trial(asked.id).why == "complaints"
    page = city.client("analyst").get(f"/programme/trials/{asked.id}/").content.decode()
    told = page[page.index("Goals of the protocol</caption>") :]
    row = re.findall(r"<tr>.*?</tr>", told[: told.index("</table>")], re.DOTALL)[1:]
    assert [re.findall(">([0-9\N{EN DASH}]+)</td>", each) for each in row] == [["0"], ["3"], ["\N{EN DASH}"]]
    assert ["not measured" in each for each in row] == [True, False, True] and "missed" in row[1]
    assert "A goal was missed" in page and "reached" not in page
