# ruff: noqa: RUF001 -- French typography, as sources write it
"""Every listed format from bytes, from files in `feeds/` (invented), and what hostile bodies come to."""

import json
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from necmergitur.adapters.watch import feeds, oai, openalex, ted
from necmergitur.adapters.watch.constants import ENTRIES_MAX
from necmergitur.adapters.watch.entries import Entry, Reading, identifier, moment, web_address
from necmergitur.adapters.watch.fetching import unpacked
from necmergitur.adapters.watch.languages import detect
from necmergitur.adapters.watch.reading import Format, read
from necmergitur.kernel.refusal import Refusal

FEEDS = Path(__file__).parent / "feeds"
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def reading(what: Format, body: bytes | str, **more: Any) -> Reading:
    found = outcome(what, body, **more)
    assert isinstance(found, Reading), found
    return found


def outcome(what: Format, body: bytes | str, url: str = "https://source.example/f", **more: Any) -> Reading | Refusal:
    raw = (FEEDS / body).read_bytes() if isinstance(body, str) else body
    return read(what, raw, url, NOW, **more)


EXPECTED = [
    (
        Format.FEED,
        "rss.xml",
        Entry(
            title="Compter une foule sans caméra & sans visage",
            summary="Des lidars posés sur des mâts comptent les personnes devant une salle et préviennent en une minute.",
            url="https://villes.example/2026/foule?utm_source=lettre",
            organisation="Villes calmes",
            language="fr",
            published=datetime(2026, 11, 10, 7, 30, tzinfo=UTC),
            identifiers=("guid:source.example/f villes-2026-101", "url:villes.example/2026/foule"),
        ),
    ),
    (
        Format.FEED,
        "rdf.xml",
        Entry(
            title="Sirens that speak to the deaf",
            summary="A bracelet that shakes when the city warns, tested with an association of the deaf.",
            url="https://labo.example/7",
            language="en",
            published=datetime(2026, 10, 2, 9, tzinfo=UTC),
            identifiers=("url:labo.example/7",),
        ),
    ),
    (
        Format.FEED,
        "atom.xml",
        Entry(
            title="Evacuating a station in four minutes",
            summary="Moving signs that follow the smoke halve the time to leave a station.",
            url="https://source.example/posts/evac",
            language="en",
            published=datetime(2026, 11, 2, 9, tzinfo=UTC),
            identifiers=("tag:lab.example,2026:evac", "url:source.example/posts/evac"),
        ),
    ),
    (
        Format.OAI,
        "oai.xml",
        Entry(
            title="Détection de mouvements de foule par fibre optique",
            summary="Une fibre posée sous la chaussée entend les pas d’une foule et mesure sa densité.",
            url="https://archive.example/41",
            organisation="Université des Essais",
            language="fr",
            published=datetime(2026, 10, 30, tzinfo=UTC),
            identifiers=("oai:archive.example:41", "url:archive.example/41", "doi:10.5555/foule.41"),
        ),
    ),
    (
        Format.OPENALEX,
        "openalex.json",
        Entry(
            title="Early warning of crowd crush from phone pressure sensors",
            summary="We warn of crush minutes of ahead",
            url="https://journal.example/crowd.9",
            organisation="University of Trials",
            country="NL",
            language="en",
            published=datetime(2026, 9, 14, tzinfo=UTC),
            identifiers=("doi:10.5555/crowd.9", "url:openalex.org/W4400000001", "url:journal.example/crowd.9"),
        ),
    ),
    (
        Format.CORDIS,
        "cordis.csv",
        Entry(
            title="CALMSQUARE: Counting crowds at squares without cameras",
            summary="Squares before halls fill quickly; we count people with radar and warn stewards.",
            url="https://cordis.europa.eu/project/id/101999001",
            organisation="TRIALS GMBH",
            country="DE",
            language="en",
            published=datetime(2026, 9, 2, tzinfo=UTC),
            identifiers=("cordis:101999001", "doi:10.3030/101999001", "url:cordis.europa.eu/project/id/101999001"),
        ),
    ),
    (
        Format.CORDIS,
        "cordis.json",
        Entry(
            title="QUAI: Sensors against drowning on river quays",
            summary="Ropes with sensors call rescuers when somebody falls in.",
            url="https://cordis.europa.eu/project/id/101999002",
            language="en",
            published=datetime(2026, 9, 1, tzinfo=UTC),
            identifiers=("cordis:101999002", "doi:10.3030/101999002", "url:cordis.europa.eu/project/id/101999002"),
        ),
    ),
    (
        Format.CORDIS,
        "cordis.xml",
        Entry(
            title="LUMEN: Light that leads out of smoke",
            summary="Floor lights lead people out of stations filled with smoke.",
            url="https://cordis.europa.eu/project/id/101999003",
            organisation="INSTITUT DES ESSAIS",
            country="GR",
            language="en",
            published=datetime(2026, 8, 1, tzinfo=UTC),
            identifiers=("cordis:101999003", "doi:10.3030/101999003", "url:cordis.europa.eu/project/id/101999003"),
        ),
    ),
    (
        Format.TED,
        "ted.json",
        Entry(
            title="France – Comptage – Capteurs pour places publiques",
            summary="Fourniture de capteurs comptant les personnes sans les filmer.",
            url="https://ted.europa.eu/fr/notice/-/detail/712345-2026",
            organisation="Ville d’Essai",
            country="FR",
            language="fr",
            published=datetime(2026, 11, 18, tzinfo=UTC),
            identifiers=("ted:712345-2026", "url:ted.europa.eu/fr/notice/-/detail/712345-2026"),
        ),
    ),
    (
        Format.TED,
        "ted.xml",
        Entry(
            title="Alerte sonore pour quais de gare",
            summary="Haut-parleurs dirigés qui guident les voyageurs vers la sortie.",
            url="https://ted.europa.eu/en/notice/-/detail/00712346-2026",
            organisation="Ville d’Essai",
            country="FR",
            language="fr",
            published=datetime(2026, 11, 19, tzinfo=UTC),
            identifiers=(
                "ted:00712346-2026",
                "0f0f0f0f-aaaa-4bbb-8ccc-000000000001",
                "url:ted.europa.eu/en/notice/-/detail/00712346-2026",
            ),
        ),
    ),
    (
        Format.PATENTS,
        "patents.xml",
        Entry(
            title="DISPOSITIF DE MESURE DE LA DENSITE D’UNE FOULE",
            summary="Dispositif comportant un radar et un calculateur qui mesure la densité d’une foule sans image.",
            url="https://worldwide.espacenet.com/patent/search?q=pn%3DFR3999999A1",
            organisation="ESSAIS DENSITE SAS",
            language="fr",
            published=datetime(2026, 10, 9, tzinfo=UTC),
            identifiers=(
                "patent:FR3999999A1",
                "patent-family:99000001",
                "url:worldwide.espacenet.com/patent/search?q=pn%3DFR3999999A1",
            ),
        ),
    ),
]


