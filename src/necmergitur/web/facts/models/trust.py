"""Signed assessments, and the parties that sign authorisations."""

from django.db import models

from necmergitur.web.facts.models.base import Fact, text_or_null


class Assessment(Fact):
    """An impact assessment as it stands in force, or stale."""

    id = models.UUIDField(primary_key=True)
    version = models.IntegerField()
    digest = models.TextField()
    title = models.TextField()
    covers = models.JSONField()
    opinion = models.TextField()
    signed_by = models.TextField()
    signed_at = models.DateTimeField()
    review_by = models.DateTimeField()
    stale_at = models.DateTimeField(null=True)
    stale_reason = models.TextField()
    revision = models.IntegerField()
    last_seq = models.BigIntegerField()

    class Meta(Fact.Meta):
        db_table = "assessment"


class Party(Fact):
    """Somebody who may sign for a territory, a company or the State."""

    id = models.UUIDField(primary_key=True)
    role = models.TextField()
    name = models.TextField()
    credential_id = models.TextField()
    public_key = models.TextField()
    rp_id = models.TextField()
    origin = models.TextField()
    enrolled_at = models.DateTimeField()
    enrolled_by = models.TextField()
    retired_at = models.DateTimeField(null=True)
    last_seq = models.BigIntegerField()

    class Meta(Fact.Meta):
        db_table = "party"


class TermsProposal(Fact):
    """Terms put before their parties, with the signatures that are there."""

    id = models.UUIDField(primary_key=True)
    paper = models.JSONField()
    digest = models.TextField()
    proposed_by = models.TextField()
    proposed_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = text_or_null()
    withdrawn_reason = text_or_null()
    version = models.IntegerField()
    last_seq = models.BigIntegerField()

    class Meta(Fact.Meta):
        db_table = "terms_proposal"
