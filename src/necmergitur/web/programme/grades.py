"""The grade of a project, from evidence that was looked at and from reported experiments of its chain."""

from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Prefetch, Subquery, prefetch_related_objects

from necmergitur.innovation import grading, texts
from necmergitur.innovation.chain import ExperimentState
from necmergitur.innovation.grading import Criterion, Grade, Shown
from necmergitur.web.facts.models import Trial
from necmergitur.web.programme import words
from necmergitur.web.programme.models import Challenge, Deployment, Experiment, Lead, Project, Team

_ORDER = tuple(Grade)
_WHY = Subquery(Trial.objects.filter(id=OuterRef("pk")).values("why")[:1])


def behind(path: str = "") -> tuple[Any, ...]:
    """Return what grades are made of, of projects at `path`, to be read for a whole list at once."""
    at = f"{path}__" if path else ""
    ended = Experiment.objects.annotate(ended_why=_WHY)
    return f"{at}evidence", Prefetch(f"{at}experiments", ended, to_attr="ended")


def of(project: Project, now: datetime) -> dict[str, Any]:
    """Return a project's grade, what holds, since when, and what the next one asks for, in words."""
    prefetch_related_objects([project], *behind())
    rows = [one for one in project.evidence.all() if one.withdrawn_at is None]
    seen = [Shown(Criterion(one.criterion), one.at) for one in rows]
    ended: list[Any] = project.ended  # type: ignore[attr-defined]
    trials = [one for one in ended if one.state == ExperimentState.REPORTED and one.ended_why in grading.CONCLUDED]
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


def project_of(row: Any, now: datetime) -> Project | None:
    """Return the project a stage is of: the one it comes from, or of those that came of it the one graded highest.

    A lead is one organisation's: of what its challenge led to, only that organisation's own project is its solution.
    """
    if isinstance(row, Project):
        return row
    if isinstance(row, Deployment):
        return row.experiment.project
    if isinstance(row, Experiment):
        return row.project
    after = {Challenge: "team__challenge", Lead: "team__challenge__lead"}
    if isinstance(row, Team):
        found = list(row.projects.all())  # a list of teams has read them all at once
    elif type(row) in after:
        found = list(Project.objects.filter(**{after[type(row)]: row}).select_related("team"))
    else:
        return None
    if isinstance(row, Lead):
        whose = _name(row.organisation)
        found = [one for one in found if whose and _name(one.team.organisation) == whose]
    prefetch_related_objects(found, *behind())
    return max(found, key=lambda one: (of(one, now)["rank"], one.created_at), default=None)


def _name(organisation: str) -> str:
    return " ".join(texts.words(texts.fold(organisation)))
