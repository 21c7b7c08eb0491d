"""What may be asked, on which grounds it is refused, and what became of it: in words people use."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

KINDS: dict[str, Any] = {
    "access": _("See everything you hold about me"),
    "log": _("See who looked at my data, when and why"),
    "rectify": _("Correct what is wrong"),
    "erase": _("Erase what you hold about me"),
    "object": _("Object to how my data is used"),
}
WHO: dict[str, Any] = {
    "button": _("I carry, or carried, a personal button"),
    "other": _("Another person: I was there, I was called, I was seen"),
}
GROUNDS: dict[str, Any] = {
    "not_identified": _("We cannot tell that the data is about you"),
    "unfounded": _("The request plainly has no basis"),
    "excessive": _("The same was asked again and again"),
    "others_rights": _("It would show another person's data"),
    "accurate": _("What is recorded is right"),
    "legal_obligation": _("A law obliges us to keep it"),
    "archive": _("It is kept for public archives or research"),
    "legal_claims": _("A court or an inquiry needs it"),
    "open_call": _("A call for help is still open: it may be a life"),
    "compelling": _("Compelling reasons outweigh the objection"),
    "restricted": _("A law restricts this right here"),
}
OUTCOMES: dict[str, Any] = {
    "granted": pgettext_lazy("right", "Granted"),
    "partly": pgettext_lazy("right", "Granted in part"),
    "refused": pgettext_lazy("right", "Refused"),
    "nothing_held": _("We hold nothing about you"),
}
EXTENSIONS: dict[str, Any] = {
    "complexity": _("The request is complex"),
    "number": _("Very many requests came at once"),
}
LOOKED: dict[str, Any] = {
    "holder": _("opened your name"),
    "still": _("looked at a picture of your call"),
    "break_glass": _("opened to others by two people"),
    "vouched": _("opened your data to somebody they took for you"),
}
HELD_NAMES: dict[str, Any] = {
    "keys": _("keys destroyed"),
    "places": _("places"),
    "texts": _("texts"),
    "stills": _("pictures"),
    "holders": _("names"),
}
