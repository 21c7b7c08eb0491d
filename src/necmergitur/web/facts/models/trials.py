"""Trials of the innovation programme, as the record knows them."""

from django.db import models

from necmergitur.web.facts.models.base import Fact


class Trial(Fact):
    """One trial: its fixed protocol, its hash, and where it stands. `id` is the experiment's."""

    id = models.UUIDField(primary_key=True)
    protocol = models.TextField()
    digest = models.TextField()
    state = models.TextField()
    frozen_at = models.DateTimeField()
    begun_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    why = models.TextField()
    exit = models.TextField()
    exit_reason = models.TextField()
    last_seq = models.BigIntegerField()

    class Meta(Fact.Meta):
        db_table = "trial"
