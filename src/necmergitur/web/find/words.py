"""Words of these pages: what is wrong with a field, what a status means, how sure it is."""

import os
from typing import Any

from django.utils.translation import gettext_lazy as _

from necmergitur.people.notes import Assurance, Status
from necmergitur.people.screening import screen

REGION = os.environ.get("NEC_REGION") or "FR"
WRONG: dict[str, Any] = {
    "name_missing": _("Write a name. One word is enough."),
    "name_too_long": _("At most 120 characters."),
    "contact_missing": _("Write a phone number or an e-mail address: that is where the answer goes."),
    "contact_unreadable": _(
        "This is neither a phone number nor an e-mail address. For a foreign number, begin with +."
    ),
    "age_unreadable": _("Write the age in figures, or leave it empty."),
    "words_too_long": _("This is too long. Shorten it."),
    "words_missing": _("Write your answer."),
    "whom_missing": _("Write a phone number, an e-mail address or a name."),
    "answer_missing": _("Choose one of the answers."),
    "still_too_large": _("This picture is too large. Send one of at most 8 MB."),
    "still_unreadable": _("This is not a picture we can read. Send a JPEG or a PNG."),
    "crisis_closed": _("The search was closed meanwhile. Nothing was recorded."),
    "notes_too_many": _("Too much was written here already. Call the desk."),
    "question_answered": _("You have answered already."),
    "death_not_yours": _("This cannot be said here. Call the desk."),
}
STATUS: dict[Status, Any] = {
    Status.SOUGHT: _("Somebody looks for news"),
    Status.AUTHOR: _("The person wrote themselves"),
    Status.ALIVE: _("Somebody has news that the person is alive"),
    Status.MISSING: _("Still looked for"),
    Status.DEAD: _("The person died"),
    Status.NONE: _("A note"),
}
SURE: dict[Assurance, Any] = {
    Assurance.SELF: _("from the person"),
    Assurance.OFFICIAL: _("from a hospital or the crisis desk"),
    Assurance.RELATIVE: _("from the family"),
    Assurance.PUBLIC: _("not verified"),
}
SEX: dict[str, Any] = {"female": _("Woman"), "male": _("Man"), "other": _("Other")}


def screened(text: str) -> str:
    """Return a text as strangers may read it, line by line: numbers, addresses and links covered."""
    return "\n".join(screen(line, REGION).text for line in text.splitlines())


def wrong(rule: str) -> Any:
    """Return what to tell about a rule."""
    return WRONG.get(rule, _("This cannot be taken as it is."))
