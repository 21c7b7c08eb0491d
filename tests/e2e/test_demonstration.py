"""The main job, as a visitor of the demonstration lives it: press a button on the map, watch the drone, close the call.

Everything is real but the vehicles, the buttons and the pilots: processes, database, broker, browser.
"""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Page, expect

from necmergitur.adapters.citydata.importing import read_city
from necmergitur.sim.bench import screen
from necmergitur.sim.bench.whole import Size, Whole
from tests.e2e.acting import living

pytestmark = [pytest.mark.slow, pytest.mark.e2e, pytest.mark.timeout(600)]

SMALL = Size(zones=240, buttons=1_000, quarters=80, shards=1, surroundings="city")
PARIS = Size(zones=240, buttons=20_000, quarters=80, shards=1, surroundings="city")
ON_SCENE_S_MAX = 60.0  # the promise: within a minute
PATIENCE_MS = 90_000
PICTURE_SHOWS = "() => document.querySelector('#panel img[data-picture]')?.naturalWidth > 0"


@pytest.fixture(params=["invented", pytest.param("imported", marks=pytest.mark.corpus)])
def city(request: pytest.FixtureRequest) -> Iterator[Whole]:
    """A living city: invented, or Paris from published files."""
    if request.param == "invented":
        with living(SMALL) as running:
            yield running
        return
    paris = Path(request.getfixturevalue("corpus")) / "paris"
    made = read_city(paris / "quartier_paris.geojson", paris / "paris_54000.txt", name="Paris")
    with living(PARIS, made) as running:
        yield running


def a_button(city: Whole) -> tuple[float, float]:
    """Return a street button's longitude and latitude: the first one's, so that a failure repeats."""
    with psycopg.connect(city.database_url) as connection:
        row = connection.execute(
            "SELECT lon, lat FROM device WHERE kind = 'post' AND retired_at IS NULL ORDER BY id LIMIT 1"
        ).fetchone()
    assert row is not None
    return row


def place_at(page: Page, x: float, y: float) -> tuple[float, float]:
    """Return the longitude and latitude the map tells for a point of the window."""
    said = page.locator(".map__place")
    page.mouse.move(x + 3, y + 3)
    before = said.inner_text()
    page.mouse.move(x, y)
    expect(said).not_to_have_text(before)
    lat, lon = (float(part) for part in said.inner_text().split(", "))
    return lon, lat


def aim(page: Page, lon: float, lat: float) -> tuple[float, float]:
    """Return the point of the window where a place lies, told from two points of the map."""
    box = page.locator("#map").bounding_box()
    assert box is not None
    x1, y1 = box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.3
    x2, y2 = box["x"] + box["width"] * 0.7, box["y"] + box["height"] * 0.7
    (lon1, lat1), (lon2, lat2) = place_at(page, x1, y1), place_at(page, x2, y2)
    return x1 + (lon - lon1) / (lon2 - lon1) * (x2 - x1), y1 + (lat - lat1) / (lat2 - lat1) * (y2 - y1)


def press_on_the_map(page: Page, city: Whole) -> None:
    """Zoom to a button with the wheel, as a visitor does, click it (or one beside it) and press it."""
    lon, lat = a_button(city)
    offer = page.locator(".press-offer button")
    for _ in range(40):
        x, y = aim(page, lon, lat)
        if page.locator(".map__hint").is_hidden():  # near enough: the buttons are drawn
            page.mouse.click(x, y)
            if offer.count():
                break
        page.mouse.move(x, y)
        page.mouse.wheel(0, -400)
        page.wait_for_timeout(400)
    expect(offer).to_be_focused()
    offer.click()
    expect(page.locator(".press-offer__said")).not_to_be_empty()


def incident(city: Whole) -> dict[str, Any]:
    """Return the only incident there is."""
    with psycopg.connect(city.database_url) as connection:
        row = connection.execute("SELECT row_to_json(i)::text FROM incident i").fetchone()
    assert row is not None
    return dict(json.loads(row[0]))


def test_a_visitor_presses_a_button_watches_the_drone_and_closes_the_call(city: Whole) -> None:
    with screen.browser(*screen.DRAWN_BY_PROCESSOR) as running, screen.control_room(city, running) as page:
        page.goto(f"{city.url}/console/")
        page.wait_for_selector("#map canvas")
        press_on_the_map(page, city)
        pressed_at = time.monotonic()

        row = page.locator("#queue > li")
        expect(row).to_have_count(1)
        row.click()
        panel = page.locator("#panel")
        expect(panel.locator("form[data-action=acknowledge]")).to_be_visible()
        page.keyboard.press("Enter")
        expect(panel.locator("form[data-action=act]")).to_be_visible()
        assert incident(city)["rung"] == "acknowledged"

        expect(panel.locator("img[data-picture]")).to_be_visible(timeout=PATIENCE_MS)
        came_s = time.monotonic() - pressed_at
        assert came_s < ON_SCENE_S_MAX, f"the drone came after {came_s:.0f} s"
        page.wait_for_function(PICTURE_SHOWS, timeout=PATIENCE_MS)
        expect(panel.locator("#i-seen li").first).to_be_visible(timeout=PATIENCE_MS)

        page.locator("#queue > li").click()
        page.keyboard.press("Enter")
        close = panel.locator("form[data-action=close]")
        expect(close).to_be_visible()
        expect(panel.locator("form[data-action=act]")).to_have_count(0)
        assert incident(city)["rung"] == "acting"
        close.locator("select").select_option("helped")
        close.locator("button").hover()
        page.mouse.down()
        expect(panel.locator("form[data-action=reopen]")).to_be_visible()
        page.mouse.up()
        closed = incident(city)
        assert (closed["state"], closed["outcome"]) == ("closed", "helped")
        expect(panel.locator("img[data-picture]:visible")).to_have_count(0)
    assert home_again(city)


def home_again(city: Whole) -> bool:
    """Return whether every drone is back in its dock, with no mission left, within two minutes."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        with psycopg.connect(city.database_url) as connection:
            live = connection.execute("SELECT count(*) FROM mission WHERE state <> 'ended'").fetchone()
        if live == (0,):
            return True
        time.sleep(1)
    return False
