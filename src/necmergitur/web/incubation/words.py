"""Words of the incubation."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from necmergitur.innovation.phases import Phase

PHASES: dict[str, tuple[str, Any]] = {
    Phase.INVESTIGATION: ("attention", pgettext_lazy("phase", "Investigation")),
    Phase.CONSTRUCTION: ("ours", pgettext_lazy("phase", "Construction")),
    Phase.ACCELERATION: ("ours", pgettext_lazy("phase", "Acceleration")),
    Phase.TRANSFER: ("ours", pgettext_lazy("phase", "Transfer")),
    Phase.PERENNIAL: ("ours", pgettext_lazy("phase", "Stands on its own")),
    Phase.STOPPED: ("neutral", pgettext_lazy("phase", "Stopped after investigation")),
    Phase.ABANDONED: ("neutral", pgettext_lazy("phase", "Given up")),
    Phase.EXCLUDED: ("neutral", pgettext_lazy("phase", "Excluded")),
}
REFUSALS: dict[str, Any] = {
    "phase_does_not_follow": _("This phase does not follow from where the project stands."),
    "reason_missing": _("Say why, in ten characters at least: whoever comes next will want to know."),
    "grant_spent": _("The grant does not hold so much any more."),
    "line_spent": _("More than was promised cannot be paid."),
    "amount_out_of_range": _("An amount is more than nothing."),
    "application_decided": _("This application was decided already."),
    "call_full": _("Every place of this call is given."),
}
