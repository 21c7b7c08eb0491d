"""Letters of the incubation: what each says, and whom to remind before the reading ends."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from necmergitur.web.incubation.models import Application, Booking, Call, Helper
from necmergitur.web.letters import finding, sending
from necmergitur.web.letters.constants import READING_BEFORE
from necmergitur.web.letters.sending import Note


def tell_readers(call: Call, now: datetime) -> None:
    """Tell reviewers that something is to read: one letter a day, however much comes."""
    waiting = call.helpers.filter(reviews__isnull=False, reviews__done_at=None).distinct()
    people = [(f"{one.pk}:{now:%Y%m%d}", one.email, one.language, ["reader", str(one.pk)]) for one in waiting]
    sending.tell_many("to_read", people, now)


def tell_mentor(kind: str, booking: Booking, now: datetime) -> None:
    """Tell a mentor that a half hour was booked, or given back."""
    mentor, at = booking.slot.mentor, booking.slot.starts_at
    about = ["reader", str(mentor.pk), at.isoformat()]
    sending.tell(kind, f"{booking.slot_id}:{booking.at:%Y%m%d%H%M%S%f}", mentor.email, mentor.language, about, now, at)


def tell_project(kind: str, booking: Booking, now: datetime) -> None:
    """Tell a project that its mentor cannot come."""
    found, at = Application.objects.filter(project=booking.project).first(), booking.slot.starts_at
    if found is not None:
        about = ["applicant", str(found.pk), at.isoformat()]
        name = f"{booking.slot_id}:{booking.at:%Y%m%d%H%M%S%f}"
        sending.tell(kind, name, found.contact_email, found.language, about, now, at)


def remind(now: datetime) -> None:
    """Remind reviewers who have not marked everything, once, two days before the reading ends."""
    for call in Call.objects.filter(read_by__gt=now, read_by__lte=now + READING_BEFORE):
        late = Helper.objects.filter(call=call, reviews__isnull=False, reviews__done_at=None).distinct()
        people = [
            (f"{one.pk}:{call.read_by:%Y%m%d%H%M}", one.email, one.language, ["reader", str(one.pk)]) for one in late
        ]
        sending.tell_many("reading_ends", people, now, call.read_by)


def _page(about: Any) -> Any:
    return finding.page_of(*about[:2])


def _note(about: Any, subject: str, text: str) -> Note | None:
    page = _page(about)
    return None if page is None else Note(page.email, f"{page.title}: {subject}", f"{text}\n\n{page.address}")


def _applied(about: Any) -> Note | None:
    text = _("Your application has arrived. This address is its page, where you learn what becomes of it: keep it.")
    return _note(about, _("your application"), text)


def _reader(about: Any) -> Note | None:
    text = _("You are asked to help, as a reviewer or a mentor. This address is your page: keep it to yourself.")
    return _note(about, _("your private page"), text)


def _decided(about: Any) -> Note | None:
    found = Application.objects.filter(pk=about[1]).exclude(accepted=None).first()
    if found is None:
        return None
    text = _("Your application was chosen.") if found.accepted else _("Your application was not chosen.")
    more = _("On its page you also read what reviewers wrote for you.")
    return _note(about, _("the decision"), f"{text}\n\n{found.reason}\n\n{more}")


def _to_read(about: Any) -> Note | None:
    return _note(about, _("applications to read"), _("Applications wait for your marks. You read them on your page."))


def _reading_ends(about: Any) -> Note | None:
    text = _("Applications you were asked to read have no marks yet, and the time for it ends within two days.")
    return _note(about, _("the reading ends soon"), text)


def _when(about: Any) -> str:
    return str(date_format(timezone.localtime(datetime.fromisoformat(about[2])), "l j F, H:i"))


def _hour(about: Any) -> Note | None:
    return _note(about, _("a half hour was booked"), _("A project comes to you: %(when)s.") % {"when": _when(about)})


def _hour_off(about: Any) -> Note | None:
    text = _("The half hour of %(when)s was given back: nobody comes.") % {"when": _when(about)}
    return _note(about, _("a half hour was given back"), text)


KINDS: dict[str, Callable[[Any], Note | None]] = {
    "applied": _applied,
    "reader": _reader,
    "decided": _decided,
    "to_read": _to_read,
    "reading_ends": _reading_ends,
    "hour": _hour,
    "hour_off": _hour_off,
}
