"""A call is corrected, or closed at once: under its lock, with one audit fact beside its row."""

from datetime import datetime
from typing import Any

from django.db import transaction

from necmergitur.innovation import intake
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.accounts.models import User
from necmergitur.web.incubation import taking
from necmergitur.web.incubation.models import Call
from necmergitur.web.programme import making


def is_settled(call: Call) -> bool:
    """Return whether applications were given to reviewers, or decided: then only the places change."""
    return intake.is_settled(taking.intake_of(taking.calls().get(pk=call.pk)))


@transaction.atomic
def correct(call: Call, said: dict[str, Any], now: datetime, by: User) -> Refusal | None:
    """Correct what a call says; the closing is never moved into the past, the places never below those given."""
    held = Call.objects.select_for_update().get(pk=call.pk)
    changed = sorted(name for name, value in said.items() if getattr(held, name) != value)
    if not changed:
        return None
    if changed != ["places"] and is_settled(held):
        return Refusal(rule="call_settled")
    if "closes_at" in changed and said["closes_at"] <= now:
        return Refusal(rule="closing_past")
    if "places" in changed and said["places"] < (given := taking.given(held)):
        return Refusal(rule="places_given", facts={"given": str(given)})
    for name in changed:
        setattr(held, name, said[name])
    held.save(update_fields=changed)
    told = {"places": str(held.places), "closes": held.closes_at.isoformat()}
    making.note(held.challenge, "call:corrected", by, now, call=str(held.pk), changed=", ".join(changed), **told)
    return None


@transaction.atomic
def close(call: Call, now: datetime, by: User) -> Refusal | None:
    """Close a call at once."""
    held = Call.objects.select_for_update().get(pk=call.pk)
    if not held.opens_at < now < held.closes_at:
        return Refusal(rule="call_early" if now <= held.opens_at else "call_closed")
    before, held.closes_at = held.closes_at, now
    held.save(update_fields=["closes_at"])
    making.note(held.challenge, "call:closed", by, now, call=str(held.pk), before=before.isoformat())
    return None
