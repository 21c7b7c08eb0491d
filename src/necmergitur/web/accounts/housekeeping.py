"""What accounts leave behind and nobody needs: run daily by the worker, through `app`."""

from datetime import timedelta

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone

from necmergitur.web.accounts.models import EnrolmentLink, LiveSession, RecoveryRequest

# Long enough to answer "was the link used?"; the audit keeps the answer for good.
KEPT = timedelta(days=30)


def sweep() -> int:
    """Delete expired sessions, tickets and counters, and links and requests closed for 30 days; return how many."""
    now = timezone.now()
    deleted = 0
    for rows in (
        Session.objects.filter(expire_date__lt=now),
        LiveSession.objects.filter(expires_at__lt=now),
        EnrolmentLink.objects.filter(expires_at__lt=now - KEPT),
        RecoveryRequest.objects.filter(expires_at__lt=now - KEPT),
    ):
        count, _each = rows.delete()
        deleted += count
    table = connection.ops.quote_name(settings.CACHES["default"]["LOCATION"])
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table} WHERE expires < %s", [now])  # noqa: S608 -- our own table's name
        return deleted + cursor.rowcount
