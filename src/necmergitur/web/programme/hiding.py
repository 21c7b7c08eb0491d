"""Words of a need that the public should not read are not shown; the desk keeps them, and can show them again."""

from datetime import datetime

from django.db import transaction

from necmergitur.web.accounts.models import User
from necmergitur.web.programme import making
from necmergitur.web.programme.models import Need


@transaction.atomic
def hide(need: Need, why: str, now: datetime, by: User) -> None:
    """Show a need's words to the desk alone. Once; everybody reads why, and the record says who did it."""
    hidden = {"hidden_at": now, "hidden_why": why, "hidden_by_id": by.pk}
    if Need.objects.filter(pk=need.pk, hidden_at=None).update(**hidden):
        making.note(need, "hidden", by, now, reason=why)


@transaction.atomic
def show(need: Need, now: datetime, by: User) -> None:
    """Show them to everybody again."""
    plain = {"hidden_at": None, "hidden_why": "", "hidden_by_id": None}
    if Need.objects.filter(pk=need.pk).exclude(hidden_at=None).update(**plain):
        making.note(need, "shown", by, now)
