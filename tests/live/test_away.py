"""A call for help is kept where the pages, or the database, cannot take it; and what is not known is said not to be."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from a2wsgi import WSGIMiddleware
from django.conf import settings

from necmergitur.adapters.embedded_postgres import EmbeddedPostgres
from necmergitur.governance.breakglass import Who
from necmergitur.operations.population import crises
from necmergitur.people.crises import Crisis
from necmergitur.web.store import store
from tests.live.serving import Live, serve_live
from tests.live.test_helping import CALLS, form, once, until
from tests.outage import database_away
from tests.web.pages import City
from tests.web.population.opening import Opens

RECEIPT = "SELECT status FROM population.checkin"


def sends(live: Live, path: str, **fields: str) -> tuple[int, Any]:
    body = urlencode(fields).encode()
    return live.ask(path, method="POST", body=body, content_type="application/x-www-form-urlencoded")


@pytest.fixture
def paged(city: City) -> Iterator[Live]:
    """The live process with the pages behind it, as in production."""
    from necmergitur.web.wsgi import application  # Django must have been started

    with serve_live(city.url, home=settings.HOME, pages=WSGIMiddleware(application, workers=2)) as running:
        yield running


def test_a_receipt_changed_to_need_help_while_the_database_is_away_is_a_call(
    paged: Live, city: City, opened: Opens, postgres: EmbeddedPostgres
) -> None:
    opened()
    until(lambda: paged.app._checkins.now_open(drill=False) is not None)
    with paged.open(
        "/safe", method="POST", body=urlencode({"once": once(), "status": "safe", "name": "B"}).encode()
    ) as a:
        receipt = str(a.headers["location"])
    with database_away(postgres):
        for _ in range(2):
            status, page = sends(paged, receipt, do="change", status="need_help")
            assert status == 202
            assert "Votre appel est gardé" in page.decode()
        assert sends(paged, receipt, do="change", status="safe")[0] == 503
        assert sends(paged, receipt, do="erase", status="need_help")[0] == 503
    until(lambda: len(city.sql(CALLS)) == 1)
    ((row,),) = city.sql("SELECT id FROM population.checkin")
    assert city.sql(CALLS)[0][:2] == (f"safe-{bytes(row).hex()}", "sos"), "what they said is found from the call"
    until(lambda: sends(paged, receipt, do="change", status="need_help")[0] == 303)
    assert len(city.sql(CALLS)) == 1, "sent again it is the same call"
    assert city.sql(RECEIPT) == [(2,)]


@pytest.mark.parametrize("broken", ["raises", "answers"])
def test_pages_that_break_lose_no_call_of_a_receipt(city: City, tmp_path: Path, broken: str) -> None:
    async def pages(_scope: Any, _receive: Any, send: Any) -> None:
        if broken == "raises":
            raise RuntimeError(broken)
        await send({"type": "http.response.start", "status": 500, "headers": []})
        await send({"type": "http.response.body", "body": b"broken"})

    with serve_live(city.url, home=tmp_path, pages=pages) as live:
        assert form(live, f"/safe/{once()}", do="change", status="hurt")[0] == 202
    assert [row[1] for row in city.sql(CALLS)] == ["medical"]


def test_started_while_the_database_is_away_it_says_that_it_does_not_know_and_keeps_calls(
    city: City, opened: Opens, postgres: EmbeddedPostgres
) -> None:
    opened()
    with database_away(postgres):
        live = serve_live(city.url, home=settings.HOME)
        running = live.__enter__()
        try:
            status, page = running.ask("/safe")
            assert status == 503
            assert "Nous ne savons pas" in page.decode() and "112" in page.decode()
            assert form(running, once=once(), status="safe", name="Bob")[0] == 503
            said = json.dumps({"status": "safe", "name": "Bob"}).encode()
            assert running.ask("/api/v1/checkins", method="POST", body=said)[0] == 503, "not: there is no crisis"
            assert form(running, once=once(), status="need_help")[0] == 202
        except BaseException:
            live.__exit__(None, None, None)
            raise
    try:
        until(lambda: len(city.sql(CALLS)) == 1)
        until(lambda: running.ask("/safe")[0] != 503)
    finally:
        live.__exit__(None, None, None)


def test_without_pages_a_form_that_is_not_taken_gets_words_and_no_404(city: City, opened: Opens) -> None:
    crisis = opened()
    with serve_live(city.url, home=settings.HOME) as live:
        _not_taken(live, city, crisis)


def _not_taken(live: Live, city: City, crisis: Crisis) -> None:
    until(lambda: live.app._checkins.now_open(drill=False) is not None)
    status, page = form(live, once=once(), status="safe", name="")
    assert status == 422
    assert "Pas enregistré" in page.decode() and "112" in page.decode()
    crises.close(store(), crisis.id, Who(city.users["lead"].pk, "lead"), datetime.now(UTC))
    until(lambda: live.app._checkins.now_open(drill=False) is None)
    assert form(live, once=once(), status="safe", name="Bob")[0] == 409
