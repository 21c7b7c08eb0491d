"""The analyst's desk of the watch: sources, news with reasons, votes that become judgements, the chain's next stage."""

import re
from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client

from necmergitur.web.programme.example import TITLE
from necmergitur.web.programme.models import Lead
from necmergitur.web.store import CLOCK
from necmergitur.web.watch import judging, matching
from necmergitur.web.watch.gathering import Watch
from necmergitur.web.watch.models import Item, Judgement, Match, Source
from tests.adapters.watch.sites import Hours, Site
from tests.web.pages import City, queries
from tests.web.watch.following import followed, need

DESK = "/programme/desk/watch/"


@pytest.fixture
def hours() -> Hours:
    """The desk reads the real clock; so does the watch here."""
    one = Hours()
    one.at = CLOCK.now()
    return one


def found(city: City, site: Site, hours: Hours, watch: Watch) -> Item:
    need(hours)
    followed(site, hours, "rss.xml", "feed")
    watch.turn()
    return Item.objects.get(title__startswith="Compter")


def text_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


def test_an_item_is_shown_with_its_reason_and_what_a_stranger_wrote_runs_nothing(
    city: City, site: Site, hours: Hours, watch: Watch
) -> None:
    item = found(city, site, hours, watch)
    Item.objects.filter(pk=item.pk).update(title='Compter <img src=x onerror="alert(1)"> une foule')
    analyst = city.client("analyst")
    assert "NM-1" in text_of(analyst, DESK)
    page = text_of(analyst, f"{DESK}needs/NM-1/")
    assert "<mark>foule</mark>" in page and "<img src=x" not in page
    assert "Words in common" in page


def test_a_vote_is_a_judgement_that_may_be_changed_and_counts_in_p10(
    city: City, site: Site, hours: Hours, watch: Watch
) -> None:
    item = found(city, site, hours, watch)
    analyst, vote = city.client("analyst"), f"{DESK}needs/NM-1/{item.pk}/judge/"
    assert analyst.post(vote, {"relevant": "no"}).status_code == 302
    assert analyst.post(vote, {"relevant": "yes"}).status_code == 302
    assert analyst.post(vote, {"relevant": "perhaps"}).status_code == 302
    assert [one.relevant for one in Judgement.objects.all()] == [True]
    week = judging.weeks(Match.objects.first().need, CLOCK.now())[-1]  # type: ignore[union-attr]
    assert (week.judged, week.relevant, week.precision) == (1, 1, 1 / week.shown)
    assert f"{week.precision:.2f}" in text_of(analyst, f"{DESK}precision/")
    exported = b"".join(analyst.get(f"{DESK}judgements.tsv")).decode()
    assert exported == f"NM-1\t{item.pk}\t1\n"


def test_p10_counts_the_ten_best_of_a_week_and_the_unjudged_as_not_relevant(
    city: City, site: Site, hours: Hours, watch: Watch
) -> None:
    item = found(city, site, hours, watch)
    asked = need(hours)
    for number in range(12):
        one = Item.objects.get(pk=item.pk)
        one.pk, one.title = uuid4(), f"Foule {number}"
        one.save(force_insert=True)
        Match.objects.create(item=one, need=asked, score=20 - number, first_at=CLOCK.now() - timedelta(weeks=1))
        if number in (0, 3, 11):  # the twelfth is not among the first ten
            Judgement.objects.create(item=one, need=asked, by_id=1, relevant=number != 3, at=CLOCK.now())
    [week] = judging.weeks(asked, CLOCK.now())
    assert (week.shown, week.judged, week.relevant, week.precision) == (10, 2, 1, 0.1)


def test_a_week_that_is_over_keeps_its_ten_whatever_is_matched_later(
    city: City, site: Site, hours: Hours, watch: Watch
) -> None:
    item, asked, now = found(city, site, hours, watch), need(hours), CLOCK.now()
    for number in range(12):
        one = Item.objects.get(pk=item.pk)
        one.pk, one.title = uuid4(), f"Foule {number}"
        one.save(force_insert=True)
        Match.objects.create(item=one, need=asked, score=20 - number, first_at=now - timedelta(weeks=1))
        if number < 2:
            Judgement.objects.create(item=one, need=asked, by_id=1, relevant=True, at=now)
    assert judging.close(now - timedelta(weeks=1)) == 0, "it is not over"
    assert judging.close(now) == 10 and judging.close(now) == 0
    Match.objects.filter(need=asked, score__gt=18).update(score=0.1)  # the two that were relevant fall behind
    [week] = judging.weeks(asked, now)
    assert (week.shown, week.relevant, week.precision) == (10, 2, 0.2)
    Judgement.objects.update(relevant=False)
    [week] = judging.weeks(asked, now)
    assert week.relevant == 0, "what is said of it may still change"


