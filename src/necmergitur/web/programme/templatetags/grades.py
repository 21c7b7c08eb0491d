"""The grade of a solution wherever one is named: `{% load grades %}{% grade row %}`."""

from typing import Any

from django import template

from necmergitur.web.programme import grades
from necmergitur.web.store import CLOCK

register = template.Library()


@register.inclusion_tag("programme/parts/grade.html", takes_context=True)
def grade(context: template.Context, row: Any) -> dict[str, Any]:
    """Show the grade of the project a stage is of, with its evidence, and the way to it; nothing where there is none.

    Each project is graded once for a page.
    """
    project = grades.project_of(row)
    if project is None:
        return {"grade": None}
    request = context.get("request")
    known: dict[Any, Any] = {} if request is None else request.__dict__.setdefault("_grades_shown", {})
    if project.pk not in known:
        known[project.pk] = grades.of(project, CLOCK.now())
    return {"grade": known[project.pk], "project": project}
