"""Selection by blind review: who may read what, what they gave, what it comes to.

The rules are those of the hackathon's jury (`innovation/reviews.py`); when they apply is `innovation/selection.py`.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from necmergitur.innovation import reviews, selection, texts
from necmergitur.innovation.phases import OVER
from necmergitur.innovation.reviews import Author, Mark, Result, Work
from necmergitur.innovation.selection import Reading
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.accounts.models import User
from necmergitur.web.commons import bookings
from necmergitur.web.incubation import office, writing
from necmergitur.web.incubation.models import Application, Booking, Call, Conflict, Helper, Review, Step
from necmergitur.web.letters import sending
from necmergitur.web.programme import links, making
from necmergitur.web.programme.panel import Panel, unsaid
from necmergitur.web.store import store

REVIEWER, MENTOR = Helper.Kind.REVIEWER, Helper.Kind.MENTOR
KEPT = timedelta(days=365)  # ours: as long as applicants are
PANEL = Panel(reviews=Review, conflicts=Conflict, reader="reviewer", work="application", has_houses=True)


def helper_of(token: str, kind: str) -> Helper | None:
    """Return whose link it is."""
    return Helper.objects.select_related("call").filter(link_hash=links.digest(token), kind=kind).first()


@transaction.atomic
def invite(call: Call, said: dict[str, Any], now: datetime) -> tuple[Helper, str] | Refusal:
    """Add a reviewer or a mentor; return them and their private link's token. Nobody reads twice by two links."""
    held = Call.objects.select_for_update().get(pk=call.pk)
    ended = held.read_by is not None and now >= held.read_by
    if said["kind"] == REVIEWER and (ended or held.applications.exclude(accepted=None).exists()):
        return Refusal(rule="reading_late")
    email = said.get("email", "")
    known = call.helpers.filter(kind=said["kind"]).exclude(email="")
    if email and reviews.mailbox(email) in {reviews.mailbox(one.email) for one in known}:
        return Refusal(rule="helper_known")
    pk = store().ids.new()
    token = links.own("reader", pk)
    made = Helper.objects.create(id=pk, call=call, link_hash=links.digest(token), added_at=now, **said)
    sending.tell("reader", str(pk), made.email, made.language, ["reader", str(pk)], now)
    return made, token


def authors_of(application: Application) -> tuple[Author, ...]:
    """Return whose application it is, as reviews compare them: the person, their company, where its mail lives."""
    house = reviews.house_of(application.contact_email)
    person = Author(application.contact_name, application.contact_email, application.organisation)
    return (person, Author(house, "")) if house else (person,)


def work_of(application: Application) -> Work:
    """Return an application with its people."""
    return Work(id=str(application.pk), authors=authors_of(application))


def told_by(said: dict[str, Any]) -> list[str]:
    """Return what of whoever applies their words tell, so that the review stays blind."""
    text = f"{said['title']}\n{said['summary']}"
    people = reviews.names_in(text, [Author(said["contact_name"], said["contact_email"])])
    return [*people, *reviews.company_in(text, said["organisation"], said["contact_email"])]


def same_as(call: Call, said: dict[str, Any]) -> Application | None:
    """Return an application of the same company that says the same: by its title, or by nearly all of its words."""
    title, number = reviews.plain(said["title"]), texts.simhash(said["summary"])
    firm = reviews.company(said["organisation"])
    for one in call.applications.all():
        if reviews.company(one.organisation) == firm and (
            reviews.plain(one.title) == title or texts.near(number, texts.simhash(one.summary))
        ):
            return one
    return None


def reading_of(call: Call) -> Reading:
    """Return how far the reviewers of a call are."""
    rows = _asked(call)
    invited = len(_reviewers(call))
    return Reading(call.closes_at, call.read_by, rows.count(), rows.filter(done_at__isnull=False).count(), invited)


@transaction.atomic
def assign(call: Call, each: int, now: datetime, by: User) -> int | Refusal:
    """Ask `each` reviewers for every application, conflicts excluded; return how many reviews were added."""
    held = Call.objects.select_for_update().get(pk=call.pk)
    waiting = list(held.applications.filter(accepted=None))
    refused = selection.may_read(reading_of(held), now, decided=held.applications.exclude(accepted=None).exists())
    if refused is not None:
        return refused
    if not waiting:
        return Refusal(rule="nobody_applied")
    people = _reviewers(held)
    silent = unsaid(people, "reviewers_undeclared")
    if silent is not None:
        return silent
    _exclude(held)
    made = _ask(held, waiting, people, each)
    if isinstance(made, Refusal):
        return made
    held.each = each
    held.save(update_fields=["each"])
    writing.tell_readers(held, now)
    making.note(held.challenge, "call:read", by, now)
    return made


@transaction.atomic
def declare(reviewer: Helper, knows: str, now: datetime) -> None:
    """Keep whom a reviewer says they know; what they read of them goes to others, marks and all."""
    call = Call.objects.select_for_update().get(pk=reviewer.call_id)
    reviewer.knows, reviewer.declared_at = knows, now
    reviewer.save(update_fields=["knows", "declared_at"])
    # Marks that stand when the reading is over are not taken away by a name that is thought of later.
    if not call.each or selection.may_read(reading_of(call), now, decided=False) is None:
        _exclude(call)
        _refill(call, now)


