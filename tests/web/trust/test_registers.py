"""The registers beside the assessments: breaches with their clock, processors, and the files others read."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from django.test import Client
from django.utils import timezone

from necmergitur.web.dialogue import opening
from necmergitur.web.dialogue.models import Statement
from necmergitur.web.rights.models import RightRequest
from necmergitur.web.trust.models import Breach
from tests.web.pages import City
from tests.web.trust.writing import Desk

LATE = {"title": "A lost telephone", "happened": "Lost on a bus.", "risk": "risk"}


def ago(hours: float) -> str:
    return timezone.localtime(datetime.now(UTC) - timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M")


def written(desk: Desk, **said: str) -> str:
    answer = desk.client.post("/trust/breaches/new/", LATE | said)
    return "" if answer.status_code == 302 else answer.content.decode()


def test_the_72_hours_run_from_the_discovery_and_an_overdue_breach_is_said_in_red_and_words(desk: Desk) -> None:
    assert written(desk, discovered_at=ago(70.5)) == ""
    assert "1 hour left" in desk.client.get("/trust/").content.decode()
    assert written(desk, discovered_at=ago(73.5)) == ""
    home = desk.client.get("/trust/").content.decode()
    assert "state--critical" in home and "Overdue by 1 hour" in home


def test_a_late_notice_and_a_silence_each_owe_their_reason(desk: Desk) -> None:
    assert "the law wants the reason" in written(desk, discovered_at=ago(100), notified_at=ago(1))
    assert "say why it was not" in written(desk, discovered_at=ago(1), risk="none")
    assert "before it was discovered" in written(desk, discovered_at=ago(1), notified_at=ago(2))
    assert Breach.objects.count() == 0
    assert written(desk, discovered_at=ago(100), notified_at=ago(1), notified_late_why="a holiday") == ""


def test_a_breach_is_not_closed_while_something_is_owed(desk: Desk) -> None:
    assert written(desk, discovered_at=ago(1), risk="high") == ""
    row = Breach.objects.get()
    where = f"/trust/breaches/{row.pk}/"
    assert desk.client.post(f"{where}close/").status_code == 422
    told = LATE | {"discovered_at": ago(1), "risk": "high", "notified_at": ago(0.5)}
    assert desk.client.post(where, told).status_code == 302
    assert "why they were not" in desk.client.post(f"{where}close/").content.decode()
    assert desk.client.post(where, told | {"people_told_at": ago(0.2)}).status_code == 302
    assert desk.client.post(f"{where}close/").status_code == 302


def test_a_contract_that_ended_is_on_the_first_page(desk: Desk) -> None:
    said = {
        "name": "Counters Ltd", "service": "Counters", "country": "France", "contract": "12",
        "contract_from": "2025-01-01", "contract_until": "2026-01-01", "guarantees": "Clauses.",
    }  # fmt: skip
    assert desk.client.post("/trust/processors/new/", said).status_code == 302
    assert "Counters Ltd" in desk.client.get("/trust/").content.decode()
    wrong = desk.client.post("/trust/processors/new/", said | {"contract_until": "2024-01-01"})
    assert "ends before it starts" in wrong.content.decode()


def test_each_version_of_an_activity_stays_as_it_was(desk: Desk) -> None:
    from tests.web.trust.writing import LAWFUL

    pk = desk.activity()
    assert desk.client.post(f"/trust/processing/{pk}/edit/", LAWFUL | {"retention_days": "7"}).status_code == 302
    assert '<dd class="prewrap">7</dd>' in desk.client.get(f"/trust/processing/{pk}/").content.decode()
    assert '<dd class="prewrap">30</dd>' in desk.client.get(f"/trust/processing/{pk}/?version=1").content.decode()


def test_the_register_leaves_as_files(desk: Desk) -> None:
    desk.activity()
    for kind, start in (("ods", b"PK"), ("csv", "\ufeff".encode()), ("jsonld", b"{")):
        answer = desk.client.get(f"/trust/processing/register.{kind}")
        assert answer.status_code == 200 and answer.content.startswith(start)
    assert desk.client.get("/trust/processing/register.exe").status_code == 404


def test_what_people_wait_for_is_on_the_desks_first_page(city: City) -> None:
    """A deadline that another room keeps is no less the officer's: the first page never says that nothing waits."""
    asked = Client().post("/rights/", {"kind": "access", "who": "other", "words": "I was on the square."})
    assert asked.status_code == 302
    first = city.client("dpo").get("/trust/").content.decode()
    assert "People wait for an answer" in first and "See everything you hold about me" in first
    RightRequest.objects.update(due_at=datetime.now(UTC) - timedelta(days=1))
    assert "Late" in city.client("dpo").get("/trust/").content.decode()
    opened = opening.open_conversation(
        "assessment", uuid4(), "La place", "The square", "Que faut-il surveiller ?",
        datetime.now(UTC) + timedelta(days=30), by=city.person("dpo"), now=datetime.now(UTC),
    )  # fmt: skip
    assert "In dialogues" not in city.client("dpo").get("/trust/").content.decode()
    Statement.objects.create(conversation=opened, text="Nobody should be filmed.", said_at=datetime.now(UTC))
    first = city.client("dpo").get("/trust/").content.decode()
    assert "In dialogues" in first and "1 statement to read" in first and "The square" in first