@pytest.mark.parametrize(("what", "name", "expected"), EXPECTED, ids=[name for _, name, _ in EXPECTED])
def test_each_format_is_read_into_one_struct_without_people(what: Format, name: str, expected: Entry) -> None:
    first = reading(what, name).entries[0]
    assert first == expected
    assert "ersonne, " not in repr(first) and "Somebody" not in repr(first)


def test_an_address_that_runs_something_is_no_address_and_a_date_of_the_future_is_today() -> None:
    second = reading(Format.FEED, "rss.xml").entries[1]
    assert (second.url, second.published) == ("", NOW)
    assert second.summary.startswith("Un éclairage de rue qui baisse quand il n’y a personne. Essai")
    for url in ("javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//[bad", "https://a:b@c.example/"):
        assert web_address(url) == ""


def test_pages_follow_by_token_and_by_cursor() -> None:
    found = reading(Format.OAI, "oai.xml", url="https://archive.example/oai?verb=ListRecords&metadataPrefix=oai_dc")
    assert found.following == "https://archive.example/oai?verb=ListRecords&resumptionToken=page%7C2%7Ca%26b"
    assert len(found.entries) == 1  # what was deleted is not news
    asked = oai.address("https://archive.example/oai?set=safety", datetime(2026, 11, 1, tzinfo=UTC))
    assert asked == "https://archive.example/oai?verb=ListRecords&metadataPrefix=oai_dc&set=safety&from=2026-11-01"
    assert oai.address(found.following, NOW) == found.following
    assert reading(Format.OAI, "oai_none.xml") == Reading()
    works = reading(Format.OPENALEX, "openalex.json", url="https://api.openalex.org/works?search=crowd&cursor=%2A")
    assert works.following == "https://api.openalex.org/works?search=crowd&cursor=IlsxNjA5"
    assert b'"query":"classification-cpv=35120000"' in ted.question("classification-cpv=35120000")


