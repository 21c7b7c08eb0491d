"""How a paper ends, in three steps, each a fact: the gate closes, the device is told to stop, the keys die."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.utils.translation import gettext_lazy as _

from necmergitur.governance import authorisations
from necmergitur.governance.sensors import key_dies_at
from necmergitur.web.facts.models import LedgerEvent, StreamEnd
from necmergitur.web.register.streams import Stream

CLOSED = _("The gate lets nothing more in")
STOPPED = _("The device was told to stop")
UNREADABLE = _("The keys are destroyed: no copy of its readings can be read any more")


class Step(msgspec.Struct, frozen=True):
    """One of the three; `seq` is the fact that says it happened, None while it is still to come at `at`."""

    word: Any
    at: datetime | None
    seq: int | None


class Ending(msgspec.Struct, frozen=True):
    """When the paper that counts ends or ended, until when what it gathered can be read, and what happened of it."""

    over: bool
    ends_at: datetime
    unreadable_at: datetime
    steps: tuple[Step, ...]


def of(stream: Stream, now: datetime) -> Ending:
    """Return how the paper of a stream ends."""
    row, terms = stream.row, stream.terms
    ends = min(terms.valid_until, row.revoked_at or terms.valid_until)
    unreadable = key_dies_at(ends, terms.valid_until, timedelta(days=terms.retention_days))
    if now < ends:
        return Ending(over=False, ends_at=ends, unreadable_at=unreadable, steps=())
    told = StreamEnd.objects.filter(pk=row.id).first()
    if row.revoked_at is not None:
        closed = _last(authorisations.stream_of(row.id), "AuthorisationRevoked")
    else:
        closed = _fact(None if told is None else told.closed_seq)
    order = _last(stream.name, "StreamStopped", "StreamStarted")
    stopped = order if order is not None and order.kind == "StreamStopped" else None
    gone = _fact(None if told is None else told.unreadable_seq)
    return Ending(
        over=True,
        ends_at=ends,
        unreadable_at=unreadable,
        steps=(
            Step(CLOSED, ends, None if closed is None else closed.seq),
            Step(STOPPED, None if stopped is None else stopped.recorded_at, None if stopped is None else stopped.seq),
            Step(UNREADABLE, unreadable if gone is None else gone.recorded_at, None if gone is None else gone.seq),
        ),
    )


def _last(stream: str, *kinds: str) -> LedgerEvent | None:
    return LedgerEvent.objects.filter(stream=stream, kind__in=kinds).order_by("-seq").first()


def _fact(seq: int | None) -> LedgerEvent | None:
    return None if seq is None else LedgerEvent.objects.filter(seq=seq).first()
