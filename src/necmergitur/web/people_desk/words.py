"""What people say of themselves, and what agents look for, in words."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from necmergitur.people.checkins import Status

STATUSES: dict[Status, tuple[str, Any]] = {
    Status.SAFE: ("resolved", _("Says: I am safe")),
    Status.NEED_HELP: ("serious", _("Says: I need help")),
    Status.HURT: ("critical", _("Says: I am hurt")),
    Status.WITHDRAWN: ("neutral", _("Took it back")),
}
PURPOSES: dict[str, Any] = {
    "answer_call": _("to answer a call for help"),
    "family": _("to answer a family"),
    "identify": _("to tell who somebody is"),
    "abuse": _("to judge a report of abuse"),
    "duplicate": _("to bring two records of one person together"),
    "import": _("to reconcile a hospital’s list"),
}
