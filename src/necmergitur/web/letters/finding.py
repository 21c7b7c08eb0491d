"""Whose private pages there are, by an e-mail address: of hackathons, of the incubation, of partners."""

from collections.abc import Iterator
from typing import Any

import msgspec
from django.conf import settings
from django.urls import reverse

from necmergitur.web.hackathon import links as hackathon_links
from necmergitur.web.hackathon.models import Helper as HackathonHelper
from necmergitur.web.hackathon.models import Participant
from necmergitur.web.incubation.models import Application
from necmergitur.web.incubation.models import Helper as CallHelper
from necmergitur.web.network.models import Partner
from necmergitur.web.programme import links

# Kind of person -> their rows, where their address is, the column of their link's digest, the page of theirs.
MODELS: dict[str, tuple[Any, str, str]] = {
    "participant": (Participant, "email", "link"),
    "helper": (HackathonHelper, "email", "link"),
    "applicant": (Application, "contact_email", "link_hash"),
    "reader": (CallHelper, "email", "link_hash"),
    "partner": (Partner, "contact_email", "link_hash"),
}
PAGES = {
    "participant": "hackathon:mine",
    "juror": "hackathon:jury",
    "helper": "hackathon:mentor",
    "applicant": "incubation:mine",
    "reviewer": "incubation:reviewer",
    "reader": "incubation:mentor",
}


class Page(msgspec.Struct, frozen=True):
    """A page that is somebody's own."""

    email: str
    title: str
    address: str


def rows(email: str) -> Iterator[tuple[str, Any]]:
    """Return every row of the programme that is about the holder of an address, with its kind.

    The address as it is, but for case: what two addresses have in common under `mailbox` may be two people's.
    """
    yield from (("participant", one) for one in Participant.objects.filter(email__iexact=email))
    yield from (("helper", one) for one in HackathonHelper.objects.filter(email__iexact=email))
    yield from (("applicant", one) for one in Application.objects.filter(contact_email__iexact=email))
    yield from (("reader", one) for one in CallHelper.objects.filter(email__iexact=email))
    yield from (("partner", one) for one in Partner.objects.filter(contact_email__iexact=email, ended_at=None))


def page_of(kind: str, pk: str) -> Page | None:
    """Return somebody's page with its address, None when they are gone. Their link is what it always was.

    A partner's link is not among them: the desk makes a new one, which ends the old.
    """
    if kind not in PAGES:
        return None
    model, email, column = MODELS[kind]
    row = model.objects.filter(pk=pk).first()
    if row is None or not getattr(row, email):
        return None
    token = links.own(kind, row.pk)
    kept = (hackathon_links if kind in ("participant", "helper") else links).digest(token)
    if getattr(row, column) != kept:  # drawn by chance, before links could be said again
        setattr(row, column, kept)
        row.save(update_fields=[column])
    place = PAGES.get(getattr(row, "kind", kind), PAGES[kind]) if kind in ("helper", "reader") else PAGES[kind]
    return Page(getattr(row, email), title_of(kind, row), settings.ORIGIN.url + reverse(place, args=[token]))


def title_of(kind: str, row: Any) -> str:
    """Return what a page is about."""
    if kind in ("participant", "helper"):
        return str(row.edition)
    return str(row.call) if kind == "reader" else str(getattr(row, "title", row))
