"""Money as people write it, refused beside what was typed; and payments that were written down wrongly."""

import re
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone
from django.utils.translation import override

from necmergitur.kernel.refusal import Refusal
from necmergitur.web.incubation import keeping
from necmergitur.web.incubation.forms import Euros, GrantForm
from necmergitur.web.incubation.models import Grant, Line, Payment
from necmergitur.web.programme.money import plain
from tests.web.incubation.test_incubation import DESK, accepted, wrong
from tests.web.pages import City, audited

WHY = "It was paid to another company."


def promised(city: City, euros: str = "300") -> tuple[Client, str, Line]:
    """Return the analyst's browser, a grant's page and its one line."""
    analyst, project = accepted(city)
    given = {"title": "City grant", "cents": "320 000", "given_on": "2026-01-05"}
    answer = analyst.post(f"{DESK}new/grant/", given)
    assert answer.status_code == 302 and Grant.objects.get().cents == 32_000_000
    page = answer.headers["Location"]
    assert analyst.post(page, {"title": "Trial", "committed": euros, "project": str(project.pk)}).status_code == 302
    return analyst, page, Line.objects.get()


def pay(analyst: Client, page: str, line: Line, euros: str, day: str = "2026-03-01") -> Any:
    return analyst.post(page, {"line": str(line.pk), "cents": euros, "paid_on": day})


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("100", "100"),
        ("100,50", "100.50"),
        ("100.5", "100.5"),
        (" 1 200,50 ", "1200.50"),
        ("1\u202f200,50", "1200.50"),
        ("1\u00a0200\u00a0€", "1200"),
        ("€1,200.50", "1200.50"),
        ("1.200,50", "1200.50"),
        ("1,200,000", "1200000"),
        ("1\u2019200.50", "1200.50"),
        ("-5", "-5"),
    ],
)
def test_an_amount_is_read_as_each_language_writes_it(typed: str, meant: str) -> None:
    assert plain(typed) == meant


@pytest.mark.parametrize(
    "typed",
    ["", "abc", "100 50", "1,2,3", "1,200,50", "1 200.000.50", "1e5", "NaN", "1" * 50, ",5", "1,234", "320.000"],
)
def test_an_amount_that_may_mean_two_things_is_none(typed: str) -> None:
    assert plain(typed) is None


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize(("typed", "cents"), [("100,50", 10_050), ("1 200,50", 120_050), ("1\u202f200.5", 120_050)])
def test_a_payment_is_typed_with_a_comma_a_point_or_spaces(city: City, language: str, typed: str, cents: int) -> None:
    analyst, page, line = promised(city, "1\u202f500,25")
    assert line.committed == 150_025
    analyst.cookies["nec_language"] = language
    assert pay(analyst, page, line, typed).status_code == 302
    assert Payment.objects.get().cents == cents


@pytest.mark.parametrize(
    ("typed", "figures"),
    [("320,000", "320000"), ("320.000", "320000"), ("12,000", "12000"), ("€1,000", "1000"), ("-5.000", "-5000")],
)
@pytest.mark.parametrize(("language", "said"), [("en", "may be read two ways"), ("fr", "peut se lire de deux façons")])
def test_an_amount_that_may_be_read_two_ways_is_answered_with_how_to_write_it(
    typed: str, figures: str, language: str, said: str
) -> None:
    with override(language):
        (message,) = GrantForm({"title": "City grant", "cents": typed, "given_on": "2026-01-05"}).errors["cents"]
        assert message.startswith(f"{typed} {said}") and figures in message.split()
        assert Euros().clean(figures.removeprefix("-")) == int(figures.removeprefix("-")) * 100


@pytest.mark.parametrize("typed", ["0.125", "1234,567", "1 200,505"])
def test_an_amount_with_parts_of_a_cent_is_told_so(typed: str) -> None:
    with override("en"), pytest.raises(ValidationError, match="decimal places"):
        Euros().clean(typed)


