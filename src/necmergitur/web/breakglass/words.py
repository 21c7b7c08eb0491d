"""What is opened, and to whom, in words."""

from typing import Any

from django.utils.translation import gettext_lazy as _

SCOPES: dict[str, Any] = {
    "holder": _("who holds the button"),
    "stills": _("the pictures of the incident"),
    "readings": _("the readings of a sensor"),
}
READERS: dict[str, Any] = {
    "operator": _("operators"),
    "pilot": _("pilots"),
    "responder": _("responders"),
    "technician": _("technicians"),
}
