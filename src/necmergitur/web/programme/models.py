"""The seven stages of the chain. Each row but a need's names the stage before it, and carries the same number.

Rows are made by `making.py` alone; foreign keys over (stage before, number) refuse what it would not do. What other
rooms keep of a stage (a source that found a lead, an edition a challenge belongs to) points at these rows, never the
other way.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from necmergitur.innovation.chain import (
    ChallengeState,
    DeploymentState,
    ExperimentState,
    LeadState,
    NeedState,
    ProjectState,
    TeamState,
    shown,
)
from necmergitur.innovation.grading import CLAIMED

SHORT, LONG = 160, 4_000


class Spoken(models.TextChoices):
    """Who states needs."""

    POLICE = "police", pgettext_lazy("spoken for", "Police")
    FIRE = "fire", pgettext_lazy("spoken for", "Fire and rescue")
    HEALTH = "health", _("Health")
    TRANSPORT = "transport", _("Transport")
    VENUE = "venue", _("Venues")
    SHOP = "shop", _("Shops")
    CITIZEN = "citizen", _("Citizens")
    CITY = "city", _("The city")


class Hidden(models.TextChoices):
    """Why the public does not read a need's words."""

    PERSON = "person", _("It names a person, or says how to reach one.")
    INSULT = "insult", _("It insults or threatens.")
    NONE = "none", _("It states no need.")


class Need(models.Model):
    """Where every chain begins: a situation, who suffers from it, and what success would be, as a number."""

    id = models.UUIDField(primary_key=True)
    chain = models.PositiveIntegerField(unique=True)
    title = models.CharField(max_length=SHORT)
    situation = models.TextField(max_length=LONG)
    sufferers = models.CharField(max_length=400)
    measure = models.CharField(max_length=SHORT)
    now_value = models.DecimalField(max_digits=12, decimal_places=3, null=True, blank=True)
    target_value = models.DecimalField(max_digits=12, decimal_places=3)
    unit = models.CharField(max_length=40)
    constraints = models.TextField(max_length=LONG, blank=True)
    sites = models.CharField(max_length=400, blank=True)
    language = models.CharField(max_length=2, default="fr")
    spoken_for = models.CharField(max_length=12, choices=Spoken.choices)
    state = models.CharField(max_length=8, default=NeedState.OPEN.value)
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="merged")
    stated_at = models.DateTimeField()
    stated_by_id = models.BigIntegerField(null=True)
    confirmed_at = models.DateTimeField(null=True)  # by whoever asked the body it is stated for
    confirmed_by_id = models.BigIntegerField(null=True)
    hidden_at = models.DateTimeField(null=True)  # since when the desk alone reads its words
    hidden_why = models.CharField(max_length=8, choices=Hidden.choices, blank=True)
    hidden_by_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "programme_need"
        ordering = ("-chain",)

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    @property
    def number(self) -> str:
        """The chain's number as people read it."""
        return shown(self.chain)

    @property
    def shown_title(self) -> str:
        """Its sentence as everybody reads it."""
        return self.title if self.hidden_at is None else str(_("Words not shown"))

    @property
    def is_unconfirmed(self) -> bool:
        """Whether it speaks for a body that nobody asked yet. Citizens speak for themselves."""
        return self.spoken_for != Spoken.CITIZEN and self.confirmed_at is None


class Vote(models.Model):
    """One browser's or account's voice for a need: a digest, never a person."""

    need = models.ForeignKey(Need, on_delete=models.CASCADE, related_name="votes")
    voter = models.CharField(max_length=64)
    at = models.DateTimeField()
    via = ArrayField(models.UUIDField(), default=list)  # needs it came from as they were merged, to go back by

    class Meta:
        db_table = "programme_vote"
        constraints = (models.UniqueConstraint(fields=["need", "voter"], name="programme_one_vote"),)

    def __str__(self) -> str:
        return str(self.at)


class Answer(models.Model):
    """What the city answers to a need, dated. Nothing is taken back: the next one says more."""

    need = models.ForeignKey(Need, on_delete=models.CASCADE, related_name="answers")
    text = models.TextField(max_length=LONG)
    language = models.CharField(max_length=2, default="fr")
    closes = models.BooleanField(default=False)
    at = models.DateTimeField()
    by_id = models.BigIntegerField()
    by_name = models.CharField(max_length=SHORT)

    class Meta:
        db_table = "programme_answer"
        ordering = ("at",)

    def __str__(self) -> str:
        return self.text[:40]


