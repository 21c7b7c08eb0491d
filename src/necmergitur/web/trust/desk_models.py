"""What the data protection officer writes. Plain rows: what is signed of it is a fact (facts.models.Assessment)."""

from typing import ClassVar

from django.db import models


class Processing(models.Model):
    """A processing activity as it stands. `content` is a `governance.processing.Processing`."""

    id = models.UUIDField(primary_key=True)
    number = models.PositiveIntegerField(unique=True)
    version = models.PositiveIntegerField(default=1)
    name = models.CharField(max_length=200)
    content = models.JSONField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    updated_by = models.CharField(max_length=80)
    ended_at = models.DateTimeField(null=True)
    ended_reason = models.TextField(blank=True)

    class Meta:
        db_table = "processing"

    def __str__(self) -> str:
        return f"{self.number} {self.name}"


class ProcessingVersion(models.Model):
    """An activity as one version said it."""

    processing = models.ForeignKey(Processing, models.CASCADE, related_name="versions")
    version = models.PositiveIntegerField()
    content = models.JSONField()
    at = models.DateTimeField()
    by = models.CharField(max_length=80)

    class Meta:
        db_table = "processing_version"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["processing", "version"], name="processing_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.processing_id} v{self.version}"


class Study(models.Model):
    """One version of an impact assessment. `content` is a `governance.pia.Writing`; signed, it changes no more.

    `kept` is the file of CNIL's software it came from, whole. `digest` is what was signed.
    """

    DRAFT, REFUSED, SIGNED, REPLACED = "draft", "refused", "signed", "replaced"
    WITHDRAWN = "withdrawn"  # a step, not a state: what was signed stays as it was signed

    assessment_id = models.UUIDField(db_index=True)
    version = models.PositiveIntegerField()
    processing = models.ForeignKey(Processing, models.SET_NULL, null=True, related_name="studies")
    title = models.CharField(max_length=300)
    state = models.CharField(max_length=12, default=DRAFT)
    content = models.JSONField()
    kept = models.JSONField(null=True)
    digest = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    updated_by = models.CharField(max_length=80)
    signed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "assessment_version"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["assessment_id", "version"], name="assessment_version_once"),
            # Two unfinished versions of one assessment would be two truths.
            models.UniqueConstraint(
                fields=["assessment_id"], condition=models.Q(state="draft"), name="assessment_one_draft"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} v{self.version}"


class StudyStep(models.Model):
    """One change of state, with who and why."""

    study = models.ForeignKey(Study, models.CASCADE, related_name="steps")
    at = models.DateTimeField()
    by = models.CharField(max_length=80)
    state = models.CharField(max_length=12)
    reason = models.TextField(blank=True)

    class Meta:
        db_table = "assessment_step"

    def __str__(self) -> str:
        return f"{self.study_id} {self.state}"


class Breach(models.Model):
    """A breach of personal data (GDPR articles 33 and 34): what happened, and who was told when, or why not."""

    id = models.UUIDField(primary_key=True)
    number = models.PositiveIntegerField(unique=True)
    title = models.CharField(max_length=200)
    discovered_at = models.DateTimeField()
    happened = models.TextField()
    data = models.TextField(blank=True)
    people_count = models.PositiveIntegerField(null=True)
    risk = models.CharField(max_length=8)
    consequences = models.TextField(blank=True)
    measures = models.TextField(blank=True)
    notified_at = models.DateTimeField(null=True)
    notified_late_why = models.TextField(blank=True)
    not_notified_why = models.TextField(blank=True)
    people_told_at = models.DateTimeField(null=True)
    people_not_told_why = models.TextField(blank=True)
    closed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    updated_by = models.CharField(max_length=80)

    class Meta:
        db_table = "breach"

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


class Processor(models.Model):
    """A company that handles data for the city (GDPR article 28)."""

    id = models.UUIDField(primary_key=True)
    name = models.CharField(max_length=200)
    country = models.CharField(max_length=100)
    service = models.TextField()
    contract = models.CharField(max_length=200)
    contract_from = models.DateField()
    contract_until = models.DateField(null=True)
    guarantees = models.TextField()
    outside_eu = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    updated_by = models.CharField(max_length=80)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "data_processor"

    def __str__(self) -> str:
        return self.name
