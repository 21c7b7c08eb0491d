"""What a hackathon keeps besides the chain. Teams and projects are stages of the chain; these rows point at them.

People have no account: they hold a private link, of which a digest alone is kept. `Participant` and `Helper` are
people: they erase themselves from their own page, and `people.sweep` erases them a year after the results. What
remains of a team is its number and its project.
"""

from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from necmergitur.innovation import editions
from necmergitur.innovation.editions import Dates, Phase
from necmergitur.web.programme.models import LONG, SHORT, Challenge, Experiment, Project, Team


class Skill(models.TextChoices):
    """What people bring. A closed list: what teams are matched on."""

    CODE = "code", _("Programming")
    DATA = "data", _("Data and statistics")
    DESIGN = "design", _("Design and accessibility")
    HARDWARE = "hardware", _("Electronics and sensors")
    FIELD = "field", _("Field experience (rescue, police, care, venues)")
    LAW = "law", _("Law and privacy")
    SPEAK = "speak", _("Presenting and facilitating")
    MONEY = "money", _("Business and purchasing")


class Edition(models.Model):
    """One hackathon."""

    id = models.UUIDField(primary_key=True)
    slug = models.SlugField(max_length=40, unique=True)
    title = models.CharField(max_length=SHORT)
    place = models.CharField(max_length=SHORT)
    about = models.TextField(max_length=LONG, blank=True)
    conduct = models.TextField(max_length=LONG)
    places = models.PositiveSmallIntegerField()
    registration_at = models.DateTimeField()
    teams_at = models.DateTimeField()
    work_at = models.DateTimeField()
    submission_at = models.DateTimeField()
    review_at = models.DateTimeField()
    results_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)
    challenges: "models.ManyToManyField[Challenge, models.Model]" = models.ManyToManyField(
        Challenge, related_name="editions", db_table="hackathon_theme"
    )

    class Meta:
        db_table = "hackathon_edition"
        ordering = ("-work_at",)

    def __str__(self) -> str:
        return self.title

    @property
    def dates(self) -> Dates:
        """When its phases begin."""
        return Dates(
            self.registration_at, self.teams_at, self.work_at, self.submission_at, self.review_at, self.results_at
        )

    def phase(self, now: datetime) -> Phase:
        """Where it stands."""
        return editions.phase_of(self.dates, now)


class Participant(models.Model):
    """Somebody who applied. A second application of the same address counts only once they show who they are."""

    id = models.UUIDField(primary_key=True)
    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="participants")
    name = models.CharField(max_length=80)
    email = models.EmailField(max_length=254)
    email_key = models.CharField(max_length=254)
    organisation = models.CharField(max_length=SHORT, blank=True)
    skills = ArrayField(models.CharField(max_length=10, choices=Skill.choices))
    wishes = ArrayField(models.UUIDField(), default=list)
    access_needs = models.CharField(max_length=400, blank=True)
    language = models.CharField(max_length=2, default="fr")  # which letters to them are in
    link = models.CharField(max_length=64, unique=True)  # a digest
    badge = models.CharField(max_length=22, unique=True)  # shown at the door; opens nothing without the desk's account
    counts = models.BooleanField(default=True)
    conduct_at = models.DateTimeField()
    registered_at = models.DateTimeField()
    checked_in_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "hackathon_participant"
        ordering = ("registered_at",)
        constraints = (
            models.UniqueConstraint(
                fields=["edition", "email_key"], condition=models.Q(counts=True), name="hackathon_one_application"
            ),
        )

    def __str__(self) -> str:
        return self.name


class Entry(models.Model):
    """A team of an edition, at its table."""

    team = models.OneToOneField(Team, on_delete=models.PROTECT, related_name="entry")
    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="entries")
    number = models.PositiveSmallIntegerField()

    class Meta:
        db_table = "hackathon_entry"
        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=["edition", "number"], name="hackathon_one_table"),)

    def __str__(self) -> str:
        return str(self.number)


class Member(models.Model):
    """Who is in which team: one at most."""

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="members")
    participant = models.OneToOneField(Participant, on_delete=models.CASCADE, related_name="member")

    class Meta:
        db_table = "hackathon_member"

    def __str__(self) -> str:
        return str(self.participant)


