"""Sensors in the browser: what each is and why it stands still, and readings for a purpose alone."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import translation
from playwright.sync_api import Page

from necmergitur.governance.assessments import Observed
from necmergitur.governance.sensors import Sensor
from necmergitur.operations import assessing, sensing
from necmergitur.operations.sensing import Memory
from necmergitur.web.store import store
from necmergitur.web.trust.reasons import drift
from tests.streams import COUNTER, STREAM, TECHNICIAN, authorise, body, hear, sensor
from tests.web.conftest import accessibility_problems
from tests.web.pages import City

HERE = "/console/sensors/"


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def counter(city: City) -> Any:
    """A counter that said something under a paper that leads may read."""
    (zone,) = city.sql("SELECT id FROM zone ORDER BY id LIMIT 1")[0]
    assert isinstance(sensing.enrol(store(), sensor(now(), zone), TECHNICIAN, now()), Sensor)
    authorise(store(), now(), zones=(zone,), rate=100, readers=("lead",))
    memory = Memory()
    said = [body(now(), seq, count=40 + seq) for seq in range(1, 4)]
    assert hear(store(), memory, now(), *said) == {"": 3}
    return zone


def test_a_lead_reads_for_the_purpose_that_was_signed_and_it_is_on_record(city: City, counter: Any) -> None:
    lead = city.client("lead")
    assert ">43<" not in lead.get(f"{HERE}{COUNTER}/").content.decode(), "nothing before a purpose is said"
    shown = lead.post(f"{HERE}{COUNTER}/", {"purpose": "crowd_safety", "hours": "1"})
    assert ">43<" in shown.content.decode()
    refused = lead.post(f"{HERE}{COUNTER}/", {"purpose": "training", "hours": "1"})
    assert refused.status_code == 409
    assert ">43<" not in refused.content.decode()
    assert city.sql("SELECT count(*) FROM ledger_event WHERE kind = 'ReadingsRead'") == [(1,)]


def test_a_role_the_paper_does_not_name_reads_nothing(city: City, counter: Any) -> None:
    answer = city.client("technician").post(f"{HERE}{COUNTER}/", {"purpose": "crowd_safety", "hours": "1"})
    assert answer.status_code == 409
    assert ">43<" not in answer.content.decode()
    assert city.client("technician").get(HERE).status_code == 200
    assert city.client("dpo").get(f"{HERE}{COUNTER}/").status_code == 200


def test_the_list_says_why_a_sensor_stands_still(city: City, counter: Any) -> None:
    told = "its authorisation is suspended"
    city.sql("UPDATE sensor SET told_why = 'authorisation_suspended' RETURNING 1")
    assert told in city.client("operator").get(HERE).content.decode()


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "The device now sends 200 readings a minute; the assessment was of 100."),
        (
            "fr",
            "L\N{RIGHT SINGLE QUOTATION MARK}appareil envoie maintenant 200 mesures par minute\N{NO-BREAK SPACE}; l\N{RIGHT SINGLE QUOTATION MARK}analyse portait sur 100.",
        ),
    ],
)
def test_a_suspension_is_told_as_a_sentence(city: City, counter: Any, language: str, told: str) -> None:
    zone = counter
    seen = Observed(stream=STREAM, payload_schema="crowd_count/1", zone_id=zone, rate_per_minute=200, firmware="1.0")
    assert assessing.report(store(), seen, now())
    lead = city.client("lead")
    lead.cookies["nec_language"] = language
    page = lead.get(f"{HERE}{COUNTER}/").content.decode()
    assert told in page
    assert "drift_rate" not in page and "assessed=" not in page


def test_every_way_to_be_left_behind_has_its_sentence() -> None:
    zones = "drift_zone assessed=z-1 now=z-2"
    with translation.override("en"):
        told = {drift(f"drift_rate assessed=1 now={rate}") for rate in (1, 2)} | {drift(zones), drift("new_rule x=1")}
        told |= {drift("withdrawn by=user:7 The device was moved."), drift("assessment_other_version"), drift(None)}
    assert told == {
        "The device now sends 1 reading a minute; the assessment was of 1.",
        "The device now sends 2 readings a minute; the assessment was of 1.",
        "The device now stands in zone z-2; z-1 was assessed.",
        "What it rests on no longer holds.",
        "Withdrawn by a person: The device was moved.",
        "The assessment was written anew: the paper must be signed again.",
    }


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_pages_are_whole(city: City, counter: Any, enter: Callable[..., Page], language: str) -> None:
    page = enter("lead", language, "light" if language == "fr" else "dark")
    page.goto(HERE)
    assert accessibility_problems(page) == []
    page.get_by_role("link", name=COUNTER).click()
    page.locator("form:has(#f-purpose) button").click()
    page.locator(".plot").wait_for()
    assert accessibility_problems(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    assert page.complaints == []