class _Stage(models.Model):
    """What every later stage has."""

    id = models.UUIDField(primary_key=True)
    chain = models.PositiveIntegerField()
    title = models.CharField(max_length=SHORT)
    created_at = models.DateTimeField()
    created_by_id = models.BigIntegerField(null=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    @property
    def number(self) -> str:
        """The chain's number as people read it."""
        return shown(self.chain)


class Lead(_Stage):
    """Something that may answer a need: found by the watch, or written down by an analyst."""

    need = models.ForeignKey(Need, on_delete=models.PROTECT, related_name="leads")
    summary = models.TextField(max_length=LONG, blank=True)
    url = models.URLField(max_length=500, blank=True)
    organisation = models.CharField(max_length=SHORT, blank=True)
    country = models.CharField(max_length=2, blank=True)
    language = models.CharField(max_length=2, default="fr")
    item = models.UUIDField(null=True, db_index=True)  # of the watch, where it came from there
    state = models.CharField(max_length=10, default=LeadState.NEW.value)
    reason = models.CharField(max_length=400, blank=True)
    moved_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "programme_lead"
        ordering = ("-created_at",)


class Challenge(_Stage):
    """A question put to teams, made of a lead."""

    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, related_name="challenges")
    brief = models.TextField(max_length=LONG, blank=True)
    state = models.CharField(max_length=6, default=ChallengeState.DRAFT.value)

    class Meta:
        db_table = "programme_challenge"
        ordering = ("-created_at",)


class Team(_Stage):
    """Whoever answers a challenge: formed at a hackathon, or a company that applies."""

    challenge = models.ForeignKey(Challenge, on_delete=models.PROTECT, related_name="teams")
    organisation = models.CharField(max_length=SHORT, blank=True)
    state = models.CharField(max_length=9, default=TeamState.FORMING.value)

    class Meta:
        db_table = "programme_team"
        ordering = ("created_at",)


class Project(_Stage):
    """What a team made: a demonstration and its source."""

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="projects")
    summary = models.TextField(max_length=LONG, blank=True)
    demo = models.URLField(max_length=500, blank=True)
    repository = models.URLField(max_length=500, blank=True)
    state = models.CharField(max_length=9, default=ProjectState.SUBMITTED.value)
    reason = models.CharField(max_length=400, blank=True)

    class Meta:
        db_table = "programme_project"
        ordering = ("-created_at",)


class Experiment(_Stage):
    """A measured trial of a project at a site, under a paper of three parties. Its facts are in the record."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="experiments")
    state = models.CharField(max_length=8, default=ExperimentState.DRAFT.value)
    exit = models.CharField(max_length=6, blank=True)
    exit_reason = models.CharField(max_length=400, blank=True)

    class Meta:
        db_table = "programme_experiment"
        ordering = ("-created_at",)


class Deployment(_Stage):
    """What was adopted: where, by whom, how it was bought, what it costs, what it did a year later."""

    experiment = models.ForeignKey(Experiment, on_delete=models.PROTECT, related_name="deployments")
    adopter = models.CharField(max_length=SHORT)
    place = models.CharField(max_length=SHORT)
    route = models.CharField(max_length=22)
    running_cost_eur = models.DecimalField(max_digits=12, decimal_places=2, null=True)  # a year
    running_at = models.DateTimeField(null=True)  # when it came into service
    effect = models.TextField(max_length=LONG, blank=True)
    effect_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=7, default=DeploymentState.PLANNED.value)
    ended_reason = models.CharField(max_length=400, blank=True)

    class Meta:
        db_table = "programme_deployment"
        ordering = ("-created_at",)


class Evidence(models.Model):
    """That a project meets a criterion, as somebody of the city saw it: it grows old, or is taken back."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="evidence")
    criterion = models.CharField(max_length=10, choices=[(one.value, one.value) for one in CLAIMED])
    url = models.URLField(max_length=500)
    note = models.CharField(max_length=400)
    at = models.DateTimeField()
    by_id = models.BigIntegerField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "programme_evidence"
        ordering = ("-at",)

    def __str__(self) -> str:
        return f"{self.criterion}: {self.note[:40]}"
