"""The bar over the room: whoever is signed in reads all of it, on every screen a room has."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.web.pages import City

pytestmark = pytest.mark.e2e

ROW_MAX_PX = 48
CLIPPED = """() => {
  const bar = document.querySelector(".bar"), edge = bar.getBoundingClientRect().right
  const beyond = [...bar.querySelectorAll("a, button, .bar__figure")].filter(
    (one) => one.offsetWidth > 0 && one.getBoundingClientRect().right > edge + 0.5)
  return { beyond: beyond.map((one) => one.textContent.trim()), height: bar.offsetHeight,
           wide: bar.scrollWidth - bar.clientWidth }
}"""


@pytest.mark.parametrize("width", [1280, 1440])
@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("name", ["Maximilienne de Beauregard", "Lou"])
def test_a_lead_reads_the_whole_bar_in_one_row(
    city: City, enter: Callable[..., Page], language: str, width: int, name: str
) -> None:
    city.sql("UPDATE accounts_user SET display_name = %s WHERE id = %s RETURNING 1", name, city.users["lead"].pk)
    page = enter("lead", language, viewport={"width": width, "height": 800})
    for address in ("/console/", "/console/shifts/", "/trust/"):
        page.goto(address)
        page.locator("[data-keys-open]:not([hidden])").wait_for()
        seen = page.evaluate(CLIPPED)
        assert (seen["beyond"], seen["wide"]) == ([], 0), (address, seen)
        assert seen["height"] <= ROW_MAX_PX, (address, seen)
        assert page.locator(".bar__end").get_by_role("link", name=name).is_visible()


def test_what_does_not_fit_takes_a_second_row_and_is_not_cut_off(city: City, enter: Callable[..., Page]) -> None:
    name = "Anne-Sophie " * 6
    city.sql("UPDATE accounts_user SET display_name = %s WHERE id = %s RETURNING 1", name, city.users["lead"].pk)
    page = enter("lead", "fr", viewport={"width": 1024, "height": 768})
    page.goto("/console/")
    page.locator("[data-keys-open]:not([hidden])").wait_for()
    seen = page.evaluate(CLIPPED)
    assert (seen["beyond"], seen["wide"]) == ([], 0), seen
