"""A report as a paper: the values its page shows, set for print, with what it takes to check them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from necmergitur.web.facts.models import Trial
from necmergitur.web.papers.answering import answer, in_language
from necmergitur.web.papers.paper import Paper
from necmergitur.web.portal.templatetags.nec import said
from necmergitur.web.programme.models import Experiment
from necmergitur.web.store import CLOCK
from necmergitur.web.trials import papering, showing

WIDTHS = (0.16, 0.06, 0.08, 0.07, 0.09, 0.14, 0.14, 0.1, 0.08, 0.08)


@never_cache
@require_safe
def pdf(request: HttpRequest, pk: UUID, which: str) -> HttpResponse:
    """The final report, or the mid-term one, as a file. Raises Http404 for one that was not made."""
    row, found = get_object_or_404(Experiment, pk=pk), get_object_or_404(Trial, id=pk)
    with in_language(request):
        shown = showing.whole(found, CLOCK.now())
        if shown[which] is None:
            raise Http404
        site = request.build_absolute_uri("/").rstrip("/")
        return answer(written(row, shown, which, site), f"{row.number}-{which}")


def moment(at: datetime) -> str:
    """Return a moment as papers say it."""
    return date_format(localtime(at), "SHORT_DATETIME_FORMAT")


def name_of(shown: dict[str, Any], which: str) -> str:
    """Return what a report is called, as its page calls it."""
    if which == "midterm":
        return _("Mid-term report")
    return pgettext("experiment", "Report") if shown["is_fixed"] else pgettext("experiment", "Report so far")


def written(row: Experiment, shown: dict[str, Any], which: str, site: str) -> bytes:
    """Return the file. Of what is said after the report only the exit is in it. `site`: where the pages are."""
    report, name = shown[which], name_of(shown, which)
    dated = f"{name} · {moment(report['at'])}"
    paper = Paper(said(f"{row.number} · {row.title}", name), report["at"], foot=f"{row.number} · {dated}")
    paper.title(f"{row.number} · {row.title}")
    paper.say(f"{dated} · {report['outcome'][1]}", bold=True)
    if report["few"]:
        paper.say(report["few"], bold=True)
    if which == "report":
        paper.say(shown["why"])
    paper.pairs([(pgettext("party", "Company"), papering.company_of(row))])
    if which == "report" and shown["how"]:
        exit_ = f"{shown['how']}. {shown['trial'].exit_reason}"
        paper.pairs([(pgettext("experiment", "How it ends"), exit_)])
    paper.say(
        _(
            "Every figure is computed from facts of the record: what the vendor's own key said when our gate heard it, "
            "against what the city's observer noted. Nothing the vendor says of itself counts."
        )
    )
    _figures(paper, report)
    _protocol(paper, shown)
    _check(paper, row, shown, report, site)
    return paper.bytes()


def _figures(paper: Paper, report: dict[str, Any]) -> None:
    goal = pgettext("experiment", "Goal")
    head = [pgettext("experiment", "Figure"), goal, _("Measured"), pgettext("experiment", "Outcome")]
    goals = [(one["name"], one["goal"], one["value"], one["state"][1]) for one in report["goals"]]
    paper.table(_("Goals of the protocol"), head, goals, (0.4, 0.22, 0.18, 0.2))
    head = [
        pgettext("experiment", "Use"),
        pgettext("experiment", "Heard"),
        pgettext("experiment", "Alarms"),
        _("Not judged"),
        pgettext("experiment", "Repeats"),
        pgettext("share", "Right alarms"),
        pgettext("share", "Told of"),
        _("False alarms per operator-hour"),
        _("Delay, half"),
        _("Delay, 95 of 100"),
    ]
    paper.table(
        _("By use and site, with intervals that hold 95 times of 100"),
        head,
        [
            (
                f"{each['use']} · {each['site']}" if each["site"] else each["use"],
                each["of"].advice,
                each["of"].alarms,
                each["of"].unjudged,
                each["of"].repeats,
                each["precision"],
                each["recall"],
                each["false_per_hour"],
                each["p50"],
                each["p95"],
            )
            for each in report["rows"]
        ],
        WIDTHS,
    )
    if report["is_judged_once"]:
        paper.say(
            _(
                "An event that was seen makes one alarm right. A further one within it is a repeat: neither right nor "
                "false, and no part of any share or of the rule that stops it."
            ),
            small=True,
        )
    if report["is_stood_counted"]:
        paper.say(
            _(
                "An alarm tells of an event when it begins within the tolerance of it. One that began earlier and "
                "still stands tells of nothing new: such an event is not told of, and is counted apart."
            ),
            small=True,
        )
    if report["shares"] is not None:
        paper.draw(report["shares"])
    costs = "".join(f" · {said(name, euros)}" for name, euros in report["costs"])
    paper.pairs(
        [
            (_("Operator-hours"), report["hours"]),
            (_("Cost to the city (euros)"), f"{report['cost']}{costs}"),
            (pgettext("experiment", "Complaints"), report["figures"].complaints),
            (_("Notes taken back"), report["figures"].withdrawn),
            (_("Complaints taken back"), report["figures"].unmade),
            *(
                [(_("Events while an earlier alarm still stood"), report["figures"].total.stood)]
                if report["is_stood_counted"]
                else []
            ),
        ]
    )
    paper.heading(_("The rule that stops it"), 3)
    paper.draw(report["odds"], above=report["odds_said"])
    paper.heading(_("What the vendor said against what was seen"), 3)
    paper.draw(report["evening"], below=report["evening"].said)


def _protocol(paper: Paper, shown: dict[str, Any]) -> None:
    told = shown["written"]
    paper.heading(pgettext("experiment", "Protocol"))
    paper.pairs(
        [
            (_("SHA-256 of its text"), shown["trial"].digest),
            (pgettext("protocol", "Fixed"), moment(shown["trial"].frozen_at)),
            (pgettext("experiment", "Mode"), told["mode"]),
            (_("From when"), moment(told["starts"])),
            (_("Until when"), moment(told["ends"])),
            *told["pairs"],
            *((pgettext("experiment", "Hypothesis"), one) for one in told["hypotheses"]),
            *told["goals"],
            *((_("Key of the vendor"), f"{sensor} · {use} · {place}") for sensor, use, place in told["sources"]),
        ]
    )


def _check(paper: Paper, row: Experiment, shown: dict[str, Any], report: dict[str, Any], site: str) -> None:
    paper.heading(_("How to check it"))
    page, text = reverse("trials:one", args=[row.pk]), reverse("trials:text", args=[row.pk])
    numbers = {"protocol": shown["protocol_seq"], "report": report["seq"]}
    paper.say(
        _(
            "The protocol's text, to the byte, is at the address below: its SHA-256 is the one above, and stands in "
            "fact %(protocol)s of the city's public log, from before the vendor said anything."
        )
        % numbers
    )
    is_other = report["seq"] is not None and report["recorded"] != report["digest"]
    if is_other:
        paper.say(
            _(
                "These figures are not what is on record: the hash in fact %(report)s of the log is another. Both are "
                "below."
            )
            % numbers,
            bold=True,
        )
    elif report["seq"] is not None:
        paper.say(
            _(
                "The hash of these figures stands in fact %(report)s of the log. Whoever computes them again from the "
                "experiment's facts finds the same; whoever takes this file again from the page gets the same bytes."
            )
            % numbers
        )
    else:
        paper.say(_("These figures are not final: they change with what is still said and noted."))
    paper.pairs(
        [
            (_("SHA-256 of the figures"), report["digest"]),
            *([(_("SHA-256 on record"), report["recorded"])] if is_other else []),
            (_("The page"), site + page),
            (_("The protocol's text"), site + text),
            (_("Proof of the protocol"), f"{site}/log/proof/{shown['protocol_seq']}.json"),
            *([(_("Proof of the report"), f"{site}/log/proof/{report['seq']}.json")] if report["seq"] else []),
            (_("How to verify the log"), f"{site}/log/verify/"),
        ]
    )
