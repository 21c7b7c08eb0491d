"""What waits for the officer in the rooms next to the desk: people's requests, dialogues, terms without signatures."""

from datetime import datetime
from typing import Any

from necmergitur.web.console.words import say
from necmergitur.web.dialogue import desk as dialogues_desk
from necmergitur.web.facts.models import Authorisation, TermsProposal
from necmergitur.web.rights.models import RightRequest
from necmergitur.web.rights.words import KINDS
from necmergitur.web.trust.signing import showing

SHOWN_MAX = 50


def of_people(now: datetime) -> list[dict[str, Any]]:
    """Return requests of persons that nobody answered, the nearest deadline first."""
    rows = RightRequest.objects.filter(answered_at=None).order_by("due_at", "id")[:SHOWN_MAX]
    return [{"row": row, "kind": say(KINDS, row.kind), "late": row.due_at <= now} for row in rows]


def dialogues(now: datetime) -> list[dict[str, Any]]:
    """Return dialogues in which statements wait to be read, or consensus waits for the city's answer."""
    return [one for one in dialogues_desk.rows(now) if one["owed"] or one["waiting"]]


def terms(now: datetime) -> list[dict[str, Any]]:
    """Return terms put before their parties that are neither granted nor withdrawn, the oldest first."""
    rows = list(TermsProposal.objects.filter(withdrawn_at=None).order_by("proposed_at", "id")[:SHOWN_MAX])
    granted = set(Authorisation.objects.filter(id__in=[row.id for row in rows]).values_list("id", flat=True))
    open_ones = [showing.proposal_of(row) for row in rows if row.id not in granted]
    return [{"one": one, "standing": showing.standing(one, None, now)} for one in open_ones]
