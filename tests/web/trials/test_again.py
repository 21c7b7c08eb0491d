"""Other figures than the fixed ones are another experiment of the same project, which takes them over to be changed."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from necmergitur.innovation import protocol
from necmergitur.innovation.protocol import Goal, Source
from necmergitur.innovation.trial import Trial
from necmergitur.operations import trials
from necmergitur.web.facts.models import Trial as Row
from necmergitur.web.programme.models import Experiment
from necmergitur.web.store import store
from necmergitur.web.trials import again, desk
from necmergitur.web.trials.forms import ProtocolForm
from necmergitur.web.trials.models import Draft
from tests.web.pages import City
from tests.web.trials.trying import VENDOR, experiment, now, vendor, written

DESK = "/programme/trials/desk/"


class LATE:
    """A clock that stands after every protocol of these tests."""

    @staticmethod
    def now() -> datetime:
        return now() + timedelta(days=1)


def frozen(city: City) -> Any:
    at = now()
    vendor(at)
    asked = written(experiment(city, at), at)
    assert isinstance(trials.freeze(store(), asked, city.person("analyst"), at), Trial)
    return asked


def test_another_experiment_takes_over_all_but_the_times_and_the_first_stays(city: City) -> None:
    told, analyst = frozen(city), city.client("analyst")
    before = Row.objects.get(id=told.id).protocol
    answer = analyst.post(f"{DESK}{told.id}/again/")
    made = Experiment.objects.get(pk=answer.headers["Location"].rstrip("/").rpartition("/")[2])
    first = Experiment.objects.get(pk=told.id)
    assert (made.project_id, made.chain, made.title) == (first.project_id, first.chain, first.title)
    begins = {"starts": "2040-01-01T10:00", "ends": "2040-01-01T12:00"}
    form = ProtocolForm(Draft.objects.get(experiment=made).typed | begins)
    assert form.is_valid(), form.errors
    taken = form.read(made)
    assert protocol.changed(told, taken) == ("id", "starts", "ends")
    assert Row.objects.get(id=told.id).protocol == before


def test_a_count_s_bound_is_taken_over_too(city: City) -> None:
    told = written(experiment(city, now()), now(), sources=(Source(VENDOR, "density", "z-1", full=180),))
    assert again.typed(told)["full"] == "180"
    assert again.typed(written(experiment(city, now()), now(), goals=(Goal("recall", 0.5),)))["goal_recall"] == "0.5"


def test_a_protocol_whose_time_is_over_offers_another_and_nothing_that_would_be_refused(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, analyst = frozen(city), city.client("analyst")
    page = analyst.get(f"{DESK}{told.id}/").content.decode()
    assert "Draw up the paper" in page and "it never began" not in page
    monkeypatch.setattr(desk, "CLOCK", LATE)
    page = analyst.get(f"{DESK}{told.id}/").content.decode()
    assert "it never began" in page and "/again/" in page
    assert "Draw up the paper" not in page and "Begin the trial" not in page


def test_only_who_runs_the_programme_writes_another(city: City) -> None:
    told = frozen(city)
    assert city.client("operator").post(f"{DESK}{told.id}/again/").status_code == 403
    assert Experiment.objects.count() == 1
