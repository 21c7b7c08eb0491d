"""From a call to what a year came to, through forms alone; and what PostgreSQL refuses by itself."""

import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page

from necmergitur.innovation.chain import ChallengeState, LeadState
from necmergitur.innovation.phases import Phase
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.commons import happenings
from necmergitur.web.commons.models import Happening
from necmergitur.web.incubation import keeping, reviewing, taking, views
from necmergitur.web.incubation.models import (
    Application,
    Booking,
    Call,
    Grant,
    Helper,
    Line,
    Payment,
    Review,
    Slot,
    Step,
)
from necmergitur.web.programme import links, making
from necmergitur.web.programme.models import Challenge, Project
from necmergitur.web.watch import importing
from tests.web.conftest import accessibility_problems
from tests.web.pages import City, audited, record_is_free
from tests.web.programme.test_making import NOW, need
from tests.web.test_pages import VIEWPORTS, _keep

DESK = "/programme/desk/incubation/"
APPLY = {
    "organisation": "Densité SAS", "title": "Crowd advice", "summary": "Says when a square is too full.", "demo": "",
    "repository": "", "contact_name": "Ada Example", "contact_email": "ada@densite.example",
}  # fmt: skip
OTHER = {
    "organisation": "Autre SARL", "title": "Doors that count", "summary": "Counts at doors, tells nobody who passed.",
    "contact_name": "Bo Autre", "contact_email": "bo@autre.example", "demo": "https://autre.example/demo",
}  # fmt: skip
WHY = "It measures what the need asks for."


def reviewer(call: Call, name: str = "Maud") -> Helper:
    """Return a reviewer of a call where something was decided already: the desk invites none then."""
    pk = uuid4()
    digest = links.digest(links.own("reader", pk))
    return Helper.objects.create(
        id=pk, call=call, kind="reviewer", name=name, link_hash=digest, added_at=NOW, declared_at=NOW
    )


def challenge(city: City) -> Challenge:
    """Return a challenge open to teams."""
    by = city.users["analyst"]
    lead = making.move(making.make(need(), NOW, by, title="Lidar counts"), LeadState.CONTACT, NOW, by)
    made: Challenge = making.make(lead, NOW, by, title="Count without faces")
    return making.move(made, ChallengeState.OPEN, NOW, by)


def called(city: City, *, days: int = 10, places: int = 1) -> tuple[Client, Call]:
    """Open a call; return the analyst's browser and the call."""
    analyst, now = city.client("analyst"), timezone.localtime()
    sent = {
        "challenge": str(challenge(city).pk), "title": "Cohort 2027", "text": "Six months at three sites.",
        "opens_at": f"{now - timedelta(days=1):%Y-%m-%dT%H:%M}", "closes_at": f"{now + timedelta(days=days):%Y-%m-%dT%H:%M}",
        "places": str(places),
    }  # fmt: skip
    answer = analyst.post(f"{DESK}new/call/", sent)
    assert answer.status_code == 302, answer.content.decode()
    return analyst, Call.objects.get()


def applied(call: Call, **changes: str) -> Any:
    return Client().post(f"/programme/incubation/calls/{call.pk}/", APPLY | changes)


def wrong(answer: Any) -> set[str]:
    """Return the fields that an answer says are wrong, beside them."""
    return set(re.findall(r'id="id_(\w+)-error"', answer.content.decode()))


def accepted(city: City) -> tuple[Client, Project]:
    analyst, call = called(city)
    applied(call)
    one = Application.objects.get()
    answer = analyst.post(f"{DESK}applications/{one.pk}/", {"reason": WHY, "to": "accept"})
    assert answer.status_code == 302, answer.content.decode()
    return analyst, Project.objects.get()


