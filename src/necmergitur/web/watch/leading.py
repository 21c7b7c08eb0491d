"""How something the watch found becomes a lead: the next stage of a need's chain."""

from datetime import datetime
from typing import Any

from django.db import transaction

from necmergitur.adapters.watch.entries import cut
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.accounts.models import User
from necmergitur.web.programme import making
from necmergitur.web.programme.models import SHORT, Lead, Need
from necmergitur.web.watch.models import Judgement, Match

PLAIN = {"fr", "en"}


@transaction.atomic
def lead_from(match: Match, by: User, now: datetime) -> Lead | Refusal:
    """Make a lead of a matched item, once for each need; whoever does it judges it relevant."""
    item = match.item
    Need.objects.select_for_update().get(pk=match.need_id)
    made: Any = Lead.objects.filter(need=match.need, item=item.pk).first()
    if made is None:
        made = making.make(
            match.need,
            now,
            by,
            title=cut(item.title, SHORT),
            summary=item.summary,
            url=item.url,
            organisation=item.organisation,
            country=item.country,
            language=item.language if item.language in PLAIN else "en",
            item=item.pk,
        )
        if not isinstance(made, Refusal):
            values = {"relevant": True, "at": now}
            Judgement.objects.update_or_create(item=item, need=match.need, by_id=by.pk, defaults=values)
    return made  # type: ignore[no-any-return]
