"""What pages show of reviewers' marks."""

from typing import Any

from necmergitur.innovation import reviews, selection
from necmergitur.web.hackathon.showing import bar
from necmergitur.web.incubation import reviewing, words
from necmergitur.web.incubation.models import Application, Call
from necmergitur.web.store import CLOCK


def rows(call: Call) -> list[dict[str, Any]]:
    """Return applications by what reviewers say of them, best first; without names, so that marks alone speak."""
    found, known = reviewing.results(call), {str(one.pk): one for one in call.applications.all()}
    made = []
    for place, one in enumerate(found, 1):
        following = found[place] if place < len(found) else None
        made.append(
            {
                "place": place,
                "application": known[one.work],
                "result": one,
                "bar": bar(one),
                "even": following is not None and not reviews.apart(one, following),
            }
        )
    return made


def of(application: Application) -> dict[str, Any]:
    """Return what reviewers said of one application, once they may be heard, and whether it may be decided."""
    reading, now = reviewing.reading_of(application.call), CLOCK.now()
    blocked = selection.may_decide(reading, now)
    over = selection.is_over(reading, now)
    mine = [each for each in rows(application.call) if each["application"] == application] if over else []
    given = application.reviews.filter(done_at__isnull=False) if over else []
    return {
        "blocked": words.sentence(blocked) if blocked is not None else "",
        "reading": reading,
        "mark": mine[0] if mine else None,
        "said": [(each.number, reviews.value_of(each.marks), each.remark) for each in given],
    }
