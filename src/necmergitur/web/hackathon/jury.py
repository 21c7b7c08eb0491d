"""The jury: who may read what, what they gave, and what it comes to."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from django.db import transaction
from django.db.models import Max

from necmergitur.innovation import editions, reviews
from necmergitur.innovation.editions import Act
from necmergitur.innovation.reviews import Juror, Mark, Result, Work, mailbox, plain
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.hackathon import handing
from necmergitur.web.hackathon.models import Conflict, Edition, Helper, Review, Submission

JUROR = Helper.Kind.JUROR


def juror_of(row: Helper) -> Juror:
    """Return a juror as the rules read them."""
    declared = row.conflicts.filter(why="declared").values_list("submission_id", flat=True)
    return Juror(
        id=str(row.pk),
        email=row.email,
        organisation=row.organisation,
        knows=frozenset(line.strip() for line in row.knows.splitlines() if line.strip()),
        declared=frozenset(str(one) for one in declared),
        name=row.name,
    )


def conflict_of(row: Helper, work: Work, mentors: list[Helper]) -> Refusal | None:
    """Return why a juror may not review a work: what the rules say, or that they helped its team as a mentor."""
    found = reviews.conflict(juror_of(row), work)
    if found is not None:
        return found
    for mentor in mentors:
        same = "@" in row.email and mailbox(mentor.email) == mailbox(row.email)
        if same or plain(mentor.name) == plain(row.name):
            return Refusal(rule="review_conflict", facts={"why": "mentored"})
    return None


def mentors_of(submission: Submission) -> list[Helper]:
    """Return who answered a question of the team."""
    return list(Helper.objects.filter(questions__entry=submission.entry_id).distinct())


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
    edition, juror, submission = review.submission.entry.edition, review.juror, review.submission
    Edition.objects.select_for_update().get(pk=edition.pk)
    review.delete()
    Conflict.objects.get_or_create(juror=juror, submission=submission, defaults={"why": "declared"})
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
        made = _assigned([work], _said(edition), each, held(edition))
        if isinstance(made, Refusal):
            refused = made
        else:
            _keep(edition, made)
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
    if any(one.declared_at is None for one in jury):
        return Refusal(rule="jurors_undeclared")
    exclude(edition, jury, now)
    made = _assigned(works, jury, each, held(edition))
    if isinstance(made, Refusal):
        return made
    _keep(edition, made)
    return len(made)


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
            refused = Refusal(rule="jurors_undeclared")
        else:
            refused = conflict_of(review.juror, handing.work_of(review.submission), mentors_of(review.submission))
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
    return Review.objects.filter(submission__entry__edition=edition, void_at=None)


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
    reading = editions.may(Act.REVIEW, edition.dates, now) is None
    works = [(one, handing.work_of(one), mentors_of(one)) for one in works_of(edition)]
    for row in jury:
        for submission, work, mentors in works:
            found = conflict_of(row, work, mentors)
            if found is None:
                continue
            asked = Review.objects.filter(juror=row, submission=submission)
            asked.filter(done_at__isnull=True).delete()
            Conflict.objects.get_or_create(juror=row, submission=submission, defaults={"why": found.facts["why"]})
            if reading:
                asked.filter(void_at=None).update(void_at=now)


def _said(edition: Edition) -> list[Helper]:
    """Return who said whom they know: nobody else is given anything, however late they joined."""
    return [one for one in jury_of(edition) if one.declared_at is not None]


def _counting(juror: Helper) -> list[Any]:
    return list(juror.reviews.filter(void_at=None).values_list("submission_id", flat=True))


def held(edition: Edition) -> list[tuple[str, str]]:
    """Return who reads what. Marks of jurors who were erased count as read, each of them for one."""
    rows = edition_reviews(edition).values_list("juror_id", "number", "submission_id")
    return [(str(juror) if juror else f"erased {number}", str(work)) for juror, number, work in rows]


def _assigned(
    works: list[Submission], jury: list[Helper], each: int, held: list[tuple[str, str]]
) -> list[tuple[str, str]] | Refusal:
    """Return who reads what besides; conflicts written down, a team's mentors among them, are as if declared."""
    written: dict[Any, set[str]] = {row.pk: set() for row in jury}
    for juror_id, work in Conflict.objects.filter(juror__in=jury).values_list("juror_id", "submission_id"):
        written[juror_id].add(str(work))
    jurors = [msgspec.structs.replace(juror_of(row), declared=frozenset(written[row.pk])) for row in jury]
    return reviews.assign([handing.work_of(one) for one in works], jurors, each, held)


def _keep(edition: Edition, pairs: list[tuple[str, str]]) -> None:
    rows = Review.objects.filter(submission__entry__edition=edition)
    known = dict(rows.filter(juror__isnull=False).values_list("juror_id", "number"))
    numbers = {str(key): value for key, value in known.items()}
    last = rows.aggregate(last=Max("number"))["last"] or 0
    for juror_id, submission_id in pairs:
        if juror_id not in numbers:
            last += 1
            numbers[juror_id] = last
        Review.objects.create(juror_id=juror_id, submission_id=submission_id, number=numbers[juror_id])
