"""Invitations to carry a personal button on one's own telephone. Only a token's digest is kept."""

from datetime import datetime

from django.db import models
from django.utils import timezone


class PressInvitation(models.Model):
    """A link that puts one button's credential on one telephone, once."""

    token_hash = models.CharField(max_length=64, primary_key=True)
    device_id = models.TextField(db_index=True)
    created_by_id = models.BigIntegerField()
    created_by_name = models.CharField(max_length=80)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "press_invitation"

    def __str__(self) -> str:
        return f"invitation to {self.device_id}"

    def usable(self, now: datetime) -> bool:
        """Return whether the link still works."""
        return self.used_at is None and now < self.expires_at
