"""The worker's part of the letter: confirmations, then issues in batches; what may have left is never sent again.

Each step is committed before the mail server is asked. Killed in between, a mail is `handing`, then `unsure`: a reader
may miss an issue, none gets it twice.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from necmergitur.adapters.messages.mail import MaybeTaken
from necmergitur.kernel.refusal import Refusal
from necmergitur.people.contacts import Contact
from necmergitur.people.letters import Written
from necmergitur.web.commons import letters
from necmergitur.web.commons.constants import AGAIN_AFTER, ATTEMPTS_MOST, BATCH, CONFIRM_LASTS, HANDED_WITHIN
from necmergitur.web.commons.models import Delivery, Letter, Reader, Way
from necmergitur.web.programme import links

log = structlog.get_logger(__name__)


class Post(Protocol):
    """What carries mail away: `adapters.messages.Messenger`."""

    def send(self, message: Written) -> None:
        """Hand a message over. Raises OSError when it was not taken, ValueError when it never will be."""


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


def turn(post: Post, clock: Callable[[], datetime]) -> int:
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


def _confirmation(post: Post, now: datetime) -> int | None:
    """Ask one address to confirm; None when none is due, or no server is there. The token is kept as a digest alone."""
    with transaction.atomic():
        reader = Reader.objects.select_for_update(skip_locked=True).filter(mail_due=True).order_by("pk").first()
        if reader is None:
            return None
        token, kept = links.made()
        reader.mail_due, reader.mailed_at = False, now
        if reader.confirmed_at is None:
            reader.confirm_hash, reader.confirm_until = kept, now + CONFIRM_LASTS
        reader.save(update_fields=["mail_due", "mailed_at", "confirm_hash", "confirm_until"])
    try:
        post.send(_asking(reader, token))
    except ValueError:
        if reader.confirmed_at is None:
            letters.erase(reader)
        return 0
    except MaybeTaken:
        return 0
    except OSError as error:
        log.info("letter_confirmation_waits", why=type(error).__name__)
        Reader.objects.filter(pk=reader.pk).update(mail_due=True)
        return None
    return 1


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


def _issue(post: Post, now: datetime) -> int | None:
    """Send one issue to one reader; None when none is due, or no server is there."""
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
    try:
        post.send(issue(Letter.objects.get(pk=one.letter_id), reader, one.pk))
    except MaybeTaken:
        _stands(one, Way.UNSURE)
        return 0
    except ValueError:
        _stands(one, Way.REFUSED)
        # Once may be a quarrel of servers; twice, of two issues, nobody is there.
        if reader.deliveries.filter(way=Way.REFUSED).exclude(pk=one.pk).exists():
            letters.erase(reader)
        return 0
    except OSError as error:
        log.info("letter_waits", why=type(error).__name__)
        if one.attempts >= ATTEMPTS_MOST:
            _stands(one, Way.REFUSED)
        else:
            again = now + AGAIN_AFTER * 2 ** (one.attempts - 1)
            Delivery.objects.filter(pk=one.pk, way=Way.HANDING).update(way=Way.DUE, next_at=again)
        return None
    _stands(one, Way.SENT)
    return 1


def _stands(one: Delivery, way: Way) -> None:
    Delivery.objects.filter(pk=one.pk, way=Way.HANDING).update(way=way)


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
