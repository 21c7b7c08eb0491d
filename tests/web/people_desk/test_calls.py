"""What somebody wrote who called for help is shown once, to whoever answers calls, with a reason."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Page

from tests.web.conftest import accessibility_problems
from tests.web.pages import City
from tests.web.people_desk.scene import Night


@pytest.fixture
def night(city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Night:
    monkeypatch.setattr(settings, "HOME", tmp_path)
    return Night(city, tmp_path)


def test_the_incident_leads_to_the_words_and_each_look_is_written_down(city: City, night: Night) -> None:
    incident, device = night.calls(night.says("Amélie", "need_help", words="3e étage", contact="06 12 34 56 78"))
    door = f"/console/people/calls/{incident}/{device}/"
    assert door in city.client("operator").get(f"/console/incidents/{incident}/").content.decode()
    asking = city.client("operator").get(door)
    assert "Amélie" not in asking.content.decode()
    assert city.client("operator").post(door, {"reason": " "}).status_code == 422
    shown = city.client("operator").post(door, {"reason": "nobody answers"})
    assert "Amélie" in shown.content.decode()
    assert "+33612345678" in shown.content.decode()
    assert "no-store" in shown.headers["Cache-Control"]
    assert city.sql("SELECT what, purpose, role FROM population.look") == [("call", "answer_call", "operator")]
    for role in ("pilot", "responder", "technician", "administrator", "dpo"):
        assert city.client(role).post(door, {"reason": "curious"}).status_code == 403
    assert city.client("operator").get(f"/console/people/calls/{night.incident}/{device}/").status_code == 404


def test_the_page_has_no_serious_finding(city: City, night: Night, enter: Callable[..., Page]) -> None:
    incident, device = night.calls(night.says("Amélie", "hurt"))
    problems: list[str] = []
    for language, theme, width in (("fr", "dark", 1280), ("en", "light", 390)):
        page = enter("operator", language, theme, viewport={"width": width, "height": 800})
        page.goto(f"/console/people/calls/{incident}/{device}/")
        problems += accessibility_problems(page) + page.complaints  # type: ignore[attr-defined]
    assert problems == []
