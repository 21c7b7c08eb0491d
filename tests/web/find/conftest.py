"""A city with a crisis open in it, people without cookies, and limits that count one test alone."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from necmergitur.adapters.crisis_keys import CrisisKey, KeyFiles
from necmergitur.governance.breakglass import Who
from necmergitur.operations.population import crises
from necmergitur.people.crises import Asked, Crisis
from necmergitur.web.find import exchange, ground
from necmergitur.web.store import store
from tests.web.crises.assessed import sign
from tests.web.pages import MIDDLE, City, city, city_template  # noqa: F401 -- fixtures

ONCE = re.compile(r'name="once" value="([^"]+)"')
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


@dataclass
class Night:
    """An open crisis, and people who look at its pages."""

    city: City
    crisis: Crisis
    home: Path

    @property
    def key(self) -> CrisisKey:
        key = KeyFiles(self.home).of(self.crisis.id)
        assert key is not None
        return key

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)

    def client(self, language: str = "en") -> Client:
        return Client(headers={"Accept-Language": language})

    def by(self, role: str) -> Who:
        return Who(self.city.users[role].pk, role)

    def close(self) -> Crisis:
        closed = crises.close(store(), self.crisis.id, self.by("lead"), self.now)
        assert isinstance(closed, Crisis)
        return closed

    def declare(self, client: Client | None = None, **said: str) -> str:
        """Go through the questions as a person does; return the path of the notice."""
        client = client or self.client()
        answers = {"name": "Amélie Durand", "author": "Rose", "contact": "rose@example.org"} | said
        page = client.get("/find/declare/")
        for _each in range(9):
            hidden = dict(HIDDEN.findall(page.content.decode()))
            page = client.post("/find/declare/", hidden | answers)
            if page.status_code == 303:
                return page["Location"]
            assert page.status_code == 200, page.content.decode()
        raise AssertionError("no end of questions")

    def ask(self, client: Client | None = None, **said: str) -> Any:
        client = client or self.client()
        once = said.pop("once", "") or ONCE.search(client.get("/find/ask/").content.decode())[1]  # type: ignore[index]
        answers = {"whom": "06 12 34 56 78", "name": "Rose", "contact": "rose@example.org", "once": once}
        return client.post("/find/ask/", answers | said)


@pytest.fixture(autouse=True)
def _fresh_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DECLARED", "ASKED", "SAID", "FOLLOWED", "LOOKED"):
        monkeypatch.setattr(ground, name, ground.Limit(getattr(ground, name).most))
    for name in ("CALLS", "WRONG"):
        monkeypatch.setattr(exchange, name, ground.Limit(getattr(exchange, name).most))


@pytest.fixture
def quiet(city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> City:  # noqa: F811 -- the fixture
    """The city, with an assessment of a crisis's services and a home of its own."""
    monkeypatch.setattr(settings, "HOME", tmp_path)
    sign()
    return city


def opened(city: City, home: Path, *, drill: bool) -> Crisis:  # noqa: F811 -- the fixture
    now = datetime.now(UTC)
    asked = Asked(
        id=store().ids.new(),
        incident_id=None if drill else city.press(),
        name="Halles",
        middle=MIDDLE,
        radius_m=500.0,
        services=("safe", "find", "doors"),
        languages=("fr", "en"),
        kept=timedelta(days=7),
        drill=drill,
        reason="shots heard",
    )
    first = crises.ask(store(), asked, Who(city.users["lead"].pk, "lead"), now)
    assert isinstance(first, Crisis), first
    second = Who(city.users["duty_officer"].pk, "duty_officer")
    crisis = crises.confirm(store(), KeyFiles(home), first.id, second, now)
    assert isinstance(crisis, Crisis), crisis
    return crisis


@pytest.fixture
def night(quiet: City, tmp_path: Path) -> Night:
    return Night(quiet, opened(quiet, tmp_path, drill=False), tmp_path)
