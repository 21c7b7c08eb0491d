"""Experiments in a real browser: no serious finding of axe, and nothing wider than a telephone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import accessibility_problems
from tests.web.pages import City
from tests.web.trials.test_live import alarmed, live_trial
from tests.web.trials.test_trials import seen, started
from tests.web.trials.trying import VENDOR, now, say

# The height of the smallest words of a drawing, in pixels of the screen.
SMALLEST = """() => Math.min(99, ...[...document.querySelectorAll("main svg text")].map(
  (one) => parseFloat(getComputedStyle(one).fontSize) * one.getScreenCTM().a))"""


@pytest.mark.e2e
@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_page_of_an_experiment_passes_axe_and_fits_a_telephone(
    city: City, enter: Callable[..., Page], language: str
) -> None:
    from necmergitur.operations import trials
    from necmergitur.web.store import store

    begun, memory = started(city)
    for seq, level in ((1, 0), (2, 3), (3, 0)):
        say(memory, now(), seq, level)
    trials.note(store(), begun.id, seen(now(), present=True, minutes=0), city.person("analyst"), now())
    analyst, citizen = enter("analyst", language), enter("", language)
    for page, addresses in (
        (
            analyst,
            (
                "/programme/trials/desk/",
                f"/programme/trials/desk/{begun.id}/",
                f"/programme/trials/desk/{begun.id}/replays/",
            ),
        ),
        (
            citizen,
            (
                "/programme/trials/",
                f"/programme/trials/{begun.id}/",
                "/programme/trials/wall/",
                f"/register/sensor:{VENDOR}/",
            ),
        ),
    ):
        for address in addresses:
            page.goto(address)
            assert accessibility_problems(page) == [], address
            page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
            for across in (320, 390):
                page.set_viewport_size({"width": across, "height": 800})
                wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                assert wide <= 0, f"{address} is {wide} px too wide at {across} px"
            assert page.evaluate(SMALLEST) >= 12, f"{address} draws words that nobody can read on a telephone"
            page.set_viewport_size({"width": 1280, "height": 900})


@pytest.mark.e2e
def test_an_operator_marks_live_advice_with_one_key(city: City, enter: Callable[..., Page]) -> None:
    begun = live_trial(city)
    alarmed(begun.id)
    page = enter("operator", "en")
    page.wait_for_timeout(1_500)  # its window opens a second after the protocol was fixed
    page.goto("/console/")
    expect(page.locator("#advice")).to_contain_text("Level 3 of 3: act now")
    assert accessibility_problems(page) == []
    page.keyboard.press("x")
    expect(page.locator("#advice")).to_contain_text("Noted: false")
    assert page.locator("#advice button").count() == 0
