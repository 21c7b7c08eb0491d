"""Which calls take applications, by the one rule (`innovation/intake.py`), and what each page says of it."""

from datetime import datetime
from typing import Any

from django.db.models import Count, Q

from necmergitur.innovation import intake
from necmergitur.innovation.intake import Intake
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.incubation import words
from necmergitur.web.incubation.models import Call


def calls() -> Any:
    """Return calls with what decides whether they take applications."""
    return Call.objects.annotate(
        given=Count("applications", filter=Q(applications__accepted=True)),
        decided=Count("applications", filter=Q(applications__accepted__isnull=False)),
    )


def given(call: Call) -> int:
    """Return how many places of a call are given: now, as somebody who holds its row counts them."""
    found: int = call.applications.filter(accepted=True).count()
    return found


def refused(call: Any, now: datetime, *, by_desk: bool = False) -> Refusal | None:
    """Return why one of `calls` takes no application now."""
    return intake.may_apply(intake_of(call), now, by_desk=by_desk)


def intake_of(call: Any) -> Intake:
    """Return what decides whether one of `calls` takes applications."""
    return Intake(
        opens_at=call.opens_at,
        closes_at=call.closes_at,
        places=call.places,
        given=call.given,
        decided=call.decided,
        is_read=call.each > 0,
    )


def told(call: Any, now: datetime) -> dict[str, Any]:
    """Return one of `calls` as a list shows it."""
    why = refused(call, now)
    tone, word = words.CALLS["" if why is None else why.rule]
    return {"one": call, "open": why is None, "tone": tone, "word": word}
