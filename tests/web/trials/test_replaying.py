"""Evenings played again on the desk: asked for with a form, played by the worker, kept with the experiment."""

from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from necmergitur.innovation import candidates, replay
from necmergitur.innovation.protocol import TrialTruth
from necmergitur.operations import ending, trials
from necmergitur.operations.sensing import Memory
from necmergitur.web.store import store
from necmergitur.web.trials import replaying
from necmergitur.web.trials.models import Replay
from tests.web.pages import City
from tests.web.trials.test_counting import FULL, count, started
from tests.web.trials.test_trials import started as of_advice
from tests.web.trials.trying import VENDOR, experiment, now, say

EVENING = "minute,count,Densité SAS\n" + "".join(
    f"{n},{count},{level}\n"
    for n, (count, level) in enumerate(((60, 0), (90, 0), (120, 3), (150, 3), (180, 0), (60, 0)))
)


def asked(city: City, **changes: Any) -> tuple[Client, str, Any]:
    browser, of = city.client("analyst"), experiment(city, now())
    address = f"/programme/trials/desk/{of.pk}/replays/"
    said = {
        "name": "The derby",
        "evening": "file",
        "file": SimpleUploadedFile("evening.csv", EVENING.encode()),
        "seen": "3-4",
        "capacity": "200",
        "tolerance_s": "60",
        "first": "threshold",
        "second": "column:1",
    }
    return browser, address, browser.post(address, said | changes)


def test_two_candidates_are_compared_on_one_uploaded_evening_and_the_result_is_kept(city: City) -> None:
    browser, _address, answer = asked(city)
    assert answer.status_code == 302
    waiting = browser.get(answer["Location"])
    assert waiting["Refresh"] == "3" and "Waiting" in waiting.content.decode()
    assert replaying.play_due(now()) == 1 and replaying.play_due(now()) == 0
    kept = Replay.objects.get()
    assert (kept.state, kept.progress, kept.levels["=Densité SAS"]) == ("done", 100, [0, 0, 3, 3, 0, 0])
    figures = replay.compare(kept.levels, [(3, 4)], tolerance_s=60)
    page = browser.get(answer["Location"])
    text = page.content.decode()
    assert "Refresh" not in page and "Densité SAS" in text and "Plain threshold on the count" in text
    for one in figures.values():
        share = one.total.recall
        assert f"{share.hits}/{share.of}" in text
    assert text.count('<svg class="odds"') == 2
    again = browser.get(_address).content.decode()
    assert "The derby" in again and "kept:" in again


def test_a_simulated_evening_knows_when_it_was_too_full(city: City) -> None:
    changes = {"evening": "sim:stands", "file": "", "seen": "", "capacity": "", "second": "trend"}
    browser, _address, answer = asked(city, **changes)
    assert answer.status_code == 302, answer.content.decode()
    assert replaying.play_due(now()) == 1
    _evening, holds, spans = candidates.simulated("stands")
    kept = Replay.objects.get()
    assert (kept.capacity, [tuple(one) for one in kept.seen]) == (holds, spans) and spans
    assert "/" in browser.get(answer["Location"]).content.decode()


def test_an_evening_that_cannot_be_read_is_refused_and_what_was_typed_stays(city: City) -> None:
    for changes, said in (
        ({"file": SimpleUploadedFile("a.csv", b"minute,count,A\n0,5,9\n")}, "a level is from 0 to 3"),
        ({"file": SimpleUploadedFile("a.pdf", b"%PDF-1.7\n\xff\xfe")}, "This file is no text"),
        ({"file": SimpleUploadedFile("a.csv", b"")}, "Choose a file"),
        ({"seen": "late"}, "no span of minutes"),
        ({"second": "threshold"}, "Compare two different candidates."),
        ({"second": "column:2"}, "no column 2"),
    ):
        browser, address, answer = asked(city, **changes)
        text = answer.content.decode()
        assert answer.status_code == 422 and said in text and 'value="The derby"' in text, changes
    assert not Replay.objects.exists()
    assert city.client("lead").post(address, {"name": "x"}).status_code == 200  # who only reads changes nothing
    assert city.client("pilot").get(address).status_code == 403
    assert browser.get(address).status_code == 200


def test_a_worker_that_stopped_in_the_middle_is_made_up_for(city: City) -> None:
    _browser, _address, answer = asked(city)
    assert answer.status_code == 302
    Replay.objects.update(state="running", begun_at=now() - replaying.AGAIN_AFTER * 2, progress=40)
    assert replaying.play_due(now()) == 1
    assert Replay.objects.get().state == "done"


def test_every_reason_has_words_in_both_languages() -> None:
    assert set(replaying.WHY) == set(candidates.WHY)
    assert set(candidates.CANDIDATES) <= set(replaying.NAMES)


def test_a_real_trial_s_evening_is_played_again_from_the_record(city: City) -> None:
    """What the vendor's key counted and what was seen, against a plain candidate on the same minutes."""
    begun, memory, at = started(city), Memory(None), now() + timedelta(seconds=2)
    for seq, people in enumerate((20, FULL + 40, FULL + 40, 20), 1):
        assert count(memory, at + timedelta(minutes=seq), seq, people) == ""
    browser, address = city.client("analyst"), f"/programme/trials/desk/{begun.id}/replays/"
    said = {"name": "As it was", "evening": "own", "tolerance_s": "60", "first": "threshold", "second": "column:1"}
    assert "have said nothing yet" in browser.post(address, said).content.decode()
    ending.look(store(), begun.id, at + timedelta(minutes=5))
    event = TrialTruth(
        "density", "z-1", at + timedelta(minutes=2), at + timedelta(minutes=3), present=True, seen="steward"
    )
    trials.note(store(), begun.id, event, city.person("analyst"), at + timedelta(minutes=5))
    answer = browser.post(address, said)
    assert answer.status_code == 302, answer.content.decode()
    assert replaying.play_due(now()) == 1
    kept = Replay.objects.get()
    assert (kept.state, kept.capacity, kept.seen) == ("done", FULL, [[1, 2]])
    assert kept.levels[f"={VENDOR}"] == [0, 3, 3, 0] and kept.counts == [20, FULL + 40, FULL + 40, 20]
    assert "1/1" in browser.get(answer["Location"]).content.decode()


def test_a_trial_whose_keys_only_advise_is_compared_by_its_keys(city: City) -> None:
    begun, memory = of_advice(city)
    assert say(memory, now() + timedelta(seconds=2), 1, 3) == ""
    ending.look(store(), begun.id, now() + timedelta(seconds=4))
    said = {
        "name": "x",
        "evening": "own",
        "seen": "0-0",
        "tolerance_s": "60",
        "first": "threshold",
        "second": "column:1",
    }
    answer = city.client("analyst").post(f"/programme/trials/desk/{begun.id}/replays/", said)
    assert answer.status_code == 422 and "No key of this trial counts people" in answer.content.decode()
