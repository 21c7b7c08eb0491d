"""Invitations of parties. Who signs, and what was signed, are facts."""

from datetime import datetime

from django.db import models


class PartyInvitation(models.Model):
    """A link that lets somebody enrol one key, once. Only the token's SHA-256 is kept."""

    token_hash = models.CharField(max_length=64, primary_key=True)
    role = models.CharField(max_length=12)
    name = models.CharField(max_length=200)
    created_by = models.BigIntegerField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "party_invitation"

    def __str__(self) -> str:
        return f"{self.role} until {self.expires_at:%Y-%m-%d %H:%M}"

    def usable(self, now: datetime) -> bool:
        """Return whether the link still opens."""
        return self.used_at is None and now < self.expires_at
