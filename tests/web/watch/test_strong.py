"""The demonstration's own documents, matched to its own needs: the right ones stand first, the generic ones folded."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cached_property

import numpy as np
import pytest
from django.test import Client
from django.utils import timezone

from necmergitur.adapters.embedding import E5, Floats
from necmergitur.sim.tour import story
from necmergitur.sim.tour.seeds import put_need
from necmergitur.web.programme.alike import alike
from necmergitur.web.programme.models import Need
from necmergitur.web.store import store
from necmergitur.web.watch import matching, vectors
from necmergitur.web.watch.models import Format, Item, Match, Source
from tests.web.pages import City

DESK = "/programme/desk/watch/"
QUAYS = "Sensors against drowning on river quays"


def told(now: datetime) -> None:
    """Keep what the invented sources say, as the watch does, and state the needs."""
    for number, said in enumerate((story.TOLD_BEFORE, story.YOURS, *story.OTHERS)):
        put_need(said, number, now)
    for at, one in enumerate(story.SOURCES):
        of = {"name": one.name, "format": Format.FEED, "url": f"https://a.example/{at}", "due_at": now}
        source = Source.objects.create(id=store().ids.new(), state="paused", created_at=now, **of)
        Item.objects.bulk_create(
            Item(id=store().ids.new(), source=source, title=news.title, summary=news.text, print=at, found_at=now)
            for news in one.news
        )


class Remembering(E5):
    """The model, asked once for each text of this module."""

    @cached_property
    def _known(self) -> dict[tuple[str, str], Floats]:
        return {}

    def _of(self, kind: str, make: Callable[[Sequence[str]], Floats], given: Sequence[str]) -> Floats:
        for text in given:
            if (kind, text) not in self._known:
                self._known[kind, text] = make([text])[0]
        return np.stack([self._known[kind, text] for text in given])

    def passages(self, given: Sequence[str]) -> Floats:
        return self._of("passage", super().passages, given)

    def queries(self, given: Sequence[str]) -> Floats:
        return self._of("query", super().queries, given)


EMBEDDER = Remembering()


@pytest.fixture
def matched(city: City) -> City:
    now = timezone.now()
    told(now)
    vectors.make(EMBEDDER, 50)
    matching.match(now)
    return city


def strong(title: str) -> list[str]:
    need = Need.objects.get(title__startswith=title)
    return list(Match.objects.filter(need=need, strong=True).values_list("item__title", flat=True))


def test_generic_words_are_weak_whatever_their_rank_and_the_right_text_of_another_language_is_strong(
    matched: City,
) -> None:
    assert strong("Voir plus vite") == [QUAYS]
    parvis = strong("Savoir à temps")
    assert parvis[0].startswith("Densité SAS") and len(parvis) == 6, "four in French, two in English"
    assert all("foule" in one or "crowd" in one or one == "Essais en cours" for one in parvis)
    stadium = strong("Know in time")
    assert stadium[0].startswith("Early warning") and stadium[1].startswith("Device for measuring")
    assert len(stadium) == 6, "two in English, four in French"
    assert not any("smoke" in one or "éclairage" in one for one in stadium)
    assert strong("Lead people out") == ["Moving signs lead people out of a station filled with smoke"]


def test_what_is_strong_by_its_meaning_stands_far_below_another_s_words(matched: City) -> None:
    """A crowd paper that shares one word of a river's need may score four times the text that answers it."""
    need = Need.objects.get(title__startswith="Voir plus vite")
    right = Match.objects.get(need=need, item__title=QUAYS)
    Match.objects.filter(need=need).exclude(pk=right.pk).update(score=right.score * 4, strong=False)
    shown, folded = opened(matched.client("analyst"), f"{DESK}needs/{need.number}/")
    assert QUAYS in shown and QUAYS not in folded


def opened(client: Client, address: str) -> tuple[str, str]:
    """Return what a page shows openly, and what it shows folded."""
    page = client.get(address).content.decode()
    folds = re.findall(r"<details><summary>\d+ weak match.*?</details></section>", page, re.DOTALL)
    for fold in folds:
        page = page.replace(fold, "")
    return page, "".join(folds)


def test_the_right_one_stands_first_on_the_page_and_the_weak_ones_are_folded(matched: City) -> None:
    analyst = matched.client("analyst")
    need = Need.objects.get(title__startswith="Voir plus vite")
    shown, folded = opened(analyst, f"{DESK}needs/{need.number}/")
    assert QUAYS in shown and QUAYS not in folded
    for generic in ("éclairage", "SAS mesure", "Essais en cours"):
        assert generic in folded and generic not in shown, generic
    assert shown.index("by meaning") < shown.index("by words") < shown.index("Nothing strong.")
    front = analyst.get(DESK).content.decode()
    row = front[front.index(f'id="need-{need.chain}"') :].split("</section>")[0]
    assert QUAYS in row and "éclairage" not in row


def test_one_need_stated_in_two_languages_is_told_as_alike(matched: City) -> None:
    parvis, stadium = (Need.objects.get(title__startswith=title) for title in ("Savoir à temps", "Know in time"))
    assert alike(parvis) == [stadium] and alike(stadium) == [parvis]
    assert alike(Need.objects.get(title__startswith="Lead people out")) == []


def test_where_no_vector_is_made_yet_one_common_word_is_weak_all_the_same(city: City) -> None:
    now = timezone.now()
    told(now)
    matching.match(now)
    assert strong("Voir plus vite") == []
    assert strong("Savoir à temps")[0].startswith("Densité SAS")
    assert "Weak matches only." in city.client("analyst").get(DESK).content.decode()
