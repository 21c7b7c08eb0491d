"""Incidents and all that hangs on them."""

from django.db import models

from necmergitur.web.facts.models.base import Fact, link, text_or_null


class Incident(Fact):
    """What we believe is happening, as folded."""

    id = models.UUIDField(primary_key=True)
    number = models.TextField()
    state = models.TextField()
    rung = models.TextField()
    kind = models.TextField()
    personal_device = text_or_null()
    test = models.BooleanField()
    exercise = models.BooleanField()
    duress = models.BooleanField()
    cancelled = models.BooleanField()
    placed = models.BooleanField()
    lon = models.FloatField()
    lat = models.FloatField()
    accuracy_m = models.FloatField()
    zone_id = text_or_null()
    label = models.TextField()
    opened_at = models.DateTimeField()
    last_signal_at = models.DateTimeField()
    signal_count = models.IntegerField()
    escalation = models.IntegerField()
    due_at = models.DateTimeField(null=True)
    owner_id = models.BigIntegerField(null=True)
    owner_name = models.TextField()
    drone = models.TextField()
    drone_reason = models.TextField()
    drone_tried_at = models.DateTimeField(null=True)
    outcome = models.TextField()
    closed_at = models.DateTimeField(null=True)
    merged_into = link("facts.Incident", null=True, db_column="merged_into")
    version = models.IntegerField()
    last_seq = models.BigIntegerField()

    class Meta(Fact.Meta):
        db_table = "incident"


class IncidentSignal(Fact):
    """A signal held (or once held) by an incident: how sure, and why."""

    pk = models.CompositePrimaryKey("incident_id", "signal_id", "attached_at")
    incident = link("facts.Incident")
    signal = link("facts.Signal")
    score = models.FloatField()
    reason = models.TextField()
    attached_by = models.TextField()
    attached_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    class Meta(Fact.Meta):
        db_table = "incident_signal"


class Proposal(Fact):
    """Two incidents that may be one."""

    id = models.UUIDField(primary_key=True)
    incident = link("facts.Incident")
    other = link("facts.Incident")
    score = models.FloatField()
    reason = models.TextField()
    proposed_at = models.DateTimeField()
    state = models.TextField()
    decided_by = text_or_null()
    decided_at = models.DateTimeField(null=True)

    class Meta(Fact.Meta):
        db_table = "proposal"


class ResponderTask(Fact):
    """A responder's part in an incident."""

    id = models.UUIDField(primary_key=True)
    incident = link("facts.Incident")
    unit = models.TextField()
    user_id = models.BigIntegerField(null=True)
    state = models.TextField()
    told_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    last_seq = models.BigIntegerField()

    class Meta(Fact.Meta):
        db_table = "responder_task"


class Observation(Fact):
    """What a pilot saw."""

    id = models.UUIDField(primary_key=True)
    incident = link("facts.Incident")
    mission_id = models.UUIDField(null=True)
    author_id = models.BigIntegerField()
    author_name = models.TextField()
    observed_at = models.DateTimeField()
    facts = models.JSONField()
    note = models.TextField()
    last_seq = models.BigIntegerField()

    class Meta(Fact.Meta):
        db_table = "observation"


class Still(Fact):
    """A still image's data; its bytes are opened by an operation that logs who looked."""

    id = models.UUIDField(primary_key=True)
    incident = link("facts.Incident")
    mission_id = models.UUIDField(null=True)
    taken_at = models.DateTimeField()
    interior = models.BooleanField()
    expires_at = models.DateTimeField()
    width_px = models.IntegerField()
    height_px = models.IntegerField()

    class Meta(Fact.Meta):
        db_table = "still"


class StillView(Fact):
    """Somebody looked at a still."""

    id = models.BigIntegerField(primary_key=True)
    still = link("facts.Still")
    viewed_by = models.TextField()
    viewed_at = models.DateTimeField()
    break_glass = link("facts.BreakGlass", null=True)

    class Meta(Fact.Meta):
        db_table = "still_view"


class IncidentNote(Fact):
    """Words a person wrote on an incident."""

    id = models.UUIDField(primary_key=True)
    incident = link("facts.Incident")
    kind = models.TextField()
    author_name = models.TextField()
    written_at = models.DateTimeField()
    body = models.TextField()
    last_seq = models.BigIntegerField()

    class Meta(Fact.Meta):
        db_table = "incident_note"
