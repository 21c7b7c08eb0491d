"""Prizes: given once the marks are there, taken back until the results are published; what becomes of winners."""

from datetime import datetime
from typing import Any

from django.db import transaction

from necmergitur.innovation import chain, editions
from necmergitur.innovation.chain import ProjectState
from necmergitur.innovation.editions import Act
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.accounts.models import User
from necmergitur.web.hackathon.models import Edition, Prize, Submission
from necmergitur.web.programme import making


@transaction.atomic
def award(submission: Submission, title: str, why: str, now: datetime, by: User) -> Prize | Refusal:
    """Give a prize: the project is selected, so that an experiment may follow."""
    edition = Edition.objects.select_for_update().get(pk=submission.entry.edition_id)
    refused = editions.may(Act.AWARD, edition.dates, now)
    if refused is None and edition.published_at is not None:
        refused = Refusal(rule="results_published")
    if refused is not None:
        return refused
    if edition.prizes.filter(title__iexact=title.strip(), taken_at=None).exists():
        return Refusal(rule="prize_given")
    if submission.project.state == ProjectState.SUBMITTED:
        making.move(submission.project, ProjectState.SELECTED, now, by)
    return Prize.objects.create(edition=edition, submission=submission, title=title.strip(), why=why, at=now)


@transaction.atomic
def take_back(prize: Prize, why: str, now: datetime, by: User) -> Prize | Refusal:
    """Take a prize back before anybody read of it. That it was given, and why it is not, stays on the desk."""
    edition = Edition.objects.select_for_update().get(pk=prize.edition_id)
    held = Prize.objects.select_for_update(of=("self",)).select_related("submission__project").get(pk=prize.pk)
    if held.taken_at is not None:
        return held
    if edition.published_at is not None:
        return Refusal(rule="results_published")
    others = held.submission.prizes.filter(taken_at=None).exclude(pk=held.pk).exists()
    if held.submission.experiment_id is not None and not others:
        return Refusal(rule="prize_used")
    held.taken_at, held.taken_by_id, held.taken_why = now, by.pk, why
    held.save(update_fields=["taken_at", "taken_by_id", "taken_why"])
    if not others and held.submission.project.state == ProjectState.SELECTED:
        making.move(held.submission.project, ProjectState.SUBMITTED, now, by)
    return held


@transaction.atomic
def draft_experiment(submission: Submission, now: datetime, by: User) -> Any:
    """Make a draft experiment of a project with a prize; the same one when it was made already."""
    held = Submission.objects.select_for_update(of=("self",)).select_related("project").get(pk=submission.pk)
    if held.experiment_id is not None:
        return held.experiment
    if not held.prizes.filter(taken_at=None).exists():
        return Refusal(rule="chain_not_ready", facts={"stage": chain.Stage.PROJECT.value})
    made = making.make(held.project, now, by, title=held.project.title)
    if isinstance(made, Refusal):
        return made
    held.experiment = made
    held.save(update_fields=["experiment"])
    return made
