"""A request is made, found again by its code, answered; each step is a fact of kinds and articles."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from necmergitur.dispatch.incidents import Person
from necmergitur.governance import rights as rules
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import rights
from necmergitur.web.rights.constants import CODE_BYTES, EXPORT_LASTS, KEPT, LISTED_MAX
from necmergitur.web.rights.models import RightRequest
from necmergitur.web.store import store

BY_CREDENTIAL = 0


def make(kind: str, who: str, words: str, device_id: str, now: datetime, people: Sequence[list[str]] = ()) -> str:
    """Make a request and return its code, shown once. What a credential proves is answered at once where it can be.

    `people`: rows of the programme that a private page proved.
    """
    code = secrets.token_urlsafe(CODE_BYTES)
    proven = bool(device_id or people)
    row = RightRequest(
        code_hash=digest(code),
        kind=kind,
        who=who,
        words=words,
        device_id=device_id,
        people=list(people),
        received_at=now,
        due_at=rules.Case(kind=kind, received_at=now).due_at,
        proven=True if proven else None,
        proven_by_id=BY_CREDENTIAL if proven else None,
        proven_at=now if proven else None,
    )
    at_once = proven and kind in ("access", "log")
    if at_once:
        row.answered_at, row.answered_by_id, row.outcome = now, BY_CREDENTIAL, "granted"
    with transaction.atomic():
        row.save()
        rights.tell(store(), "person:right:ask", rights.THE_PERSON, now, {"kind": kind, "who": who})
        if at_once:
            facts = {"kind": kind, "outcome": "granted", "cited": rules.cited(kind, "granted", "")}
            rights.tell(store(), "person:right:served", rights.THE_PERSON, now, facts)
    return code


def find(code: str) -> RightRequest | None:
    """Return the request of a code."""
    return RightRequest.objects.filter(code_hash=digest(code), forgotten_at=None).first() if code else None


def may_export(row: RightRequest, now: datetime) -> bool:
    """Return whether this request opens the person's data now."""
    served = row.outcome in ("granted", "partly") and row.kind in ("access", "log")
    known = row.device_id or row.people
    return bool(served and row.proven and known and row.answered_at and now < row.answered_at + EXPORT_LASTS)


def prove(
    row: RightRequest, by: Person, now: datetime, *, yes: bool, device_id: str = "", people: Sequence[list[str]] = ()
) -> Refusal | None:
    """Keep that the desk found the person to be who they say, or not. The questions and answers are kept nowhere.

    Who said so, of which button, is a fact: it opens a person's data.
    """
    if row.answered_at is not None:
        return Refusal(rule="right_answered")
    row.proven, row.proven_by_id, row.proven_at = yes, by.id, now
    if yes and device_id:
        row.device_id = device_id
    if yes and people:
        row.people = list(people)
    with transaction.atomic():
        row.save(update_fields=["proven", "proven_by_id", "proven_at", "device_id", "people"])
        facts = {"kind": row.kind, "yes": "yes" if yes else "no"}
        rights.tell(store(), "dpo:right:prove", by, now, facts, row.device_id)
    return None


def vouched(device_id: str) -> list[RightRequest]:
    """Return the requests by which this button's data was opened on the desk's word alone, the newest first."""
    opened = RightRequest.objects.filter(device_id=device_id, proven=True, proven_by_id__gt=BY_CREDENTIAL)
    return list(
        opened.filter(kind__in=("access", "log"), outcome__in=("granted", "partly")).order_by("-answered_at")[
            :LISTED_MAX
        ]
    )


def extend(row: RightRequest, by: Person, why: str, words: str, now: datetime) -> Refusal | None:
    """Make the month three, with the reason the person reads."""
    problem = rules.extend(row.case, why, words, now)
    if problem is not None:
        return problem
    row.extended_at, row.extended_why, row.extended_words = now, why, words.strip()
    row.due_at = row.case.due_at
    with transaction.atomic():
        row.save(update_fields=["extended_at", "extended_why", "extended_words", "due_at"])
        rights.tell(store(), "dpo:right:extend", by, now, {"kind": row.kind, "why": why})
    return None


def answer(
    row: RightRequest,
    by: Person,
    outcome: str,
    ground: str,
    words: str,
    now: datetime,
    erased: dict[str, int] | None = None,
) -> Refusal | None:
    """Answer, citing the article it rests on."""
    problem = rules.answer(row.case, outcome, ground, words, alone=row.proven_by_id == by.id)
    if problem is not None:
        return problem
    row.answered_at, row.answered_by_id, row.outcome, row.ground = now, by.id, outcome, ground
    row.answer, row.erased = words.strip(), erased
    late = "yes" if now > row.due_at else "no"
    facts = {"kind": row.kind, "outcome": outcome, "cited": rules.cited(row.kind, outcome, ground), "late": late}
    with transaction.atomic():
        row.save()
        rights.tell(store(), "dpo:right:answer", by, now, facts)
    return None


def forget_old(now: datetime) -> int:
    """Forget who asked and what was said, a year after the answer; dates and articles stay. Return how many."""
    return RightRequest.objects.filter(answered_at__lt=now - KEPT, forgotten_at=None).update(
        words="", answer="", extended_words="", device_id="", people=[], forgotten_at=now
    )


def digest(code: str) -> str:
    """Return what is kept of a code."""
    return hashlib.sha256(code.encode()).hexdigest()
