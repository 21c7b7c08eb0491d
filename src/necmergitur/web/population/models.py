"""The city's notices, as the control room writes them. PostgreSQL judges who may (migration 0001)."""

from datetime import datetime

from django.db import models


class Notice(models.Model):
    """What the city tells everybody, in both languages, until an hour; shown once a second person approved it.

    `indoors_m`: an order to stay indoors so far around a place.
    """

    text_fr = models.TextField()
    text_en = models.TextField()
    until = models.DateTimeField()
    indoors_lon = models.FloatField(null=True)
    indoors_lat = models.FloatField(null=True)
    indoors_m = models.FloatField(null=True)
    written_by = models.BigIntegerField()
    written_name = models.TextField()
    written_at = models.DateTimeField()
    approved_by = models.BigIntegerField(null=True)
    approved_name = models.TextField(default="")
    approved_at = models.DateTimeField(null=True)
    ended_by = models.BigIntegerField(null=True)
    ended_name = models.TextField(default="")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        managed = False
        db_table = "city_notice"

    def __str__(self) -> str:
        return f"notice {self.pk}"

    def shown(self, now: datetime) -> bool:
        """Return whether everybody reads it."""
        return self.approved_at is not None and self.ended_at is None and now < self.until
