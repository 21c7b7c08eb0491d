"""The demonstration's first chain goes on with its own stages: what a visitor makes beside it stays theirs."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings

from necmergitur.innovation.chain import ChallengeState, DeploymentState, ProjectState, TeamState
from necmergitur.operations import trial_store
from necmergitur.sim.tour import story
from necmergitur.sim.tour.chain import Example, trial_of
from necmergitur.sim.tour.seeds import put_call
from necmergitur.web.facts.models import Trial
from necmergitur.web.incubation import keeping
from necmergitur.web.incubation.models import Application
from necmergitur.web.programme import example, guide, making
from necmergitur.web.programme.models import Experiment, Lead, Need, Project
from necmergitur.web.store import store
from necmergitur.web.trials.models import Draft
from tests.web.pages import City
from tests.web.trials.test_trials import started
from tests.web.trials.trying import experiment, now, reported


def test_the_example_takes_nobodys_experiment_for_its_own(city: City) -> None:
    by = city.users["analyst"]
    begun, _ = started(city)
    mine = Experiment.objects.get(pk=begun.id)
    Need.objects.filter(chain=mine.chain).update(title=story.TOLD_BEFORE["title"])
    Lead.objects.filter(chain=mine.chain).update(url=f"https://feed.invalid/{story.LEAD}")
    at = now()
    again: Any = making.make(mine.project, at, by, title=mine.title)
    lead: Any = mine.project.team.challenge.lead
    other = _another_project(lead, at, by)
    example = Example(store(), {}, by)
    assert example.turn(now()), "it notes what its own cost"
    assert not example.turn(now()), "then it waits for its end"
    assert trial_of(mine.project, now()) == (mine, Trial.objects.get())
    assert not trial_store.facts_of(store(), again.pk) and not Experiment.objects.filter(project=other).exists()
    assert set(Experiment.objects.all()) == {mine, again}


def test_a_form_that_is_being_filled_in_is_not_sent_by_the_example(city: City) -> None:
    at, by = now(), city.users["analyst"]
    made = experiment(city, at)
    assert trial_of(made.project, at) == (made, None)
    Draft.objects.create(experiment=made, typed={}, saved_at=at)
    assert trial_of(made.project, at) == (None, None), "it would write its own"
    late: Any = making.make(made.project, at, by, title="Its own")
    assert trial_of(made.project, at) == (late, None)


def test_what_is_begun_beside_a_finished_chain_does_not_send_the_guide_back(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "DEMO", True)
    at, by = now(), city.users["analyst"]
    made = reported(experiment(city, at), at)
    deployment: Any = making.make(made, at, by, title="At the hall", route="market")
    making.move(deployment, DeploymentState.RUNNING, at, by)
    Need.objects.filter(chain=made.chain).update(title=example.TITLE)
    calls = [
        put_call(made.project.team.challenge, name, at, by, lasts=timedelta(days=1), places=2) for name in ("A", "B")
    ]
    said = {**story.FIRST, "organisation": "Flot"}
    assert isinstance(keeping.apply(calls[0], said, at), str)
    Application.objects.filter(call=calls[0]).update(project=made.project, accepted=True)
    done = _done()
    assert done[-1] and done.count(False) == 0, done
    _another_project(made.project.team.challenge.lead, at, by)
    making.make(made.project, at, by, title="Other figures")
    assert _done() == done


def _done() -> list[bool]:
    told = guide.shown()
    assert told is not None
    return [one["step"].done for one in told["steps"]]


def _another_project(lead: Any, at: Any, by: Any) -> Project:
    """Select somebody else's work for the same challenge."""
    row: Any = lead.challenges.get()
    for state, title in ((ChallengeState.OPEN, "Beta"), (TeamState.READY, "Beta's advice")):
        row = row if row.state == state else making.move(row, state, at, by)
        row = making.make(row, at, by, title=title)
    moved: Project = making.move(row, ProjectState.SELECTED, at, by)
    return moved
