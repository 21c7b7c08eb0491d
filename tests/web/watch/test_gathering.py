# ruff: noqa: RUF001 -- French typography
"""The worker's turn on the real database: every format kept once, matched to needs; errors told, and given up on."""

import hashlib
import json
import textwrap
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.utils.translation import override

from necmergitur.adapters.clock import SystemClock
from necmergitur.adapters.embedding import E5
from necmergitur.adapters.watch import apart
from necmergitur.adapters.watch.constants import PAGES_MAX
from necmergitur.app.settings import Settings
from necmergitur.app.wiring.worker import _Watching
from necmergitur.web.watch import gathering, words
from necmergitur.web.watch.gathering import Watch
from necmergitur.web.watch.models import Identifier, Item, Match, Source
from tests.adapters.watch.sites import Hours, Site
from tests.web.pages import City
from tests.web.watch.following import FEEDS, followed, need

NEWEST = "sort=publication_date%3Adesc&per_page=100&page="
FILES = {
    "rss.xml": "feed",
    "rdf.xml": "feed",
    "atom.xml": "feed",
    "openalex.json": "openalex",
    "cordis.csv": "cordis",
    "cordis.json": "cordis",
    "cordis.xml": "cordis",
    "ted.json": "ted",
    "ted.xml": "ted",
    "patents.xml": "patents",
    "page.html": "page",
}


def test_every_listed_format_is_ingested_and_matched_to_the_need_it_answers(
    city: City, site: Site, hours: Hours, watch: Watch
) -> None:
    asked = need(hours)
    for file, kind in FILES.items():
        followed(site, hours, file, kind)
    site.pages[f"/openalex.json?{NEWEST}1"] = site.pages["/openalex.json"]
    archive = followed(site, hours, "oai.xml", "oai")
    site.pages["/oai.xml?verb=ListRecords&metadataPrefix=oai_dc"] = site.pages["/oai.xml"]
    site.pages["/oai.xml?verb=ListRecords&resumptionToken=page%7C2%7Ca%26b"] = (
        200,
        {},
        (FEEDS / "oai_none.xml").read_bytes(),
    )
    assert watch.turn() == 13
    assert Item.objects.count() == 13
    assert {one.problem for one in Source.objects.all()} == {""}
    best = [one.item.title for one in Match.objects.filter(need=asked)[:4]]
    assert best[0] == "Compter une foule sans caméra & sans visage"
    assert best[1] == "France – Comptage – Capteurs pour places publiques"
    # The next turn is due later, and asks an archive for what is new alone.
    assert watch.turn() == 0
    hours.at += timedelta(hours=7)
    site.asked.clear()
    site.pages["/oai.xml?verb=ListRecords&metadataPrefix=oai_dc&from=2026-11-25"] = (
        200,
        {},
        (FEEDS / "oai_none.xml").read_bytes(),
    )
    assert watch.turn() == 0
    assert Item.objects.count() == 13 and Item.objects.get(url="https://labo.example/7").again == 1
    archive.refresh_from_db()
    assert (archive.problem, archive.failures) == ("", 0)


def test_the_same_thing_said_by_another_source_is_met_again_not_kept_again(
    city: City, site: Site, hours: Hours, watch: Watch
) -> None:
    followed(site, hours, "rss.xml", "feed")
    body = (FEEDS / "rss.xml").read_bytes()
    copied = body.replace(b"villes-2026-101", b"copie-9").replace(
        b"villes.example/2026/foule?utm_source=lettre", b"copie.example/9"
    )
    site.pages["/copied.xml"] = (200, {}, copied.replace(b" en une minute.", b" en une minute !"))
    site.pages["/robots.txt"] = (404, {}, b"")
    Source.objects.create(
        id="0" * 31 + "1",
        name="copy",
        format="feed",
        url=f"{site.url}/copied.xml",
        due_at=hours.now(),
        created_at=hours.now(),
    )
    assert watch.turn() == 2
    first = Item.objects.get(title__startswith="Compter")
    assert first.again == 1
    assert Identifier.objects.filter(item=first, value__endswith=" copie-9").exists()


def test_an_answer_that_did_not_change_is_not_read_again(city: City, site: Site, hours: Hours, watch: Watch) -> None:
    source = followed(site, hours, "rss.xml", "feed", headers={"ETag": '"7"'})
    watch.turn()
    source.refresh_from_db()
    assert source.etag == '"7"'
    hours.at += timedelta(hours=7)
    assert watch.turn() == 0
    assert site.asked[-1][2]["if-none-match"] == '"7"'
    assert Item.objects.filter(again__gt=0).count() == 0


