"""Vectors of items and needs, a few at a time in the background: what answers in another language is found by them."""

from collections.abc import Sequence

from necmergitur.adapters.embedding import packed
from necmergitur.innovation.chain import NeedState
from necmergitur.innovation.matching import Embedder
from necmergitur.web.programme.models import Need
from necmergitur.web.watch.constants import VECTORS_A_TURN
from necmergitur.web.watch.matching import text_of_item, text_of_need
from necmergitur.web.watch.models import Item, NeedVector


def make(embedder: Embedder, most: int = VECTORS_A_TURN) -> int:
    """Make vectors of needs first, then of the newest items that have none; return how many."""
    made = 0
    for need in _needs()[:most]:
        text = text_of_need(need)
        values = {"text": text, "vector": packed(embedder.queries([text])[0])}
        NeedVector.objects.update_or_create(need=need, defaults=values)
        made += 1
    for item in Item.objects.filter(vector=None).order_by("-found_at")[: max(0, most - made)]:
        Item.objects.filter(pk=item.pk).update(vector=packed(embedder.passages([text_of_item(item)])[0]))
        made += 1
    return made


def _needs() -> Sequence[Need]:
    found = Need.objects.filter(state=NeedState.OPEN).select_related("vector")
    return [one for one in found if not hasattr(one, "vector") or one.vector.text != text_of_need(one)]
