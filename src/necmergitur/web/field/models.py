"""Answers a telephone sent, so that the same one sent twice is done once."""

from typing import ClassVar

from django.db import models
from django.utils import timezone


class FieldAction(models.Model):
    """One action with the key its telephone gave it, and what we answered."""

    key = models.UUIDField(primary_key=True)
    user_id = models.BigIntegerField()
    incident_id = models.UUIDField()
    action = models.CharField(max_length=20)
    claimed_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(default=timezone.now, db_index=True)
    status = models.PositiveSmallIntegerField()
    answer = models.JSONField()

    class Meta:
        db_table = "field_action"
        ordering: ClassVar[list[str]] = ["received_at"]

    def __str__(self) -> str:
        return f"{self.action} {self.key}"
