"""A month of news against many needs, on the real database: no turn of the worker holds its thread for long."""

import random
import time

from django.utils import timezone

from necmergitur.web.programme.models import Need
from necmergitur.web.store import store
from necmergitur.web.watch import matching
from necmergitur.web.watch.constants import ITEMS_A_SLICE, MATCH_S_A_TURN, MATCHED_A_NEED_MAX
from necmergitur.web.watch.gathering import Watch
from necmergitur.web.watch.models import Format, Item, Match, Source
from tests.web.pages import City
from tests.web.programme.test_making import need

ITEMS, NEEDS = 2 * ITEMS_A_SLICE, 30
TURN_S = 5.0  # some seconds; on a quiet machine a slice takes 0.1 s to 0.5 s, the first, which learns, twice that


def world(items: int, needs: int) -> None:
    """Make items and needs of words as seldom as words are."""
    drawn = random.Random(7)
    words = ["".join(drawn.choices("bcdfglmnprst", k=2)) + drawn.choice("aeiou") * 2 + str(n) for n in range(8_000)]
    weights = [1 / (rank + 10) for rank in range(len(words))]

    def said(count: int) -> str:
        return " ".join(drawn.choices(words, weights, k=count))

    now = timezone.now()
    of = {"name": "s", "format": Format.FEED, "url": "https://a.example/f", "due_at": now, "created_at": now}
    source = Source.objects.create(id=store().ids.new(), state="paused", **of)
    common = {"source": source, "found_at": now, "language": "en", "url": "https://a.example/"}
    Item.objects.bulk_create(
        Item(id=store().ids.new(), title=said(8), summary=said(60), print=n, **common) for n in range(items)
    )
    first = need()
    fields = {each.name: getattr(first, each.name) for each in Need._meta.concrete_fields}
    Need.objects.bulk_create(
        Need(**fields | {"id": store().ids.new(), "chain": n, "title": said(8), "situation": said(40)})
        for n in range(2, needs + 1)
    )


def test_a_months_matching_is_done_in_turns_that_let_others_go_on(city: City, watch: Watch) -> None:
    world(ITEMS, NEEDS)
    spent, slices = [], matching.slices(timezone.now())
    while True:
        begun = time.perf_counter()
        if next(slices, None) is None:
            break
        spent.append(time.perf_counter() - begun)
    print(f"{ITEMS} items, {NEEDS} needs: {sum(spent):.1f} s in {len(spent)} slices, the longest {max(spent):.2f} s")
    assert MATCH_S_A_TURN + max(spent) < TURN_S
    whole = set(Match.objects.values_list("need_id", "item_id"))
    assert len(whole) == NEEDS * MATCHED_A_NEED_MAX
    Match.objects.all().delete()
    watch.go_on(0.0)
    turns = 0
    watch.turn()
    while not watch.go_on(0.05):
        turns += 1
    assert turns > 1 and set(Match.objects.values_list("need_id", "item_id")) == whole
