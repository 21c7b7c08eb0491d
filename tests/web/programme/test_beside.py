"""The demonstration's first chain goes on with its own stages: what a visitor makes beside it stays theirs."""

from typing import Any

from necmergitur.innovation.chain import ChallengeState, ProjectState, TeamState
from necmergitur.operations import trial_store
from necmergitur.sim.tour import story
from necmergitur.sim.tour.chain import Example, trial_of
from necmergitur.web.facts.models import Trial
from necmergitur.web.programme import making
from necmergitur.web.programme.models import Experiment, Lead, Need, Project
from necmergitur.web.store import store
from necmergitur.web.trials.models import Draft
from tests.web.pages import City
from tests.web.trials.test_trials import started
from tests.web.trials.trying import experiment, now


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


def _another_project(lead: Any, at: Any, by: Any) -> Project:
    """Select somebody else's work for the same challenge."""
    row: Any = lead.challenges.get()
    for state, title in ((ChallengeState.OPEN, "Beta"), (TeamState.READY, "Beta's advice")):
        row = row if row.state == state else making.move(row, state, at, by)
        row = making.make(row, at, by, title=title)
    moved: Project = making.move(row, ProjectState.SELECTED, at, by)
    return moved