def test_what_is_wrong_with_a_payment_stands_in_its_row_and_keeps_what_was_typed(city: City) -> None:
    analyst, page, line = promised(city)
    for typed, status in (("cent euros", 422), ("1,234", 422), ("300,01", 409)):
        answer = pay(analyst, page, line, typed, "2026-02-28")
        told = answer.content.decode()
        assert answer.status_code == status and wrong(answer) == {f"pay_{line.pk}_cents"}
        row = re.search(r"<article.*?</article>", told, re.DOTALL)
        assert row is not None and f'value="{typed}"' in row[0] and 'value="2026-02-28"' in row[0]
        assert "error" not in told[row.end() :], "the other form says nothing"
    assert not Payment.objects.exists()


def test_a_promise_that_the_grant_does_not_hold_keeps_what_was_typed(city: City) -> None:
    analyst, page, _line = promised(city)
    answer = analyst.post(page, {"title": "A tower", "committed": "400 000,00", "project": ""})
    told = answer.content.decode()
    assert answer.status_code == 409 and wrong(answer) == {"committed"}
    assert 'value="A tower"' in told and 'value="400 000,00"' in told and Line.objects.count() == 1


def test_a_payment_is_listed_taken_back_with_a_reason_once_and_frees_its_amount(city: City) -> None:
    analyst, page, line = promised(city)
    assert f'name="paid_on" value="{timezone.localdate():%Y-%m-%d}"' in analyst.get(page).content.decode()
    assert pay(analyst, page, line, "250").status_code == 302
    assert "Paid." in analyst.get(page).content.decode()
    payment = Payment.objects.get()
    assert "€250.00" in analyst.get(page).content.decode() and "1 March 2026" in analyst.get(page).content.decode()
    assert pay(analyst, page, line, "100").status_code == 409
    before = len(audited(city))
    short = analyst.post(page, {"payment": str(payment.pk), "why": "wrong"})
    assert short.status_code == 422 and wrong(short) == {f"back_{payment.pk}_why"}
    assert 'value="wrong"' in short.content.decode()
    assert analyst.post(page, {"payment": str(payment.pk), "why": WHY}).status_code == 302
    told = analyst.get(page).content.decode()
    assert re.search(r"<s>.*€250\.00.*</s>", told) and WHY in told and "Taken back." in told
    assert keeping.paid(line) == keeping.standing(line.grant).paid == 0
    assert analyst.post(page, {"payment": str(payment.pk), "why": WHY}).status_code == 409
    by = f"user:{city.users['analyst'].pk}"
    said = {"cents": "25000", "on": "2026-03-01", "why": WHY}
    assert audited(city)[before:] == [("grant:payment taken back", said, by)]
    assert pay(analyst, page, line, "300").status_code == 302
    assert keeping.paid(line) == 30_000
    again = keeping.take_back(payment, WHY, timezone.now(), city.users["analyst"])
    assert isinstance(again, Refusal) and again.rule == "payment_taken_back"


def test_a_payment_of_a_day_to_come_is_refused_beside_its_day(city: City) -> None:
    analyst, page, line = promised(city)
    answer = pay(analyst, page, line, "100", "2099-01-01")
    assert answer.status_code in (409, 422) and "This day is to come" in answer.content.decode()
    assert not Payment.objects.exists()


def test_a_payment_of_another_grant_is_not_taken_back_from_here(city: City) -> None:
    analyst, page, line = promised(city)
    pay(analyst, page, line, "100")
    other = Grant.objects.create(title="Other", cents=1_000, given_on=timezone.now().date())
    elsewhere = page.replace(f"/{line.grant_id}/", f"/{other.pk}/")
    assert analyst.post(elsewhere, {"payment": str(Payment.objects.get().pk), "why": WHY}).status_code == 404
    reader = city.client("administrator")
    reader.post(page, {"payment": str(Payment.objects.get().pk), "why": WHY})
    assert Payment.objects.get().taken_at is None
