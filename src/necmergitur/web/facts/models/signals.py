"""Buttons and what they sent."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from necmergitur.web.facts.models.base import Fact, link, text_or_null


class Device(Fact):
    """A button. `lon`, `lat` are a post's; a personal button has none here."""

    id = models.TextField(primary_key=True)
    kind = models.TextField()
    transport = models.TextField()
    label = models.TextField()
    zone = link("facts.Zone", null=True)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    external_key = text_or_null()
    certificate_subject = text_or_null()
    installed_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)

    class Meta(Fact.Meta):
        db_table = "device"


class DeviceHealth(Fact):
    """The latest sign of life of a button. Never where its holder is."""

    device = models.OneToOneField(
        Device, models.DO_NOTHING, primary_key=True, related_name="health", db_constraint=False
    )
    heartbeat_at = models.DateTimeField()
    battery_pct = models.FloatField(null=True)
    rssi_dbm = models.FloatField(null=True)
    firmware = text_or_null()
    boot_id = models.BigIntegerField(null=True)
    deaf = models.BooleanField()

    class Meta(Fact.Meta):
        db_table = "device_health"


class TestWindow(Fact):
    """A declared mass test."""

    id = models.BigIntegerField(primary_key=True)
    zones = ArrayField(models.TextField(), null=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.TextField()
    declared_by = models.TextField()

    __test__ = False  # not a test class, whatever pytest thinks of the name

    class Meta(Fact.Meta):
        db_table = "test_window"


class Signal(Fact):
    """One press as assessed."""

    id = models.UUIDField(primary_key=True)
    device_id = models.TextField()
    boot_id = models.BigIntegerField()
    seq = models.BigIntegerField()
    kind = models.TextField()
    claimed_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    accuracy_m = models.FloatField(null=True)
    zone_id = text_or_null()
    flags = ArrayField(models.TextField())
    test = models.BooleanField()
    incident_id = models.UUIDField(null=True)
    authorisation_id = models.UUIDField()
    ledger_seq = models.BigIntegerField()
    turn = models.IntegerField()

    class Meta(Fact.Meta):
        db_table = "signal"
