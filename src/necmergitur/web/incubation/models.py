"""Rows of the incubation.

Whom to write to of an application is forgotten a year after it was turned down, or after its project ended; reviewers
are erased a year after their call closed, mentors a year after its last project ended. Marks stay, by a number.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from necmergitur.innovation.phases import Phase
from necmergitur.web.hackathon.models import Skill
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
    read_by = models.DateTimeField(null=True, blank=True)  # until when reviewers read
    each = models.PositiveSmallIntegerField(default=0)  # how many reviewers each application has

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
    language = models.CharField(max_length=2, default="fr")
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


class Helper(models.Model):
    """A reviewer or a mentor of a call, by private link."""

    class Kind(models.TextChoices):
        """What they come for."""

        REVIEWER = "reviewer", _("Reviewer")
        MENTOR = "mentor", _("Mentor")

    id = models.UUIDField(primary_key=True)
    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="helpers")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    name = models.CharField(max_length=80)
    email = models.EmailField(max_length=254, blank=True)
    organisation = models.CharField(max_length=SHORT, blank=True)
    language = models.CharField(max_length=2, default="fr")
    knows = models.TextField(max_length=LONG, blank=True)
    declared_at = models.DateTimeField(null=True)
    skills = ArrayField(models.CharField(max_length=10, choices=Skill.choices), default=list)
    offers = models.TextField(max_length=1_000, blank=True)
    capacity = models.PositiveSmallIntegerField(default=3)  # projects a mentor accompanies at most
    link_hash = models.CharField(max_length=64, unique=True)
    added_at = models.DateTimeField()

    class Meta:
        db_table = "incubation_helper"
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Conflict(models.Model):
    """A reviewer who may not read an application. Kept beside reviews, so that PostgreSQL refuses them (NM030)."""

    reviewer = models.ForeignKey(Helper, on_delete=models.CASCADE, related_name="conflicts")
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="conflicts")
    why = models.CharField(max_length=12)

    class Meta:
        db_table = "incubation_conflict"
        constraints = (models.UniqueConstraint(fields=["reviewer", "application"], name="incubation_one_conflict"),)

    def __str__(self) -> str:
        return self.why


class Review(models.Model):
    """One reviewer on one application: asked, then marked once."""

    reviewer = models.ForeignKey(Helper, on_delete=models.SET_NULL, null=True, related_name="reviews")
    number = models.PositiveSmallIntegerField()  # of the reviewer in this call: marks stay apart once they are erased
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="reviews")
    marks = models.JSONField(default=dict)
    remark = models.CharField(max_length=400, blank=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "incubation_review"
        ordering = ("application_id", "number")
        constraints = (models.UniqueConstraint(fields=["reviewer", "application"], name="incubation_one_review"),)

    def __str__(self) -> str:
        return f"{self.application_id}"


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
    """Money that left, of one line. What was written down wrongly is taken back, with a reason, and counts no more."""

    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="payments")
    cents = models.BigIntegerField()
    paid_on = models.DateField()
    taken_at = models.DateTimeField(null=True)
    taken_by_id = models.BigIntegerField(null=True)
    taken_why = models.CharField(max_length=400, blank=True)

    class Meta:
        db_table = "incubation_payment"
        ordering = ("paid_on",)

    def __str__(self) -> str:
        return f"{self.cents / 100:.2f}"


class Slot(models.Model):
    """Half an hour that a mentor offers, from the hour or from half past: no two of one mentor overlap."""

    mentor = models.ForeignKey(Helper, on_delete=models.CASCADE, related_name="slots")
    starts_at = models.DateTimeField()

    class Meta:
        db_table = "incubation_slot"
        ordering = ("starts_at",)
        constraints = (models.UniqueConstraint(fields=["mentor", "starts_at"], name="incubation_one_slot_at_a_time"),)

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M}"


class Booking(models.Model):
    """A project comes in a slot: one at most (NM030 holds the mentor's capacity, and the call)."""

    slot = models.OneToOneField(Slot, on_delete=models.CASCADE, related_name="booking")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="hours")
    about = models.CharField(max_length=280)
    at = models.DateTimeField()

    class Meta:
        db_table = "incubation_booking"
        ordering = ("slot__starts_at",)

    def __str__(self) -> str:
        return self.about[:40]
