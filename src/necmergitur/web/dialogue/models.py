"""Rows of a dialogue. No row holds an address, a name of a voter, or anything a browser says of itself."""

from datetime import datetime
from typing import Any

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


class Conversation(models.Model):
    """One question put to the people, on one subject, until a date."""

    id = models.UUIDField(primary_key=True)
    subject_kind = models.CharField(max_length=20)
    subject_id = models.UUIDField()
    title_fr = models.CharField(max_length=160)
    title_en = models.CharField(max_length=160)
    question_fr = models.TextField()
    question_en = models.TextField(blank=True)
    opened_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_early = models.TextField(blank=True)
    votes_root = models.CharField(max_length=64, blank=True)
    # What is shown, computed when enough has changed (`results.py`).
    shown = models.JSONField(null=True)
    shown_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "dialogue_conversation"
        ordering = ("-opened_at",)
        indexes = (models.Index(fields=["subject_kind", "subject_id"], name="dialogue_subject"),)

    def __str__(self) -> str:
        return self.title_fr

    @property
    def title(self) -> str:
        """The title in the reader's language."""
        return self.title_en if get_language() == "en" else self.title_fr

    @property
    def question(self) -> str:
        """The question in the reader's language, in French where it has no other."""
        return (get_language() == "en" and self.question_en) or self.question_fr

    @property
    def question_language(self) -> str:
        """Which language `question` is in."""
        return "en" if get_language() == "en" and self.question_en else "fr"

    def open(self, now: datetime) -> bool:
        """Return whether people may speak and vote."""
        return self.closed_at is None and now < self.closes_at

    @property
    def ended_at(self) -> datetime:
        """When it ends or ended: before its time if somebody ended it, and never later than people were told."""
        return self.closes_at if self.closed_at is None else min(self.closed_at, self.closes_at)


class Statement(models.Model):
    """One thing somebody says. Shown once a person let it through; turned away, its words are erased."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting for the moderator")
        SHOWN = "shown", _("Shown")
        REFUSED = "refused", _("Turned away")

    class TurnedAway(models.TextChoices):
        """Why; the values are `governance.dialogue.TURNED_AWAY`."""

        PERSONAL = "personal", _("It names or points at a person")
        INSULT = "insult", _("It insults or incites hatred")
        OFF_TOPIC = "off_topic", _("It is about something else")
        SEVERAL = "several", _("It says several things at once")
        REPEATED = "repeated", _("It was already said")
        ADVERTISING = "advertising", _("It advertises")

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="statements")
    text = models.CharField(max_length=280, blank=True)
    language = models.CharField(max_length=5, default="fr")
    # The voter's key, so that they see what became of it; empty for the city's own, and once forgotten.
    author = models.CharField(max_length=64, blank=True, db_index=True)
    by_city = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    reason = models.CharField(max_length=20, choices=TurnedAway.choices, blank=True)
    said_at = models.DateTimeField()
    moderated_at = models.DateTimeField(null=True)
    moderated_by_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "dialogue_statement"
        ordering = ("id",)
        indexes = (models.Index(fields=["conversation", "state"], name="dialogue_statement_state"),)

    def __str__(self) -> str:
        return self.text


class Vote(models.Model):
    """One person's vote on one statement: 1 agrees, -1 disagrees, 0 passes. `cast_at` is erased at the closing."""

    statement = models.ForeignKey(Statement, on_delete=models.CASCADE, related_name="votes")
    voter = models.CharField(max_length=64, db_index=True)
    choice = models.SmallIntegerField()
    cast_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "dialogue_vote"
        constraints: tuple[Any, ...] = (
            models.UniqueConstraint(fields=["statement", "voter"], name="dialogue_vote_once"),
            models.CheckConstraint(condition=models.Q(choice__in=(-1, 0, 1)), name="dialogue_vote_choice"),
        )

    def __str__(self) -> str:
        return f"{self.choice} on {self.statement_id}"


class Answer(models.Model):
    """What the city answers to a statement, in writing. A later one does not erase an earlier."""

    statement = models.ForeignKey(Statement, on_delete=models.CASCADE, related_name="answers")
    text = models.TextField()
    language = models.CharField(max_length=5, default="fr")
    answered_at = models.DateTimeField()
    answered_by_id = models.BigIntegerField()

    class Meta:
        db_table = "dialogue_answer"
        ordering = ("-answered_at", "-id")

    def __str__(self) -> str:
        return self.text[:80]
