"""Drones, pilots and missions."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from necmergitur.web.facts.models.base import Fact, link


class Drone(Fact):
    """A drone as installed."""

    id = models.TextField(primary_key=True)
    dock = link("facts.Dock")
    zone = link("facts.Zone")
    speed_m_s = models.FloatField()
    camera_kind = models.TextField()
    enabled = models.BooleanField()
    disabled_reason = models.TextField()

    class Meta(Fact.Meta):
        db_table = "drone"


class DroneState(Fact):
    """A drone as last heard."""

    drone = models.OneToOneField(Drone, models.DO_NOTHING, primary_key=True, related_name="state", db_constraint=False)
    at = models.DateTimeField()
    phase = models.TextField()
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    altitude_m = models.FloatField(null=True)
    heading_deg = models.FloatField(null=True)
    ground_speed_m_s = models.FloatField(null=True)
    battery_pct = models.FloatField(null=True)
    link_pct = models.FloatField(null=True)
    wind_m_s = models.FloatField(null=True)
    linked = models.BooleanField()
    software = models.TextField(default="")

    class Meta(Fact.Meta):
        db_table = "drone_state"


class PilotShift(Fact):
    """A pilot's turn."""

    id = models.BigIntegerField(primary_key=True)
    user_id = models.BigIntegerField()
    name = models.TextField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    max_missions = models.IntegerField()
    paused = models.BooleanField()
    ended_at = models.DateTimeField(null=True)
    handover_note = models.TextField()
    unanswered = models.IntegerField()

    class Meta(Fact.Meta):
        db_table = "pilot_shift"


class Qualification(Fact):
    """What a person may do until a date."""

    pk = models.CompositePrimaryKey("user_id", "kind")
    user_id = models.BigIntegerField()
    kind = models.TextField()
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField()
    recorded_by = models.TextField()

    class Meta(Fact.Meta):
        db_table = "qualification"


class Mission(Fact):
    """One drone's work for one incident, as folded."""

    id = models.UUIDField(primary_key=True)
    incident = link("facts.Incident")
    authorisation = link("facts.Authorisation")
    drone_id = models.TextField()
    pilot_id = models.BigIntegerField(null=True)
    pilot_name = models.TextField()
    state = models.TextField()
    phase = models.TextField()
    lon = models.FloatField()
    lat = models.FloatField()
    eta_s = models.FloatField()
    why = models.TextField()
    offered_at = models.DateTimeField()
    offer_expires_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    airborne_at = models.DateTimeField(null=True)
    on_scene_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    end_reason = models.TextField()
    tried_pilots = ArrayField(models.BigIntegerField())
    order_name = models.TextField()
    order_seq = models.IntegerField()
    order_refused = models.TextField()
    version = models.IntegerField()
    last_seq = models.BigIntegerField()

    class Meta(Fact.Meta):
        db_table = "mission"
