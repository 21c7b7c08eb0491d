"""A crisis in the browser: asked for from a call, confirmed by somebody else, watched, closed, erased, on the register."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from playwright.sync_api import Page

from necmergitur.adapters.crisis_keys import KeyFiles
from necmergitur.adapters.postgres import missing, population
from necmergitur.operations.population import banners, crises
from necmergitur.web.crises import words
from necmergitur.web.store import store
from tests.web.conftest import accessibility_problems
from tests.web.pages import City
from tests.web.test_pages import VIEWPORTS, _keep

HERE = "/console/crises/"
SAID: dict[str, Any] = {
    "real": "crisis",
    "name": "République",
    "radius_km": "0.4",
    "services": ["safe", "find", "doors"],
    "languages": ["fr", "en"],
    "kept_days": "7",
    "reason": "shots heard in several streets",
}


def ask(city: City, role: str = "lead", **changes: Any) -> Any:
    return city.client(role).post(f"{HERE}ask/", SAID | changes)


def last(city: City) -> UUID:
    return city.sql("SELECT id FROM population.crisis ORDER BY asked_at DESC LIMIT 1")[0][0]


def opened(city: City, **changes: Any) -> UUID:
    answer = ask(city, **changes)
    assert answer.status_code == 302, answer.content.decode()
    pk = last(city)
    assert city.client("duty_officer").post(f"{HERE}{pk}/confirm/").status_code == 303
    return pk


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings, "HOME", tmp_path)
    return tmp_path


def alarms(city: City) -> set[str]:
    return {row[0] for row in city.sql("SELECT name FROM system_alarm WHERE cleared_at IS NULL")}


def test_a_crisis_asked_for_from_a_call_opens_once_somebody_else_agrees(city: City, home: Path) -> None:
    incident = city.press()
    panel = city.client("lead").get(f"/console/incidents/{incident}/").content.decode()
    assert f"{HERE}?incident={incident}" in panel
    assert f"{HERE}?incident=" not in city.client("operator").get(f"/console/incidents/{incident}/").content.decode()
    assert ask(city, incident=str(incident)).status_code == 302
    assert alarms(city) == {"crisis_waits"}
    pk = last(city)
    assert city.client("lead").post(f"{HERE}{pk}/confirm/").status_code == 409
    waiting = city.client("duty_officer").get(HERE).content.decode()
    assert "shots heard" in waiting
    assert "Centre" in waiting, "the area, in words"
    assert city.client("duty_officer").post(f"{HERE}{pk}/confirm/").status_code == 303
    assert alarms(city) == {"crisis_open"}
    assert KeyFiles(home).of(pk) is not None
    board = city.client("operator").get("/console/").content.decode()
    assert "services for the population are open" in board
    assert "banner--demo" not in board
    ((lon, lat),) = city.sql("SELECT lon, lat FROM population.crisis")
    assert (lon, lat) == (2.3510, 48.8560)


def test_a_drill_says_so_on_every_screen_and_needs_no_call(city: City) -> None:
    opened(city, real="drill")
    assert alarms(city) == {"drill_open"}
    page = city.client("operator").get("/console/").content.decode()
    assert "DRILL, nobody is in danger" in page
    assert "banner--demo" in page
    assert "Drill: nobody" in city.client("operator").get("/register/crises/").content.decode()


def test_a_banner_that_nobody_answered_ends_with_its_ten_minutes(city: City) -> None:
    ask(city, incident=str(city.press()))
    banners.show_now(store(), datetime.now(UTC) + timedelta(minutes=9))
    assert alarms(city) == {"crisis_waits"}
    banners.show_now(store(), datetime.now(UTC) + timedelta(minutes=10))
    assert alarms(city) == set()


def test_other_roles_neither_ask_nor_confirm_nor_close(city: City) -> None:
    ask(city, incident=str(city.press()))
    pk = last(city)
    for role in ("operator", "pilot", "technician", "responder", "administrator", "dpo"):
        browser = city.client(role)
        assert browser.post(f"{HERE}ask/", SAID).status_code == 403
        for step in ("confirm", "withdraw", "close"):
            assert browser.post(f"{HERE}{pk}/{step}/").status_code == 403
    assert city.client("responder").get(HERE).status_code == 403
    assert city.client("duty_officer").post(f"{HERE}{pk}/withdraw/").status_code == 409


def test_what_is_not_filled_in_is_said_beside_its_field_in_both_languages(city: City) -> None:
    refused = ask(city, radius_km="40", services=[])
    assert refused.status_code == 422
    refused = ask(city)
    assert refused.status_code == 409, "no call: only a drill"
    opened(city, real="drill")
    again = city.client("lead", "fr").post(f"{HERE}ask/", SAID | {"real": "drill"})
    assert again.status_code == 409
    assert "une d\u2019ouverte" in again.content.decode()


def test_closing_shows_counts_and_the_clock_and_erasing_leaves_only_the_proof(city: City, home: Path) -> None:
    pk = opened(city, incident=str(city.press()))
    assert city.client("operator").get(f"{HERE}{pk}/counts.json").json()["open"] is True
    assert city.client("lead").post(f"{HERE}{pk}/close/").status_code == 303
    assert alarms(city) == set()
    page = city.client("lead").get(f"{HERE}{pk}/").content.decode()
    assert "Closing report" in page
    assert "erased in" in page
    assert city.client("operator").get(f"{HERE}{pk}/counts.json").json() == {"open": False, "counts": {}}
    city.sql("ALTER TABLE population.crisis DISABLE TRIGGER crisis_told")
    city.sql("UPDATE population.crisis SET opened_at = opened_at - interval '9 days', closed_at = closed_at - "
             "interval '8 days', purge_at = purge_at - interval '8 days'")  # fmt: skip
    city.sql("ALTER TABLE population.crisis ENABLE TRIGGER crisis_told")
    assert crises.erase_due(store(), KeyFiles(home), datetime.now(UTC)) == 1
    assert KeyFiles(home).of(pk) is None
    register = city.client("operator").get("/register/crises/").content.decode()
    assert "Erased" in register
    assert "shots heard" not in register


def test_a_drill_may_be_erased_within_a_minute_of_its_end_and_a_crisis_may_not(city: City, home: Path) -> None:
    refused = ask(city, incident=str(city.press()), kept_days="0")
    assert refused.status_code == 409
    assert "from one to thirty days" in refused.content.decode()
    pk = opened(city, real="drill", kept_days="0")
    assert "kept for a minute at most" in city.client("operator").get(f"{HERE}{pk}/").content.decode()
    assert city.client("lead").post(f"{HERE}{pk}/close/").status_code == 303
    assert crises.erase_due(store(), KeyFiles(home), datetime.now(UTC)) == 0
    ((left,),) = city.sql("SELECT purge_at - closed_at FROM population.crisis")
    assert timedelta() < left < timedelta(minutes=1)


def test_everything_a_crisis_counts_has_words_of_its_own() -> None:
    source = Path(crises.__file__).parents[2]
    texts = [
        path.read_text()
        for path in (*source.glob("operations/population/*.py"), *source.glob("adapters/postgres/*.py"))
    ]
    tallied = {name for text in texts for name in re.findall(r'(?:count_up|_forget)\([^()]*"(\w+)"', text)}
    assert {"offers", "brought_together", "messages_sent"} <= tallied
    counted = {*population.COUNTED, *missing.COUNTED, *missing.ERASED, *tallied, "looks", "messages", "phones"}
    assert counted <= set(words.COUNTS)


@pytest.mark.screens
def test_the_pages_have_no_serious_finding_in_both_languages_and_themes(city: City, enter: Callable[..., Page]) -> None:
    ask(city, incident=str(city.press()))
    pk = opened(city, real="drill")
    addresses = {"crises": HERE, "crisis": f"{HERE}{pk}/", "crises-register": "/register/crises/"}
    problems: list[str] = []
    for language, theme, size in (("fr", "dark", "desktop"), ("en", "light", "phone")):
        page = enter("duty_officer", language, theme, viewport=VIEWPORTS[size])
        for name, address in addresses.items():
            page.goto(address)
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            problems += [f"{address} {size}: {wide} px too wide"] if wide > 0 else []
            problems += accessibility_problems(page) + page.complaints  # type: ignore[attr-defined]
            _keep(page, f"{name}-{language}-{theme}-{size}")
    assert problems == []