def works(site: Site, names: Sequence[str]) -> None:
    """Serve a search of OpenAlex of one work a page, under names that have nothing in common."""
    for page, name in enumerate(names, 1):
        title = " ".join(textwrap.wrap(hashlib.sha256(name.encode()).hexdigest(), 8))
        said = {
            "meta": {"count": len(names) * 100, "page": page, "per_page": 100},
            "results": [{"id": f"https://openalex.org/{name}", "title": title}],
        }
        site.pages[f"/works.json?{NEWEST}{page}"] = (200, {"ETag": f'"{page}-{name}"'}, json.dumps(said).encode())


def search(site: Site, hours: Hours) -> Source:
    source = followed(site, hours, "openalex.json", "openalex")
    Source.objects.update(url=f"{site.url}/works.json")
    return source


def test_a_long_search_is_read_newest_first_until_what_is_known(
    city: City, site: Site, hours: Hours, watch: Watch
) -> None:
    source, names = search(site, hours), [f"W{at}" for at in range(PAGES_MAX + 2)]
    works(site, names)
    assert watch.turn() == PAGES_MAX
    source.refresh_from_db()
    assert (source.problem, source.failures, source.following) == ("watch_more", 0, ""), "it says that there is more"
    works(site, ["W-new", *names])
    hours.at += timedelta(hours=7)
    site.asked.clear()
    assert watch.turn() == 1
    assert len(site.asked) == 2, "the second page is known, and so is all after it"
    source.refresh_from_db()
    assert source.problem == ""


def test_a_first_page_whose_next_failed_is_asked_anew(city: City, site: Site, hours: Hours, watch: Watch) -> None:
    source = search(site, hours)
    works(site, ["W1", "W2"])
    kept = site.pages.pop(f"/works.json?{NEWEST}2")
    assert watch.turn() == 1
    source.refresh_from_db()
    assert (source.failures, source.etag) == (1, ""), "a first page that did not change would hide the second"
    site.pages[f"/works.json?{NEWEST}2"] = kept
    works(site, ["W3", "W1", "W2"])
    hours.at += timedelta(days=2)
    assert watch.turn() == 1, "the new one; then a page that is known"


