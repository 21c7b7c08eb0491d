"""The grade of a project, from evidence that was looked at and from reported experiments of its chain."""

from datetime import datetime
from typing import Any

from necmergitur.innovation import grading
from necmergitur.innovation.chain import ExperimentState
from necmergitur.innovation.grading import Criterion, Shown
from necmergitur.web.programme import words
from necmergitur.web.programme.models import Project


def of(project: Project, now: datetime) -> dict[str, Any]:
    """Return a project's grade, what holds and what the next one asks for, in words."""
    seen = [Shown(Criterion(one.criterion), one.at) for one in project.evidence.all() if one.withdrawn_at is None]
    measured = any(one.state == ExperimentState.REPORTED for one in project.experiments.all())
    held = grading.holds(seen, now, measured=measured)
    name = grading.grade(held)
    tone, word = words.GRADES[name]
    return {
        "name": name.value,
        "tone": tone,
        "word": word,
        "held": [words.CRITERIA[one] for one in Criterion if one in held],
        "missing": [words.CRITERIA[one] for one in grading.missing(held)],
    }
