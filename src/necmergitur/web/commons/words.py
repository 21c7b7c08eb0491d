"""Words of the commons' pages."""

from typing import Any

from django.utils import dates
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from necmergitur.innovation.booking import State
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.commons.models import Way
from necmergitur.web.programme import words as programme

STATES: dict[str, tuple[str, Any]] = {
    State.ASKED: ("attention", pgettext_lazy("booking", "Asked for")),
    State.CONFIRMED: ("ours", pgettext_lazy("booking", "Confirmed")),
    State.DECLINED: ("neutral", pgettext_lazy("booking", "Declined")),
    State.CANCELLED: ("neutral", pgettext_lazy("booking", "Cancelled")),
}
WAYS: dict[str, str] = {
    Way.DUE: "attention",
    Way.HANDING: "attention",
    Way.SENT: "ours",
    Way.REFUSED: "serious",
    Way.UNSURE: "serious",
    Way.LEFT: "neutral",
}
REFUSALS: dict[str, Any] = {
    "booking_ends_before": _("It must end after it begins."),
    "booking_past": _("This time is over."),
    "booking_far": _("Book a year ahead at most."),
    "booking_short": _("Book a quarter of an hour at least."),
    "booking_long": _("Book a month at most."),
    "booking_closed": _("It is not to be had at these hours, or on this day."),
    "booking_overnight": _("It closes in the evening: book each day by itself."),
    "booking_no_hour": _("Clocks go forward that night: this hour does not exist. Choose another."),
    "booking_taken": _("Somebody has it at these hours."),
    "booking_not_yours": _("It is not for you to ask for: write to the programme."),
    "booking_too_many": _("You have ten bookings ahead. Cancel one first, or wait until one is over."),
    "booking_moved_on": _("This booking changed meanwhile. Look at it again."),
    "document_empty": _("The file is empty."),
    "document_large": _("The file is larger than 20 MB."),
    "document_kind": _(
        "Neither PDF, nor OpenDocument, nor Word, Excel or PowerPoint without macros, nor plain text (UTF-8)."
    ),
    "document_not_pdf": _("It begins like a PDF and is none: its end or its table of contents is missing or broken."),
    "document_locked": _("It is locked with a password, so nobody can see what it holds."),
    "document_active": _(
        "It runs something, or carries another file inside (a script, a macro, an attachment). Save it without."
    ),
    "document_unpacks": _("Unpacked it is larger than 200 MB, or has more than 5,000 parts: nobody reads that."),
    "document_not_office": _("It is a package that is broken, or is no document."),
    "document_misnamed": _(
        "Its name says one kind of file and its content is another. Look whether it is the file you meant, and give it"
        " the name of what it is."
    ),
    "document_same": _("These are the bytes of the version before: nothing changed."),
    "letter_sent": _("This issue has left. Write another."),
    "letter_nobody": _("Nobody reads the letter yet."),
    "letter_no_mail": _("This city sends no mail: an administrator sets NEC_MAIL_URL."),
}  # fmt: skip


def sentence(refusal: Refusal) -> Any:
    """Return a refusal in plain words."""
    return REFUSALS.get(refusal.rule) or programme.sentence(refusal)


def said(row: Any, name: str) -> str:
    """Return what a row says in the reader's language; in the other one where that was left empty."""
    first, other = ("en", "fr") if (get_language() or "fr").startswith("en") else ("fr", "en")
    return str(getattr(row, f"{name}_{first}") or getattr(row, f"{name}_{other}"))


def days(numbers: list[int]) -> str:
    """Return names of days."""
    return ", ".join(str(dates.WEEKDAYS[one]) for one in sorted(numbers))