def test_an_application_is_read_by_its_company_alone_and_becomes_a_project_of_the_chain(city: City) -> None:
    analyst, call = called(city)
    answer = applied(call)
    mine = answer.headers["Location"]
    assert mine.startswith("/programme/incubation/mine/")
    company = Client()
    company.cookies["nec_language"] = "en"
    assert "Not decided yet" in company.get(mine).content.decode()
    one = Application.objects.get()
    assert analyst.post(f"{DESK}applications/{one.pk}/", {"reason": "no", "to": "accept"}).status_code == 422
    assert analyst.post(f"{DESK}applications/{one.pk}/", {"reason": WHY, "to": "accept"}).status_code == 302
    project = Project.objects.get()
    assert (project.state, project.chain, project.team.organisation) == (
        "incubated",
        call.challenge.chain,
        "Densité SAS",
    )
    page = company.get(mine).content.decode()
    assert WHY in page and "Investigation" in page
    assert analyst.post(f"{DESK}applications/{one.pk}/", {"reason": WHY, "to": "refuse"}).status_code == 409


def test_the_same_address_applies_once_and_no_place_is_given_twice(city: City) -> None:
    analyst, call = called(city)
    assert applied(call).status_code == 302
    twice = applied(call, contact_email="ADA@densite.example")
    assert twice.status_code == 409 and wrong(twice) == {"contact_email"}
    waiting = applied(call, **OTHER).headers["Location"]
    given = "Every place of this call is given by now."
    assert given not in analyst.get(waiting).content.decode()
    first, second = Application.objects.all()
    assert analyst.post(f"{DESK}applications/{first.pk}/", {"reason": WHY, "to": "accept"}).status_code == 302
    assert given in analyst.get(waiting).content.decode()
    full = analyst.post(f"{DESK}applications/{second.pk}/", {"reason": WHY, "to": "accept"})
    assert full.status_code == 409 and "Every place" in full.content.decode() and WHY in full.content.decode()
    assert Project.objects.count() == 1
    page = analyst.get(f"{DESK}applications/{second.pk}/").content.decode()
    assert 'value="refuse"' in page and 'value="accept"' not in page and 'class="chain"' in page


@pytest.mark.parametrize(
    ("language", "word", "why"), [("en", "Full call", "Every place"), ("fr", "Appel complet", "Toutes les places")]
)
def test_a_call_whose_places_are_given_says_so_and_takes_no_application(
    city: City, language: str, word: str, why: str
) -> None:
    analyst, _project = accepted(city)
    call, anybody = Call.objects.get(), Client()
    place = f"/programme/incubation/calls/{call.pk}/"
    for one in (analyst, anybody):
        one.cookies["nec_language"] = language
    page = anybody.get(place)
    assert page.status_code == 200 and 'name="summary"' not in page.content.decode()
    assert word in page.content.decode() and why in page.content.decode()
    for one, where in ((anybody, "/programme/incubation/"), (analyst, DESK), (analyst, f"{DESK}calls/{call.pk}/")):
        assert word in one.get(where).content.decode(), where
    sent = anybody.post(place, APPLY | OTHER)
    assert sent.status_code == 409 and why in sent.content.decode() and OTHER["summary"] in sent.content.decode()
    assert Application.objects.count() == 1
    now = timezone.now()
    assert not importing.calls(now)
    happenings.gather(now)
    assert not Happening.objects.exclude(source=None).exists(), "a deadline that is nobody's any more"
    Call.objects.update(places=2)
    assert [one.pk for one in importing.calls(now)] == [call.pk], "a place is left: what is open to all is open here"
    assert 'name="summary"' in anybody.get(place).content.decode()


