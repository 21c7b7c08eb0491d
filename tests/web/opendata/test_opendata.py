"""Releases on a real database: made once, within a budget, telling of nobody; the catalogue valid by its own shapes."""

import csv
import hashlib
import io
from datetime import UTC, date, datetime
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from django.test import Client

from necmergitur.kernel.refusal import Refusal
from necmergitur.web.opendata import publishing
from necmergitur.web.opendata.constants import EPSILON_RELEASE, EPSILON_YEAR
from necmergitur.web.opendata.datasets import month_bounds
from necmergitur.web.opendata.models import PrivacyBudget, Release
from tests.web.pages import City

MONTH = date(2026, 3, 1)
NOW = datetime(2026, 4, 20, 12, tzinfo=UTC)
LAW = "00000000-0000-7000-8000-000000000001"


def called(
    city: City, zone: str | None, kind: str, count: int, *, hour: int = 10, person: str = "", **more: object
) -> None:
    """Put calls of March into the read table; by one person, or by people nobody knows."""
    columns = {
        "state": "closed", "rung": "acting", "kind": kind, "personal_device": person or None, "test": False,
        "exercise": False, "duress": False, "cancelled": False, "placed": True, "lon": 2.35, "lat": 48.85,
        "accuracy_m": 5.0, "zone_id": zone, "label": "", "signal_count": 1, "escalation": 0, "owner_name": "",
        "drone": "none", "drone_reason": "", "outcome": "", "version": 1, "last_seq": 0,
    } | more  # fmt: skip
    opened = datetime(2026, 3, 9, hour - 1, tzinfo=UTC)  # Paris is an hour ahead until the 29th
    names, marks = ", ".join(columns), ", ".join(["%s"] * len(columns))
    city.sql(
        f"INSERT INTO incident (id, number, opened_at, last_signal_at, {names}) SELECT gen_random_uuid(),"
        f" gen_random_uuid()::text, %s + n * interval '1 second', %s, {marks} FROM generate_series(1, %s) n",
        opened,
        opened,
        *columns.values(),
        count,
    )


def lines(release: Release | Refusal) -> dict[str, dict[str, str]]:
    assert isinstance(release, Release), release
    return {line["zone"]: line for line in csv.DictReader(io.StringIO(release.text))}


@pytest.fixture
def march(city: City) -> City:
    """A city with a month of calls: three for violence in Old Town, few enough to be somebody."""
    for zone, kind, count in (
        ("z-1", "sos", 60), ("z-1", "medical", 25), ("z-1", "fire", 14), ("z-1", "violence", 3),
        ("z-2", "sos", 40), ("z-2", "medical", 31), ("z-2", "fire", 12), ("z-2", "violence", 11),
    ):  # fmt: skip
        called(city, zone, kind, count)
    return city


def test_a_month_is_counted_by_zone_and_kind_and_small_counts_are_withheld(march: City) -> None:
    found = lines(publishing.publish("calls", MONTH, march.person("dpo"), NOW))
    assert found["z-1"]["violence"] == "withheld"
    assert (found["total"]["total"], found["z-2"]["total"], found["-"]["total"]) == ("196", "94", "0")
    assert "3" not in found["z-1"].values()
    # Neither its row nor its column gives it: each has another that is withheld.
    for line in (found["z-1"], {zone: cells["violence"] for zone, cells in found.items()}):
        assert list(line.values()).count("withheld") >= 2


def test_what_is_no_call_is_not_counted(march: City) -> None:
    before = lines(publishing.publish("calls", MONTH, march.person("dpo"), NOW))["total"]["total"]
    for more in ({"test": True}, {"exercise": True}):
        called(march, "z-1", "sos", 20, **more)
    called(march, "z-1", "synthetic", 20)
    start, end = month_bounds(MONTH)
    made = publishing.make(publishing.DATASETS["calls"], start, end)
    assert made.text.splitlines()[-1].endswith(f",{before}")


def test_one_persons_habit_is_not_a_count_of_people(city: City) -> None:
    called(city, "z-1", "sos", 80)
    called(city, "z-2", "sos", 70)
    called(city, "z-1", "medical", 30, person="p-1")
    called(city, "z-2", "medical", 30)
    assert lines(publishing.publish("calls", MONTH, city.person("dpo"), NOW))["z-1"]["medical"] == "withheld"


