"""The chain on the real database: each stage from the one before, one number, and what PostgreSQL refuses by itself."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from necmergitur.innovation.chain import (
    ChallengeState,
    ExperimentState,
    LeadState,
    NeedState,
    ProjectState,
    Stage,
    TeamState,
)
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.programme import making, showing
from necmergitur.web.programme.models import Challenge, Deployment, Experiment, Lead, Need, Project, Team
from tests.web.pages import City
from tests.web.programme.stating import stated
from tests.web.trials.trying import project, reported

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def need(**changes: Any) -> Need:
    return making.state_need(NOW, None, **stated(**changes))


def whole_chain(by: Any) -> list[Any]:
    """Go from a need to a deployment, each stage brought to where the next may follow."""
    stages: list[Any] = [need()]
    ready: list[tuple[str, dict[str, str], dict[str, Any]]] = [
        ("", {}, {"title": "Lidar counts"}),
        (LeadState.CONTACT, {}, {"title": "Count without faces"}),
        (ChallengeState.OPEN, {}, {"title": "Densité SAS"}),
        (TeamState.READY, {}, {"title": "Crowd advice"}),
        (ProjectState.SELECTED, {}, {"title": "A season at the hall"}),
        (ExperimentState.REPORTED, {}, {"title": "At the hall", "route": "market"}),
    ]
    for state, fields, following in ready:
        if state == ExperimentState.REPORTED:
            stages[-1] = reported(stages[-1], NOW)  # the record alone says so
        elif state:
            stages[-1] = making.move(stages[-1], state, NOW, by, **fields)
        made = making.make(stages[-1], NOW, by, **following)
        assert not isinstance(made, Refusal), made
        stages.append(made)
    return stages


def test_one_number_runs_from_the_need_to_the_deployment_and_each_step_is_in_the_record(city: City) -> None:
    stages = whole_chain(city.users["analyst"])
    assert [making.stage_of(one) for one in stages] == list(Stage)
    assert {one.chain for one in stages} == {stages[0].chain}
    assert [one.pk for one in making.line_of(stages[-1])] == [one.pk for one in stages]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT payload->>'action' FROM ledger_event WHERE payload->>'action' LIKE 'programme:%:made' ORDER BY seq"
        )
        assert [row[0].split(":")[1] for row in cursor.fetchall()] == [stage.value for stage in Stage]
    bar = showing.bar(stages[2])
    assert [bool(step.get("row")) for step in bar] == [True] * 7
    assert [step["here"] for step in bar].index(True) == 2


def test_no_stage_is_made_of_one_that_is_not_there_yet(city: City) -> None:
    by = city.users["analyst"]
    found = making.make(need(), NOW, by, title="A lead")
    challenge = making.make(found, NOW, by, title="A question")
    refused = making.make(challenge, NOW, by, title="A team")  # still being written
    assert isinstance(refused, Refusal) and refused.rule == "chain_not_ready"
    making.move(found, LeadState.REJECTED, NOW, by)
    assert isinstance(making.make(found, NOW, by, title="Another"), Refusal)


def test_two_needs_have_two_numbers(city: City) -> None:
    assert need().chain + 1 == need().chain


def another_number(_city: City) -> None:
    Lead.objects.create(id=uuid4(), chain=need().chain + 40, need=need(), title="x", created_at=NOW)


def a_number_that_changes(city: City) -> None:
    found = making.make(need(), NOW, city.users["analyst"], title="x")
    Lead.objects.filter(pk=found.pk).update(chain=found.chain + 1)


def another_stage_before(city: City) -> None:
    found = making.make(need(), NOW, city.users["analyst"], title="x")
    Lead.objects.filter(pk=found.pk).update(need=need())


def a_deployment_of_nothing(_city: City) -> None:
    Deployment.objects.create(id=uuid4(), chain=1, experiment_id=uuid4(), title="x", route="market", created_at=NOW)


def merged_into_nothing(_city: City) -> None:
    Need.objects.filter(pk=need().pk).update(state="merged")


def of_a_need_that_is_closed(city: City) -> None:
    before = making.move(need(), NeedState.CLOSED, NOW, city.users["analyst"])
    Lead.objects.create(id=uuid4(), chain=before.chain, need=before, title="x", created_at=NOW)


def of_a_lead_that_was_rejected(city: City) -> None:
    by = city.users["analyst"]
    before = making.move(making.make(need(), NOW, by, title="x"), LeadState.REJECTED, NOW, by)
    Challenge.objects.create(id=uuid4(), chain=before.chain, lead=before, title="x", created_at=NOW)


def of_a_challenge_that_is_a_draft(city: City) -> None:
    by = city.users["analyst"]
    before = making.make(making.make(need(), NOW, by, title="x"), NOW, by, title="y")
    Team.objects.create(id=uuid4(), chain=before.chain, challenge=before, title="x", created_at=NOW)


def of_a_team_that_is_forming(city: City) -> None:
    by = city.users["analyst"]
    lead = making.make(need(), NOW, by, title="x")
    challenge = making.move(making.make(lead, NOW, by, title="y"), ChallengeState.OPEN, NOW, by)
    before = making.make(challenge, NOW, by, title="z")
    Project.objects.create(id=uuid4(), chain=before.chain, team=before, title="x", created_at=NOW)


def of_a_project_that_was_given_up(city: City) -> None:
    by = city.users["analyst"]
    before = making.move(project(by, NOW), ProjectState.ABANDONED, NOW, by)
    Experiment.objects.create(id=uuid4(), chain=before.chain, project=before, title="x", created_at=NOW)


def of_an_experiment_that_never_was(city: City) -> None:
    deployed(making.make(project(city.users["analyst"], NOW), NOW, None, title="x"))


def of_an_experiment_that_was_stopped(city: City) -> None:
    deployed(reported(making.make(project(city.users["analyst"], NOW), NOW, None, title="x"), NOW, "stop"))


def deployed(before: Experiment) -> None:
    Deployment.objects.create(
        id=uuid4(), chain=before.chain, experiment=before, title="x", route="market", created_at=NOW
    )


def a_failure_that_is_forgotten(city: City) -> None:
    reported(making.make(project(city.users["analyst"], NOW), NOW, None, title="x"), NOW, "stop")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM programme_experiment")


def a_deployment_that_is_forgotten(city: City) -> None:
    whole_chain(city.users["analyst"])
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM programme_deployment")


@pytest.mark.parametrize(
    "breach",
    [
        of_a_need_that_is_closed,
        of_a_lead_that_was_rejected,
        of_a_challenge_that_is_a_draft,
        of_a_team_that_is_forming,
        of_a_project_that_was_given_up,
        of_an_experiment_that_never_was,
        of_an_experiment_that_was_stopped,
        a_failure_that_is_forgotten,
        a_deployment_that_is_forgotten,
    ],
)
def test_postgresql_makes_no_stage_of_one_that_is_not_ready_and_forgets_no_trial(
    city: City, breach: Callable[[City], None]
) -> None:
    with pytest.raises(DatabaseError) as caught:
        breach(city)
    assert getattr(caught.value.__cause__, "sqlstate", "") == "NM022"


@transaction.atomic
def carried_out(city: City, breach: Callable[[City], None]) -> None:
    breach(city)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize(
    "breach",
    [another_number, a_number_that_changes, another_stage_before, a_deployment_of_nothing, merged_into_nothing],
)
def test_postgresql_refuses_by_itself_what_would_break_a_chain(city: City, breach: Callable[[City], None]) -> None:
    with pytest.raises(DatabaseError):
        carried_out(city, breach)
