"""Partners of the programme. The one person a row names is whom to write to; ending a partnership forgets them."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from necmergitur.web.programme.models import LONG, SHORT, Experiment


class Kind(models.TextChoices):
    """Who a partner is."""

    PUBLIC = "public", pgettext_lazy("partner", "Public")
    PRIVATE = "private", pgettext_lazy("partner", "Private")


class Hosts(models.TextChoices):
    """What a site can take in."""

    COUNTING = "counting", _("Counting people without images")
    LIDAR = "lidar", _("Lidar")
    BUTTONS = "buttons", pgettext_lazy("site", "Emergency buttons")
    SIGNS = "signs", _("Signs and announcements")
    SCANS = "scans", _("3D scans of rooms")
    EXERCISES = "exercises", _("Exercises with services")
    POWER = "power", _("Power and network for equipment")


class Licence(models.TextChoices):
    """Under which terms data is shared (SPDX names where there is one)."""

    ETALAB = "etalab-2.0", _("Licence Ouverte 2.0")
    ODBL = "ODbL-1.0", _("Open Database License 1.0")
    CCBY = "CC-BY-4.0", _("Creative Commons BY 4.0")
    PUBLIC_ACTORS = "public-actors", _("For public actors alone")


class Partner(models.Model):
    """An organisation that opens sites or data to trials."""

    id = models.UUIDField(primary_key=True)
    name = models.CharField(max_length=SHORT)
    kind = models.CharField(max_length=7, choices=Kind.choices)
    about = models.TextField(max_length=LONG, blank=True)
    contact_name = models.CharField(max_length=SHORT, blank=True)
    contact_email = models.EmailField(blank=True)
    link_hash = models.CharField(max_length=64, blank=True, db_index=True)  # of their private link
    joined_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "network_partner"
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Site(models.Model):
    """A place where something may be tried, and under which conditions."""

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="sites")
    name = models.CharField(max_length=SHORT)
    address = models.CharField(max_length=300)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    capacity = models.PositiveIntegerField(null=True, blank=True)
    hosts = models.JSONField(default=list)
    conditions = models.TextField(max_length=LONG, blank=True)
    open_from = models.DateField(null=True, blank=True)
    open_until = models.DateField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "network_site"
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    @property
    def where(self) -> str:
        """Where it is, unless its name says so already."""
        return "" if self.address.strip().casefold() == self.name.strip().casefold() else self.address

    @property
    def host_words(self) -> list[str]:
        """What it can take in, in words."""
        return [str(Hosts(one).label) for one in self.hosts if one in Hosts.values]


class Clause(models.Model):
    """Data a partner agrees to share, once they said yes themselves."""

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="clauses")
    site = models.ForeignKey(Site, on_delete=models.SET_NULL, null=True)
    dataset = models.CharField(max_length=SHORT)
    description = models.TextField(max_length=LONG)
    licence = models.CharField(max_length=16, choices=Licence.choices)
    url = models.URLField(max_length=500)
    until = models.DateField()
    proposed_at = models.DateTimeField()
    agreed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "network_clause"
        ordering = ("dataset",)

    def __str__(self) -> str:
        return self.dataset


class Hosting(models.Model):
    """An experiment of the chain at a site."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="hostings")
    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="hostings")
    at = models.DateTimeField()

    class Meta:
        db_table = "network_hosting"
        constraints = (models.UniqueConstraint(fields=["site", "experiment"], name="network_hosted_once"),)

    def __str__(self) -> str:
        return f"{self.experiment_id} at {self.site_id}"
