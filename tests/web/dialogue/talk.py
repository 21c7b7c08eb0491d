"""A dialogue with people in it: camps of known opinions who vote as planted, through the same rows as everybody."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.test import Client

from necmergitur.dispatch.incidents import Person
from necmergitur.governance.opinion import AGREE, DISAGREE
from necmergitur.web.dialogue import opening
from necmergitur.web.dialogue.models import Conversation, Statement, Vote

DPO = Person(1, "Dominique")
SUBJECT = UUID("00000000-0000-4000-8000-00000000abcd")
TEXTS = [
    "The counter must be off between midnight and six.",
    "Its figures are published every week, for everybody to read.",
    "A sign on the post says what it counts and until when.",
    "The trial is worth its cost.",
    "Counting crowds in the market keeps people safe.",
    "The city should count people with its agents, not with machines.",
    "Machines like this lead to watching everybody.",
    "The counter could stay for good once it works.",
    "More squares should have one.",
    "The money would help more in street lighting.",
]
AGREED_BY_ALL = TEXTS[:3]


def open_talk(closes_in: timedelta = timedelta(days=14), **changes: Any) -> Conversation:
    """Open a dialogue on the crowd counter."""
    values = {
        "subject_kind": "assessment",
        "subject_id": SUBJECT,
        "title_fr": "Un compteur de foule place du Marché",
        "title_en": "A crowd counter on Market Square",
        "question": "À quoi la ville doit-elle veiller si elle compte les passants place du Marché ?",
        "question_en": "What should the city look after if it counts passers-by on Market Square?",
        "closes_at": datetime.now(UTC) + closes_in,
        "by": DPO,
    } | changes
    made = opening.open_conversation(**values)
    assert isinstance(made, Conversation), made
    return made


def state(talk: Conversation, texts: list[str] = TEXTS) -> list[Statement]:
    """Put statements there, shown."""
    now = datetime.now(UTC)
    return [
        Statement.objects.create(
            conversation=talk, text=text, language="en", state="shown", author="x" * 64, said_at=now, moderated_at=now
        )
        for text in texts
    ]


def people_vote(
    statements: list[Statement], camps: dict[str, int], began: datetime | None = None, seed: int = 4
) -> None:
    """Have camps vote: all agree with the first three; "for" likes 4, 5, 8, 9, "against" likes 6, 7, 10."""
    chance = random.Random(seed)
    at = began or datetime.now(UTC) - timedelta(days=10)
    votes = []
    for camp, size in camps.items():
        for number in range(size):
            at += timedelta(minutes=37)
            when = at
            for place, statement in enumerate(statements):
                when += timedelta(seconds=chance.randrange(4, 30))
                likes = place < 3 or (place in (3, 4, 7, 8)) == (camp == "for")
                sure = AGREE if likes else DISAGREE
                choice = chance.choice([AGREE, 0, DISAGREE]) if chance.random() < 0.06 else sure
                votes.append(Vote(statement=statement, voter=f"{camp}-{number:03}", choice=choice, cast_at=when))
    Vote.objects.bulk_create(votes)


def block_votes(statements: list[Statement], size: int, began: datetime | None = None) -> None:
    """Have a block cast one list of votes within minutes: against all that everybody wants."""
    at = began or datetime.now(UTC) - timedelta(days=3)
    Vote.objects.bulk_create(
        Vote(
            statement=statement,
            voter=f"block-{number:03}",
            choice=DISAGREE if place < 3 else AGREE,
            cast_at=at + timedelta(seconds=20 * number + 6 * place),
        )
        for number in range(size)
        for place, statement in enumerate(statements)
    )


def a_subject() -> UUID:
    """Return a subject nobody has talked about."""
    return uuid4()


def citizen(language: str = "en") -> Client:
    """Return a browser that nobody knows."""
    browser = Client()
    browser.cookies["nec_language"] = language
    return browser
