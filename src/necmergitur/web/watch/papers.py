"""A published comparison as a paper: the grid its page shows, set for print, a few solutions to a table."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from necmergitur.web.papers.answering import answer, in_language
from necmergitur.web.papers.paper import Paper
from necmergitur.web.portal.templatetags.nec import said
from necmergitur.web.programme import grades
from necmergitur.web.store import CLOCK
from necmergitur.web.watch.benchmarks import grid
from necmergitur.web.watch.models import Benchmark

BESIDE = 4  # ours: so many solutions beside each other are read on A4
FIRST = 0.2  # of the width: the criteria


@never_cache
@require_safe
def pdf(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One published benchmark as a file."""
    found = get_object_or_404(Benchmark.objects.exclude(published_at=None).select_related("need"), pk=pk)
    with in_language(request):
        page = request.build_absolute_uri(reverse("watch:comparison", args=[found.pk]))
        return answer(written(grid(found), page), f"{found.need.number}-comparison")


def written(shown: dict[str, Any], page: str) -> bytes:
    """Return the file; the same grid gives the same one. `page`: where it is read."""
    one = shown["one"]
    dated = date_format(localtime(one.changed_at), "j F Y")
    paper = Paper(one.title, one.changed_at, foot=f"{one.need.number} · {one.title} · {dated}", orientation="landscape")
    paper.title(one.title)
    paper.say(f"{one.need.number} · {one.need.shown_title} · {dated}", bold=True)
    paper.say(one.summary)
    solutions, rows = shown["solutions"], shown["rows"]
    if not solutions or not rows:
        paper.say(_("Nothing is compared yet."))
    for start in range(0, len(solutions), BESIDE):
        some = solutions[start : start + BESIDE]
        share = (1 - FIRST) / min(BESIDE, len(solutions))
        paper.table(
            "",
            [_("Criterion"), *(_head(each) for each in some)],
            [
                (
                    _lines(row["criterion"].name, row["criterion"].how),
                    *(_cell(cell) for cell in row["cells"][start : start + BESIDE]),
                )
                for row in rows
            ],
            (FIRST, *(share for _each in some)),
        )
    paper.link(page, page)
    return paper.bytes()


def _lines(*parts: str) -> str:
    return "\n".join(part for part in parts if part)


def _head(solution: Any) -> str:
    whose = f"{solution.organisation} ({solution.country})" if solution.country else solution.organisation
    project = None if solution.lead is None else grades.project_of(solution.lead, CLOCK.now())
    graded = "" if project is None else said(_("Grade"), grades.of(project, CLOCK.now())["word"])
    return _lines(solution.name, graded, whose if solution.organisation else "", solution.url)


def _cell(cell: dict[str, Any]) -> str:
    evidence = cell["evidence"]
    return _lines(str(cell["word"]), evidence.words if evidence else "", evidence.url if evidence else "")
