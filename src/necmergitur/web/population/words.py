"""Words of what people say of themselves, and of what must be mended in a form."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from necmergitur.people.checkins import Status
from necmergitur.people.constants import NAME_MAX, TELL_MAX, WORDS_MAX

# As the person says it.
SAID: dict[Status, Any] = {
    Status.SAFE: _("I am safe"),
    Status.NEED_HELP: pgettext_lazy("safe", "I need help"),
    Status.HURT: _("I am hurt"),
    Status.WITHDRAWN: _("Message taken back"),
}
PROBLEMS: dict[str, Any] = {
    "status_missing": _("Choose one of the three answers."),
    "name_missing": _("Write your name, so that your people know it is you."),
    "name_too_long": _("Your name: %(name)s characters at most."),
    "words_too_long": _("A few words: %(words)s characters at most."),
    "contact_unreadable": _("This is neither a phone number nor an e-mail address. Example: 06 12 34 56 78."),
    "tell_too_many": _("%(tell)s people at most."),
}
REFUSED: dict[str, Any] = {
    "crisis_closed": _(
        "The crisis is over: you can no longer change your answer. You can still take it back or erase it."
    ),
    "checkin_withdrawn": _("You took this message back: it cannot be brought back. Say it again if you want."),
}
_MOST = {"name": NAME_MAX, "words": WORDS_MAX, "tell": TELL_MAX}


def problem(rule: str) -> str:
    """Return what is to be mended, in the reader's language."""
    return str(PROBLEMS[rule]) % _MOST
