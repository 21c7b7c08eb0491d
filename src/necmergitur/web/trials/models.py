"""What an experiment is before its protocol is fixed: a draft of the form. Then the record alone tells of it."""

from django.db import models
from django.utils.translation import pgettext_lazy

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


class Replay(models.Model):
    """An evening played again for an experiment: the same counts and notes for two candidates. It is no fact."""

    class State(models.TextChoices):
        """Where it stands."""

        WAITING = "waiting", pgettext_lazy("replay", "Waiting")
        RUNNING = "running", pgettext_lazy("replay", "Being played")
        DONE = "done", pgettext_lazy("replay", "Played")
        FAILED = "failed", pgettext_lazy("replay", "Could not be played")

    id = models.UUIDField(primary_key=True)
    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="replays")
    name = models.CharField(max_length=80)
    counts = models.JSONField()
    columns = models.JSONField(default=dict)
    seen = models.JSONField()
    capacity = models.PositiveIntegerField()
    tolerance_s = models.PositiveIntegerField(default=120)
    first = models.CharField(max_length=48)
    second = models.CharField(max_length=48)
    levels = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    progress = models.PositiveSmallIntegerField(default=0)
    asked_at = models.DateTimeField()
    begun_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "trials_replay"
        ordering = ("-asked_at",)

    def __str__(self) -> str:
        return self.name
