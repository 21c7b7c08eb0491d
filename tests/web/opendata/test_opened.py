"""Partner data open to public actors by a clause of the experiment: by token, through the gate, while it lasts."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from necmergitur.governance.authorisations import Authorisation
from necmergitur.operations import authorising, opening, sensing
from necmergitur.operations.sensing import Memory
from necmergitur.operations.sensors import Row
from necmergitur.web.api import opened as endpoint
from necmergitur.web.api import tokens
from necmergitur.web.store import store
from tests import signed, streams
from tests.governance.test_data_clause import opening as clause_of
from tests.web.pages import City

HOUR = timedelta(hours=1)


@pytest.fixture
def trial(city: City) -> Authorisation:
    """A running trial that opens its data, whose counter said 9, 12 and 30."""
    now = datetime.now(UTC)
    sensing.enrol(store(), streams.sensor(now, "z-1"), streams.TECHNICIAN, now)
    rests = streams.assessment(now, ("z-1",), rate_per_minute=60)
    terms = clause_of(now)
    import msgspec

    paper = signed.granted(
        store(),
        msgspec.structs.replace(terms, zones=("z-1",), rate_per_minute=60, readers=("lead", "public_actor")),
        now,
        rests,
    )
    said = [streams.body(now, seq, count) for seq, count in enumerate((9, 12, 30), start=1)]
    assert streams.hear(store(), Memory(), now, *said) == {"": 3}
    return paper


class Later:
    """A clock an hour ahead: the hour of the readings is over."""

    def now(self) -> datetime:
        return datetime.now(UTC) + HOUR


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "CLOCK", Later())


def get(city: City, path: str, *scopes: str, **query: Any) -> Any:
    _row, token = tokens.create("Metro", list(scopes), [], datetime.now(UTC) + HOUR, city.users["administrator"])
    return Client().get(f"/api/v1/data{path}", query, headers={"Authorization": f"Bearer {token}"})


def around() -> dict[str, str]:
    now = datetime.now(UTC)
    return {"since": (now - 2 * HOUR).isoformat(), "until": (now + 2 * HOUR).isoformat()}


def row(count: int, minute: int = 0, hour: int = 8) -> Row:
    at = datetime(2026, 3, 1, hour, minute, tzinfo=UTC)
    return Row("s", 1, minute, at, "z-1", f'{{"count":{count},"minute":1}}', signed.NAMES, b"")


def test_an_hour_that_tells_of_fewer_than_ten_people_is_withheld() -> None:
    told = opening.means([row(9), row(10, 1), row(10, 0, 9), row(12, 1, 9), row(0, 0, 10)])
    assert [one.mean for one in told] == [None, 11, 0]


@pytest.mark.usefixtures("later")
def test_a_token_with_the_scope_reads_means_of_whole_hours_and_nothing_finer(city: City, trial: Authorisation) -> None:
    listed = get(city, "", "data:read").json()
    assert [(one["id"], one["dataset"], one["step"]) for one in listed] == [
        (str(trial.id), "Crowd at the square", "hour")
    ]
    answer = get(city, f"/{trial.id}", "data:read", **around())
    assert answer.status_code == 200, answer.json()
    assert [(one["zone_id"], one["mean"]) for one in answer.json()] == [("z-1", 17)]
    told = "SELECT payload->>'reader' FROM ledger_event WHERE kind = 'ReadingsRead'"
    assert city.sql(told) == [("public_actor",)]


def test_an_hour_that_still_fills_is_not_told(city: City, trial: Authorisation) -> None:
    assert get(city, f"/{trial.id}", "data:read", **around()).json() == []


@pytest.mark.usefixtures("later")
def test_no_token_no_scope_and_no_such_paper_open_nothing(city: City, trial: Authorisation) -> None:
    assert Client().get("/api/v1/data").status_code == 401
    assert get(city, f"/{trial.id}", "devices:read", **around()).status_code == 403
    assert get(city, f"/{signed.NAMES}", "data:read", **around()).status_code == 404


@pytest.mark.usefixtures("later")
def test_it_closes_with_the_paper_and_leaves_the_catalogue(city: City, trial: Authorisation) -> None:
    assert "Crowd at the square" in Client().get("/register/data/").content.decode()
    authorising.revoke(store(), trial.id, "enough", signed.DPO, datetime.now(UTC))
    answer = get(city, f"/{trial.id}", "data:read", **around())
    assert (answer.status_code, answer.json()["rule"]) == (403, "data_not_open")
    assert get(city, "", "data:read").json() == []
    assert "Crowd at the square" not in Client().get("/register/data/").content.decode()
    assert "Crowd at the square" not in Client().get("/register/data/catalog.ttl").content.decode()


def test_it_closes_at_its_own_hour_though_the_trial_goes_on(city: City, trial: Authorisation) -> None:
    assert trial.paper is not None and trial.valid_until is not None
    assert opening.open_clause(trial, trial.valid_until - HOUR) is not None
    assert opening.open_clause(trial, trial.valid_until) is None


def test_the_register_and_the_papers_page_show_the_clause(city: City, trial: Authorisation) -> None:
    for address in ("/register/sensor:c-0001/", f"/trust/papers/{trial.id}/"):
        page = Client().get(address)
        assert "Crowd at the square" in page.content.decode(), address


@pytest.mark.corpus
@pytest.mark.parametrize("shapes", ["shapes.ttl", "range.ttl"])
def test_the_catalogue_with_an_experiments_data_is_valid(
    city: City, trial: Authorisation, shapes: str, corpus: Path
) -> None:
    import pyshacl
    from rdflib import Graph

    found = Graph().parse(data=Client().get("/register/data/catalog.ttl").content.decode(), format="turtle")
    assert f"/api/v1/data/{trial.id}" in found.serialize(format="turtle")
    rules = Graph().parse(corpus / "dcat-ap" / shapes, format="turtle")
    conforms, _, said = pyshacl.validate(found, shacl_graph=rules)
    assert conforms, said
