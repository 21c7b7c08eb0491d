"""People of an edition: they apply, are met at the door, and are erased."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from necmergitur.innovation.editions import KEPT, Act, may
from necmergitur.innovation.reviews import mailbox
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.registry import audit
from necmergitur.web.accounts.models import User
from necmergitur.web.commons import bookings
from necmergitur.web.hackathon import jury, links
from necmergitur.web.hackathon.models import Edition, Helper, Member, Participant
from necmergitur.web.letters import sending
from necmergitur.web.store import beside_rows, store
from necmergitur.web.store import person as by_person


def register(edition: Edition, now: datetime, said: dict[str, Any]) -> str | Refusal:
    """Take an application; return the private link.

    An address that applied already gets a link like any other, so that nobody learns who is registered; that
    application counts for nothing until its author shows up at the door.
    """
    refused = may(Act.REGISTER, edition.dates, now)
    if refused is not None:
        return refused
    pk = store().ids.new()
    link, kept = links.own("participant", pk)
    row = {
        "edition": edition,
        "email_key": mailbox(said["email"]),
        "link": kept,
        "badge": links.badge(),
        "conduct_at": now,
        "registered_at": now,
        "language": sending.language_now(),
        **said,
    }
    with transaction.atomic():
        held = Edition.objects.select_for_update().get(pk=edition.pk)
        known = held.participants.filter(email_key=row["email_key"]).exists()
        if not known and held.participants.filter(counts=True).count() >= held.places:
            return Refusal(rule="edition_full")
        Participant.objects.create(id=pk, counts=not known, **row)
        sending.tell("registered", str(pk), said["email"], row["language"], ["participant", str(pk)], now)
    return link


@transaction.atomic
def check_in(person: Participant, now: datetime) -> Refusal | None:
    """Note that somebody is there. Of two applications of one address, the one whose author came is the one."""
    refused = may(Act.CHECK_IN, person.edition.dates, now)
    if refused is not None:
        return refused
    Edition.objects.select_for_update().get(pk=person.edition_id)
    person.refresh_from_db()
    if person.checked_in_at is not None:
        return Refusal(rule="checked_in_already")
    same = Participant.objects.filter(edition=person.edition, email_key=person.email_key).exclude(pk=person.pk)
    if same.filter(checked_in_at__isnull=False).exists():
        return Refusal(rule="checked_in_already")
    if not person.counts:
        same.filter(counts=True).update(counts=False)
        Member.objects.filter(participant__in=same).update(participant=person)
    person.counts, person.checked_in_at = True, now
    person.save(update_fields=["counts", "checked_in_at"])
    return None


@transaction.atomic
def undo_check_in(person: Participant, now: datetime, by: User) -> Refusal | None:
    """Take a check-in back: somebody else was meant. Who was there, and who said so, stays in the record."""
    refused = may(Act.CHECK_IN, person.edition.dates, now)
    if refused is not None:
        return refused
    held = Participant.objects.select_for_update(of=("self",)).select_related("edition").get(pk=person.pk)
    if held.checked_in_at is None:
        return None
    was, held.checked_in_at = held.checked_in_at, None
    held.save(update_fields=["checked_in_at"])
    with beside_rows() as tx:
        subject = f"{held.edition.slug}/{held.pk}"
        audit(store(), tx, "hackathon:check_in:undone", subject, by_person(by), now, was=was.isoformat())
    return None


@transaction.atomic
def erase(person: Participant, now: datetime) -> None:
    """Erase all somebody said. A team keeps its number and its work; of two applications the other counts now.

    Jurors who know them are written down before: nobody marks a friend's work because the friend is gone.
    """
    edition, key = person.edition, person.email_key
    held = Edition.objects.select_for_update().get(pk=edition.pk)
    jury.exclude(held, jury.jury_of(held), now)
    counted = person.counts
    bookings.forget([person.pk], now)
    person.delete()
    other = Participant.objects.filter(edition=edition, email_key=key).first() if counted else None
    if other is not None:
        other.counts = True
        other.save(update_fields=["counts"])


@transaction.atomic
def erase_helper(helper: Helper, now: datetime) -> Refusal | None:
    """Erase a juror or a mentor. Marks they gave stay, by a number; what they did not mark goes to somebody else.

    Tables a mentor had taken wait again; whom they helped is written down before, as nobody marks the work of a team
    they helped because the mentor is gone. Return why a work stays short of a juror, while the jury reads.
    """
    edition = Edition.objects.select_for_update().get(pk=helper.edition_id)
    if helper.kind == Helper.Kind.MENTOR:
        jury.exclude(edition, jury.jury_of(edition), now)
        helper.questions.filter(done_at=None).update(taken_at=None, taken_by=None)
    bookings.forget([helper.pk], now)
    before, open_ones = jury.held(edition), helper.reviews.filter(done_at=None)
    taken = list(open_ones.filter(void_at=None).values_list("submission_id", flat=True))
    open_ones.delete()
    helper.delete()
    return jury.refill(edition, taken, before, now)


@transaction.atomic
def disinvite(edition: Edition, pk: UUID, now: datetime, by: User) -> Refusal | None:
    """Take an invitation back: the desk erases a juror or a mentor as they would erase themselves.

    Return why a work stays short of a juror, while the jury reads. Of two presses one does it.
    """
    held = Edition.objects.select_for_update().get(pk=edition.pk)
    helper = held.helpers.filter(pk=pk).first()
    if helper is None:
        return None
    short = erase_helper(helper, now)
    with beside_rows() as tx:
        subject = f"{held.slug}/{pk}"
        audit(store(), tx, "hackathon:helper:taken_back", subject, by_person(by), now, kind=helper.kind)
    return short


@transaction.atomic
def sweep(now: datetime) -> int:
    """Erase people of editions whose results are a year old; return how many. Marks and votes name nobody.

    What somebody needs to be able to come serves nobody any more once there are results.
    """
    needing = Participant.objects.filter(edition__results_at__lte=now).exclude(access_needs="")
    needing.update(access_needs="")
    old = Edition.objects.filter(results_at__lte=now - KEPT)
    erased = 0
    for model in (Participant, Helper):
        people = model.objects.filter(edition__in=old)
        bookings.forget(people.values_list("pk", flat=True), now)
        erased += people.delete()[0]
    return erased


def of_link(link: str) -> Participant | None:
    """Return whose link it is."""
    return Participant.objects.select_related("edition").filter(link=links.digest(link)).first()


def helper_of(link: str, kind: str) -> Helper | None:
    """Return whose link it is among jurors or mentors."""
    return Helper.objects.select_related("edition").filter(link=links.digest(link), kind=kind).first()


@transaction.atomic
def invite(edition: Edition, said: dict[str, Any], now: datetime) -> str | Refusal:
    """Add a juror or a mentor; return their private link, shown once. Nobody has two votes by two links."""
    Edition.objects.select_for_update().get(pk=edition.pk)
    known = edition.helpers.filter(kind=said["kind"]).exclude(email="")
    if said["email"] and mailbox(said["email"]) in {mailbox(one.email) for one in known}:
        return Refusal(rule="helper_known")
    pk = store().ids.new()
    link, kept = links.own("helper", pk)
    made = Helper.objects.create(id=pk, edition=edition, link=kept, **said)
    sending.tell("invited", str(pk), made.email, made.language, ["helper", str(pk)], now)
    return link
