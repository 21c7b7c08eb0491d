"""Who comes with a private link of the programme: a partner, people of the incubation or of a hackathon.

Nothing of them is copied here: a booking keeps which row asked, and whoever is erased there is nobody here.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import msgspec
from django.urls import reverse

from necmergitur.web.commons.models import DESK, Asker
from necmergitur.web.hackathon import links as hackathon_links
from necmergitur.web.hackathon.models import Helper, Participant
from necmergitur.web.incubation.models import Application
from necmergitur.web.incubation.models import Helper as CallHelper
from necmergitur.web.network.models import Partner
from necmergitur.web.programme import links


class Who(msgspec.Struct, frozen=True):
    """Somebody with a link. `name`: what the desk calls them by."""

    asker: str
    ref: str
    name: str
    back: str = ""


def of_link(token: str) -> Who | None:
    """Return whose link it is; None when it is nobody's."""
    kept = links.digest(token)
    partner = Partner.objects.filter(link_hash=kept, ended_at=None).first()
    if partner is not None:
        return Who(Asker.PARTNER, str(partner.pk), partner.name, reverse("network:mine", args=[token]))
    reader = CallHelper.objects.filter(link_hash=kept).first()
    if reader is not None:
        return Who(Asker.READER, str(reader.pk), reader.name)
    company = Application.objects.filter(link_hash=kept, accepted=True).first()
    if company is not None:
        return Who(Asker.COMPANY, str(company.pk), company.organisation, reverse("incubation:mine", args=[token]))
    kept = hackathon_links.digest(token)
    someone = Participant.objects.filter(link=kept, counts=True).first()
    if someone is not None:
        return Who(Asker.PARTICIPANT, str(someone.pk), someone.name, reverse("hackathon:mine", args=[token]))
    helper = Helper.objects.filter(link=kept).first()
    return None if helper is None else Who(Asker.HELPER, str(helper.pk), helper.name)


def names(askers: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Return what people are called by now, by kind and row. Whoever was erased, or left, is missing."""
    wanted: dict[str, set[UUID]] = {}
    for asker, ref in askers:
        if asker != DESK and ref:  # emptied: erased by their rights
            wanted.setdefault(asker, set()).add(UUID(ref))
    found: dict[tuple[str, str], str] = {}
    for asker, refs in wanted.items():
        rows, name = _ROWS[Asker(asker)]
        for key, said in rows.filter(pk__in=refs).values_list("pk", name):
            found[asker, str(key)] = said
    return found


_ROWS: dict[Asker, tuple[Any, str]] = {
    Asker.PARTNER: (Partner.objects.filter(ended_at=None), "name"),
    Asker.COMPANY: (Application.objects.all(), "organisation"),
    Asker.PARTICIPANT: (Participant.objects.all(), "name"),
    Asker.HELPER: (Helper.objects.all(), "name"),
    Asker.READER: (CallHelper.objects.all(), "name"),
}
