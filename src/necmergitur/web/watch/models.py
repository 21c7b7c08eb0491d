"""Rows of the watch. None is about a person: authors and inventors are not read; who judged is an account's number."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from necmergitur.web.programme.models import LONG, SHORT, Lead, Need


class Format(models.TextChoices):
    """What a source may be."""

    FEED = "feed", _("RSS or Atom feed")
    OAI = "oai", _("OAI-PMH archive")
    OPENALEX = "openalex", _("OpenAlex (research)")
    CORDIS = "cordis", _("CORDIS (European projects)")
    TED = "ted", _("TED (public contracts)")
    PATENTS = "patents", _("Patents (EPO)")
    PAGE = "page", _("Web page")


class SourceState(models.TextChoices):
    """Whether a source is followed."""

    ON = "on", pgettext_lazy("source", "Followed")
    PAUSED = "paused", pgettext_lazy("source", "Paused")
    OFF = "off", pgettext_lazy("source", "Switched off")


class Source(models.Model):
    """Something that is asked again and again."""

    id = models.UUIDField(primary_key=True)
    name = models.CharField(max_length=SHORT)
    format = models.CharField(max_length=8, choices=Format.choices)
    url = models.URLField(max_length=500, unique=True)
    question = models.CharField(max_length=500, blank=True)
    every_hours = models.PositiveSmallIntegerField(default=6)
    state = models.CharField(max_length=6, choices=SourceState.choices, default=SourceState.ON)
    reason = models.CharField(max_length=400, blank=True)
    # What the last answer said of itself, and what a page said.
    etag = models.CharField(max_length=300, blank=True)
    last_modified = models.CharField(max_length=60, blank=True)
    memory = models.JSONField(default=list)
    following = models.CharField(max_length=2_000, blank=True)
    due_at = models.DateTimeField(db_index=True)
    asked_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    failures = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=40, blank=True)
    problem_detail = models.CharField(max_length=40, blank=True)
    found = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    created_by_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "watch_source"
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


def unread() -> models.QuerySet[Source]:
    """Return the sources that are followed and were never read: something may come of them in a minute."""
    return Source.objects.filter(state=SourceState.ON, asked_at=None)


class Item(models.Model):
    """One thing that was found, once, however many sources say it."""

    id = models.UUIDField(primary_key=True)
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="items")
    title = models.CharField(max_length=300)
    summary = models.TextField(blank=True, max_length=LONG)
    url = models.URLField(blank=True, max_length=500)
    organisation = models.CharField(blank=True, max_length=SHORT)
    country = models.CharField(blank=True, max_length=2)
    language = models.CharField(blank=True, max_length=2)
    published = models.DateTimeField(null=True)
    found_at = models.DateTimeField(db_index=True)
    again = models.PositiveIntegerField(default=0)  # how often it was met again, here or elsewhere
    print = models.BigIntegerField()  # the fingerprint's 64 bits
    vector = models.BinaryField(null=True)  # made in the background (`adapters.embedding`)

    class Meta:
        db_table = "watch_item"
        ordering = ("-found_at",)

    def __str__(self) -> str:
        return self.title


class Identifier(models.Model):
    """A name of an item that no other item has."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="identifiers")
    value = models.CharField(max_length=600, unique=True)

    class Meta:
        db_table = "watch_identifier"

    def __str__(self) -> str:
        return self.value


class NeedVector(models.Model):
    """A need's vector, made in the background; made anew when its text changed."""

    need = models.OneToOneField(Need, on_delete=models.CASCADE, primary_key=True, related_name="vector")
    text = models.TextField()
    vector = models.BinaryField()

    class Meta:
        db_table = "watch_need_vector"

    def __str__(self) -> str:
        return self.text[:40]


