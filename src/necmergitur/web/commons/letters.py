"""Who reads the letter: asked for with a form, confirmed from the mailbox itself, left with one click and then erased.

Nothing on a page tells whether an address is known: the form does the same for all, and mail is the worker's.
"""

import secrets
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.urls import reverse

from necmergitur.kernel.refusal import Refusal
from necmergitur.people import contacts
from necmergitur.web.commons.constants import CONFIRM_LASTS, MAIL_AGAIN
from necmergitur.web.commons.models import Delivery, Reader, Way
from necmergitur.web.programme import links

_WAY_OUT = Signer(salt="commons.letter.leave")
KEY_BYTES = 16  # 128 random bits
FORM = "necmergitur/letter-data/1"


def written(email: str) -> str | None:
    """Return an address in the one form it is found again by; None when it is none."""
    found = contacts.read(email, settings.REGION)
    return None if isinstance(found, Refusal) or found.kind != "email" else found.written


@transaction.atomic
def ask(email: str, language: str, now: datetime) -> None:
    """Note that a mail is due to an address, at most one a day. The same is done for one that is known."""
    new = Reader(email=email, key=secrets.token_hex(KEY_BYTES), language=language, asked_at=now)
    Reader.objects.bulk_create([new], ignore_conflicts=True)
    held = Reader.objects.select_for_update().get(email=email)
    if held.mailed_at is None or held.mailed_at <= now - MAIL_AGAIN:
        held.mail_due = True
        if held.confirmed_at is None:
            held.language, held.asked_at = language, now
        held.save(update_fields=["mail_due", "language", "asked_at"])


def of_confirmation(token: str, now: datetime) -> Reader | None:
    """Return whose confirmation a token is, while it lasts."""
    return Reader.objects.filter(confirm_hash=links.digest(token), confirm_until__gt=now).first()


def confirm(token: str, now: datetime) -> Reader | None:
    """Make somebody a reader. The token works once."""
    with transaction.atomic():
        held = (
            Reader.objects.select_for_update().filter(confirm_hash=links.digest(token), confirm_until__gt=now).first()
        )
        if held is not None:
            held.confirmed_at, held.confirm_hash, held.confirm_until = held.confirmed_at or now, "", None
            held.save(update_fields=["confirmed_at", "confirm_hash", "confirm_until"])
    return held


def way_out(reader: Reader) -> str:
    """Return the address at which a reader leaves: it says nothing of them, and nobody else can make it."""
    return settings.ORIGIN.url + reverse("commons:leave", args=[_WAY_OUT.sign(reader.key)])


def of_way_out(token: str) -> tuple[bool, Reader | None]:
    """Return whether a way out is one of ours, and whose it is if they have not left."""
    try:
        key = _WAY_OUT.unsign(token)
    except BadSignature:
        return False, None
    return True, Reader.objects.filter(key=key).first()


@transaction.atomic
def erase(reader: Reader) -> None:
    """Erase a reader. What was not sent yet is not sent; what was sent stays counted, and names nobody."""
    Delivery.objects.filter(reader=reader, way=Way.DUE).update(way=Way.LEFT)
    Reader.objects.filter(pk=reader.pk).delete()


def held(reader: Reader) -> dict[str, Any]:
    """Return all that is kept of a reader, as a file of theirs."""
    return {
        "form": FORM,
        "purpose": "the programme's letter",
        "legal_basis": "GDPR art. 6(1)(a), consent",
        "email": reader.email,
        "language": reader.language,
        "asked_at": reader.asked_at,
        "confirmed_at": reader.confirmed_at,
        "kept_until": "you leave",
        "letters": [
            {"letter": one.letter.title_fr, "state": one.way}
            for one in reader.deliveries.select_related("letter").order_by("pk")
        ],
    }


def sweep(now: datetime) -> int:
    """Erase addresses that nobody confirmed in time; return how many."""
    late = now - CONFIRM_LASTS
    erased, _each = Reader.objects.filter(confirmed_at=None, asked_at__lte=late).exclude(confirm_until__gt=now).delete()
    return erased
