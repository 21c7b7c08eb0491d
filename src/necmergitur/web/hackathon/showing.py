"""What pages show of a jury's marks, of the public's votes, of prizes and of questions."""

from typing import Any

from django.db.models import Count
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from necmergitur.innovation import reviews
from necmergitur.innovation.reviews import MARK_MOST, Result
from necmergitur.web.hackathon.models import Edition, Question, Submission
from necmergitur.web.programme import grades
from necmergitur.web.programme import showing as programme

WIDTH, HEIGHT, MIDDLE = 200, 16, 8
OFFERED = 12  # ours: prizes go to few, and each is offered with a form
PUBLICS = 3  # ours: the public's prize goes to its first; a second and third where that one is honoured already


def bar(one: Result) -> SafeString:
    """Return a mark as a point, how unsure it is as a thick line, and how far jurors were apart as a thin one."""
    said = _("%(mark)s of 10; between %(low)s and %(high)s; jurors gave %(least)s to %(most)s") % {
        name: number_format(getattr(one, name), 1) for name in ("mark", "low", "high", "least", "most")
    }
    return format_html(
        '<svg class="mark" viewBox="0 0 {w} {h}" role="img" aria-label="{said}">'
        '<line class="mark__scale" x1="0" x2="{w}" y1="{m}" y2="{m}"/>'
        '<line class="mark__apart" x1="{least}" x2="{most}" y1="{m}" y2="{m}"/>'
        '<line class="mark__unsure" x1="{low}" x2="{high}" y1="{m}" y2="{m}"/>'
        '<circle class="mark__point" cx="{mark}" cy="{m}" r="4"/></svg>',
        w=WIDTH,
        h=HEIGHT,
        m=MIDDLE,
        said=said,
        **{name: f"{getattr(one, name) / MARK_MOST * WIDTH:.1f}" for name in ("least", "most", "low", "high", "mark")},
    )


def results(edition: Edition, found: list[Result]) -> dict[str, Any]:
    """Return the jury's table, best first, and the public's beside it, apart."""
    by_id = {str(one.pk): one for one in submissions(edition)}
    rows: list[dict[str, Any]] = []
    for place, one in enumerate(found, 1):
        submission = by_id.get(one.work)
        if submission is None:
            continue
        following = found[place] if place < len(found) else None
        rows.append(
            {
                "place": place,
                "result": one,
                "bar": bar(one),
                # The jury does not tell it from the next: the order between the two is chance.
                "even": following is not None and not reviews.apart(one, following),
            }
            | _work(submission)
        )
    marked = {row["submission"].pk for row in rows}
    voices = {row["pk"]: row["n"] for row in submissions(edition).annotate(n=Count("voices")).values("pk", "n")}
    public = sorted(by_id.values(), key=lambda one: (-voices[one.pk], one.project.title))
    return {
        "rows": rows,
        "unmarked": [_work(one) for one in public if one.pk not in marked],
        "public": [{"project": one.project, "submission": one, "voices": voices[one.pk]} for one in public],
        "voices": sum(voices.values()),
        "prizes": prizes(edition),
    }


def _work(submission: Submission) -> dict[str, Any]:
    prizes = [prize for prize in submission.prizes.all() if prize.taken_at is None]
    return {"submission": submission, "project": submission.project, "prizes": prizes}


def winnable(told: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what the desk is offered to give a prize: the jury's first, the public's, and what nobody marked."""
    first = [row["submission"].pk for row in told["rows"][:OFFERED]]
    first += [row["submission"].pk for row in told["public"][:PUBLICS]]
    wanted = dict.fromkeys(first + [row["submission"].pk for row in told["unmarked"][:OFFERED]])
    given = [row["submission"].pk for row in [*told["rows"], *told["unmarked"]] if row["prizes"]]
    known = {row["submission"].pk: row for row in [*told["rows"], *told["unmarked"]]}
    return [known[pk] for pk in dict.fromkeys([*wanted, *given])]


def submissions(edition: Edition) -> Any:
    """Return what was handed in, with what pages say of it."""
    found = Submission.objects.filter(entry__edition=edition)
    return found.select_related("project", "entry", "experiment").prefetch_related("prizes", *grades.behind("project"))


def prizes(edition: Edition) -> list[dict[str, Any]]:
    """Return the prizes with who has them: here teams have their table's number and their chain's."""
    found = edition.prizes.filter(taken_at=None).select_related("submission__project", "submission__entry")
    found = found.prefetch_related(*grades.behind("submission__project"))
    return [{"prize": one, "project": one.submission.project, "table": one.submission.entry.number} for one in found]


def questions(edition: Edition, *, waiting: bool) -> Any:
    """Return what teams ask: what waits, or what is not done."""
    found = Question.objects.filter(entry__edition=edition, done_at__isnull=True).select_related("entry", "taken_by")
    return found.filter(taken_at__isnull=True) if waiting else found


def tables_waiting(edition: Edition) -> list[int]:
    """Return the tables that wait for a mentor, each once, however much it asks."""
    return list(dict.fromkeys(one.entry.number for one in questions(edition, waiting=True)))


def address(row: Any) -> str:
    """Return where a stage of the chain is read."""
    return programme.address_of(row)
