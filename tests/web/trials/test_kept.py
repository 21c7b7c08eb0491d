"""Pages of trials for everybody: lists of any length cost the same, and an ended trial is computed once for all."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from necmergitur.innovation import metrics
from necmergitur.innovation.protocol import TrialComplaint
from necmergitur.operations import trials
from necmergitur.web.store import store
from necmergitur.web.trials import kept
from tests.web.pages import City, queries
from tests.web.papers.reading import read
from tests.web.trials.test_papers import reported_trial
from tests.web.trials.test_trials import started
from tests.web.trials.trying import experiment, now, reported, say

PUBLIC, DESK = "/programme/trials/", "/programme/trials/desk/"


@pytest.mark.parametrize("address", [PUBLIC, DESK])
def test_a_list_of_experiments_asks_no_more_for_each(city: City, address: str) -> None:
    client = city.client("analyst")

    def more(n: int) -> int:
        for _ in range(n):
            reported(experiment(city, now()), now())
        return queries(lambda: client.get(address))

    more(1)
    first = more(1)
    assert more(3) == first


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    times: list[Any] = []
    real = metrics.figures
    monkeypatch.setattr(metrics, "figures", lambda *args: times.append(args) or real(*args))
    return times


def pages(trial: Any) -> list[str]:
    found = []
    for language in ("en", "fr"):
        browser = Client()
        browser.cookies["nec_language"] = language
        found.append(browser.get(f"{PUBLIC}{trial.id}/").content.decode())
        assert browser.get(f"{PUBLIC}{trial.id}/report.pdf").status_code == 200
    return found


def test_an_ended_trial_is_computed_once_for_all_who_read_it(city: City, computed: list[Any]) -> None:
    trial = reported_trial(city)
    computed.clear()
    english, french = pages(trial)
    pages(trial)
    assert len(computed) == 1, "for every reader, page, paper and language"
    assert "Right alarms" in english and "Right alarms" not in french and "as on record" in english
    trials.leave(store(), trial.id, "adopt", "It did what was promised.", city.person("analyst"), now())
    assert "It did what was promised." in pages(trial)[0] and len(computed) == 2, "anew once something is said"


def test_what_is_noted_after_the_end_is_shown_at_once_and_a_running_trial_is_not_kept(
    city: City, computed: list[Any]
) -> None:
    by = city.person("analyst")
    begun, memory = started(city)
    assert say(memory, now(), 1, 0) == ""
    computed.clear()
    pages(begun)
    assert len(computed) == 4
    trials.stop(store(), begun.id, "The evening is over.", by, now())
    kept.forget()
    row = kept.Trial.objects.get(id=begun.id)
    told = kept.protocol.read(row.protocol)
    assert kept.both(row, told, now()).report.figures.complaints == 0
    trials.note(store(), begun.id, TrialComplaint("privacy", "z-1", now()), by, now())
    row.refresh_from_db()
    computed.clear()
    assert kept.both(row, told, now()).report.figures.complaints == 1 and len(computed) == 1
    kept.both(row, told, now() + kept.KEPT + timedelta(seconds=1))
    assert len(computed) == 2, "an altered record is seen within a minute"


def test_a_paper_says_when_its_figures_are_not_what_is_on_record(city: City) -> None:
    trial = reported_trial(city)
    address = f"{PUBLIC}{trial.id}/report.pdf?lang=en"
    _reader, before = read(Client().get(address).content)
    assert "not what is on record" not in before and "finds the same" in before.replace("\n", " ")
    city.sql("ALTER TABLE ledger_event DISABLE TRIGGER USER")
    try:
        city.sql(
            "UPDATE ledger_event SET payload = replace(payload::text, '123456', '12')::json"
            f" WHERE stream = 'trial:{trial.id}' AND kind = 'TrialCost'"
        )
    finally:
        city.sql("ALTER TABLE ledger_event ENABLE TRIGGER USER")
    kept.forget()
    assert "not what is on record" in pages(trial)[0]
    _reader, after = read(Client().get(address).content)
    assert "not what is on record" in after.replace("\n", " ") and "finds the same" not in after.replace("\n", " ")
    (recorded,) = [
        one.event.digest for _seq, one in kept.facts(trial.id) if type(one.event).__name__ == "TrialReported"
    ]
    assert recorded in after.replace("\n", "").replace(" ", "")


@pytest.mark.parametrize(("language", "hint"), [("en", "Live only once"), ("fr", "En direct seulement")])
def test_the_form_says_when_a_trial_may_be_live(city: City, language: str, hint: str) -> None:
    made = experiment(city, now())
    assert hint in city.client("analyst", language).get(f"{DESK}{made.pk}/").content.decode()