def test_a_call_that_filled_meanwhile_keeps_nothing_and_loses_nothing(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    _analyst, _project = accepted(city)
    asked, first = taking.refused, iter([None])
    monkeypatch.setattr(taking, "refused", lambda *a, **k: next(first, asked(*a, **k)))  # it was open a moment ago
    sent = applied(Call.objects.get(), **OTHER)
    assert sent.status_code == 409 and OTHER["summary"] in sent.content.decode()
    assert Application.objects.count() == 1


def test_a_challenge_leads_to_a_call_and_a_call_back_to_its_challenge(city: City) -> None:
    analyst, call = called(city)
    at = f"/programme/desk/challenges/{call.challenge_id}/"
    new = f"{DESK}new/call/?challenge={call.challenge_id}"
    assert f'href="{new}"' in analyst.get(at).content.decode()
    assert f'value="{call.challenge_id}" selected' in analyst.get(new).content.decode()
    assert f'href="{at}">{call.challenge.number}' in analyst.get(f"{DESK}calls/{call.pk}/").content.decode()


@pytest.mark.parametrize(("language", "said"), [("en", "came from your network"), ("fr", "de votre réseau")])
def test_who_applies_from_a_network_that_applied_too_often_loses_nothing(city: City, language: str, said: str) -> None:
    _analyst, call = called(city)
    browser = Client()
    browser.cookies["nec_language"] = language
    place = f"/programme/incubation/calls/{call.pk}/"
    for number in range(views.APPLICATIONS_MAX):
        own = {"organisation": f"Own {number}", "contact_email": f"{number}@own.example"}
        assert browser.post(place, APPLY | own).status_code == 302
    for _ in range(2):
        answer = browser.post(place, APPLY)
        page = answer.content.decode()
        assert answer.status_code == 429 and said in page and APPLY["summary"] in page
        assert f'value="{APPLY["contact_email"]}"' in page and not wrong(answer)
        assert 0 < int(answer["Retry-After"]) <= 600
    assert Application.objects.count() == views.APPLICATIONS_MAX


def test_who_writes_in_the_company_s_language_is_not_the_desk_by_that(city: City) -> None:
    _analyst, call = called(city)
    Call.objects.update(closes_at=timezone.now())
    late = keeping.apply(call, APPLY, timezone.now(), "fr")
    assert isinstance(late, Refusal) and late.rule == "call_closed"
    assert isinstance(keeping.apply(call, APPLY, timezone.now(), by_desk=True), str)


def test_text_that_names_its_company_is_refused_beside_the_text(city: City) -> None:
    _analyst, call = called(city)
    told = applied(call, summary="Densité counts people at gates without their faces.")
    assert told.status_code == 422 and wrong(told) == {"summary"}
    told = applied(call, title="Densité at the gates")
    assert told.status_code == 422 and wrong(told) == {"title"}


def test_nobody_applies_before_a_call_opens_or_after_it_closed(city: City) -> None:
    _analyst, call = called(city)
    Call.objects.update(closes_at=timezone.now() - timedelta(hours=1))
    late = applied(call)
    assert late.status_code == 409 and not Application.objects.exists()
    assert APPLY["summary"] in late.content.decode(), "nothing that was typed is lost"


def test_phases_follow_one_another_with_a_reason_and_giving_up_ends_the_project(city: City) -> None:
    analyst, project = accepted(city)
    act = f"/programme/desk/projects/{project.pk}/do/phase/"
    early = analyst.post(act, {"to": "transfer", "reason": "straight to the end"})
    assert early.status_code == 409 and not wrong(early) and "straight to the end" in early.content.decode()
    assert "This phase does not follow" in early.content.decode()
    short = analyst.post(act, {"to": "construction", "reason": "ready"})
    assert short.status_code == 422 and wrong(short) == {"reason"}
    assert analyst.post(act, {"to": "construction", "reason": "three sites agreed"}).status_code == 302
    assert analyst.post(act, {"to": "abandoned", "reason": "too many false alarms at night"}).status_code == 302
    project.refresh_from_db()
    assert (project.state, project.reason) == ("abandoned", "too many false alarms at night")
    assert analyst.post(act, {"to": "construction", "reason": "once more, please"}).status_code == 409
    page = Client().get("/programme/incubation/").content.decode()
    assert "What each year came to" in page or "Ce que chaque année a donné" in page


def test_a_grant_says_what_was_promised_paid_and_left(city: City) -> None:
    analyst, project = accepted(city)
    given = {"title": "City grant", "cents": "320000", "given_on": "2026-01-05"}
    grant = analyst.post(f"{DESK}new/grant/", given).headers["Location"]
    line = {"title": "Trial at the hall", "committed": "300000.50", "project": str(project.pk)}
    assert analyst.post(grant, line).status_code == 302
    assert analyst.post(grant, line | {"committed": "20000"}).status_code == 409
    pay = {"line": str(Line.objects.get().pk), "cents": "100000", "paid_on": "2026-03-01"}
    assert analyst.post(grant, pay).status_code == 302
    assert analyst.post(grant, pay | {"cents": "300000"}).status_code == 409
    page = analyst.get(grant).content.decode()
    assert "€19,999.50" in page and "€200,000.50" in page


def test_nothing_more_is_promised_or_planned_for_a_project_that_was_given_up(city: City) -> None:
    analyst, project = accepted(city)
    given = {"title": "City grant", "cents": "320000", "given_on": "2026-01-05"}
    grant = analyst.post(f"{DESK}new/grant/", given).headers["Location"]
    act = f"/programme/desk/projects/{project.pk}/do/"
    analyst.post(f"{act}phase/", {"to": "stopped", "reason": "nobody was helped by it"})
    line = {"title": "More money", "committed": "100", "project": str(project.pk)}
    assert analyst.post(grant, line).status_code == 409 and not Line.objects.exists()
    assert analyst.post(f"{act}milestone/", {"title": "Again", "due": "2027-01-01"}).status_code == 409
    assert not project.milestones.exists()


def test_one_company_applies_once_however_it_spells_itself(city: City) -> None:
    _analyst, call = called(city)
    assert applied(call).status_code == 302
    said = {"title": "Another title", "summary": "Quite other words of what one could measure at a gate."}
    assert applied(call, contact_email="Ada+two@Densite.example", **said).status_code == 409
    assert applied(call, contact_email="bo@autre.example", organisation="DENSITE, S.A.S.").status_code == 409
    assert Application.objects.count() == 1


def test_numbers_that_are_none_are_answered_not_broken_by(city: City) -> None:
    analyst, project = accepted(city)
    given = {"title": "City grant", "cents": "320000", "given_on": "2026-01-05"}
    grant = analyst.post(f"{DESK}new/grant/", given).headers["Location"]
    assert analyst.post(grant, {"line": "x", "cents": "1", "paid_on": "2026-03-01"}).status_code == 404
    act = f"/programme/desk/projects/{project.pk}/do/"
    assert analyst.post(f"{act}reached/", {"id": "9" * 5_000}).status_code == 302


def test_whom_to_write_to_is_forgotten_a_year_after_the_decision_and_the_page_with_it(city: City) -> None:
    _analyst, call = called(city)
    mine = applied(call)["Location"]
    applied(call, **OTHER)
    Application.objects.filter(contact_email="ada@densite.example").update(
        accepted=False, decided_at=timezone.now() - timedelta(days=364)
    )
    assert keeping.forget_old(timezone.now()) == 0
    assert keeping.forget_old(timezone.now() + timedelta(days=2)) == 1
    assert keeping.forget_old(timezone.now() + timedelta(days=2)) == 0
    kept = Application.objects.get(accepted=False)
    assert (kept.contact_name, kept.contact_email) == ("", "")
    assert kept.contact_digest != keeping.digest("ada@densite.example")
    assert Client().get(mine).status_code == 404
    assert keeping.forget_old(timezone.now() + timedelta(days=400)) == 1, "nobody decided: a year after the call"


def taken_back(payment: Payment, **changes: Any) -> None:
    said = {"taken_at": NOW, "taken_by_id": 1, "taken_why": "paid to another company"} | changes
    Payment.objects.filter(pk=payment.pk).update(**said)


def payment_made(line: Line) -> Payment:
    return Payment.objects.create(line=line, cents=500, paid_on=NOW.date())


def payment_rewritten(_grant: Grant, line: Line) -> None:
    Payment.objects.filter(pk=payment_made(line).pk).update(cents=400)


def payment_forgotten(_grant: Grant, line: Line) -> None:
    payment_made(line).delete()


def payment_taken_back_twice(_grant: Grant, line: Line) -> None:
    made = payment_made(line)
    taken_back(made)
    taken_back(made, taken_why="another reason, later")


def payment_taken_back_for_nothing(_grant: Grant, line: Line) -> None:
    taken_back(payment_made(line), taken_why="no")


def payment_restored(_grant: Grant, line: Line) -> None:
    made = payment_made(line)
    taken_back(made)
    taken_back(made, taken_at=None)


def payment_taken_back_and_changed(_grant: Grant, line: Line) -> None:
    taken_back(payment_made(line), cents=1)


def paid_as_taken_back(_grant: Grant, line: Line) -> None:
    Payment.objects.create(line=line, cents=5, paid_on=NOW.date(), taken_at=NOW, taken_by_id=1, taken_why="x" * 10)


def promised_twice(grant: Grant, _line: Line) -> None:
    Line.objects.create(grant=grant, title="again", committed=30_000_000, at=NOW)


def paid_more(_grant: Grant, line: Line) -> None:
    Payment.objects.create(line=line, cents=line.committed + 1, paid_on=NOW.date())


def paid_back(_grant: Grant, line: Line) -> None:
    Payment.objects.create(line=line, cents=-5, paid_on=NOW.date())


def step_rewritten(_grant: Grant, _line: Line) -> None:
    Step.objects.update(phase="perennial")


def step_forgotten(_grant: Grant, _line: Line) -> None:
    Step.objects.all().delete()


def revived(_grant: Grant, _line: Line) -> None:
    project, later = Project.objects.get(), timezone.now()
    Step.objects.create(project=project, phase="stopped", reason="it does not work", at=later, by_id=1)
    Step.objects.create(project=project, phase="construction", reason="again", at=later + timedelta(days=1), by_id=1)


def step_before(_grant: Grant, _line: Line) -> None:
    Step.objects.create(project=Project.objects.get(), phase="stopped", reason="long ago", at=NOW, by_id=1)


def grant_shrunk(grant: Grant, _line: Line) -> None:
    Grant.objects.filter(pk=grant.pk).update(cents=9_999_999)


def grant_of_less_than_nothing(_grant: Grant, _line: Line) -> None:
    Grant.objects.create(title="Debt", cents=-1, given_on=NOW.date())


def line_shrunk(_grant: Grant, line: Line) -> None:
    Payment.objects.create(line=line, cents=500, paid_on=NOW.date())
    Line.objects.filter(pk=line.pk).update(committed=499)


@pytest.mark.parametrize(
    "breach",
    [
        promised_twice,
        paid_more,
        paid_back,
        step_rewritten,
        step_forgotten,
        revived,
        step_before,
        grant_shrunk,
        grant_of_less_than_nothing,
        line_shrunk,
        payment_rewritten,
        payment_forgotten,
        payment_taken_back_twice,
        payment_taken_back_for_nothing,
        payment_restored,
        payment_taken_back_and_changed,
        paid_as_taken_back,
    ],
)
def test_postgresql_refuses_by_itself(city: City, breach: Callable[[Grant, Line], None]) -> None:
    accepted(city)
    grant = Grant.objects.create(title="City grant", cents=32_000_000, given_on=NOW.date())
    line = Line.objects.create(grant=grant, title="Trial", committed=10_000_000, at=datetime.now(UTC))
    with pytest.raises(DatabaseError, match="incubation"), transaction.atomic():
        breach(grant, line)


def accepted_beyond_the_places(call: Call, _chosen: Application, _other: Application) -> str:
    return f"UPDATE incubation_application SET accepted = true WHERE call_id = '{call.pk}' AND accepted IS NULL"


def entered_as_accepted(_call: Call, chosen: Application, _other: Application) -> str:
    rest = "call_id, organisation, title, summary, demo, repository, contact_name, contact_email, language, link_hash"
    return (
        f"INSERT INTO incubation_application (id, contact_digest, accepted, reason, received_at, {rest})"
        f" SELECT gen_random_uuid(), 'other', true, '', received_at, {rest}"
        f" FROM incubation_application WHERE id = '{chosen.pk}'"
    )


def refused_after_all(_call: Call, chosen: Application, _other: Application) -> str:
    return f"UPDATE incubation_application SET accepted = false WHERE id = '{chosen.pk}'"


def undecided_again(_call: Call, chosen: Application, _other: Application) -> str:
    return f"UPDATE incubation_application SET accepted = NULL, decided_at = NULL WHERE id = '{chosen.pk}'"


def another_reason(_call: Call, chosen: Application, _other: Application) -> str:
    return f"UPDATE incubation_application SET reason = 'for another reason' WHERE id = '{chosen.pk}'"


def fewer_places_than_given(call: Call, _chosen: Application, _other: Application) -> str:
    return f"UPDATE incubation_call SET places = 0 WHERE id = '{call.pk}'"


def full_call(city: City) -> tuple[Call, Application, Application]:
    """Return a call of one place, whom it was given, and who waits."""
    analyst, call = called(city)
    applied(call)
    applied(call, **OTHER)
    chosen, other = Application.objects.all()
    assert analyst.post(f"{DESK}applications/{chosen.pk}/", {"reason": WHY, "to": "accept"}).status_code == 302
    return call, chosen, other


@pytest.mark.parametrize(
    "breach",
    [
        accepted_beyond_the_places,
        entered_as_accepted,
        refused_after_all,
        undecided_again,
        another_reason,
        fewer_places_than_given,
    ],
)
def test_postgresql_gives_no_place_twice_and_changes_no_decision(
    city: City, breach: Callable[[Call, Application, Application], str]
) -> None:
    rows = full_call(city)
    with psycopg.connect(city.url) as connection, pytest.raises(psycopg.DatabaseError, match="incubation") as caught:
        connection.execute(breach(*rows))
    assert caught.value.sqlstate == "NM030"


def test_of_two_who_give_one_place_at_once_postgresql_lets_one(city: City) -> None:
    _analyst, call = called(city)
    applied(call)
    applied(call, **OTHER)
    give = "UPDATE incubation_application SET accepted = true WHERE id = %s"
    first, second = Application.objects.values_list("pk", flat=True)
    refused: list[str | None] = []

    def late(connection: psycopg.Connection[Any]) -> None:
        try:
            connection.execute(give, [second])
        except psycopg.DatabaseError as error:
            refused.append(error.sqlstate)

    with psycopg.connect(city.url) as one, psycopg.connect(city.url) as other:
        one.execute(give, [first])
        waits = threading.Thread(target=late, args=[other])
        waits.start()
        waits.join(0.3)
        assert waits.is_alive(), "it waits for the call's row"
        one.commit()
        waits.join(10)
    assert refused == ["NM030"] and Application.objects.filter(accepted=True).count() == 1


@pytest.mark.screens
def test_the_pages_have_no_serious_finding_in_both_languages(city: City, enter: Callable[..., Page]) -> None:
    analyst, project = accepted(city)
    Call.objects.update(places=2)
    call = Call.objects.get()
    mine = applied(call, **OTHER).headers["Location"]
    second = Application.objects.get(accepted=None)
    grant = analyst.post(f"{DESK}new/grant/", {"title": "City grant", "cents": "320000", "given_on": "2026-01-05"})
    analyst.post(grant.headers["Location"], {"title": "Trial", "committed": "1000", "project": str(project.pk)})
    line = str(Line.objects.get().pk)
    for euros in ("1 000,00", "250.50"):
        analyst.post(grant.headers["Location"], {"line": line, "cents": euros, "paid_on": "2026-03-01"})
        wrongly = {"payment": str(Payment.objects.first().pk), "why": "Written down twice."}
        analyst.post(grant.headers["Location"], wrongly)
    analyst.post(f"/programme/desk/projects/{project.pk}/do/milestone/", {"title": "First count", "due": "2027-01-01"})
    coach = reviewing.invite(call, {"kind": "mentor", "name": "Maud", "declared_at": NOW}, NOW)
    reader = reviewer(call)
    read = links.own("reader", reader.pk)
    asked = Review.objects.create(reviewer=reader, application=second, number=1)
    Booking.objects.create(
        slot=Slot.objects.create(mentor=coach[0], starts_at=datetime(2099, 1, 5, 9, tzinfo=UTC)),
        project=project, about="Where to count?", at=NOW,
    )  # fmt: skip
    Slot.objects.create(mentor=coach[0], starts_at=datetime(2099, 1, 5, 10, tzinfo=UTC))
    chosen = links.own("applicant", Application.objects.get(accepted=True).pk)
    desk = {
        "selection": f"{DESK}calls/{call.pk}/selection/", "mentors": f"{DESK}calls/{call.pk}/mentors/", "home": DESK, "call": f"{DESK}calls/{call.pk}/", "application": f"{DESK}applications/{second.pk}/",
        "project": f"/programme/desk/projects/{project.pk}/", "grant": grant.headers["Location"], "new": f"{DESK}new/call/",
    }  # fmt: skip
    public = {"again": "/programme/links/", "calls": "/programme/incubation/", "apply": f"/programme/incubation/calls/{call.pk}/", "mine": mine,
        "reviewer": f"/programme/incubation/reviewer/{read}/", "review": f"/programme/incubation/reviewer/{read}/{asked.pk}/",
        "mentor": f"/programme/incubation/mentor/{coach[1]}/", "hours": f"/programme/incubation/mine/{chosen}/hours/",
    }  # fmt: skip
    problems: list[str] = []
    for language, theme, size in (("fr", "dark", "desktop"), ("en", "light", "phone")):
        for role, places in (("analyst", desk), ("", public)):
            page = enter(role, language, theme, viewport=VIEWPORTS[size])
            for name, place in places.items():
                page.goto(place)
                wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
                problems += [f"{place}: {each}" for each in accessibility_problems(page)]
                problems += [f"{place}: wider than the screen"] if wide else []
                _keep(page, f"incubation-{name}-{language}-{theme}-{size}")
    assert problems == []


def test_money_moves_in_somebodys_name(city: City) -> None:
    analyst, project = accepted(city)
    before, by = len(audited(city)), f"user:{city.users['analyst'].pk}"
    given = {"title": "City grant", "cents": "320000", "given_on": "2026-01-05"}
    grant = analyst.post(f"{DESK}new/grant/", given).headers["Location"]
    analyst.post(grant, {"title": "Trial", "committed": "300", "project": str(project.pk)})
    pay = {"line": str(Line.objects.get().pk), "cents": "100", "paid_on": "2026-03-01"}
    analyst.post(grant, pay)
    assert analyst.post(grant, pay | {"cents": "300"}).status_code == 409
    assert audited(city)[before:] == [
        ("grant:made", {"cents": "32000000"}, by),
        ("grant:promised", {"cents": "30000", "project": str(project.pk)}, by),
        ("grant:paid", {"cents": "10000", "on": "2026-03-01"}, by),
    ]


def test_milestones_are_kept_with_who_wrote_them_and_anything_else_is_nothing(city: City) -> None:
    analyst, project = accepted(city)
    before, act = len(audited(city)), f"/programme/desk/projects/{project.pk}/do/"
    for title in ("First", "Second"):
        analyst.post(f"{act}milestone/", {"title": title, "due": "2027-01-01"})
    first, second = project.milestones.order_by("pk")
    analyst.post(f"{act}reached/", {"id": str(first.pk)})
    analyst.post(f"{act}dropped/", {"id": str(first.pk)})  # it was reached: nothing happens
    analyst.post(f"{act}dropped/", {"id": str(second.pk), "why": "no site"})
    assert analyst.post(f"{act}bogus/").status_code == 404
    done = [what for what, _facts, _by in audited(city)[before:]]
    assert done == ["project:milestone"] * 2 + ["project:milestone:reached", "project:milestone:dropped"]


def test_a_company_under_way_is_remembered_and_so_are_its_mentors(city: City) -> None:
    _analyst, project = accepted(city)
    call, by, now = Call.objects.get(), city.users["analyst"], timezone.now()
    reviewer(call)
    assert not isinstance(reviewing.invite(call, {"kind": "mentor", "name": "Mentor"}, now), Refusal)
    for phase in (Phase.CONSTRUCTION, Phase.ACCELERATION):
        keeping.enter(project, phase, "it goes on as planned", now, by)
    Call.objects.update(closes_at=now)
    assert keeping.forget_old(now + timedelta(days=366)) == 0
    assert Application.objects.get().contact_email and call.helpers.get().kind == "mentor"
    over = now + timedelta(days=366)
    keeping.enter(project, Phase.ABANDONED, "too many false alarms", over, by)
    assert keeping.forget_old(over + timedelta(days=364)) == 0 and call.helpers.exists()
    assert keeping.forget_old(over + timedelta(days=365)) == 1 and not call.helpers.exists()
    assert not Application.objects.get().contact_email


def test_who_calls_for_help_waits_for_no_decision(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    free: list[bool] = []
    made = making.move
    monkeypatch.setattr(making, "move", lambda *a, **k: (free.append(record_is_free(city)), made(*a, **k))[1])
    _analyst, _project = accepted(city)
    assert len(free) >= 2 and all(free)
    done = [what for what, _facts, _by in audited(city)]
    assert done[-4:] == ["team:made", "team:ready", "project:made", "project:incubated"]
