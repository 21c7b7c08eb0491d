"""Needs that are alike become one, and two again when that was a mistake; votes go with them, both ways."""

from datetime import datetime

from django.db import transaction

from necmergitur.innovation.chain import NeedState
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.accounts.models import User
from necmergitur.web.programme import making
from necmergitur.web.programme.models import Need, Vote


@transaction.atomic
def merge(found: Need, target: Need, now: datetime, by: User) -> Need | Refusal:
    """Merge a need into one like it: its votes count there, but for those of browsers that voted for both."""
    if any(one.state != NeedState.OPEN for one in _locked(found, target)):
        return Refusal(rule="need_not_open")
    there = set(target.votes.values_list("voter", flat=True))
    going = list(found.votes.exclude(voter__in=there))
    for vote in going:
        vote.need, vote.via = target, [*vote.via, found.pk]
    Vote.objects.bulk_update(going, ["need", "via"])
    return making.move(found, NeedState.MERGED, now, by, merged_into=target)


@transaction.atomic
def split(found: Need, now: datetime, by: User) -> Need | Refusal:
    """Take a merge back: the need is open again, and the votes that came from it, and still stand, go back to it."""
    target = found.merged_into
    if target is None:
        return Refusal(rule="need_not_merged")
    both = {one.pk: one for one in _locked(found, target)}
    if both[found.pk].state != NeedState.MERGED or both[found.pk].merged_into_id != target.pk:
        return Refusal(rule="need_not_merged")
    if both[target.pk].state == NeedState.MERGED:
        return Refusal(rule="need_split_first")
    back = [vote for vote in target.votes.all() if vote.via and vote.via[-1] == found.pk]
    for vote in back:
        vote.need, vote.via = found, vote.via[:-1]
    Vote.objects.bulk_update(back, ["need", "via"])
    return making.move(found, NeedState.OPEN, now, by, merged_into=None)


def _locked(one: Need, other: Need) -> list[Need]:
    """Lock both, in one order: two people may merge each into the other at once."""
    return list(Need.objects.select_for_update().filter(pk__in=(one.pk, other.pk)).order_by("pk"))
