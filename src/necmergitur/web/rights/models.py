"""Requests of persons. A row holds no name, no address and no document: the data itself says who may read it."""

from django.db import models

from necmergitur.governance.rights import Case


class RightRequest(models.Model):
    """One request. `proven` is a yes or a no: what was asked to find out, and what was answered, is kept nowhere."""

    code_hash = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=10)
    # button: holds a personal button; other: was there, was called, works here.
    who = models.CharField(max_length=10)
    device_id = models.CharField(max_length=64, blank=True)
    people = models.JSONField(default=list)  # of the programme: kinds and rows, never names
    words = models.TextField(blank=True)
    received_at = models.DateTimeField()
    due_at = models.DateTimeField(db_index=True)
    proven = models.BooleanField(null=True)
    proven_by_id = models.BigIntegerField(null=True)  # 0: by the button's own credential
    proven_at = models.DateTimeField(null=True)
    extended_at = models.DateTimeField(null=True)
    extended_why = models.CharField(max_length=20, blank=True)
    extended_words = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by_id = models.BigIntegerField(null=True)
    outcome = models.CharField(max_length=20, blank=True)
    ground = models.CharField(max_length=20, blank=True)
    answer = models.TextField(blank=True)
    erased = models.JSONField(null=True)  # how many of each, when it ended in an erasure
    forgotten_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "right_request"
        ordering = ("due_at", "id")

    def __str__(self) -> str:
        return f"request {self.pk}"

    @property
    def case(self) -> Case:
        """The request as the rules see it."""
        return Case(
            kind=self.kind,
            received_at=self.received_at,
            proven=self.proven,
            extended=self.extended_at is not None,
            answered=self.answered_at is not None,
        )
