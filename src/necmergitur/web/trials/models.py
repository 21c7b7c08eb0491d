"""What an experiment is before its protocol is fixed: a draft of the form. Then the record alone tells of it."""

from django.db import models

from necmergitur.web.programme.models import Experiment


class Draft(models.Model):
    """A protocol being written, as it was typed."""

    experiment = models.OneToOneField(Experiment, on_delete=models.CASCADE, primary_key=True, related_name="draft")
    typed = models.JSONField(default=dict)
    saved_at = models.DateTimeField()

    class Meta:
        db_table = "trials_draft"

    def __str__(self) -> str:
        return str(self.saved_at)
