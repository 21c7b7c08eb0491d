"""The jury: who may read what, what they gave, what it comes to, and what becomes of winners."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from necmergitur.innovation import chain, editions, reviews
from necmergitur.innovation.chain import ProjectState
from necmergitur.innovation.editions import Act
from necmergitur.innovation.reviews import Juror, Mark, Result
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.accounts.models import User
from necmergitur.web.hackathon import handing
from necmergitur.web.hackathon.models import Conflict, Edition, Helper, Prize, Review, Submission
from necmergitur.web.programme import making

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
    )


def works_of(edition: Edition) -> list[Submission]:
    """Return what was handed in."""
    found = Submission.objects.filter(entry__edition=edition).select_related("project", "entry__team")
    return list(found.prefetch_related("entry__members__participant"))


@transaction.atomic
def declare(juror: Helper, knows: str, now: datetime) -> None:
    """Keep whom a juror says they know; what they were asked to read of them, unread, is taken from them."""
    juror.knows, juror.declared_at = knows, now
    juror.save(update_fields=["knows", "declared_at"])
    _exclude(juror.edition)


@transaction.atomic
def recognise(review: Review, now: datetime) -> Refusal | None:
    """A juror saw whose work it is: they say so, and somebody else reads it, if somebody may."""
    refused = editions.may(Act.REVIEW, review.submission.entry.edition.dates, now)
    if refused is not None:
        return refused
    if review.done_at is not None:
        return Refusal(rule="review_done")
    edition, juror, submission = review.submission.entry.edition, review.juror, review.submission
    review.delete()
    Conflict.objects.get_or_create(juror=juror, submission=submission, defaults={"why": "declared"})
    held = list(edition_reviews(edition).values_list("juror_id", "submission_id"))
    each = max((sum(1 for _, s in held if s == one) for one in {s for _, s in held}), default=1)
    made = reviews.assign(
        [handing.work_of(submission)],
        [juror_of(one) for one in _jury(edition)],
        each,
        [(str(j), str(s)) for j, s in held],
    )
    if not isinstance(made, Refusal):
        _keep(edition, made)
    return None


@transaction.atomic
def assign(edition: Edition, each: int, now: datetime) -> int | Refusal:
    """Ask `each` jurors for every submission, conflicts excluded; return how many reviews were added."""
    refused = editions.may(Act.REVIEW, edition.dates, now)
    if refused is not None:
        return refused
    Edition.objects.select_for_update().get(pk=edition.pk)
    jury, works = _jury(edition), works_of(edition)
    if not works:
        return Refusal(rule="nothing_handed_in")
    if any(one.declared_at is None for one in jury):
        return Refusal(rule="jurors_undeclared")
    _exclude(edition)
    held = [(str(j), str(s)) for j, s in edition_reviews(edition).values_list("juror_id", "submission_id")]
    made = reviews.assign([handing.work_of(one) for one in works], [juror_of(one) for one in jury], each, held)
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
        refused = reviews.conflict(juror_of(review.juror), handing.work_of(review.submission))
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
    """Return every review of an edition."""
    return Review.objects.filter(submission__entry__edition=edition)


def results(edition: Edition) -> list[Result]:
    """Return what the jury's finished reviews come to, best first. The public's vote has no part in it."""
    done = edition_reviews(edition).filter(done_at__isnull=False)
    marks = [Mark(str(one.number), str(one.submission_id), reviews.value_of({**one.blind, **one.seen})) for one in done]
    return reviews.results(marks)


@transaction.atomic
def award(submission: Submission, title: str, why: str, now: datetime, by: User) -> Prize | Refusal:
    """Give a prize: the project is selected, so that an experiment may follow."""
    edition = submission.entry.edition
    refused = editions.may(Act.AWARD, edition.dates, now)
    if refused is not None:
        return refused
    if edition.prizes.filter(title=title).exists():
        return Refusal(rule="prize_given")
    if submission.project.state == ProjectState.SUBMITTED:
        making.move(submission.project, ProjectState.SELECTED, now, by)
    return Prize.objects.create(edition=edition, submission=submission, title=title, why=why, at=now)


@transaction.atomic
def draft_experiment(submission: Submission, now: datetime, by: User) -> Any:
    """Make a draft experiment of a project with a prize; the same one when it was made already."""
    held = Submission.objects.select_for_update(of=("self",)).select_related("project").get(pk=submission.pk)
    if held.experiment_id is not None:
        return held.experiment
    if not held.prizes.exists():
        return Refusal(rule="chain_not_ready", facts={"stage": chain.Stage.PROJECT.value})
    made = making.make(held.project, now, by, title=held.project.title)
    if isinstance(made, Refusal):
        return made
    held.experiment = made
    held.save(update_fields=["experiment"])
    return made


def _jury(edition: Edition) -> list[Helper]:
    return list(edition.helpers.filter(kind=JUROR).order_by("pk"))


def _exclude(edition: Edition) -> None:
    """Write every conflict down, and take back what was asked and not yet given in spite of it."""
    works = [(one, handing.work_of(one)) for one in works_of(edition)]
    for row in _jury(edition):
        juror = juror_of(row)
        for submission, work in works:
            found = reviews.conflict(juror, work)
            if found is not None:
                Review.objects.filter(juror=row, submission=submission, done_at__isnull=True).delete()
                Conflict.objects.get_or_create(juror=row, submission=submission, defaults={"why": found.facts["why"]})


def _keep(edition: Edition, pairs: list[tuple[str, str]]) -> None:
    known = dict(edition_reviews(edition).filter(juror__isnull=False).values_list("juror_id", "number"))
    numbers = {str(key): value for key, value in known.items()}
    last = edition_reviews(edition).aggregate(last=Max("number"))["last"] or 0
    for juror_id, submission_id in pairs:
        if juror_id not in numbers:
            last += 1
            numbers[juror_id] = last
        Review.objects.create(juror_id=juror_id, submission_id=submission_id, number=numbers[juror_id])
