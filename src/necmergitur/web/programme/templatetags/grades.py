"""The grade of a solution wherever one is named: `{% load grades %}{% grade row %}`."""

from typing import Any

from django import template

from necmergitur.web.programme import grades
from necmergitur.web.store import CLOCK

register = template.Library()


@register.inclusion_tag("programme/parts/grade.html", takes_context=True)
def grade(context: template.Context, row: Any, *, given: bool = False) -> dict[str, Any]:
    """Show the grade of the project a stage is of, with its evidence, and the way to it; nothing where there is none.

    `given`: nor where it has no grade yet, in lists of what was made yesterday. Each project is graded once for a page.
    """
    now = CLOCK.now()
    project = grades.project_of(row, now)
    if project is None:
        return {"grade": None}
    request = context.get("request")
    known: dict[Any, Any] = {} if request is None else request.__dict__.setdefault("_grades_shown", {})
    if project.pk not in known:
        known[project.pk] = grades.of(project, now)
    if given and not known[project.pk]["name"]:
        return {"grade": None}
    return {"grade": known[project.pk], "project": project}
