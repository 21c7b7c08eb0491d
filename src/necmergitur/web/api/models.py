"""Who may call the API, and whom we call back. Secrets are hashed or sealed."""

from datetime import datetime
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone


class ApiToken(models.Model):
    """A partner's key. Only its SHA-256 is kept; `hint` is its beginning, to tell keys apart."""

    name = models.CharField(max_length=80)
    token_hash = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12)
    scopes = ArrayField(models.CharField(max_length=40))
    devices = ArrayField(models.CharField(max_length=64), default=list)
    created_by_id = models.BigIntegerField()
    created_by_name = models.CharField(max_length=80)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "api_token"
        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.name

    def usable(self, now: datetime) -> bool:
        """Return whether the token opens anything now."""
        return self.revoked_at is None and now < self.expires_at


class WebhookEndpoint(models.Model):
    """Where a partner wants to be told, and of what."""

    name = models.CharField(max_length=80)
    url = models.URLField(max_length=500)
    secret_sealed = models.BinaryField()
    events = ArrayField(models.CharField(max_length=40))
    created_by_name = models.CharField(max_length=80)
    created_at = models.DateTimeField(default=timezone.now)
    disabled_at = models.DateTimeField(null=True)
    disabled_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "webhook_endpoint"
        ordering: ClassVar[list[str]] = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


class WebhookDelivery(models.Model):
    """One event for one partner: sent until taken, or given up on."""

    endpoint = models.ForeignKey(WebhookEndpoint, models.CASCADE, related_name="deliveries")
    event_id = models.CharField(max_length=60)
    kind = models.CharField(max_length=40)
    body = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    attempts = models.IntegerField(default=0)
    status = models.IntegerField(null=True)
    error = models.CharField(max_length=200, blank=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "webhook_delivery"
        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["endpoint", "event_id"], name="one_delivery_per_event"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["due_at"], condition=models.Q(done_at=None), name="webhook_delivery_due"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.event_id}"