def test_a_month_belongs_to_the_citys_clock(city: City) -> None:
    start, end = month_bounds(MONTH)
    assert (start.isoformat(), end.isoformat()) == ("2026-03-01T00:00:00+01:00", "2026-04-01T00:00:00+02:00")
    assert month_bounds(date(2026, 12, 1))[1].isoformat() == "2027-01-01T00:00:00+01:00"


def test_a_month_is_not_published_before_it_is_settled(march: City) -> None:
    early = publishing.publish("calls", MONTH, march.person("dpo"), datetime(2026, 4, 3, 12, tzinfo=UTC))
    assert isinstance(early, Refusal) and early.rule == "month_not_over"
    assert not Release.objects.exists()


def test_what_was_published_is_never_made_again(march: City) -> None:
    first = publishing.publish("hours", MONTH, march.person("dpo"), NOW)
    called(march, "z-1", "sos", 50)
    again = publishing.publish("hours", MONTH, march.person("dpo"), NOW)
    assert isinstance(first, Release) and isinstance(again, Release)
    assert (again.pk, again.text) == (first.pk, first.text)
    assert PrivacyBudget.objects.get().spent == EPSILON_RELEASE
    views = {Client().get("/register/data/hours/2026-03.csv").content for _ in range(3)}
    assert views == {first.text.encode()}


def test_noise_hides_the_count_and_covers_empty_places_too(march: City) -> None:
    release = publishing.publish("hours", MONTH, march.person("dpo"), NOW)
    found = lines(release)
    assert isinstance(release, Release) and release.margin == 30  # 5 calls of one person at 0.5: ten, times ln 20
    assert abs(int(found["z-1"]["morning"]) - 102) < 200
    assert set(found) == {"z-1", "z-2", "-"}
    # Eight empty places and each drawn: that all stay at nothing has a chance of one in six hundred.
    empty = [int(found[zone][band]) for zone in found for band in ("night", "evening", "afternoon")]
    assert any(empty)


