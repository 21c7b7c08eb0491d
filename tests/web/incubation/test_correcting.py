"""A call is corrected and closed at the desk, while that is fair to whoever applied."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from necmergitur.web.incubation.models import Application, Call
from tests.web.incubation.test_incubation import DESK, OTHER, WHY, applied, called, wrong
from tests.web.pages import City, audited


def page(call: Call) -> str:
    return f"{DESK}calls/{call.pk}/correct/"


def said(call: Call, **changes: Any) -> dict[str, str]:
    """Return the form as a browser sends it."""
    closes: datetime = timezone.localtime(changes.pop("closes_at", call.closes_at))
    now = {"title": call.title, "text": call.text, "closes_at": f"{closes:%Y-%m-%dT%H:%M}", "places": str(call.places)}
    return now | changes


def public(call: Call) -> str:
    browser = Client()
    browser.cookies["nec_language"] = "en"
    return browser.get(f"/programme/incubation/calls/{call.pk}/").content.decode()


def test_the_desk_corrects_what_a_call_says_and_the_public_page_says_it(city: City) -> None:
    analyst, call = called(city)
    here = analyst.get(f"{DESK}calls/{call.pk}/").content.decode()
    assert page(call) in here
    later = timezone.now() + timedelta(days=40)
    answer = analyst.post(page(call), said(call, title="Cohort 2028", text="A year.", closes_at=later, places="3"))
    assert answer.status_code == 302
    call.refresh_from_db()
    assert (call.title, call.places, call.closes_at) == ("Cohort 2028", 3, later.replace(second=0, microsecond=0))
    assert "Cohort 2028" in public(call) and "A year." in public(call) and "3 places" in public(call)
    [fact] = [each for each in audited(city) if "call:corrected" in str(each)]
    assert "closes_at, places, text, title" in str(fact)
    assert analyst.post(page(call), said(call)).status_code == 302
    assert len([each for each in audited(city) if "call:corrected" in str(each)]) == 1, (
        "nothing changed, nothing to keep"
    )


def test_a_call_is_closed_now_and_opened_again_with_a_later_date(city: City) -> None:
    analyst, call = called(city)
    assert "Close it now" in analyst.get(page(call)).content.decode()
    assert analyst.post(page(call), {"do": "close"}).status_code == 302
    call.refresh_from_db()
    assert call.closes_at <= timezone.now() and "This call is closed." in public(call)
    assert applied(call).status_code == 409
    again = analyst.post(page(call), {"do": "close"})
    assert again.status_code == 409 and "This call is closed." in again.content.decode()
    assert "Close it now" not in analyst.get(page(call)).content.decode()
    assert [each for each in audited(city) if "call:closed" in str(each)]
    assert analyst.post(page(call), said(call, title="Cohort")).status_code == 302, "its closing stays as it was"
    call.refresh_from_db()
    before = call.closes_at
    past = analyst.post(page(call), said(call, closes_at=before - timedelta(hours=2)))
    assert past.status_code in (409, 422) and wrong(past) == {"closes_at"}
    assert analyst.post(page(call), said(call, closes_at=before + timedelta(days=3))).status_code == 302
    assert applied(call).status_code == 302


def test_what_was_decided_or_given_to_reviewers_changes_its_places_alone_and_never_below_those_given(
    city: City,
) -> None:
    analyst, call = called(city, places=2)
    for one in ({}, OTHER):
        applied(call, **one)
    for row in Application.objects.all():
        assert analyst.post(f"{DESK}applications/{row.pk}/", {"reason": WHY, "to": "accept"}).status_code == 302
    shown = analyst.get(page(call)).content.decode()
    assert 'name="places"' in shown and 'name="title"' not in shown and 'name="closes_at"' not in shown
    assert analyst.post(page(call), said(call, title="Other", places="3")).status_code == 302
    call.refresh_from_db()
    assert (call.title, call.places) == ("Cohort 2027", 3), "what it says stands"
    few = analyst.post(page(call), said(call, places="1"))
    assert few.status_code in (409, 422) and wrong(few) == {"places"} and "2 places" in few.content.decode()
    with pytest.raises(DatabaseError), transaction.atomic():
        Call.objects.update(places=1)
    Call.objects.update(each=1)
    assert 'name="title"' not in analyst.get(page(call)).content.decode()


def test_no_place_is_no_call(city: City) -> None:
    analyst, call = called(city)
    for where, form in (
        (page(call), said(call)),
        (f"{DESK}new/call/", said(call) | {"challenge": str(call.challenge_id)}),
    ):
        form |= {"opens_at": f"{timezone.localtime():%Y-%m-%dT%H:%M}", "places": "0"}
        none = analyst.post(where, form)
        assert none.status_code == 422 and wrong(none) == {"places"}, where
    assert Call.objects.count() == 1


def test_whoever_only_reads_corrects_nothing(city: City) -> None:
    _analyst, call = called(city)
    lead = city.client("lead")
    assert page(call) not in lead.get(f"{DESK}calls/{call.pk}/").content.decode()
    assert lead.post(page(call), {"do": "close"}).status_code == 403
