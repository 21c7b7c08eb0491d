"""The room's own rows: what one shift tells the next, how many were silent. Facts are elsewhere (facts.models)."""

from typing import ClassVar

from django.db import models
from django.utils import timezone


class ShiftHandover(models.Model):
    """Words and the open incidents of one shift, signed by the person who takes over."""

    author_id = models.BigIntegerField()
    author_name = models.CharField(max_length=80)
    written_at = models.DateTimeField(default=timezone.now, db_index=True)
    note = models.TextField()
    # [{"id", "number", "label", "word", "owner"}]: as they stood when it was written.
    incidents = models.JSONField(default=list)
    signed_by_id = models.BigIntegerField(null=True)
    signed_by_name = models.CharField(max_length=80, blank=True)
    signed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "shift_handover"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=~models.Q(signed_by_id=models.F("author_id")), name="handover_signed_by_another"
            ),
        ]

    def __str__(self) -> str:
        return f"handover of {self.written_at:%Y-%m-%d %H:%M}"


class SilentHour(models.Model):
    """How many street buttons were silent in an hour, at its worst. Counted by the worker (silence.py)."""

    hour = models.DateTimeField(primary_key=True)
    devices = models.PositiveIntegerField()

    class Meta:
        db_table = "silent_hour"

    def __str__(self) -> str:
        return f"{self.devices} silent at {self.hour:%Y-%m-%d %H}"