def test_the_budget_is_spent_before_anything_is_drawn_and_not_given_back(
    march: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    spent_when_drawing = []

    def die(*_args: object, **_more: object) -> None:
        spent_when_drawing.append(PrivacyBudget.objects.get().spent)
        raise RuntimeError("the process was killed")

    with monkeypatch.context() as killed:
        killed.setattr(publishing, "noisy", die)
        with pytest.raises(RuntimeError, match="killed"):
            publishing.publish("hours", MONTH, march.person("dpo"), NOW)
    assert spent_when_drawing == [EPSILON_RELEASE]
    assert not Release.objects.exists() and PrivacyBudget.objects.get().spent == EPSILON_RELEASE


def test_a_spent_budget_publishes_nothing_more_until_the_next_year(march: City) -> None:
    for _each in range(int(EPSILON_YEAR / EPSILON_RELEASE)):
        assert publishing.spend("hours", 2026, EPSILON_RELEASE) is None
    refused = publishing.publish("hours", MONTH, march.person("dpo"), NOW)
    assert isinstance(refused, Refusal)
    assert (refused.rule, refused.facts) == ("privacy_budget_spent", {"spent": "6", "allowed": "6"})
    assert not Release.objects.exists()
    assert publishing.spend("hours", 2027, EPSILON_RELEASE) is None
    assert publishing.spend("other", 2026, EPSILON_RELEASE) is None


@pytest.mark.parametrize(
    "breach",
    [
        "UPDATE opendata_budget SET spent = 0",
        "UPDATE opendata_budget SET allowed = 100",
        "UPDATE opendata_budget SET year = 2000",
        "UPDATE opendata_budget SET spent = allowed + 1",
        "DELETE FROM opendata_budget",
        "UPDATE opendata_release SET text = 'other'",
        "DELETE FROM opendata_release",
    ],
)
def test_postgresql_itself_gives_no_privacy_back_and_changes_no_release(march: City, breach: str) -> None:
    publishing.publish("hours", MONTH, march.person("dpo"), NOW)
    with pytest.raises(psycopg.Error):
        march.sql(breach)  # as the owner: not for want of a right


def test_pages_have_no_right_to_change_a_release(march: City) -> None:
    publishing.publish("calls", MONTH, march.person("dpo"), NOW)
    with connection.cursor() as cursor:
        rights = [
            cursor.execute("SELECT has_table_privilege('nec_web', 'opendata_release', %s)", [each])
            and cursor.fetchone()[0]
            for each in ("SELECT", "INSERT", "UPDATE", "DELETE")
        ]
    assert rights == [True, True, False, False]


def test_each_release_is_a_fact_with_the_hash_of_its_bytes(march: City) -> None:
    release = publishing.publish("hours", MONTH, march.person("dpo"), NOW)
    assert isinstance(release, Release)
    ((payload,),) = march.sql("SELECT payload FROM ledger_event WHERE payload->>'action' = 'dpo:opendata:publish'")
    served = Client().get("/register/data/hours/2026-03.csv").content
    assert payload["facts"] == {"sha256": hashlib.sha256(served).hexdigest(), "month": "2026-03", "epsilon": "0.5"}
    assert payload["subject"] == "hours/2026-03"


def test_nothing_is_published_that_the_record_does_not_know(march: City, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_args: object) -> None:
        raise RuntimeError("the record is away")

    monkeypatch.setattr(publishing, "record_release", unreachable)
    with pytest.raises(RuntimeError, match="away"):
        publishing.publish("calls", MONTH, march.person("dpo"), NOW)
    assert not Release.objects.exists()


def test_the_officer_publishes_what_is_due_and_nobody_else_does(march: City) -> None:
    for role in ("operator", "administrator"):
        assert march.client(role).post("/register/data/publish/").status_code == 403
    assert Client().post("/register/data/publish/").status_code == 302
    assert not Release.objects.exists()
    officer = march.client("dpo")
    assert "to be published" in officer.get("/register/data/").content.decode()
    officer.post("/register/data/publish/")
    assert {(r.dataset, r.month) for r in Release.objects.all()} >= {
        (slug, MONTH) for slug in ("calls", "flights", "hours")
    }
    page = Client().get("/register/data/", headers={"accept-language": "fr"}).content.decode()
    assert "aide par zone et par nature" in page and "Publier ce qui est dû" not in page


@pytest.mark.parametrize("address", ["calls/2026-03.csv", "calls/2026-13.csv", "nothing/2026-03.csv", "catalog.xml"])
def test_what_is_not_there_is_not_found(city: City, address: str) -> None:
    assert Client().get(f"/register/data/{address}", follow=True).status_code == 404


def test_the_page_costs_the_same_whatever_is_published(march: City) -> None:
    from django.test.utils import CaptureQueriesContext

    counts = []
    for month in (MONTH, date(2026, 2, 1)):
        for slug in ("calls", "hours"):
            publishing.publish(slug, month, march.person("dpo"), NOW)
        with CaptureQueriesContext(connection) as caught:
            assert Client().get("/register/data/").status_code == 200
        counts.append(len(caught))
    assert counts[0] == counts[1]


@pytest.fixture
def catalogues(march: City) -> dict[str, str]:
    """The catalogue with releases in it, in both forms."""
    for slug in ("calls", "hours"):
        publishing.publish(slug, MONTH, march.person("dpo"), NOW)
    return {form: Client().get(f"/register/data/catalog.{form}").content.decode() for form in ("ttl", "jsonld")}


# rdflib's own reader of JSON-LD uses what rdflib deprecates.
@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
def test_both_forms_of_the_catalogue_say_the_same(catalogues: dict[str, str]) -> None:
    from rdflib import Graph
    from rdflib.compare import isomorphic

    turtle = Graph().parse(data=catalogues["ttl"], format="turtle")
    linked = Graph().parse(data=catalogues["jsonld"], format="json-ld")
    assert len(turtle) > 60 and isomorphic(turtle, linked)


@pytest.mark.corpus
@pytest.mark.parametrize("shapes", ["shapes.ttl", "range.ttl"])
def test_the_catalogue_is_valid_by_the_shapes_of_dcat_ap(catalogues: dict[str, str], shapes: str, corpus: Path) -> None:
    import pyshacl
    from rdflib import DCAT, DCTERMS, Graph

    rules = Graph().parse(corpus / "dcat-ap" / shapes, format="turtle")
    found = Graph().parse(data=catalogues["ttl"], format="turtle")
    conforms, _, said = pyshacl.validate(found, shacl_graph=rules)
    assert conforms, said
    # The planted breach: a dataset without a title, published by nothing in particular.
    found.remove((None, DCTERMS.title, None))
    for each in found.subjects(predicate=DCAT.accessURL):
        found.remove((each, DCTERMS.license, None))
        found.add((each, DCTERMS.license, DCAT.Dataset))
    assert not pyshacl.validate(found, shacl_graph=rules)[0]
