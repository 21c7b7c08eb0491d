"""Sensors, and what they said.

A page that asks for readings sees none until its transaction says its purpose and its reader's role
(`operations.readings.read` does, and records the reading): the database hides them by itself.
"""

from django.db import models

from necmergitur.web.facts.models.base import Fact, link, text_or_null


class Sensor(Fact):
    """A sensor as it stands: what it is, what it was last told, when it was last heard."""

    id = models.TextField(primary_key=True)
    label = models.TextField()
    modality = models.TextField()
    payload_schema = models.TextField()
    zone = link("facts.Zone")
    lon = models.FloatField()
    lat = models.FloatField()
    rate_per_minute = models.IntegerField()
    firmware = models.TextField()
    certificate_subject = text_or_null()
    installed_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)
    told_run = models.BooleanField()
    told_why = models.TextField()
    told_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    rooted_until = models.DateTimeField(null=True)
    last_seq = models.BigIntegerField()

    class Meta(Fact.Meta):
        db_table = "sensor"

    @property
    def stream(self) -> str:
        """Return its stream, as papers and facts name it."""
        return f"sensor:{self.id}"


class Reading(Fact):
    """One reading. Its key is (stream, boot_id, seq); `stream` stands for it where Django wants one column.

    `payload` is what was entered before readings were sealed.
    """

    stream = models.TextField(primary_key=True)
    boot_id = models.BigIntegerField()
    seq = models.BigIntegerField()
    at = models.DateTimeField()
    bucket = models.DateTimeField()
    zone = link("facts.Zone")
    modality = models.TextField()
    payload = models.JSONField(null=True)
    authorisation = link("facts.Authorisation")
    erase_at = models.DateTimeField()
    minute = models.BigIntegerField(null=True)

    class Meta(Fact.Meta):
        db_table = "reading"


class ReadingRefusal(Fact):
    """How often a rule refused a stream in one minute; `published_seq` is the fact that says so."""

    stream = models.TextField(primary_key=True)
    rule = models.TextField()
    minute = models.DateTimeField()
    count = models.IntegerField()
    published_seq = models.BigIntegerField(null=True)

    class Meta(Fact.Meta):
        db_table = "reading_refusal"


class StreamEnd(Fact):
    """What became of a paper whose time is over: the facts that say that the gate closed, that nothing can be read."""

    authorisation = link("facts.Authorisation", primary_key=True)
    closed_seq = models.BigIntegerField(null=True)
    unreadable_seq = models.BigIntegerField(null=True)

    class Meta(Fact.Meta):
        db_table = "stream_end"