@transaction.atomic
def recognise(review: Review, now: datetime) -> Refusal | None:
    """A reviewer saw whose application it is: they say so, and somebody else reads it, if somebody may."""
    call = Call.objects.select_for_update().get(pk=review.application.call_id)
    refused = selection.may_read(reading_of(call), now, decided=review.application.accepted is not None)
    if refused is not None:
        return refused
    if review.done_at is not None:
        return Refusal(rule="review_done")
    PANEL.recognised(review)
    _refill(call, now)
    return None


@transaction.atomic
def mark(review_id: int, given: dict[str, float], remark: str, now: datetime) -> Review | Refusal:
    """Keep a reviewer's marks, once. An application of a friend is refused whatever was asked."""
    found = Review.objects.select_related("application__call").get(pk=review_id)
    call = Call.objects.select_for_update().get(pk=found.application.call_id)
    review = Review.objects.select_for_update(of=("self",)).select_related("reviewer", "application").get(pk=review_id)
    # Marks that were given stand, also when the reading is over because of them.
    refused = Refusal(rule="review_done") if review.done_at is not None else None
    if refused is None:
        refused = selection.may_read(reading_of(call), now, decided=review.application.accepted is not None)
    if refused is None and review.reviewer is not None:
        [reader] = PANEL.jurors([review.reviewer])
        refused = reviews.conflict(reader, work_of(review.application))
    if refused is None:
        refused = reviews.check_marks(given, reviews.APPLIED)
    if refused is not None:
        return refused
    review.marks, review.remark, review.done_at = given, remark, now
    review.save()
    return review


def results(call: Call) -> list[Result]:
    """Return what finished reviews come to, best first."""
    done = _asked(call).filter(done_at__isnull=False)
    return reviews.results(
        [Mark(str(one.number), str(one.application_id), reviews.value_of(one.marks)) for one in done]
    )


@transaction.atomic
def end(call: Call, now: datetime) -> Refusal | None:
    """End the reading: what nobody marked is taken back, and the marks may be looked at."""
    held = Call.objects.select_for_update().get(pk=call.pk)
    refused = selection.may_read(reading_of(held), now, decided=False)
    if refused is not None:
        return refused
    held.read_by = now
    held.save(update_fields=["read_by"])
    return None


@transaction.atomic
def erase(helper: Helper, now: datetime) -> Refusal | None:
    """Erase a reviewer or a mentor. Marks they gave stay, by a number; what they did not read goes to others.

    Half hours to come with a mentor are called off, and their projects told. Return why an application stays short of
    a reviewer.
    """
    call = Call.objects.select_for_update().get(pk=helper.call_id)
    booked = Booking.objects.filter(slot__mentor=helper)
    for pk in list(booked.values_list("pk", flat=True)):
        office.cancel(booked, pk, now, by_mentor=True)
    bookings.forget([helper.pk], now)
    helper.reviews.filter(done_at=None).delete()
    helper.delete()
    return _refill(call, now) if helper.kind == REVIEWER else None


@transaction.atomic
def disinvite(call: Call, pk: UUID, now: datetime, by: User) -> Refusal | None:
    """Take an invitation back: the desk erases a reviewer or a mentor as they would erase themselves.

    Return why an application stays short of a reviewer. Of two presses one does it.
    """
    held = Call.objects.select_for_update().get(pk=call.pk)
    helper = held.helpers.filter(pk=pk).first()
    if helper is None:
        return None
    short = erase(helper, now)
    making.note(held.challenge, "call:helper:taken_back", by, now, helper=str(pk), kind=helper.kind)
    return short


def sweep(now: datetime) -> int:
    """Erase helpers of calls that closed a year ago, mentors a year after the last project ended; return how many."""
    before = now - KEPT
    ended = Step.objects.filter(project=OuterRef("project"), phase__in=OVER, at__lte=before)
    accompanied = Application.objects.filter(~Exists(ended), call=OuterRef("call"), accepted=True)
    closed = Helper.objects.filter(call__closes_at__lte=before, added_at__lte=before)
    old = list(closed.filter(Q(kind=REVIEWER) | ~Exists(accompanied)))
    for one in old:
        erase(one, now)
    return len(old)


def _reviewers(call: Call) -> list[Helper]:
    return list(call.helpers.filter(kind=REVIEWER).order_by("pk"))


def _asked(call: Call) -> Any:
    """Return every review of a call."""
    return Review.objects.filter(application__call=call)


def _ask(call: Call, waiting: list[Application], people: list[Helper], each: int) -> int | Refusal:
    """Ask for reviews; conflicts written down are as if declared."""
    told = [work_of(one) for one in waiting]
    return PANEL.ask(told, PANEL.jurors(people, written=True), each, PANEL.held(_asked(call)), _asked(call))


def _exclude(call: Call) -> None:
    """Write every conflict down, and take back what was asked in spite of it, marks too: nobody counts for a friend."""
    waiting = [work_of(one) for one in call.applications.filter(accepted=None)]
    found = reviews.conflicts(PANEL.jurors(_reviewers(call)), waiting)
    PANEL.exclude(found, _asked(call), marked_stay=False)


def _refill(call: Call, now: datetime) -> Refusal | None:
    """Ask others for what was taken from somebody, if somebody may; return why an application stays short of one."""
    waiting = list(call.applications.filter(accepted=None))
    if not call.each or selection.may_read(reading_of(call), now, decided=False) is not None:
        return None
    people, refused = [one for one in _reviewers(call) if one.declared_at is not None], None
    for application in waiting:
        made = _ask(call, [application], people, call.each)
        if isinstance(made, Refusal):
            refused = made
        else:
            writing.tell_readers(call, now)
    return refused