def test_one_click_makes_a_lead_of_the_chain_once(city: City, site: Site, hours: Hours, watch: Watch) -> None:
    item = found(city, site, hours, watch)
    analyst = city.client("analyst")
    make = f"{DESK}needs/NM-1/{item.pk}/lead/"
    first, second = analyst.post(make), analyst.post(make)
    lead = Lead.objects.get()
    assert first.headers["Location"] == second.headers["Location"] == f"/programme/desk/leads/{lead.pk}/"
    assert (lead.chain, lead.item, lead.language, lead.url) == (1, item.pk, "fr", item.url)
    assert Judgement.objects.get().relevant
    assert "Its lead" in text_of(analyst, f"{DESK}needs/NM-1/")


def test_an_item_is_set_aside_with_a_reason_and_taken_up_again(
    city: City, site: Site, hours: Hours, watch: Watch
) -> None:
    item = found(city, site, hours, watch)
    analyst, aside = city.client("analyst"), f"{DESK}needs/NM-1/{item.pk}/aside/"
    refused = analyst.post(aside, {"reason": "no"})
    assert refused.status_code == 422 and 'value="no"' in refused.content.decode()
    assert analyst.post(aside, {"reason": "It films faces after all."}).status_code == 302
    assert "It films faces after all." in text_of(analyst, f"{DESK}needs/NM-1/")
    assert not Judgement.objects.get().relevant
    analyst.post(f"{DESK}needs/NM-1/{item.pk}/back/")
    assert Match.objects.get(item=item).aside == ""


def test_a_source_is_followed_paused_and_asked_now(city: City) -> None:
    analyst = city.client("analyst")
    assert "No source is followed yet." in text_of(analyst, f"{DESK}sources/")
    typed = {"name": "Villes", "format": "feed", "url": "ftp://villes.example/f", "question": "", "every_hours": "24"}
    kept = analyst.post(f"{DESK}sources/", typed)
    assert kept.status_code == 422 and "ftp://villes.example/f" in kept.content.decode()
    wrong = analyst.post(f"{DESK}sources/", typed | {"url": "https://villes.example/f", "question": "crowds"})
    assert wrong.status_code == 422
    assert analyst.post(f"{DESK}sources/", typed | {"url": "https://villes.example/f"}).status_code == 302
    source = Source.objects.get()
    act = f"{DESK}sources/{source.pk}/act/"
    analyst.post(act, {"to": "pause"})
    source.refresh_from_db()
    assert source.state == "paused"
    Source.objects.update(due_at=CLOCK.now() + timedelta(days=3), failures=5)
    analyst.post(act, {"to": "follow"})
    source.refresh_from_db()
    assert (source.state, source.failures) == ("on", 0) and source.due_at <= CLOCK.now()
    Source.objects.update(etag='"1"', memory=["x"], problem="watch_bomb")
    assert "unpacks to more than" in text_of(analyst, f"{DESK}sources/{source.pk}/")
    changed = typed | {"url": "https://villes.example/g"}
    assert analyst.post(f"{DESK}sources/{source.pk}/", changed).status_code == 302
    source.refresh_from_db()
    assert (source.url, source.etag, source.memory) == ("https://villes.example/g", "", [])


def test_the_desk_is_the_analysts(city: City, site: Site, hours: Hours, watch: Watch) -> None:
    item = found(city, site, hours, watch)
    assert Client().get(DESK).status_code == 302
    assert city.client("pilot").get(DESK).status_code == 403
    lead = city.client("lead")
    assert lead.get(f"{DESK}needs/NM-1/").status_code == 200
    for act in ("judge", "lead", "aside", "back"):
        assert lead.post(f"{DESK}needs/NM-1/{item.pk}/{act}/", {"relevant": "yes"}).status_code == 403
    assert lead.post(f"{DESK}sources/", {"name": "x"}).status_code in {403, 422}
    assert not Judgement.objects.exists() and not Lead.objects.exists()


def test_what_nobody_needs_is_not_shown(city: City, hours: Hours) -> None:
    assert "No need is open." in text_of(city.client("analyst"), DESK)
    assert matching.match(hours.now()) == 0


