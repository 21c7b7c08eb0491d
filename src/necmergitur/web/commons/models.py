"""Rows of shared resources, and how people are erased from them.

`Booking` names nobody: it points at whoever asked (a row of another room, erased there), and what they wrote is emptied
a month after it is over. `Reader` is an address: erased when its holder leaves the letter, when nobody confirmed it in
time, and when its server refuses two issues for good. `Delivery` then points at nobody. Other tables hold no people.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from necmergitur.innovation import booking
from necmergitur.innovation.booking import State
from necmergitur.web.programme.models import LONG, SHORT

LETTER_LONG = 20_000  # ours: four pages


class Asker(models.TextChoices):
    """Whose private link opens what."""

    PARTNER = "partner", _("Partners")
    COMPANY = "company", _("Companies in incubation")
    PARTICIPANT = "participant", _("Hackathon participants")
    HELPER = "helper", _("Jurors and mentors of hackathons")
    READER = "reader", _("Reviewers and mentors of a cohort")


DESK = "desk"  # a booking the desk wrote down itself


class Thing(models.Model):
    """A room, or equipment, that can be booked."""

    name_fr = models.CharField(max_length=SHORT)
    name_en = models.CharField(max_length=SHORT)
    place = models.CharField(max_length=SHORT)
    capacity = models.PositiveSmallIntegerField(null=True, blank=True)
    about_fr = models.TextField(max_length=LONG, blank=True)
    about_en = models.TextField(max_length=LONG, blank=True)
    opens = models.TimeField()
    closes = models.TimeField()
    days = ArrayField(models.PositiveSmallIntegerField())
    overnight = models.BooleanField(default=False)
    askers = ArrayField(models.CharField(max_length=11, choices=Asker.choices), default=list)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "commons_thing"
        ordering = ("name_fr",)

    def __str__(self) -> str:
        return self.name_fr

    @property
    def hours(self) -> booking.Hours:
        """When it is to be had."""
        return booking.Hours(self.opens, self.closes, tuple(self.days), self.overnight)


class Booking(models.Model):
    """A thing for some hours. PostgreSQL lends nothing twice at once: `commons_never_twice`."""

    thing = models.ForeignKey(Thing, on_delete=models.PROTECT, related_name="bookings")
    begins = models.DateTimeField()
    ends = models.DateTimeField()
    state = models.CharField(max_length=9, choices=[(one.value, one.value) for one in State])
    before = models.CharField(max_length=9, blank=True)  # what an undo brings back
    what_for = models.CharField(max_length=SHORT, blank=True)
    asker = models.CharField(max_length=11)
    asker_ref = models.CharField(max_length=40, blank=True)
    answer = models.CharField(max_length=400, blank=True)
    asked_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "commons_booking"
        ordering = ("begins",)
        indexes = (models.Index(fields=["asker", "asker_ref"], name="commons_booking_of"),)
        constraints = (
            models.CheckConstraint(condition=models.Q(ends__gt=models.F("begins")), name="commons_ends_after"),
        )

    def __str__(self) -> str:
        return f"{self.thing_id} {self.begins:%Y-%m-%d %H:%M}"


class Readers(models.TextChoices):
    """Who may read a document."""

    PUBLIC = "public", pgettext_lazy("document", "Everybody")
    PROGRAMME = "programme", pgettext_lazy("document", "People of the programme")
    DESK = "desk", pgettext_lazy("document", "The desk alone")


class Document(models.Model):
    """Something to read, in versions."""

    id = models.UUIDField(primary_key=True)
    title_fr = models.CharField(max_length=SHORT)
    title_en = models.CharField(max_length=SHORT)
    about_fr = models.TextField(max_length=LONG, blank=True)
    about_en = models.TextField(max_length=LONG, blank=True)
    readers = models.CharField(max_length=9, choices=Readers.choices, default=Readers.DESK)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "commons_document"
        ordering = ("title_fr",)

    def __str__(self) -> str:
        return self.title_fr


class Version(models.Model):
    """One version of a document. PostgreSQL lets it be emptied, with its digest kept, and nothing else (NM028)."""

    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    media = models.CharField(max_length=100)
    ends = models.CharField(max_length=5)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField()
    note = models.CharField(max_length=400, blank=True)
    at = models.DateTimeField()
    by_id = models.BigIntegerField()
    emptied_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "commons_version"
        ordering = ("-number",)
        constraints = (models.UniqueConstraint(fields=["document", "number"], name="commons_version_once"),)

    def __str__(self) -> str:
        return f"{self.document_id} v{self.number}"


class Reader(models.Model):
    """An address that asked for the letter; written to only once it confirmed, from its own mailbox."""

    email = models.EmailField(unique=True)
    key = models.CharField(max_length=32, unique=True)  # what the way out is signed for; says nothing of the address
    language = models.CharField(max_length=2)
    asked_at = models.DateTimeField()
    mail_due = models.BooleanField(default=True)
    mailed_at = models.DateTimeField(null=True)
    confirm_hash = models.CharField(max_length=64, blank=True, db_index=True)
    confirm_until = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "commons_reader"
        ordering = ("confirmed_at", "pk")

    def __str__(self) -> str:
        return str(self.pk)


class Letter(models.Model):
    """One issue of the letter, in both languages."""

    title_fr = models.CharField(max_length=SHORT)
    text_fr = models.TextField(max_length=LETTER_LONG)
    title_en = models.CharField(max_length=SHORT)
    text_en = models.TextField(max_length=LETTER_LONG)
    written_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)  # when sending began: the words stand from then on
    halted_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "commons_letter"
        ordering = ("-written_at",)

    def __str__(self) -> str:
        return self.title_fr


class Way(models.TextChoices):
    """Where one mail of an issue stands."""

    DUE = "due", pgettext_lazy("mail", "Waiting")
    HANDING = "handing", pgettext_lazy("mail", "Being handed over")
    SENT = "sent", pgettext_lazy("mail", "Sent")
    REFUSED = "refused", pgettext_lazy("mail", "Refused")
    UNSURE = "unsure", pgettext_lazy("mail", "Not known")
    LEFT = "left", pgettext_lazy("mail", "Left before")


class Delivery(models.Model):
    """One issue to one reader. It leaves `due` before the mail server is asked, so that nobody gets it twice."""

    letter = models.ForeignKey(Letter, on_delete=models.CASCADE, related_name="deliveries")
    reader = models.ForeignKey(Reader, on_delete=models.SET_NULL, null=True, related_name="deliveries")
    way = models.CharField(max_length=7, choices=Way.choices, default=Way.DUE)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField()

    class Meta:
        db_table = "commons_delivery"
        constraints = (models.UniqueConstraint(fields=["letter", "reader"], name="commons_letter_once"),)
        indexes = (models.Index(fields=["way", "next_at"], name="commons_delivery_due"),)

    def __str__(self) -> str:
        return f"{self.letter_id} {self.way}"


class Kind(models.TextChoices):
    """What happens."""

    MEETING = "meeting", _("Meeting")
    DEMO = "demo", _("Demo day")
    HACKATHON = "hackathon", _("Hackathon")
    DEADLINE = "deadline", _("Deadline")
    OTHER = "other", pgettext_lazy("event", "Other")


class Happening(models.Model):
    """Something in the public calendar. Its number is the UID that calendar programs know it by.

    `source` names the row of another room it is gathered from; what the desk wrote has none.
    """

    id = models.UUIDField(primary_key=True)
    source = models.CharField(max_length=80, unique=True, null=True)  # noqa: DJ001 -- several are of no other room
    kind = models.CharField(max_length=9, choices=Kind.choices)
    title_fr = models.CharField(max_length=SHORT)
    title_en = models.CharField(max_length=SHORT)
    about_fr = models.TextField(max_length=LONG, blank=True)
    about_en = models.TextField(max_length=LONG, blank=True)
    place = models.CharField(max_length=SHORT, blank=True)
    address = models.CharField(max_length=200, blank=True)  # a path of ours
    begins = models.DateTimeField()
    ends = models.DateTimeField(null=True, blank=True)
    sequence = models.PositiveIntegerField(default=0)
    changed_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "commons_happening"
        ordering = ("begins", "pk")
        indexes = (models.Index(fields=["begins"], name="commons_happening_when"),)

    def __str__(self) -> str:
        return self.title_fr
