"""Letters are kept with what they tell, in the same transaction, and leave afterwards: durably, and once each."""

import hmac
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from importlib import import_module
from typing import Any, Protocol

import msgspec
import structlog
from django.conf import settings
from django.db import transaction
from django.utils.translation import get_language, override

from necmergitur.adapters import messages
from necmergitur.adapters.messages.mail import MaybeTaken
from necmergitur.innovation.reviews import plain
from necmergitur.people.contacts import Contact
from necmergitur.people.letters import Written
from necmergitur.web.letters.constants import (
    ATTEMPTS_MAX,
    KEPT,
    RETRY_FIRST,
    RETRY_MAX,
    SENT_MAX,
    TO_ONE_MAX,
)
from necmergitur.web.letters.models import Letter

log = structlog.get_logger(__name__)
# Rooms that write letters. Each has KINDS: kind -> what writes it, of what the letter is about.
ROOMS = ("hackathon", "incubation", "letters", "commons")
_DAY = timedelta(days=1)
ANYBODY = ("registered", "applied", "again")  # kinds that somebody without any link may cause


class Note(msgspec.Struct, frozen=True):
    """A letter in words, before it is addressed."""

    to: str
    subject: str
    text: str


class Outcome(StrEnum):
    """What came of handing a mail over."""

    SENT = "sent"
    UNSURE = "unsure"
    REFUSED = "refused"
    LATER = "later"


class Sender(Protocol):
    """What hands mail over."""

    def send(self, message: Written) -> None:
        """Raises OSError when it was not taken now, ValueError when it never will be."""
        ...


def in_inboxes() -> bool:
    """Return whether mail stays in a demonstration's inboxes, which are a page (portal:demo_messages)."""
    return messages.in_inboxes(settings.EMAIL_HOST, settings.TEXTS, demo=settings.DEMO)


def mail_leaves() -> bool:
    """Return whether mail leaves from here at all: by a server (NEC_MAIL_URL), or to a demonstration's inboxes."""
    return bool(settings.EMAIL_HOST) or in_inboxes()


def language_now() -> str:
    """Return the language of whoever asks, of those we write in."""
    return "en" if (get_language() or "").startswith("en") else "fr"


def counted(address: str) -> str:
    """Return an address as letters to it are counted: under this server's key, so that no table of addresses is."""
    return hmac.digest(settings.SECRET_KEY.encode(), b"letters/to/" + plain(address).encode(), sha256).hex()


def tell(
    kind: str, name: str, to: str, language: str, about: Any, now: datetime, until: datetime | None = None
) -> None:
    """Keep a letter, if mail leaves from here, if there is an address, and if it was not kept before."""
    if not mail_leaves() or not to:
        return
    if kind in ANYBODY:
        caused = Letter.objects.filter(to=counted(to), kind__in=ANYBODY, made_at__gt=now - _DAY)
        if caused.count() >= TO_ONE_MAX:
            return
    tell_many(kind, [(name, to, language, about)], now, until)


def tell_many(
    kind: str, people: Iterable[tuple[str, str, str, Any]], now: datetime, until: datetime | None = None
) -> None:
    """Keep a letter for each: a name, an address, a language, what it is about."""
    if not mail_leaves():
        return
    Letter.objects.bulk_create(
        [
            Letter(
                name=f"{kind}:{name}", kind=kind, about=about, language=language, to=counted(to), made_at=now,
                due_at=now, until=until,
            )
            for name, to, language, about in people
            if to
        ],
        ignore_conflicts=True,
    )  # fmt: skip


def remind(now: datetime) -> None:
    """Keep what reminds people before something ends."""
    if mail_leaves():
        for room in ROOMS:
            getattr(import_module(f"necmergitur.web.{room}.writing"), "remind", lambda _now: None)(now)


def send_due(sender: Sender, now: datetime) -> int:
    """Send what is due, until a server takes none for now; return how many left. Of two workers, each letter has one.

    A letter counts as sent before it is handed over: whoever kills the worker then may lose one, none leaves twice. A
    server that breaks off has a turn end too: it may lose one letter a minute, never all that wait.
    """
    left = 0
    for _ in range(SENT_MAX):
        with transaction.atomic():
            waiting = Letter.objects.select_for_update(skip_locked=True)
            row = waiting.filter(due_at__lte=now, sent_at=None, dropped_at=None).order_by("due_at").first()
            if row is None:
                break
            note = _written(row, now)
            row.save()
        if note is None:
            continue
        outcome = hand_over(sender, Written(Contact("email", note.to), note.subject, note.text, language=row.language))
        left += outcome is Outcome.SENT
        if outcome is Outcome.LATER:
            _later(row, now)
            break
        if outcome is Outcome.UNSURE:
            # A server that breaks off may do so with each: the others wait, so that they are not lost too.
            waiting = Letter.objects.filter(due_at__lte=now, sent_at=None, dropped_at=None)
            waiting.update(due_at=now + RETRY_FIRST)
            break
        if outcome is Outcome.REFUSED:
            Letter.objects.filter(pk=row.pk).update(sent_at=None, dropped_at=now)
    return left


def hand_over(sender: Sender, message: Written) -> Outcome:
    """Hand a mail over; return what came of it. That it leaves is committed before, so that a kill sends none twice."""
    try:
        sender.send(message)
    except MaybeTaken:
        log.warning("mail_maybe_taken")  # never again: who lost it asks again
        return Outcome.UNSURE
    except OSError as error:
        log.info("mail_waits", why=type(error).__name__)
        return Outcome.LATER
    except ValueError as error:
        log.warning("mail_refused", why=str(error))
        return Outcome.REFUSED
    return Outcome.SENT


def forget_old(now: datetime) -> int:
    """Forget letters that left, or never will, long ago; return how many."""
    return Letter.objects.filter(made_at__lte=now - KEPT).delete()[0]


def drop(addresses: Iterable[str]) -> int:
    """Forget every letter to somebody; return how many."""
    return Letter.objects.filter(to__in=[counted(one) for one in addresses if one]).delete()[0]


def kinds() -> dict[str, Callable[[Any], Note | None]]:
    """Return what writes each kind."""
    made: dict[str, Callable[[Any], Note | None]] = {}
    for room in ROOMS:
        made |= import_module(f"necmergitur.web.{room}.writing").KINDS
    return made


def _written(row: Letter, now: datetime) -> Note | None:
    """Put a letter that is about to leave into words; None when it does not, now or ever."""
    try:
        with transaction.atomic(), override(row.language):
            note = None if row.until is not None and now >= row.until else kinds()[row.kind](row.about)
    except Exception:  # whatever one letter trips over, the others leave
        log.exception("letter_not_written", kind=row.kind)
        _put_off(row, now)
        return None
    if note is None or not note.to:
        row.dropped_at = now
        return None
    row.sent_at = now
    return note


def _later(row: Letter, now: datetime) -> None:
    """Let a letter that was not taken wait; not one of somebody erased meanwhile."""
    _put_off(row, now)
    Letter.objects.filter(pk=row.pk).update(
        sent_at=None, attempts=row.attempts, due_at=row.due_at, dropped_at=row.dropped_at
    )


def _put_off(row: Letter, now: datetime) -> None:
    row.attempts += 1
    if row.attempts >= ATTEMPTS_MAX:
        row.dropped_at = now
    row.due_at = now + min(RETRY_FIRST * 2 ** (row.attempts - 1), RETRY_MAX)
