"""Rows of the incubation. Whom to write to of an application is forgotten a year after its call was decided."""

from django.db import models

from necmergitur.innovation.phases import Phase
from necmergitur.web.programme.models import LONG, SHORT, Challenge, Project


class Call(models.Model):
    """An invitation to apply with a project that answers one challenge."""

    id = models.UUIDField(primary_key=True)
    challenge = models.ForeignKey(Challenge, on_delete=models.PROTECT, related_name="calls")
    title = models.CharField(max_length=SHORT)
    text = models.TextField(max_length=LONG)
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    places = models.PositiveSmallIntegerField()

    class Meta:
        db_table = "incubation_call"
        ordering = ("-opens_at",)

    def __str__(self) -> str:
        return self.title


class Application(models.Model):
    """A company's answer to a call. Decided once, with a reason the company reads."""

    id = models.UUIDField(primary_key=True)
    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="applications")
    organisation = models.CharField(max_length=SHORT)
    title = models.CharField(max_length=SHORT)
    summary = models.TextField(max_length=LONG)
    demo = models.URLField(max_length=500, blank=True)
    repository = models.URLField(max_length=500, blank=True)
    contact_name = models.CharField(max_length=SHORT)
    contact_email = models.EmailField()
    contact_digest = models.CharField(max_length=64)
    link_hash = models.CharField(max_length=64, db_index=True)
    received_at = models.DateTimeField()
    accepted = models.BooleanField(null=True)
    reason = models.TextField(max_length=LONG, blank=True)
    decided_at = models.DateTimeField(null=True)
    project = models.OneToOneField(Project, on_delete=models.PROTECT, null=True, related_name="application")

    class Meta:
        db_table = "incubation_application"
        ordering = ("received_at",)
        constraints = (models.UniqueConstraint(fields=["call", "contact_digest"], name="incubation_applied_once"),)

    def __str__(self) -> str:
        return f"{self.organisation}: {self.title}"


class Step(models.Model):
    """A project entered a phase. Steps are never changed: the next one says more."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="steps")
    phase = models.CharField(max_length=13, choices=[(one.value, one.value) for one in Phase])
    reason = models.CharField(max_length=400)
    at = models.DateTimeField()
    by_id = models.BigIntegerField()

    class Meta:
        db_table = "incubation_step"
        ordering = ("at", "pk")

    def __str__(self) -> str:
        return f"{self.phase} {self.at:%Y-%m-%d}"


class Milestone(models.Model):
    """What a project said it would reach, by when, and whether it did."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="milestones")
    title = models.CharField(max_length=SHORT)
    due = models.DateField()
    done_at = models.DateTimeField(null=True)
    dropped_at = models.DateTimeField(null=True)
    dropped_why = models.CharField(max_length=400, blank=True)

    class Meta:
        db_table = "incubation_milestone"
        ordering = ("due",)

    def __str__(self) -> str:
        return self.title


class Grant(models.Model):
    """Money for the programme. Cents, so that sums are exact."""

    title = models.CharField(max_length=SHORT)
    cents = models.BigIntegerField()
    given_on = models.DateField()

    class Meta:
        db_table = "incubation_grant"
        ordering = ("-given_on",)

    def __str__(self) -> str:
        return self.title


class Line(models.Model):
    """Part of a grant promised for one thing; PostgreSQL promises no cent twice (NM024)."""

    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="lines")
    project = models.ForeignKey(Project, on_delete=models.PROTECT, null=True, related_name="lines")
    title = models.CharField(max_length=SHORT)
    committed = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        db_table = "incubation_line"
        ordering = ("at",)

    def __str__(self) -> str:
        return self.title


class Payment(models.Model):
    """Money that left, of one line."""

    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="payments")
    cents = models.BigIntegerField()
    paid_on = models.DateField()

    class Meta:
        db_table = "incubation_payment"
        ordering = ("paid_on",)

    def __str__(self) -> str:
        return f"{self.cents / 100:.2f}"
