"""The calendar's rows: what the desk wrote, and dates gathered from the other rooms; each change is counted."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from necmergitur.adapters import ical
from necmergitur.innovation import intake
from necmergitur.web.commons import words
from necmergitur.web.commons.models import Happening, Kind
from necmergitur.web.hackathon.models import Edition
from necmergitur.web.incubation import taking
from necmergitur.web.incubation.models import Call
from necmergitur.web.programme.models import SHORT
from necmergitur.web.store import store

PRODUCT = "-//Nec Mergitur//Programme//EN"


def gather(now: datetime) -> int:
    """Bring dates of hackathons and calls into the calendar; return how many changed.

    What moved there moves here; what is gone there is cancelled here, so that whoever noted it hears of it.
    """
    changed = 0
    with transaction.atomic():
        held = {one.source: one for one in Happening.objects.select_for_update().exclude(source=None)}
        for source, said in _elsewhere(now):
            row = held.pop(source, None)
            if row is None:
                Happening.objects.create(id=store().ids.new(), source=source, changed_at=now, **said)
                changed += 1
            elif row.cancelled_at is not None or any(getattr(row, name) != value for name, value in said.items()):
                for name, value in said.items():
                    setattr(row, name, value)
                row.cancelled_at = None
                touch(row, now)
                changed += 1
        for row in held.values():
            if row.cancelled_at is None and row.begins > now:
                row.cancelled_at = now
                touch(row, now)
                changed += 1
    return changed


def _elsewhere(now: datetime) -> Iterator[tuple[str, dict[str, Any]]]:
    for edition in Edition.objects.filter(review_at__gt=now):
        here = reverse("hackathon:edition", args=[edition.slug])
        same = {"place": edition.place, "address": here}
        yield (
            f"hackathon:{edition.pk}:work",
            same | _titled(_same, edition.title) | _when(Kind.HACKATHON, edition.work_at, edition.review_at),
        )
        yield (
            f"hackathon:{edition.pk}:registration",
            same | _titled(_registration, edition.title) | _when(Kind.DEADLINE, edition.teams_at),
        )
    for call in taking.calls().filter(closes_at__gt=now):
        if intake.is_full(call.places, call.given):
            continue  # nobody is asked to apply any more
        here = reverse("incubation:call", args=[call.pk])
        yield (
            f"call:{call.pk}:closes",
            {"place": "", "address": here} | _titled(_call, call.title) | _when(Kind.DEADLINE, call.closes_at),
        )


def _registration(title: str) -> str:
    return _("%(title)s: registration ends") % {"title": title}


def _call(title: str) -> str:
    return _("%(title)s: applications until then") % {"title": title}


def _same(title: str) -> str:
    return title


def _titled(say: Callable[[str], str], title: str) -> dict[str, str]:
    said = {}
    for language in ("fr", "en"):
        with override(language):
            said[f"title_{language}"] = str(say(title))[:SHORT]
    return said


def _when(kind: Kind, begins: datetime, ends: datetime | None = None) -> dict[str, Any]:
    return {"kind": kind.value, "begins": begins, "ends": ends}


def touch(row: Happening, now: datetime) -> None:
    """Keep a row's change, counted: SEQUENCE tells calendar programs which of two is the newer."""
    row.sequence += 1
    row.changed_at = now
    row.save()


def told(row: Happening) -> dict[str, Any]:
    """Return a row in the reader's language."""
    shut = row.cancelled_at is not None and _is_shut(row.source or "")
    return {"row": row, "title": words.said(row, "title"), "about": words.said(row, "about"), "shut": shut}


def _is_shut(source: str) -> bool:
    """Return whether a deadline is of a call that is still there and takes no more: nothing was called off."""
    room, _colon, rest = source.partition(":")
    return room == "call" and Call.objects.filter(pk=rest.partition(":")[0]).exists()


def event(row: Happening) -> ical.Event:
    """Return a row as calendar programs read it, in the language that is active."""
    return ical.Event(
        uid=str(row.pk),
        title=words.said(row, "title"),
        begins=row.begins,
        changed_at=row.changed_at,
        ends=row.ends,
        about=words.said(row, "about"),
        place=row.place,
        url=settings.ORIGIN.url + (row.address or reverse("commons:calendar")),
        kind=str(row.get_kind_display()),
        sequence=row.sequence,
        cancelled=row.cancelled_at is not None,
    )
