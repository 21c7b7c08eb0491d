"""The grade of a project, from evidence that was looked at and from reported experiments of its chain."""

from datetime import datetime
from typing import Any

from django.db.models import prefetch_related_objects

from necmergitur.innovation import grading
from necmergitur.innovation.chain import ExperimentState
from necmergitur.innovation.grading import Criterion, Grade, Shown
from necmergitur.web.programme import words
from necmergitur.web.programme.models import Challenge, Deployment, Experiment, Lead, Project, Team

_ORDER = tuple(Grade)


def of(project: Project, now: datetime) -> dict[str, Any]:
    """Return a project's grade, what holds, since when, and what the next one asks for, in words."""
    prefetch_related_objects([project], "evidence", "experiments")
    rows = [one for one in project.evidence.all() if one.withdrawn_at is None]
    seen = [Shown(Criterion(one.criterion), one.at) for one in rows]
    trials = [one for one in project.experiments.all() if one.state == ExperimentState.REPORTED]
    held = grading.holds(seen, now, measured=bool(trials))
    name = grading.grade(held)
    tone, word = words.GRADES[name]
    latest = {one.criterion: max(each.at for each in seen if each.criterion == one.criterion) for one in seen}
    return {
        "name": name.value,
        "rank": _ORDER.index(name),
        "tone": tone,
        "word": word,
        "held": [words.CRITERIA[one] for one in Criterion if one in held],
        "since": [(words.CRITERIA[one], latest.get(one)) for one in Criterion if one in held],
        "missing": [words.CRITERIA[one] for one in grading.missing(held)],
        "trials": trials,
    }


def project_of(row: Any) -> Project | None:
    """Return the project a stage is of: the one it comes from, or of those that came of it the one graded highest."""
    if isinstance(row, Project):
        return row
    if isinstance(row, Deployment):
        return row.experiment.project
    if isinstance(row, Experiment):
        return row.project
    after = {Team: "team", Challenge: "team__challenge", Lead: "team__challenge__lead"}
    if type(row) not in after:
        return None
    found = list(Project.objects.filter(**{after[type(row)]: row}).prefetch_related("evidence", "experiments"))
    return max(found, key=_rank, default=None)


def _rank(project: Project) -> tuple[int, datetime]:
    held = {Criterion(one.criterion) for one in project.evidence.all() if one.withdrawn_at is None}
    reported = any(one.state == ExperimentState.REPORTED for one in project.experiments.all())
    if reported:
        held.add(Criterion.MEASURED)
    return _ORDER.index(grading.grade(frozenset(held))), project.created_at
