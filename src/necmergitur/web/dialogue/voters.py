"""A voter is a number that a browser keeps. No account, no address: with the cookie gone, so are they."""

import hashlib
import secrets
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from necmergitur.governance.dialogue import voter_key
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.dialogue import numbers
from necmergitur.web.dialogue.constants import COOKIE_AGE, NEW_VOTERS_TO_SHOW
from necmergitur.web.dialogue.models import Conversation, Statement, Vote

COOKIE = "nec_dialogue"
PATH = "/dialogue/"


def token_of(request: HttpRequest) -> str:
    """Return the number this browser keeps; empty when it has none, or something that is none of ours."""
    return numbers.kept(COOKIE, request)


def new_token() -> str:
    """Draw a number."""
    return numbers.drawn(COOKIE)


def keep(response: HttpResponse, token: str) -> None:
    """Have the browser keep its number. Only a first vote or statement does: whoever reads gets no cookie of ours."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=COOKIE_AGE,
        path=PATH,
        secure=settings.ORIGIN.secure,
        httponly=True,
        samesite="Lax",
    )


def voter_of(conversation: Conversation, request: HttpRequest) -> str:
    """Return who reads, in this dialogue; empty for a browser without a number."""
    token = token_of(request)
    return voter_key(conversation.pk, token) if token else ""


def cast(conversation_id: Any, statement_id: int, token: str, choice: int, now: datetime) -> Conversation | Refusal:
    """Keep a vote; a later one on the same statement replaces it. Raises Http404 for a statement nobody may vote on."""
    with transaction.atomic():
        # Under the dialogue's lock: none slips in between its last count and its closing.
        found = get_object_or_404(Conversation.objects.select_for_update(), pk=conversation_id)
        if not found.open(now):
            return Refusal(rule="dialogue_over")
        statement = get_object_or_404(found.statements, pk=statement_id, state=Statement.State.SHOWN)
        Vote.objects.update_or_create(
            statement=statement, voter=voter_key(found.pk, token), defaults={"choice": choice, "cast_at": now}
        )
    return found


def next_statement(conversation: Conversation, voter: str) -> tuple[Statement | None, int, int]:
    """Return a statement the voter has not voted on, how many they have, and how many there are.

    Those that few have seen come first; among them each voter has an order of their own, so that no statement is
    always first and two voters who stop midway have not voted on the same ones.
    """
    there = list(
        conversation.statements.filter(state=Statement.State.SHOWN).annotate(seen=Count("votes")).order_by("pk")
    )
    done = (
        set(Vote.objects.filter(voter=voter, statement__in=there).values_list("statement_id", flat=True))
        if voter
        else set()
    )
    mixer = voter or secrets.token_hex(8)

    def turn(statement: Statement) -> tuple[int, bytes]:
        drawn = hashlib.sha256(f"{mixer} {statement.pk}".encode()).digest()
        return statement.seen // NEW_VOTERS_TO_SHOW, drawn  # type: ignore[attr-defined]

    waiting = sorted((each for each in there if each.pk not in done), key=turn)
    return (waiting[0] if waiting else None), len(done), len(there)
