"""Services, states and counts of a crisis, in words."""

from typing import Any

from django.utils.translation import gettext_lazy as _

SERVICES: dict[str, Any] = {
    "safe": _("“I’m safe”: people say how they are"),
    "find": _("Missing people: families look for them"),
    "doors": _("Open doors: shelter for the night"),
}
SHORT: dict[str, Any] = {
    "safe": _("I’m safe"),
    "find": _("Missing people"),
    "doors": _("Open doors"),
}
COUNTS: dict[str, Any] = {
    "checkins": _("people checked in"),
    "safe": _("say they are safe"),
    "need_help": _("say they need help"),
    "hurt": _("say they are hurt"),
    "withdrawn": _("took it back"),
    "people_to_tell": _("relatives to tell"),
    "missing": _("people looked for"),
    "appeals": _("public appeals"),
    "notes": _("notes"),
    "questions": _("questions from relatives"),
    "looks": _("records opened by agents"),
    "messages_sent": _("messages sent"),
    "messages_given_up": _("messages nobody took"),
    "messages_held_back": _("messages held back: too many to one number"),
    "offers": _("doors offered"),
    "requests": _("asked for shelter"),
    "brought_together": _("guests sent to a host"),
    "arrived": _("guests arrived"),
    "not_arrived": _("guests who did not arrive in time"),
    "reports": _("reports of a problem"),
    # of what was dropped
    "persons": _("notices"),
    "pictures": _("pictures of people looked for"),
    "messages": _("messages that still waited"),
    "phones": _("telephones that asked to be told"),
}
STEPS: dict[str, Any] = {
    "CrisisAsked": _("Asked for"),
    "CrisisOpened": _("Confirmed by a second person: open"),
    "CrisisWithdrawn": _("Taken back before it opened"),
    "CrisisClosed": _("Closed"),
    "CrisisErased": _("Erased: its key destroyed, its rows dropped"),
}


def counted(counts: dict[str, int]) -> list[tuple[str, Any, int]]:
    """Return (name, words, number) of each count, ours in our order, then what other services add."""
    named = [(name, COUNTS[name], counts[name]) for name in COUNTS if name in counts]
    return named + [(name, name.replace("_", " "), counts[name]) for name in counts if name not in COUNTS]
