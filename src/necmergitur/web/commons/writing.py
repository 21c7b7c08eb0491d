"""Mail of the commons: what became of a booking, put into words when it leaves, of rows that may be gone by then."""

from collections.abc import Callable
from datetime import datetime
from types import MappingProxyType
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from necmergitur.innovation.booking import State
from necmergitur.web.commons import showing, words
from necmergitur.web.commons.models import Asker, Booking
from necmergitur.web.letters import finding, sending
from necmergitur.web.letters.sending import Note
from necmergitur.web.network.models import Partner
from necmergitur.web.programme import links

# Who asked -> their kind among private pages. A partner's link cannot be said again: the desk makes a new one.
_KINDS = {
    Asker.COMPANY: "applicant",
    Asker.PARTICIPANT: "participant",
    Asker.HELPER: "helper",
    Asker.READER: "reader",
}


def tell(one: Booking, now: datetime) -> None:
    """Tell whoever asked that the desk answered, once for each answer."""
    to, language = _reached(one)
    name = f"{one.pk}:{one.changed_at:%Y%m%d%H%M%S%f}"
    sending.tell("booking", name, to, language, [one.pk], now, one.ends)


def _reached(one: Booking) -> tuple[str, str]:
    """Return where somebody is written to, and in which language; nowhere when they are gone."""
    if not one.asker_ref:
        return "", "fr"
    if one.asker == Asker.PARTNER:
        partner = Partner.objects.filter(pk=one.asker_ref, ended_at=None).first()
        return ("", "fr") if partner is None else (partner.contact_email, "fr")
    kind = _KINDS.get(Asker(one.asker)) if one.asker in Asker.values else None
    if kind is None:
        return "", "fr"
    model, email, _column = finding.MODELS[kind]
    row = model.objects.filter(pk=one.asker_ref).first()
    return ("", "fr") if row is None else (getattr(row, email), getattr(row, "language", "") or "fr")


def _booking(about: Any) -> Note | None:
    one = Booking.objects.select_related("thing").filter(pk=about[0]).first()
    if one is None:
        return None
    to, _language = _reached(one)
    subject = f"{words.said(one.thing, 'name')}: {str(words.STATES[one.state][1]).lower()}"
    lines = [f"{words.said(one.thing, 'name')}, {one.thing.place}", showing.span((one.begins, one.ends))]
    lines.append(str(words.STATES[State(one.state)][1]))
    if one.answer:
        lines.append(_("The desk says:") + f" {one.answer}")
    kind = _KINDS.get(Asker(one.asker)) if one.asker in Asker.values and one.asker_ref else None
    if kind is not None and finding.page_of(kind, one.asker_ref) is not None:
        lines.append(settings.ORIGIN.url + reverse("commons:mine", args=[links.own(kind, one.asker_ref)]))
    return Note(to, subject, "\n".join(lines))


KINDS: MappingProxyType[str, Callable[[Any], Note | None]] = MappingProxyType({"booking": _booking})
