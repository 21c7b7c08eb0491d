"""A hackathon's papers: a certificate behind its private link, all of them for the desk, the prizes for everybody."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.formats import date_format, number_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from necmergitur.innovation import editions
from necmergitur.innovation.editions import Act
from necmergitur.web.accounts.rules import require
from necmergitur.web.hackathon import jury, mine, pages, people, showing
from necmergitur.web.hackathon.models import Edition
from necmergitur.web.papers.answering import answer, in_language
from necmergitur.web.papers.paper import Paper
from necmergitur.web.portal.templatetags.nec import said
from necmergitur.web.programme import rights
from necmergitur.web.store import CLOCK

PUBLIC_SHOWN = 10  # as on the page


@never_cache
@require_safe
def certificate(request: HttpRequest, link: str) -> HttpResponse:
    """One participant's certificate as a file. Only for whoever was there."""
    person = people.of_link(link)
    if person is None or not mine.has_certificate(person, CLOCK.now()):
        return pages.unknown(request)
    with in_language(request):
        paper = _certificates(person.edition, [mine.certified(person)])
    return pages.private(answer(paper, f"certificate-{person.edition.slug}"))


@require(rights.may_run)
@never_cache
@require_safe
def certificates(request: HttpRequest, slug: str) -> HttpResponse:
    """The certificates of everybody who was there, a page each, to print in the hall.

    Raises Http404 without any, and before the hackathon took place.
    """
    found = pages.edition_of(slug)
    there = found.participants.filter(checked_in_at__isnull=False).exclude(name="").order_by("name")
    told = mine.certified_all(found, there)
    if not told or editions.may(Act.AWARD, found.dates, CLOCK.now()) is not None:
        raise Http404
    with in_language(request):
        return pages.private(answer(_certificates(found, told), f"certificates-{slug}"))


def _certificates(edition: Edition, told: list[dict[str, Any]]) -> bytes:
    day = date_format(localtime(edition.work_at), "j F Y")
    paper = Paper(f"{_('Certificate')} · {edition.title}", edition.work_at, foot=edition.title, orientation="landscape")
    for number, one in enumerate(told):
        if number:
            paper.next_page()
        _certificate(paper, f"{edition.title} · {edition.place} · {day}", one)
    return paper.bytes()


def _certificate(paper: Paper, where: str, one: dict[str, Any]) -> None:
    paper.gap(34)
    paper.say(where, align="C")
    paper.gap(6)
    paper.title(_("Certificate"), align="C")
    paper.gap(8)
    paper.title(one["person"].name, align="C", level=2)
    paper.say(_("took part in this hackathon of the innovation programme."), align="C")
    paper.gap(10)
    if one["entry"]:
        challenge = one["entry"].team.challenge
        rows = [(_("Challenge"), f"{challenge.number} · {challenge.title}")]
        if one["submission"]:
            rows.append((_("Project"), one["submission"].project.title))
        rows += [(_("Prize"), prize.title) for prize in one["prizes"]]
        for name, value in rows:
            paper.say(said(name, value), align="C")


@never_cache
@require_safe
def results(request: HttpRequest, slug: str) -> HttpResponse:
    """Prizes and marks as a file, once they are public. Raises Http404 before."""
    found, now = pages.edition_of(slug), CLOCK.now()
    if found.published_at is None or editions.may(Act.AWARD, found.dates, now) is not None:
        raise Http404
    with in_language(request):
        page = request.build_absolute_uri(reverse("hackathon:results", args=[slug]))
        shown = showing.results(found, jury.results(found))
        return answer(_results(found, shown, page), f"results-{slug}")


def _results(edition: Edition, shown: dict[str, Any], page: str) -> bytes:
    assert edition.published_at is not None
    name, day = pgettext("hackathon", "Results"), date_format(localtime(edition.published_at), "j F Y")
    paper = Paper(f"{name} · {edition.title}", edition.published_at, foot=f"{edition.title} · {name} · {day}")
    paper.title(said(edition.title, name))
    paper.say(f"{edition.place} · {day}", bold=True)
    paper.heading(_("Prizes"))
    for one in shown["prizes"]:
        paper.say(said(one["prize"].title, one["project"].title), bold=True)
        paper.say(f"{_('Table %(n)s') % {'n': one['table']}} · {one['project'].number}")
        paper.say(one["prize"].why)
    if not shown["prizes"]:
        paper.say(pgettext("prizes", "None yet."))
    paper.heading(_("What the jury says"))
    paper.say(_("Strict and lenient jurors are levelled. Between the two marks it lies 95 times of 100."))
    head = [
        pgettext("rank", "Place"),
        _("Project"),
        _("Mark"),
        _("How sure"),
        _("How far jurors were apart"),
        _("Reviews"),
    ]
    rows = [
        (
            row["place"],
            f"{row['project'].number} · {row['project'].title}",
            number_format(row["result"].mark, 1),
            _between(row["result"].low, row["result"].high) + (f" ({_('even with the next')})" if row["even"] else ""),
            _between(row["result"].least, row["result"].most),
            row["result"].reviews,
        )
        for row in shown["rows"]
    ]
    paper.table("", head, rows, (0.08, 0.38, 0.09, 0.2, 0.15, 0.1))
    if shown["unmarked"]:
        works = [f"{row['project'].number} · {row['project'].title}" for row in shown["unmarked"]]
        paper.say(f"{_('Marked by no juror, and so without a place:')} {', '.join(works)}")
    paper.heading(_("What the public says"))
    voices = shown["voices"]
    counted = ngettext("%(n)s vote, counted apart from the jury.", "%(n)s votes, counted apart from the jury.", voices)
    paper.say(counted % {"n": voices})
    most = shown["public"][:PUBLIC_SHOWN]
    public = [(place, row["project"].title, row["voices"]) for place, row in enumerate(most, 1)]
    if public:
        paper.table(
            "", [pgettext("rank", "Place"), _("Project"), pgettext("hackathon", "Votes")], public, (0.12, 0.7, 0.18)
        )
    paper.link(page, page)
    return paper.bytes()


def _between(low: float, high: float) -> str:
    return f"{number_format(low, 1)}–{number_format(high, 1)}"
