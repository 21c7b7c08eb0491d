"""The worker's part of the letter: confirmations, then issues in batches; what may have left is never sent again.

Each step is committed before the mail server is asked. Killed in between, a mail is `handing`, then `unsure`: a reader
may miss an issue, none gets it twice.
"""

from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Count, F, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from necmergitur.kernel.refusal import Refusal
from necmergitur.people.contacts import Contact
from necmergitur.people.letters import Written
from necmergitur.web.commons import letters
from necmergitur.web.commons.constants import AGAIN_AFTER, ATTEMPTS_MOST, BATCH, CONFIRM_LASTS, HANDED_WITHIN
from necmergitur.web.commons.models import Delivery, Letter, Reader, Way
from necmergitur.web.letters.sending import Outcome, Sender, hand_over
from necmergitur.web.programme import links

# How a mail of an issue stands once it was handed over; one that was put off too often is refused.
_WAYS = {
    Outcome.SENT: Way.SENT,
    Outcome.UNSURE: Way.UNSURE,
    Outcome.REFUSED: Way.REFUSED,
    Outcome.LATER: Way.REFUSED,
}


@transaction.atomic
def begin(letter: Letter, now: datetime) -> int | Refusal:
    """Make an issue due to everybody who reads the letter now; return to how many."""
    held = Letter.objects.select_for_update().get(pk=letter.pk)
    if held.sent_at is not None:
        return Refusal(rule="letter_sent")
    readers = list(Reader.objects.exclude(confirmed_at=None).values_list("pk", flat=True))
    if not readers:
        return Refusal(rule="letter_nobody")
    Delivery.objects.bulk_create([Delivery(letter=held, reader_id=pk, next_at=now) for pk in readers], batch_size=1_000)
    held.sent_at = now
    held.save(update_fields=["sent_at"])
    return len(readers)


def counts(letter: Letter) -> dict[str, int]:
    """Return how many mails of an issue stand where."""
    found = dict(letter.deliveries.values_list("way").annotate(n=Count("pk")).order_by())
    return {way: found.get(way, 0) for way in Way.values}


def turn(post: Sender, clock: Callable[[], datetime]) -> int:
    """Send what is due, a batch at most; return how many left. Stops at the first sign that no server is there."""
    now = clock()
    Delivery.objects.filter(way=Way.HANDING, next_at__lte=now - HANDED_WITHIN).update(way=Way.UNSURE)
    letters.sweep(now)
    sent = 0
    for step in (_confirmation, _issue):
        for _each in range(BATCH):
            done = step(post, clock())
            if done is None:
                break
            sent += done
    return sent


def _confirmation(post: Sender, now: datetime) -> int | None:
    """Ask one address to confirm; None when none is due, or no server takes it. The token is kept as a digest alone.

    An address whose server puts us off waits behind all others, and is erased as if nobody had confirmed.
    """
    with transaction.atomic():
        due = Reader.objects.select_for_update(skip_locked=True).filter(
            Q(mailed_at=None) | Q(mailed_at__lte=now - AGAIN_AFTER), mail_due=True
        )
        reader = due.order_by(F("mailed_at").asc(nulls_first=True), "pk").first()
        if reader is None:
            return None
        token, kept = links.made()
        reader.mail_due, reader.mailed_at = False, now
        if reader.confirmed_at is None:
            reader.confirm_hash, reader.confirm_until = kept, now + CONFIRM_LASTS
        reader.save(update_fields=["mail_due", "mailed_at", "confirm_hash", "confirm_until"])
    outcome = hand_over(post, _asking(reader, token))
    if outcome is Outcome.LATER:
        Reader.objects.filter(pk=reader.pk).update(mail_due=True, confirm_hash="", confirm_until=None)
        return None
    if outcome is Outcome.REFUSED and reader.confirmed_at is None:
        letters.erase(reader)
    return None if outcome is Outcome.UNSURE else int(outcome is Outcome.SENT)


def _asking(reader: Reader, token: str) -> Written:
    with override(reader.language):
        if reader.confirmed_at is None:
            link = settings.ORIGIN.url + reverse("commons:confirm", args=[token])
            text = _(
                "Somebody, you we hope, asked for the letter of the innovation programme to this address.\n\n"
                "To get it, open this page within two days and press the button:\n%(link)s\n\n"
                "If it was not you, do nothing: this address is then erased."
            )
            subject = _("Confirm: the letter of the innovation programme")
        else:
            link = letters.way_out(reader)
            text = _(
                "Somebody, you we hope, asked for the letter of the innovation programme to this address."
                " You get it already.\n\nTo leave it, open this page:\n%(link)s"
            )
            subject = _("You get the letter of the innovation programme already")
        return Written(Contact("email", reader.email), subject, text % {"link": link}, language=reader.language)


def _issue(post: Sender, now: datetime) -> int | None:
    """Send one issue to one reader; None when none is due, or no server takes it."""
    with transaction.atomic():
        due = Delivery.objects.select_for_update(skip_locked=True, of=("self",)).filter(
            way=Way.DUE, next_at__lte=now, letter__halted_at=None
        )
        one = due.order_by("next_at", "pk").first()
        if one is None:
            return None
        reader = Reader.objects.filter(pk=one.reader_id).first()
        one.way = Way.LEFT if reader is None else Way.HANDING
        one.attempts, one.next_at = one.attempts + 1, now
        one.save(update_fields=["way", "attempts", "next_at"])
    if reader is None:
        return 0
    outcome = hand_over(post, issue(Letter.objects.get(pk=one.letter_id), reader, one.pk))
    handing = Delivery.objects.filter(pk=one.pk, way=Way.HANDING)
    if outcome is Outcome.LATER and one.attempts < ATTEMPTS_MOST:
        handing.update(way=Way.DUE, next_at=now + AGAIN_AFTER * 2 ** (one.attempts - 1))
    else:
        handing.update(way=_WAYS[outcome])
    # Once may be a quarrel of servers; twice, of two issues, nobody is there.
    if outcome is Outcome.REFUSED and reader.deliveries.filter(way=Way.REFUSED).exclude(pk=one.pk).exists():
        letters.erase(reader)
    return None if outcome in (Outcome.LATER, Outcome.UNSURE) else int(outcome is Outcome.SENT)


def issue(letter: Letter, reader: Reader, number: int) -> Written:
    """Return an issue as one reader gets it."""
    out = letters.way_out(reader)
    with override(reader.language):
        foot = _("You get this letter because you asked for it. One click and you leave it, and are erased:")
    title = letter.title_en if reader.language == "en" else letter.title_fr
    text = letter.text_en if reader.language == "en" else letter.text_fr
    return Written(
        Contact("email", reader.email),
        " ".join(title.split()),
        f"{text.strip()}\n\n-- \n{foot}\n{out}",
        language=reader.language,
        leave=out,
        name=f"letter-{letter.pk}-{number}",
    )
