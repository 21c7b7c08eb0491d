"""Authorisations, the ledger and its outbox."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from necmergitur.web.facts.models.base import Fact, TextJSONField, link, text_or_null


class Authorisation(Fact):
    """Who may collect or fly what, for which purpose, where, until when."""

    id = models.UUIDField(primary_key=True)
    kind = models.TextField()
    label = models.TextField()
    purpose = models.TextField()
    legal_basis = models.TextField()
    holder = models.TextField()
    modality = models.TextField()
    zones = ArrayField(models.TextField(), null=True)
    streams = ArrayField(models.TextField(), null=True)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)
    conditions = models.JSONField()
    demo = models.BooleanField()
    granted_by = models.TextField()
    granted_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_by = text_or_null()
    revoked_reason = text_or_null()
    suspended_at = models.DateTimeField(null=True)
    suspended_reason = text_or_null()
    paper = models.JSONField(null=True)
    rests_on = models.JSONField(null=True)
    version = models.IntegerField()
    last_seq = models.BigIntegerField()

    class Meta(Fact.Meta):
        db_table = "authorisation"


class BreakGlass(Fact):
    """What two people opened for half an hour: to which role, about which incident, and how it was judged."""

    id = models.UUIDField(primary_key=True)
    scope = models.TextField()
    readers = models.TextField()
    stream = models.TextField()
    incident = link("facts.Incident")
    reason = models.TextField()
    asked_by = models.BigIntegerField()
    asked_role = models.TextField()
    asked_at = models.DateTimeField()
    confirmed_by = models.BigIntegerField(null=True)
    confirmed_role = text_or_null()
    confirmed_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    uses = models.IntegerField()
    reviewed_by = models.BigIntegerField(null=True)
    reviewed_at = models.DateTimeField(null=True)
    justified = models.BooleanField(null=True)
    review = models.TextField()
    version = models.IntegerField()
    last_seq = models.BigIntegerField()

    class Meta(Fact.Meta):
        db_table = "breakglass"


class LedgerEvent(Fact):
    """One fact as recorded: never personal data in `payload`."""

    seq = models.BigIntegerField(primary_key=True)
    stream = models.TextField()
    version = models.IntegerField()
    kind = models.TextField()
    recorded_at = models.DateTimeField()
    authorisation = link("facts.Authorisation")
    actor = models.TextField()
    payload = TextJSONField()

    class Meta(Fact.Meta):
        db_table = "ledger_event"


class Outbox(Fact):
    """An effect to carry out after a commit."""

    id = models.BigIntegerField(primary_key=True)
    kind = models.TextField()
    dedupe = models.TextField()
    payload = TextJSONField()
    due_at = models.DateTimeField()
    attempts = models.IntegerField()
    leased_until = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    error = text_or_null()

    class Meta(Fact.Meta):
        db_table = "outbox"


class SystemAlarm(Fact):
    """An alarm of the system about itself."""

    name = models.TextField(primary_key=True)
    raised_at = models.DateTimeField()
    detail = models.TextField()
    cleared_at = models.DateTimeField(null=True)
    last_seq = models.BigIntegerField()

    class Meta(Fact.Meta):
        db_table = "system_alarm"