class Helper(models.Model):
    """A juror or a mentor, by private link."""

    class Kind(models.TextChoices):
        """What they come for."""

        JUROR = "juror", _("Juror")
        MENTOR = "mentor", _("Mentor")

    id = models.UUIDField(primary_key=True)
    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="helpers")
    kind = models.CharField(max_length=6, choices=Kind.choices)
    name = models.CharField(max_length=80)
    email = models.EmailField(max_length=254, blank=True)
    organisation = models.CharField(max_length=SHORT, blank=True)
    knows = models.TextField(max_length=LONG, blank=True)
    declared_at = models.DateTimeField(null=True)
    language = models.CharField(max_length=2, default="fr")
    link = models.CharField(max_length=64, unique=True)  # a digest

    class Meta:
        db_table = "hackathon_helper"
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Key(models.Model):
    """A team's key to the simulated city; a digest. It ends with the work, by the edition's dates."""

    entry = models.OneToOneField(Entry, on_delete=models.CASCADE, related_name="key")
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()

    class Meta:
        db_table = "hackathon_key"

    def __str__(self) -> str:
        return str(self.made_at)


class Question(models.Model):
    """What a team asks mentors: waiting, taken, done."""

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="questions")
    text = models.CharField(max_length=400)
    skill = models.CharField(max_length=10, choices=Skill.choices, blank=True)
    asked_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)
    taken_by = models.ForeignKey(Helper, on_delete=models.SET_NULL, null=True, related_name="questions")
    done_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "hackathon_question"
        ordering = ("asked_at",)

    def __str__(self) -> str:
        return self.text[:40]


class Announcement(models.Model):
    """What everybody at an edition should know now."""

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="announcements")
    text = models.CharField(max_length=280)
    at = models.DateTimeField()
    by_id = models.BigIntegerField()
    withdrawn_at = models.DateTimeField(null=True)  # it stays readable, and says so
    withdrawn_by_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "hackathon_announcement"
        ordering = ("-at",)

    def __str__(self) -> str:
        return self.text[:40]


class Submission(models.Model):
    """What a team handed in; the project itself is a stage of the chain."""

    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="submission")
    project = models.OneToOneField(Project, on_delete=models.PROTECT, related_name="submission")
    at = models.DateTimeField()
    experiment = models.OneToOneField(Experiment, on_delete=models.PROTECT, null=True, related_name="from_submission")

    class Meta:
        db_table = "hackathon_submission"
        ordering = ("entry__number",)

    def __str__(self) -> str:
        return str(self.project)


class Conflict(models.Model):
    """A juror who may not review a submission. Kept beside reviews, so that PostgreSQL refuses them (NM027)."""

    juror = models.ForeignKey(Helper, on_delete=models.CASCADE, related_name="conflicts")
    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="conflicts")
    why = models.CharField(max_length=12)

    class Meta:
        db_table = "hackathon_conflict"
        constraints = (models.UniqueConstraint(fields=["juror", "submission"], name="hackathon_one_conflict"),)

    def __str__(self) -> str:
        return self.why


class Review(models.Model):
    """One juror on one submission: asked, blind marks given, all marks given."""

    juror = models.ForeignKey(Helper, on_delete=models.SET_NULL, null=True, related_name="reviews")
    number = models.PositiveSmallIntegerField()  # of the juror in this edition: marks stay apart once they are erased
    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="reviews")
    blind = models.JSONField(default=dict)
    seen = models.JSONField(default=dict)
    remark = models.CharField(max_length=400, blank=True)
    blind_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    void_at = models.DateTimeField(null=True)  # its juror knew them after all: the marks stay, and count for nothing

    class Meta:
        db_table = "hackathon_review"
        ordering = ("submission_id",)
        constraints = (models.UniqueConstraint(fields=["juror", "submission"], name="hackathon_one_review"),)

    def __str__(self) -> str:
        return f"{self.submission_id}"


class Voice(models.Model):
    """The public's vote: one browser, one submission of an edition. A digest, never a person."""

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="voices")
    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="voices")
    voter = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        db_table = "hackathon_voice"
        constraints = (models.UniqueConstraint(fields=["edition", "voter"], name="hackathon_one_voice"),)

    def __str__(self) -> str:
        return str(self.at)


class Prize(models.Model):
    """A prize and who has it. Until the results are published it may be taken back, which stays readable."""

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="prizes")
    title = models.CharField(max_length=80)
    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="prizes")
    why = models.CharField(max_length=400, blank=True)
    at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)
    taken_by_id = models.BigIntegerField(null=True)
    taken_why = models.CharField(max_length=400, blank=True)

    class Meta:
        db_table = "hackathon_prize"
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.title
