"""Tell every data protection officer, by mail, that a glass was broken. The mail names nobody."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import structlog
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from necmergitur.governance.breakglass import MAY_REVIEW
from necmergitur.web.accounts.models import User
from necmergitur.web.breakglass import words

log = structlog.get_logger(__name__)


def tell(payload: Mapping[str, Any]) -> int:
    """Send the mail; return to how many. Raises OSError when no server takes it."""
    people = list(User.objects.filter(is_active=True, is_demo=False, grants__role=MAY_REVIEW).order_by("pk"))
    if not settings.EMAIL_HOST:
        log.warning("break_glass_not_mailed", why="NEC_MAIL_URL is not set", officers=len(people))
        return 0
    messages = [_message(person, payload) for person in people]
    return get_connection().send_messages(messages) or 0 if messages else 0


def _message(person: User, payload: Mapping[str, Any]) -> EmailMessage:
    with override(person.language):
        said = {
            "number": payload["number"],
            "what": words.SCOPES.get(payload["scope"], payload["scope"]),
            "to": words.READERS.get(payload["readers"], payload["readers"]),
            "until": timezone.localtime(datetime.fromisoformat(payload["until"])).strftime("%H:%M"),
            "address": settings.ORIGIN.url + reverse("breakglass:glasses"),
        }
        subject = _("Break-glass, call %(number)s: judge it") % said
        body = (
            _(
                "Two people opened, until %(until)s: %(what)s, to %(to)s, about call %(number)s.\n"
                "Read why and judge it here: %(address)s\n"
                "Nobody can open another before."
            )
            % said
        )
    return EmailMessage(subject, body, settings.DEFAULT_FROM_EMAIL, [person.email])