@pytest.mark.parametrize(
    ("count", "page", "following"),
    [(250, 1, "2"), (250, 2, "3"), (250, 3, ""), (1_000_000, 99, "100"), (1_000_000, 100, ""), ("ten", 1, "")],
)
def test_a_search_of_openalex_is_asked_newest_first_page_by_page_without_a_key(
    count: object, page: int, following: str
) -> None:
    first = openalex.address("https://api.openalex.org/works?search=crowd")
    assert first == "https://api.openalex.org/works?search=crowd&sort=publication_date%3Adesc&per_page=100&page=1"
    assert openalex.address("https://api.openalex.org/works/W1") == "https://api.openalex.org/works/W1"
    own = openalex.address("https://api.openalex.org/works?sort=cited_by_count:desc&per-page=20&cursor=*")
    assert own == "https://api.openalex.org/works?sort=cited_by_count%3Adesc&per-page=20&cursor=%2A"
    assert openalex.is_newest_first(first) and not openalex.is_newest_first(own)
    said = {"meta": {"count": count, "page": page, "per_page": 100}, "results": [{"title": "Counting a crowd"}]}
    found = openalex.read(json.dumps(said), first, NOW)
    assert found.following == (first.replace("&page=1", f"&page={following}") if following else "")


def test_a_bare_number_is_of_its_feed_alone_and_a_place_in_a_page_is_another_news() -> None:
    feed = "<rss><channel>{}</channel></rss>"
    item = "<item><title>{0}</title><guid>{1}</guid><link>https://lab.example/news#{0}</link></item>"
    one = feeds.read(feed.format(item.format("a", "17") + item.format("b", "18")), "https://lab.example/rss", NOW)
    other = feeds.read(feed.format(item.format("c", "17")), "https://city.example/rss", NOW)
    names = [entry.identifiers for entry in (*one.entries, *other.entries)]
    assert len(set(names[0]) | set(names[1]) | set(names[2])) == 6, "nothing in common"
    shared = [
        "tag:lab.example,2026:17",
        "urn:uuid:1225c695-cfb8-4ebb-aaaa-80da344efa6a",
        "https://doi.org/10.5555/crowd.9",
        "10.5555/crowd.9",
    ]
    for given in shared:
        both = [
            feeds.read(feed.format(item.format("x", given)), url, NOW).entries[0]
            for url in ("https://a.example/", "https://b.example/")
        ]
        assert set(both[0].identifiers) & set(both[1].identifiers) >= {identifier(given)}, given
    counted = "https://lab.example/news/7#xtor=RSS-1"
    assert identifier(counted) == "url:lab.example/news/7", "who counts its readers is no place"


def test_a_page_that_only_changed_its_clock_its_counter_or_its_menu_makes_no_news() -> None:
    raw = (FEEDS / "page.html").read_bytes()
    first = reading(Format.PAGE, raw)
    assert first.entries[0].title == "Essais en cours – Ville d’Essai"
    assert "comptent les passants" in first.entries[0].summary and "menu" not in first.entries[0].summary
    changed = raw.replace(b"12:04:33", b"12:09:01").replace(b"12 408", b"12 409").replace(b"Un menu", b"Notre menu")
    again = reading(Format.PAGE, changed, known=first.memory)
    assert again.entries == ()
    news = "<p>Un troisième essai commence en mars au port, avec des bouées qui entendent les cris.</p></main>"
    more = reading(Format.PAGE, changed.replace(b"</main>", news.encode()), known=again.memory)
    assert [one.summary for one in more.entries] == [news[3:-11]]
    assert more.entries[0].identifiers != first.entries[0].identifiers


RSS = b"<rss><channel><item><title>One</title></item>%s"
DEEP = b"<rss><channel>" + b"<a>" * 5_000
ENTITIES = b'<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><rss><channel><item><title>&b;</title></item></channel></rss>'
OUTSIDE = b'<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]><rss><channel><item><title>&a;</title></item></channel></rss>'


