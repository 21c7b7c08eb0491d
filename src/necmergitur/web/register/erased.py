"""What time erased, from the facts of each run: how many of each, and under which rule. Never whose."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from necmergitur.operations import erasure, retention
from necmergitur.web.facts.models import LedgerEvent
from necmergitur.web.register import history
from necmergitur.web.register.constants import CACHE_S, ERASED_SHOWN_MAX

# What a run counts -> in words; what is not here is said by its own name.
KINDS: dict[str, Any] = {
    "sealed": _("sealed parts of facts"),
    "signals": _("places of presses"),
    "missions": _("places of flights"),
    "incidents": _("places of calls"),
    "notes": _("notes"),
    "observations": _("observations"),
    "break_glass": _("reasons of what two people opened"),
    "handovers": _("notes of shifts"),
    "refusals": _("counts of refusals"),
    "holders": _("names of holders of buttons given back"),
    "keys": _("keys destroyed"),
    "stills": _("pictures"),
    "interiors": _("of them of the inside of homes"),
    "views": _("entries of who looked at pictures"),
}
# What a fact says beside its counts: under which rule, and how its names are found again on the list.
_BESIDE = frozenset({"hours", "inside", "listed", "listed_at", "list_digest"})


@cache_control(private=True, max_age=CACHE_S)
@require_safe
def erased(request: HttpRequest) -> HttpResponse:
    """Return the newest runs with their proofs, and how often a person was erased at their own request."""
    runs = LedgerEvent.objects.filter(stream__in=(retention.STREAM, retention.PICTURES)).order_by("-seq")
    said = LedgerEvent.objects.filter(stream=erasure.STREAM).values_list("payload", flat=True)
    asked = sum(isinstance(one, dict) and one.get("action") == erasure.ACTION for one in said)
    context = {
        "runs": [_told(row) for row in runs[:ERASED_SHOWN_MAX]],
        "asked": asked,
        "checkpoint": history.checkpoint(),
    }
    return render(request, "register/erased.html", context)


def _told(row: LedgerEvent) -> dict[str, Any]:
    facts = row.payload.get("facts") if isinstance(row.payload, dict) else None
    said: Mapping[str, str] = facts if isinstance(facts, dict) else {}
    return {
        "seq": row.seq,
        "at": row.recorded_at,
        "of_pictures": row.stream == retention.PICTURES,
        "hours": said.get("hours", ""),
        "inside": said.get("inside", ""),
        "counts": [(KINDS.get(name, name), said[name]) for name in said if name not in _BESIDE],
    }
