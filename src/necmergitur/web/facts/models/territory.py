"""The city: zones, docks, airspace."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from necmergitur.web.facts.models.base import Fact, link


class City(Fact):
    """The one city: outline, quarters and (deflated) streets for the map."""

    name = models.TextField(primary_key=True)
    source = models.TextField()
    imported_at = models.DateTimeField()
    outline = models.JSONField()
    quarters = models.JSONField()
    streets = models.BinaryField()
    facts = models.JSONField()

    class Meta(Fact.Meta):
        db_table = "city"


class Zone(Fact):
    """One of the city's zones; `rings` is a list of polygons, each a list of rings."""

    id = models.TextField(primary_key=True)
    label = models.TextField()
    rings = models.JSONField()
    street_length_m = models.FloatField()
    neighbours = ArrayField(models.TextField())
    retired_at = models.DateTimeField(null=True)

    class Meta(Fact.Meta):
        db_table = "zone"


class Dock(Fact):
    """Where a drone lives."""

    id = models.TextField(primary_key=True)
    zone = link("facts.Zone")
    lon = models.FloatField()
    lat = models.FloatField()
    retired_at = models.DateTimeField(null=True)

    class Meta(Fact.Meta):
        db_table = "dock"


class GeozoneSet(Fact):
    """The airspace zones last read from a published file."""

    id = models.BigIntegerField(primary_key=True)
    source = models.TextField()
    read_at = models.DateTimeField()
    zones = models.JSONField()
    problems = models.JSONField()

    class Meta(Fact.Meta):
        db_table = "geozone_set"


class AirspaceNotice(Fact):
    """A helicopter announced in an area."""

    id = models.BigIntegerField(primary_key=True)
    kind = models.TextField()
    lon = models.FloatField()
    lat = models.FloatField()
    radius_m = models.FloatField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    announced_by = models.TextField()
    reason = models.TextField()

    class Meta(Fact.Meta):
        db_table = "airspace_notice"