class Match(models.Model):
    """An item that may answer a need: how well by its words, and which they are."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="matches")
    need = models.ForeignKey(Need, on_delete=models.CASCADE, related_name="matches")
    score = models.FloatField()
    strong = models.BooleanField(null=True)  # whatever its rank; None: matched before this was told
    first_at = models.DateTimeField()
    aside = models.CharField(max_length=400, blank=True)  # why it was set aside
    aside_at = models.DateTimeField(null=True)
    aside_by_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "watch_match"
        ordering = (models.F("strong").desc(nulls_last=True), "-score", "item_id")
        constraints = (models.UniqueConstraint(fields=["item", "need"], name="watch_match_once"),)

    def __str__(self) -> str:
        return f"{self.score:.2f}"


class Judgement(models.Model):
    """What an analyst says: relevant or not. Matching is measured by these, week by week."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="judgements")
    need = models.ForeignKey(Need, on_delete=models.CASCADE, related_name="judgements")
    by_id = models.BigIntegerField()
    relevant = models.BooleanField()
    at = models.DateTimeField()

    class Meta:
        db_table = "watch_judgement"
        constraints = (models.UniqueConstraint(fields=["item", "need", "by_id"], name="watch_judged_once"),)

    def __str__(self) -> str:
        return str(self.relevant)


class WeekBest(models.Model):
    """One of the ten best matches of a need's week, as they stood when it was over."""

    need = models.ForeignKey(Need, on_delete=models.CASCADE, related_name="weeks")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="weeks")
    monday = models.DateField(db_index=True)
    place = models.PositiveSmallIntegerField()

    class Meta:
        db_table = "watch_week"
        ordering = ("monday", "place")
        constraints = (models.UniqueConstraint(fields=["need", "monday", "place"], name="watch_week_once"),)

    def __str__(self) -> str:
        return f"{self.monday} {self.place}"


class Benchmark(models.Model):
    """A comparison of solutions to one need by criteria, with the evidence of each mark."""

    id = models.UUIDField(primary_key=True)
    need = models.ForeignKey(Need, on_delete=models.CASCADE, related_name="benchmarks")
    title = models.CharField(max_length=SHORT)
    summary = models.TextField(blank=True, max_length=LONG)
    language = models.CharField(max_length=2, default="fr")
    published_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField()
    created_at = models.DateTimeField()
    created_by_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "watch_benchmark"
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return self.title


class Criterion(models.Model):
    """What solutions are compared by."""

    benchmark = models.ForeignKey(Benchmark, on_delete=models.CASCADE, related_name="criteria")
    name = models.CharField(max_length=SHORT)
    how = models.CharField(max_length=400, blank=True)

    class Meta:
        db_table = "watch_criterion"
        ordering = ("id",)

    def __str__(self) -> str:
        return self.name


class Solution(models.Model):
    """What is compared: perhaps one of the chain's leads."""

    benchmark = models.ForeignKey(Benchmark, on_delete=models.CASCADE, related_name="solutions")
    lead = models.ForeignKey(Lead, on_delete=models.SET_NULL, null=True, related_name="compared")
    name = models.CharField(max_length=SHORT)
    organisation = models.CharField(max_length=SHORT, blank=True)
    country = models.CharField(max_length=2, blank=True)
    url = models.URLField(max_length=500, blank=True)

    class Meta:
        db_table = "watch_solution"
        ordering = ("id",)

    def __str__(self) -> str:
        return self.name


class Mark(models.TextChoices):
    """How well a solution meets a criterion."""

    UNKNOWN = "", pgettext_lazy("mark", "Not known")
    NO = "no", pgettext_lazy("mark", "No")
    PARTLY = "partly", pgettext_lazy("mark", "Partly")
    YES = "yes", pgettext_lazy("mark", "Yes")


class Evidence(models.Model):
    """One cell of the grid: a mark, what it rests on, and where that can be read."""

    solution = models.ForeignKey(Solution, on_delete=models.CASCADE, related_name="evidence")
    criterion = models.ForeignKey(Criterion, on_delete=models.CASCADE, related_name="evidence")
    mark = models.CharField(max_length=6, choices=Mark.choices, blank=True)
    words = models.CharField(max_length=400, blank=True)
    url = models.URLField(max_length=500, blank=True)

    class Meta:
        db_table = "watch_evidence"
        constraints = (models.UniqueConstraint(fields=["solution", "criterion"], name="watch_one_cell"),)

    def __str__(self) -> str:
        return self.words


class Sheet(models.Model):
    """A spreadsheet that was read and waits for a yes. Dropped when it is answered, or after a day."""

    id = models.UUIDField(primary_key=True)
    kind = models.CharField(max_length=5)
    name = models.CharField(max_length=SHORT)
    rows = models.JSONField()
    at = models.DateTimeField(db_index=True)
    by_id = models.BigIntegerField()

    class Meta:
        db_table = "watch_sheet"

    def __str__(self) -> str:
        return self.name
