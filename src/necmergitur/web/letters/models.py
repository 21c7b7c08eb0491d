"""Letters that wait or have left. A row names nobody and holds no address: it points at rows that are erased alone."""

from django.db import models


class Letter(models.Model):
    """One letter. `name` is the same when the same thing is told twice, so it is told once."""

    name = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=24)
    about = models.JSONField()  # what a kind needs: numbers of rows, never words
    language = models.CharField(max_length=2)
    to = models.CharField(max_length=64, db_index=True)  # an address under this server's key, to count by
    made_at = models.DateTimeField()
    due_at = models.DateTimeField()
    until = models.DateTimeField(null=True)  # afterwards it is better not sent
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    dropped_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "letters_letter"
        ordering = ("due_at",)
        indexes = (
            models.Index(
                fields=["due_at"],
                name="letters_waiting",
                condition=models.Q(sent_at__isnull=True, dropped_at__isnull=True),
            ),
        )

    def __str__(self) -> str:
        return self.name