@pytest.mark.parametrize(
    ("what", "body", "rule"),
    [
        (Format.FEED, b"", "watch_empty"),
        (Format.FEED, b"not a feed at all", "watch_malformed"),
        (Format.FEED, b"<html><body><p>Moved</p></body></html>", "watch_not_feed"),
        (Format.FEED, b"<rss><channel><title>cut", "watch_malformed"),
        (Format.FEED, DEEP, "watch_too_deep"),
        (Format.FEED, ENTITIES, "watch_entities"),
        (Format.FEED, OUTSIDE, "watch_entities"),
        (Format.OAI, b"<OAI-PMH><error code='badResumptionToken'/></OAI-PMH>", "watch_oai_refused"),
        (Format.OAI, b"<rss/>", "watch_not_oai"),
        (Format.OPENALEX, b"{", "watch_malformed"),
        (Format.OPENALEX, b"[" * 100_000, "watch_malformed"),
        (Format.OPENALEX, b'{"results": 3}', "watch_not_openalex"),
        (Format.CORDIS, b"name;age\nA;3\n", "watch_not_cordis"),
        (Format.CORDIS, b'id;title\n1;"' + b"x" * 200_000, "watch_malformed"),
        (Format.TED, b'{"error": "no"}', "watch_not_ted"),
        (Format.TED, b"<Order/>", "watch_not_ted"),
        (Format.PATENTS, b"<rss/>", "watch_not_patents"),
        (Format.PAGE, b"<p>", "watch_not_page"),
    ],
)
def test_a_body_that_is_not_what_it_should_be_is_refused_by_name(what: Format, body: bytes, rule: str) -> None:
    found = outcome(what, body)
    assert isinstance(found, Refusal) and found.rule == rule


def test_what_came_before_a_break_counts_and_no_more_is_read_than_the_bound() -> None:
    broken = reading(Format.FEED, RSS % b"<item><title>Two</ti")
    assert ([one.title for one in broken.entries], broken.cut) == (["One"], True)
    endless = reading(Format.FEED, RSS % (b"<item><title>More</title></item>" * (ENTRIES_MAX * 2)))
    assert (len(endless.entries), endless.cut) == (ENTRIES_MAX, True)
    long = reading(
        Format.FEED, RSS % (b"<item><title>T</title><description>" + b"word " * 500_000 + b"</description></item>")
    )
    assert len(long.entries[1].summary) <= 4_000


def test_a_wrong_charset_is_a_mistake_that_is_read_over() -> None:
    body = (
        '<?xml version="1.0" encoding="utf-8"?><rss><channel><item><title>Fumée à éviter</title></item></channel></rss>'
    )
    for raw, charset in (
        (body.encode("windows-1252"), "utf-8"),
        (body.encode("utf-8"), "no-such-charset"),
        (body.encode("utf-16"), "utf-8"),
        (body.replace("utf-8", "iso-8859-1").encode("iso-8859-1"), ""),
    ):
        assert reading(Format.FEED, raw, charset=charset).entries[0].title == "Fumée à éviter"
    control = body.replace("Fumée", "Fu\x00m\x1be\u202ee").encode()
    assert reading(Format.FEED, control).entries[0].title == "Fumee à éviter"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("2026-02-30", None),
        ("99999-01-01", None),
        ("Thu, 99 Foo 2026", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("2026", datetime(2026, 1, 1, tzinfo=UTC)),
        ("18/11/2026", datetime(2026, 11, 18, tzinfo=UTC)),
        ("2126-01-01", NOW),
        ("Fri, 27 Nov 2026 09:00:00 GMT", datetime(2026, 11, 27, 9, tzinfo=UTC)),
    ],
)
def test_a_date_is_read_as_it_is_meant_or_not_at_all(given: str, expected: datetime | None) -> None:
    assert moment(given, NOW) == expected


def test_a_bomb_is_refused_before_it_bursts() -> None:
    bomb = zlib.compressobj(9, wbits=31)
    packed = bomb.compress(b"\0" * 50_000_000) + bomb.flush()
    assert len(packed) < 60_000
    assert unpacked(packed, "gzip", 1_000_000).rule == "watch_bomb"  # type: ignore[union-attr]
    twice = zlib.compressobj(9, wbits=31)
    nested = twice.compress(packed) + twice.flush()
    assert unpacked(nested, "gzip, gzip", 1_000_000).rule == "watch_bomb"  # type: ignore[union-attr]
    assert unpacked(packed[:100], "gzip", 1_000).rule in {"watch_malformed", "watch_bomb"}  # type: ignore[union-attr]
    assert unpacked(b"plain", "br").rule == "watch_coding"  # type: ignore[union-attr]
    bare = zlib.compressobj(9, wbits=-15)
    assert unpacked(bare.compress(b"said") + bare.flush(), "deflate") == b"said"
    assert unpacked(zlib.compress(b"said"), "deflate") == b"said"


def test_a_language_is_told_by_its_small_words_or_not_at_all() -> None:
    assert detect("Un dispositif qui compte les personnes dans la rue") == "fr"
    assert detect("A device that counts people in the street") == "en"
    assert detect("Ein Gerät, das die Menschen auf der Straße zählt und nicht filmt") == "de"
    assert detect("Lidar 3000") == ""
