"""People of the programme without account: what is held about them, proven by their private page, and erased.

A private page proves that one is whoever it was given to, and no more: whoever registered under another's address is
shown their own row alone. All rows of an address are found by the desk, which made sure whose it is.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.db import transaction

from necmergitur.web.commons import bookings
from necmergitur.web.commons.models import Booking, Reader
from necmergitur.web.hackathon import links as hackathon_links
from necmergitur.web.hackathon import people as hackathon
from necmergitur.web.incubation import keeping, reviewing
from necmergitur.web.letters import finding, sending
from necmergitur.web.programme import links

NEWSLETTER = "newsletter"
WHO_READS = "analyst"  # the role whose desk shows these rows; who opened a page there is not written down


def proven_by(page: str) -> list[list[str]]:
    """Return whose private page an address, or its last part, is: a kind and a row. Empty for nobody's."""
    for part in page.strip().split("/"):
        if len(part) < 40:  # a link has 43
            continue
        for kind, (model, _email, column) in finding.MODELS.items():
            kept = (hackathon_links if kind in ("participant", "helper") else links).digest(part)
            row = model.objects.filter(**{column: kept}).first()
            if row is not None:
                return [[kind, str(row.pk)]]
    return []


def found_by(email: str) -> list[list[str]]:
    """Return every row about the holder of an address; for the desk alone."""
    found = [[kind, str(row.pk)] for kind, row in finding.rows(email.strip())]
    return found + [[NEWSLETTER, str(row.pk)] for row in Reader.objects.filter(email__iexact=email.strip())]


def gather(people: Iterable[list[str]], kind: str, now: datetime) -> dict[str, Any]:
    """Return what is held, or for a request about the log alone who may read it."""
    said: dict[str, Any] = {"form": "necmergitur/own-data/1", "made_at": now, "who_looked": [], "read_by": WHO_READS}
    if kind != "log":
        said["programme"] = [_told(what, row) for what, row in _rows(people)]
    return said


@transaction.atomic
def erase(people: Iterable[list[str]], now: datetime) -> dict[str, int]:
    """Erase them, and letters to them; return how many of each kind. What they made stays, and names nobody."""
    counts: dict[str, int] = {}
    for kind, row in _rows(people):
        email = _email(kind, row)
        counts["letters"] = counts.get("letters", 0) + sending.drop([email])
        if kind == "participant":
            hackathon.erase(row, now)
        elif kind == "helper":
            hackathon.erase_helper(row, now)
        elif kind == "reader":
            reviewing.erase(row, now)
        elif kind == "applicant":
            keeping.forget(row, now)
        elif kind == "partner":
            bookings.forget([row.pk], now)
            row.contact_name = row.contact_email = row.link_hash = ""
            row.save(update_fields=["contact_name", "contact_email", "link_hash"])
        else:
            row.delete()
        counts[kind] = counts.get(kind, 0) + 1
    return counts


def _rows(people: Iterable[list[str]]) -> Iterator[tuple[str, Any]]:
    """Return the rows that are still there."""
    for kind, pk in people:
        model = Reader if kind == NEWSLETTER else finding.MODELS[kind][0]
        row = model.objects.filter(pk=pk).first()
        if row is not None:
            yield kind, row


def _email(kind: str, row: Any) -> str:
    return str(row.email if kind == NEWSLETTER else getattr(row, finding.MODELS[kind][1]))


# What of a row is about its person, by kind. A digest of a link, and what the desk numbers rows by, tell nothing.
_FIELDS: dict[str, tuple[str, ...]] = {
    "participant": (
        *("name", "email", "organisation", "skills", "access_needs", "language"),
        *("conduct_at", "registered_at", "checked_in_at"),
    ),
    "helper": ("kind", "name", "email", "organisation", "knows", "declared_at", "language"),
    "applicant": (
        *("organisation", "title", "summary", "demo", "repository", "contact_name", "contact_email", "language"),
        *("received_at", "accepted", "reason", "decided_at"),
    ),
    "reader": (
        *("kind", "name", "email", "organisation", "knows", "declared_at", "language"),
        *("skills", "offers", "capacity", "added_at"),
    ),
    "partner": ("name", "contact_name", "contact_email", "joined_at", "ended_at"),
    NEWSLETTER: ("email", "language", "asked_at", "mailed_at", "confirmed_at"),
}


def _told(kind: str, row: Any) -> dict[str, Any]:
    about = "" if kind == NEWSLETTER else finding.title_of(kind, row)
    said: dict[str, Any] = {"as": kind, "of": about, "fields": {name: getattr(row, name) for name in _FIELDS[kind]}}
    if kind == "participant":
        said["table"] = row.member.entry.number if hasattr(row, "member") else None
        said["wishes"] = [str(one) for one in row.wishes]
    if kind in ("helper", "reader"):
        given = row.reviews.filter(done_at__isnull=False)
        said["marks"] = [_marks(one) for one in given]
        said["may_not_read"] = row.conflicts.count()
    if kind == "reader":
        said["hours"] = [one.starts_at for one in row.slots.all()]
    said["bookings"] = list(Booking.objects.filter(asker_ref=str(row.pk)).values("begins", "ends", "what_for", "state"))
    return said


def _marks(review: Any) -> dict[str, Any]:
    given = review.marks if hasattr(review, "marks") else {**review.blind, **review.seen}
    return {"marks": given, "remark": review.remark, "at": review.done_at}
