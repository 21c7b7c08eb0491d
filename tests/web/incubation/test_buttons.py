"""Buttons of the company's pages on a telephone: each stands apart from the next, so that a thumb meets one alone."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page

from necmergitur.web.incubation import reviewing
from necmergitur.web.incubation.models import Application, Booking, Call, Slot
from necmergitur.web.programme import links
from tests.web.incubation.test_incubation import NOW, accepted
from tests.web.pages import City

LEAST_PX = 8  # WCAG 2.2, 2.5.8 asks for less; a thumb does not
# Pairs of buttons that stand on one line or one below the other with less than that between them.
NEAR = """(least) => {
  const all = [...document.querySelectorAll(".button")].filter((one) => one.checkVisibility());
  const found = [];
  all.forEach((one, at) => all.slice(at + 1).forEach((other) => {
    const [a, b] = [one.getBoundingClientRect(), other.getBoundingClientRect()];
    const apart = Math.max(a.left - b.right, b.left - a.right, a.top - b.bottom, b.top - a.bottom);
    if (apart < least) found.push(`${one.textContent.trim()} | ${other.textContent.trim()}: ${apart}`);
  }));
  return found;
}"""


@pytest.mark.e2e
@pytest.mark.parametrize("language", ["en", "fr"])
def test_buttons_of_a_company_s_pages_stand_apart_on_a_telephone(
    city: City, enter: Callable[..., Page], language: str
) -> None:
    _analyst, project = accepted(city)
    call = Call.objects.get()
    coach, _token = reviewing.invite(call, {"kind": "mentor", "name": "Maud", "declared_at": NOW}, NOW)
    for hour in (9, 10):
        slot = Slot.objects.create(mentor=coach, starts_at=datetime(2099, 1, 5, hour, tzinfo=UTC))
        if hour == 9:
            Booking.objects.create(slot=slot, project=project, about="Where to count?", at=NOW)
    mine = links.own("applicant", Application.objects.get(accepted=True).pk)
    page = enter("", language, viewport={"width": 360, "height": 740})
    for address in (
        f"/programme/incubation/mine/{mine}/",
        f"/programme/incubation/mine/{mine}/hours/",
        f"/programme/resources/mine/{mine}/",
        f"/programme/incubation/calls/{call.pk}/",
        "/programme/links/",
        "/programme/",
        "/programme/incubation/",
    ):
        answer = page.goto(address)
        assert answer is not None and answer.status == 200, address
        assert page.evaluate(NEAR, LEAST_PX) == [], address
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{address} is {wide} px too wide"