def test_what_the_desk_points_elsewhere_meanwhile_keeps_nothing_of_the_old_place(
    city: City, site: Site, hours: Hours, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = followed(site, hours, "rss.xml", "feed", headers={"ETag": '"7"'})
    real = gathering.keep_all

    def pointed_elsewhere(*args: Any) -> int:
        Source.objects.filter(pk=source.pk).update(url=f"{site.url}/other.xml", etag="", read_at=None)
        return real(*args)

    monkeypatch.setattr(gathering, "keep_all", pointed_elsewhere)
    assert watch.turn() > 0
    source.refresh_from_db()
    assert (source.etag, source.read_at) == ("", None) and source.url.endswith("other.xml")


def test_a_page_makes_news_of_what_is_new_in_it_alone(city: City, site: Site, hours: Hours, watch: Watch) -> None:
    followed(site, hours, "page.html", "page")
    assert watch.turn() == 1
    body = (FEEDS / "page.html").read_bytes()
    site.pages["/page.html"] = (200, {}, body.replace(b"12:04:33", b"13:00:00").replace(b"12 408", b"99 999"))
    hours.at += timedelta(hours=7)
    assert watch.turn() == 0
    news = "<p>Un troisième essai commence en mars au port, avec des bouées qui entendent les cris.</p></main>"
    site.pages["/page.html"] = (200, {}, body.replace(b"</main>", news.encode()))
    hours.at += timedelta(hours=7)
    assert watch.turn() == 1
    assert Item.objects.first().summary.startswith("Un troisième essai")  # type: ignore[union-attr]


def test_a_source_that_fails_is_asked_less_and_less_then_switched_off_with_the_reason(
    city: City, site: Site, hours: Hours, watch: Watch
) -> None:
    site.pages["/broken.xml"] = (500, {}, b"")
    source = Source.objects.create(
        id="0" * 31 + "2",
        name="Broken",
        format="feed",
        url=f"{site.url}/broken.xml",
        due_at=hours.now(),
        created_at=hours.now(),
    )
    pauses = []
    for _ in range(8):
        watch.turn()
        source.refresh_from_db()
        pauses.append((source.due_at - hours.at) // timedelta(hours=1))
        hours.at = source.due_at
    assert pauses == [6, 12, 24, 48, 96, 168, 168, 168]
    assert (source.state, source.failures) == ("off", 8)
    with override("en"):
        assert words.problem_of(source) == "The host answers with an error (500)."
    asked = len(site.asked)
    hours.at += timedelta(days=30)
    watch.turn()
    assert len(site.asked) == asked


def test_a_site_that_asks_not_to_be_read_is_left_at_once(city: City, site: Site, hours: Hours, watch: Watch) -> None:
    site.pages["/robots.txt"] = (200, {}, b"User-agent: *\nDisallow: /\n")
    source = followed(site, hours, "rss.xml", "feed")
    assert watch.turn() == 0
    source.refresh_from_db()
    assert (source.state, source.problem) == ("off", "watch_robots")
    assert site.paths() == ["/robots.txt"]


def test_a_hostile_body_leaves_nothing_but_its_reason(city: City, site: Site, hours: Hours, watch: Watch) -> None:
    good = followed(site, hours, "rdf.xml", "feed")
    site.pages["/rss.xml"] = (
        200,
        {},
        b'<!DOCTYPE r [<!ENTITY a "aaaa">]><rss><channel><item><title>&a;</title></item></channel></rss>',
    )
    bad = followed(site, hours, "rss.xml", "feed")
    assert watch.turn() == 1
    bad.refresh_from_db()
    assert (bad.problem, Item.objects.get().source_id) == ("watch_entities", good.pk)


def test_an_answer_we_fail_on_is_told_and_holds_up_no_other_source(
    city: City, site: Site, hours: Hours, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = followed(site, hours, "rss.xml", "feed")
    hours.at += timedelta(seconds=1)
    good = followed(site, hours, "rdf.xml", "feed")
    real = apart.read

    def failing(what: str, body: bytes, url: str, *rest: Any, **more: Any) -> Any:
        if url == bad.url:
            raise ValueError("nobody thought of this")
        return real(what, body, url, *rest, **more)

    monkeypatch.setattr(apart, "read", failing)
    assert watch.turn() == 1
    bad.refresh_from_db()
    assert (bad.problem, bad.failures, Item.objects.get().source_id) == ("watch_broken", 1, good.pk)
    assert bad.due_at > hours.at


def test_a_page_made_to_hold_its_reader_holds_up_no_other_source(
    city: City, site: Site, hours: Hours, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apart, "CHILD_S_MAX", 5.0)
    site.pages["/page.html"] = (200, {}, b"<a " * 400_000)
    bad = followed(site, hours, "page.html", "page")
    hours.at += timedelta(seconds=1)
    followed(site, hours, "rdf.xml", "feed")
    assert watch.turn() == 1
    bad.refresh_from_db()
    assert bad.problem == "watch_heavy"


def test_the_workers_own_watch_asks_no_private_address_unless_it_is_told(city: City, site: Site) -> None:
    hours = Hours()
    source = followed(site, hours, "rss.xml", "feed")
    Source.objects.update(due_at=SystemClock().now())
    _Watching(Settings(public_url="https://city.example"), SystemClock()).turn()
    source.refresh_from_db()
    assert (source.state, source.problem, site.asked) == ("off", "address_not_allowed", [])
    Source.objects.update(state="on", due_at=SystemClock().now())
    told = _Watching(Settings(public_url="https://city.example", watch_private=True), SystemClock())
    assert told.turn() == 2


def test_what_answers_in_another_language_is_found_by_its_vector(
    city: City, site: Site, hours: Hours, watch: Watch
) -> None:
    asked = need(
        hours,
        title="Prévenir les sourds quand la sirène sonne",
        situation="Les habitants sourds n’entendent pas l’alerte de la ville.",
        measure="minutes avant d’être prévenu",
        constraints="",
    )
    followed(site, hours, "rdf.xml", "feed")
    followed(site, hours, "cordis.csv", "cordis")
    watch.turn()
    before = Match.objects.filter(need=asked, item__title="Sirens that speak to the deaf").first()
    assert watch.embed(E5()) == 3
    best = Match.objects.filter(need=asked)[0]
    assert best.item.title == "Sirens that speak to the deaf"
    assert before is None or best.score > before.score
    assert watch.embed(E5()) == 0


def test_vectors_that_fill_a_turn_to_the_last_are_matched_too(
    city: City, site: Site, hours: Hours, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    need(hours)
    followed(site, hours, "cordis.csv", "cordis")
    watch.turn()
    missing = Item.objects.filter(vector=None).count() + 1
    monkeypatch.setattr(gathering, "VECTORS_A_TURN", missing)
    matched: list[bool] = []
    monkeypatch.setattr(watch, "go_on", lambda: matched.append(True))
    assert watch.embed(E5()) == missing and not matched, "there may be more"
    assert watch.embed(E5()) == 0 and matched == [True]
    assert watch.embed(E5()) == 0 and matched == [True]
