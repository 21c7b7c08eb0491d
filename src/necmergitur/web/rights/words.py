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
    "programme": _("I take part in the innovation programme"),
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
    "participant": pgettext_lazy("held", "registrations to a hackathon"),
    "helper": pgettext_lazy("held", "jurors and mentors of a hackathon"),
    "applicant": pgettext_lazy("held", "contacts of applications"),
    "reader": pgettext_lazy("held", "reviewers and mentors of a cohort"),
    "partner": pgettext_lazy("held", "contacts of partners"),
    "newsletter": pgettext_lazy("held", "newsletter addresses"),
    "letters": pgettext_lazy("held", "letters"),
}
FIELDS: dict[str, Any] = {
    "kind": pgettext_lazy("field", "As"),
    "name": pgettext_lazy("field", "Name"),
    "email": pgettext_lazy("field", "E-mail"),
    "organisation": pgettext_lazy("field", "Organisation"),
    "skills": pgettext_lazy("field", "Skills"),
    "access_needs": pgettext_lazy("field", "What you need"),
    "language": pgettext_lazy("field", "Language"),
    "conduct_at": pgettext_lazy("field", "Code of conduct agreed to"),
    "registered_at": pgettext_lazy("field", "Registered"),
    "checked_in_at": pgettext_lazy("field", "Checked in"),
    "knows": pgettext_lazy("field", "Whom you know"),
    "declared_at": pgettext_lazy("field", "Said on"),
    "title": pgettext_lazy("field", "Title"),
    "summary": pgettext_lazy("field", "Text"),
    "demo": pgettext_lazy("field", "Demonstration"),
    "repository": pgettext_lazy("field", "Source"),
    "contact_name": pgettext_lazy("field", "Contact"),
    "contact_email": pgettext_lazy("field", "Contact’s e-mail"),
    "received_at": pgettext_lazy("field", "Received"),
    "accepted": pgettext_lazy("field", "Accepted"),
    "reason": pgettext_lazy("field", "Reason"),
    "decided_at": pgettext_lazy("field", "Decided"),
    "offers": pgettext_lazy("field", "What you offer"),
    "capacity": pgettext_lazy("field", "Projects at most"),
    "added_at": pgettext_lazy("field", "Asked on"),
    "joined_at": pgettext_lazy("field", "Partner since"),
    "ended_at": pgettext_lazy("field", "Partner until"),
    "asked_at": pgettext_lazy("field", "Asked for"),
    "mailed_at": pgettext_lazy("field", "Last written to"),
    "confirmed_at": pgettext_lazy("field", "Confirmed"),
}
