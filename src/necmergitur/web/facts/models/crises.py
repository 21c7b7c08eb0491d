"""Crises as pages read them; nothing about people is mapped at all."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from necmergitur.web.facts.models.base import Fact, link, text_or_null


class Crisis(Fact):
    """Services for the population: asked for by one, opened by another, closed, erased."""

    id = models.UUIDField(primary_key=True)
    incident = link("facts.Incident", null=True)
    name = models.TextField()
    lon = models.FloatField()
    lat = models.FloatField()
    radius_m = models.FloatField()
    services = ArrayField(models.TextField())
    languages = ArrayField(models.TextField())
    kept_s = models.IntegerField()
    drill = models.BooleanField()
    reason = models.TextField()
    rests_on = models.JSONField(null=True)
    asked_by = models.BigIntegerField()
    asked_role = models.TextField()
    asked_at = models.DateTimeField()
    confirmed_by = models.BigIntegerField(null=True)
    confirmed_role = text_or_null()
    key = models.TextField()
    opened_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    closed_by = models.BigIntegerField(null=True)
    closed_at = models.DateTimeField(null=True)
    purge_at = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True)
    version = models.IntegerField()
    last_seq = models.BigIntegerField()

    class Meta(Fact.Meta):
        db_table = 'population"."crisis'
