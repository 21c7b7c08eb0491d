"""The jury: who may read what, what they gave, and what it comes to."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction

from necmergitur.innovation import editions, reviews
from necmergitur.innovation.editions import Act
from necmergitur.innovation.reviews import Mark, Result, mailbox, plain
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.hackathon import handing
from necmergitur.web.hackathon.models import Conflict, Edition, Helper, Review, Submission
from necmergitur.web.programme.panel import Panel, unsaid

JUROR = Helper.Kind.JUROR


PANEL = Panel(reviews=Review, conflicts=Conflict, reader="juror", work="submission")


def conflicts_of(jury: list[Helper], works: list[Submission]) -> dict[tuple[str, str], str]:
    """Return who may not review what, and why: what the rules say, or that they helped its team as a mentor."""
    found = reviews.conflicts(PANEL.jurors(jury), [handing.work_of(one) for one in works])
    mentors: dict[Any, set[str]] = {}
    answered = Helper.objects.filter(questions__entry__in=[one.entry_id for one in works])
    for entry, name, email in answered.values_list("questions__entry", "name", "email").distinct():
        mentors.setdefault(entry, set()).update((plain(name), mailbox(email)))
    for row in jury if mentors else ():
        known = {plain(row.name), *([mailbox(row.email)] if "@" in row.email else [])}
        for work in works:
            if known & mentors.get(work.entry_id, set()):
                found.setdefault((str(row.pk), str(work.pk)), "mentored")
    return found


def works_of(edition: Edition) -> list[Submission]:
    """Return what was handed in."""
    found = Submission.objects.filter(entry__edition=edition).select_related("project", "entry__team")
    return list(found.prefetch_related("entry__members__participant"))


@transaction.atomic
def declare(juror: Helper, knows: str, now: datetime) -> Refusal | None:
    """Keep whom a juror says they know; what they were asked to read of them goes to somebody else, if somebody may.

    Return why not, when nobody may; what was said is kept all the same. Marks they gave count for nothing then, unless
    the time for marks is over: they stand, whoever is thought of later.
    """
    edition = Edition.objects.select_for_update().get(pk=juror.edition_id)
    juror.knows, juror.declared_at = knows, now
    juror.save(update_fields=["knows", "declared_at"])
    before, asked = held(edition), set(_counting(juror))
    exclude(edition, [juror], now)
    return refill(edition, asked - set(_counting(juror)), before, now)


@transaction.atomic
def recognise(review: Review, now: datetime) -> Refusal | None:
    """A juror saw whose work it is: they say so, and somebody else reads it, if somebody may."""
    refused = editions.may(Act.REVIEW, review.submission.entry.edition.dates, now)
    if refused is not None:
        return refused
    if review.done_at is not None:
        return Refusal(rule="review_done")
    edition, submission = review.submission.entry.edition, review.submission
    Edition.objects.select_for_update().get(pk=edition.pk)
    PANEL.recognised(review)
    before = held(edition)
    exclude(edition, _said(edition), now)
    refill(edition, [submission.pk], before, now)
    return None


def refill(edition: Edition, taken: Iterable[Any], before: list[tuple[str, str]], now: datetime) -> Refusal | None:
    """Ask somebody else for what was taken from a juror, so that each work has as many as works had `before`.

    The caller holds the edition. Return why a work stays short of one, while the jury reads.
    """
    if editions.may(Act.REVIEW, edition.dates, now) is not None:
        return None
    each, refused = max(Counter(work for _, work in before).values(), default=1), None
    for work in Submission.objects.filter(pk__in=taken).select_related("entry"):
        made = _ask(edition, [work], _said(edition), each)
        if isinstance(made, Refusal):
            refused = made
    return refused


@transaction.atomic
def assign(edition: Edition, each: int, now: datetime) -> int | Refusal:
    """Ask `each` jurors for every submission, conflicts excluded; return how many reviews were added."""
    refused = editions.may(Act.REVIEW, edition.dates, now)
    if refused is not None:
        return refused
    Edition.objects.select_for_update().get(pk=edition.pk)
    jury, works = jury_of(edition), works_of(edition)
    if not works:
        return Refusal(rule="nothing_handed_in")
    waiting = unsaid(jury, "jurors_undeclared")
    if waiting is not None:
        return waiting
    exclude(edition, jury, now)
    return _ask(edition, works, jury, each)


@transaction.atomic
def mark(review_id: int, given: dict[str, float], remark: str, now: datetime) -> Review | Refusal:
    """Keep a juror's marks of the next step. Marks given stand; a friend's work is refused whatever was asked."""
    review = Review.objects.select_for_update(of=("self",)).select_related("juror", "submission").get(pk=review_id)
    edition = review.submission.entry.edition
    refused = editions.may(Act.REVIEW, edition.dates, now)
    if refused is None and review.done_at is not None:
        refused = Refusal(rule="review_done")
    if refused is None and review.juror is not None:
        if review.juror.declared_at is None:
            refused = Refusal(rule="juror_undeclared")
        else:
            why = next(iter(conflicts_of([review.juror], [review.submission]).values()), None)
            refused = None if why is None else Refusal(rule="review_conflict", facts={"why": why})
    step = reviews.SEEN if review.blind_at else reviews.BLIND
    if refused is None:
        refused = reviews.check_marks(given, step)
    if refused is not None:
        return refused
    if review.blind_at is None:
        review.blind, review.blind_at = given, now
    else:
        review.seen, review.remark, review.done_at = given, remark, now
    review.save()
    return review


def edition_reviews(edition: Edition) -> Any:
    """Return every review of an edition that counts."""
    return _asked(edition).filter(void_at=None)


def results(edition: Edition) -> list[Result]:
    """Return what the jury's finished reviews come to, best first. The public's vote has no part in it."""
    done = edition_reviews(edition).filter(done_at__isnull=False)
    marks = [Mark(str(one.number), str(one.submission_id), reviews.value_of({**one.blind, **one.seen})) for one in done]
    return reviews.results(marks)


def jury_of(edition: Edition) -> list[Helper]:
    """Return the jurors of an edition."""
    return list(edition.helpers.filter(kind=JUROR).order_by("pk"))


def exclude(edition: Edition, jury: list[Helper], now: datetime) -> None:
    """Write conflicts down; what was asked in spite of one is taken back, and marks given so count for nothing."""
    found = conflicts_of(jury, works_of(edition))
    stay = PANEL.exclude(found, _asked(edition).filter(juror__in=jury), marked_stay=True)
    if editions.may(Act.REVIEW, edition.dates, now) is None:
        stay.filter(void_at=None).update(void_at=now)


def _said(edition: Edition) -> list[Helper]:
    """Return who said whom they know: nobody else is given anything, however late they joined."""
    return [one for one in jury_of(edition) if one.declared_at is not None]


def _counting(juror: Helper) -> list[Any]:
    return list(juror.reviews.filter(void_at=None).values_list("submission_id", flat=True))


def held(edition: Edition) -> list[tuple[str, str]]:
    """Return who reads what, of what counts."""
    return PANEL.held(edition_reviews(edition))


def _ask(edition: Edition, works: list[Submission], jury: list[Helper], each: int) -> int | Refusal:
    """Ask for reviews; conflicts written down, a team's mentors among them, are as if declared."""
    told = [handing.work_of(one) for one in works]
    return PANEL.ask(told, PANEL.jurors(jury, written=True), each, held(edition), _asked(edition))


def _asked(edition: Edition) -> Any:
    """Return every review of an edition, also those that count for nothing."""
    return Review.objects.filter(submission__entry__edition=edition)