def test_what_is_near_by_meaning_stands_apart_from_what_shares_words_and_weak_ones_are_folded_away(
    city: City, site: Site, hours: Hours, watch: Watch
) -> None:
    item = found(city, site, hours, watch)
    need_ = Match.objects.get(item=item).need
    others = {}
    for title, language, score in (
        ("Counting crowds", "en", 0.08),
        ("Street lamps", "en", 0.01),
        ("Réverbères", "fr", 0.02),
    ):
        other = Item.objects.get(pk=item.pk)
        other.pk, other.title, other.language, other.digest = uuid4(), title, language, title
        other.url = other.key = f"https://example.invalid/{title}"
        other.save(force_insert=True)
        others[title] = Match.objects.create(item=other, need=need_, score=score, first_at=hours.at)
    Match.objects.filter(item=item).update(score=0.6)
    page = text_of(city.client("analyst"), f"{DESK}needs/NM-1/")
    places = [page.index(word) for word in ("by words", "Compter", "Réverbères", "by meaning", "Counting", "lamps")]
    assert places == sorted(places), places
    assert len(re.findall(r"\d+ weak match(?:es)?<", page)) == 2


def test_before_the_watch_read_anything_pages_say_when_to_look_again(
    city: City, site: Site, hours: Hours, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = need(hours, title=TITLE)
    followed(site, hours, "rss.xml", "feed")
    monkeypatch.setattr(settings, "DEMO", True)
    analyst = city.client("analyst")
    soon = "are being read for the first time about now: look again in a minute"
    assert soon in text_of(analyst, DESK) and soon in text_of(analyst, f"{DESK}needs/NM-1/")
    assert "what it finds is there in a minute" in text_of(analyst, "/programme/")
    watch.turn()
    assert soon not in text_of(analyst, DESK) and "in a minute" not in text_of(analyst, "/programme/")
    Match.objects.filter(need=asked).delete()
    assert "The watch found nothing for it yet." in text_of(analyst, "/programme/")


def test_a_number_beside_a_word_says_what_it_counts(city: City, site: Site, hours: Hours, watch: Watch) -> None:
    item = found(city, site, hours, watch)
    analyst = city.client("analyst")
    folded = Match.objects.filter(aside="").order_by("score").values("pk")[:1]
    Match.objects.filter(pk__in=folded).update(strong=False)
    waiting = Match.objects.filter(aside="").exclude(strong=False).count()
    assert re.search(rf'"num second">{waiting} match(es)?<', text_of(analyst, DESK))
    analyst.post(f"{DESK}needs/NM-1/{item.pk}/judge/", {"relevant": "yes"})
    assert "1 judgement<" in text_of(analyst, f"{DESK}precision/")
    analyst.post(f"{DESK}needs/NM-1/{item.pk}/aside/", {"reason": "Sold nowhere in Europe."})
    assert "1 match set aside" in text_of(analyst, f"{DESK}needs/NM-1/")
    for page in ("", "needs/NM-1/", "precision/"):
        assert not re.search(r">\(\d+\)<", text_of(analyst, f"{DESK}{page}")), page


def test_pages_ask_the_database_as_often_for_thirty_needs_as_for_three(city: City, site: Site, hours: Hours) -> None:
    source = followed(site, hours, "rss.xml", "feed")
    analyst, pages, asked = city.client("analyst"), (DESK, f"{DESK}precision/"), []
    items = [
        Item.objects.create(id=uuid4(), source=source, title=f"Item {n}", found_at=hours.now(), print=n)
        for n in range(6)
    ]
    for page in pages:
        text_of(analyst, page)  # what is asked of once only
    for first, last in ((0, 3), (3, 30)):
        for number in range(first, last):
            one = need(hours, title=f"Besoin {number}")
            for at, item in enumerate(items):
                score, strong = 10.0 * at, None if at == 4 else at != 5
                Match.objects.create(item=item, need=one, score=score, strong=strong, first_at=hours.now())
            Judgement.objects.create(item=items[0], need=one, by_id=1, relevant=True, at=hours.now())
        asked.append([queries(partial(text_of, analyst, page)) for page in pages])
    assert asked[0] == asked[1], "each need asks again"
    front = text_of(analyst, DESK)
    assert [front.count(f">Item {n}<") for n in range(6)] == [0, 30, 30, 30, 0, 0], "the three best of each, none weak"
    assert text_of(analyst, pages[1]).count("<table") == 30
