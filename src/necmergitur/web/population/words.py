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


READERS: dict[str, Any] = {
    "operator": _("the control room"),
    "lead": _("the head of the control room"),
    "duty_officer": _("the duty officer"),
    "liaison": _("the desk for families"),
}
PURPOSES: dict[str, Any] = {
    "answer_call": _("to help you"),
    "family": _("to answer somebody who looks for you"),
    "identify": _("to tell who somebody is"),
    "abuse": _("to judge a report of abuse"),
    "duplicate": _("to bring two records of one person together"),
    "import": _("to compare with a hospital’s list"),
}


def looked(role: str, purpose: str) -> tuple[str, str]:
    """Return who read it, and what for, as the person is told."""
    return str(READERS.get(role, READERS["operator"])), str(PURPOSES.get(purpose, purpose))
