"""What was published, as it was published, and what of the privacy budget that spent."""

from typing import Any

from django.db import models


class Release(models.Model):
    """One month of one dataset. Never changed, never made again: noise drawn twice averages out."""

    dataset = models.CharField(max_length=40)
    month = models.DateField()
    made_at = models.DateTimeField()
    made_by_id = models.BigIntegerField()
    text = models.TextField()
    sha256 = models.CharField(max_length=64)
    # How many cells are withheld, or how far 95 in 100 of the counts are from the truth at most.
    withheld = models.IntegerField(null=True)
    margin = models.IntegerField(null=True)
    epsilon = models.FloatField(null=True)

    class Meta:
        db_table = "opendata_release"
        ordering = ("-month",)
        constraints: tuple[Any, ...] = (
            models.UniqueConstraint(fields=["dataset", "month"], name="opendata_release_once"),
        )

    def __str__(self) -> str:
        return f"{self.dataset} {self.month:%Y-%m}"


class PrivacyBudget(models.Model):
    """How much of a dataset's budget of a year is spent. Spent before anything is drawn, and never given back."""

    dataset = models.CharField(max_length=40)
    year = models.IntegerField()
    allowed = models.FloatField()
    spent = models.FloatField(default=0.0)

    class Meta:
        db_table = "opendata_budget"
        constraints: tuple[Any, ...] = (
            models.UniqueConstraint(fields=["dataset", "year"], name="opendata_budget_once"),
            models.CheckConstraint(condition=models.Q(spent__lte=models.F("allowed")), name="opendata_budget_kept"),
        )

    def __str__(self) -> str:
        return f"{self.dataset} {self.year}: {self.spent} of {self.allowed}"
