"""What a supervisor and an operator take away: figures as CSV, pictures as PNG, and a word when that fails."""

import csv
from collections.abc import Callable
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.web.console.evening import complaints, evening
from tests.web.pages import City

pytestmark = pytest.mark.e2e


def saved(page: Page, name: str) -> tuple[str, bytes]:
    """Press the button of that name; return what the browser saved, its name first."""
    with page.expect_download() as waiting:
        page.get_by_role("button", name=name, exact=True).click()
    return waiting.value.suggested_filename, waiting.value.path().read_bytes()


def picture(raw: bytes) -> tuple[tuple[int, int], int]:
    """Return a PNG's size and how many colours it has."""
    opened = Image.open(BytesIO(raw)).convert("RGB")
    return opened.size, len(opened.getcolors(1_000_000) or [])


def test_every_plot_of_supervision_is_saved_as_figures_and_as_a_picture(city: City, enter: Callable[..., Page]) -> None:
    evening(city)
    page = enter("lead", viewport={"width": 1440, "height": 900})
    page.goto("/console/supervisor/?period=week")
    name, raw = saved(page, "Download Silent buttons as CSV")
    rows = list(csv.reader(raw.decode().splitlines()))
    assert name.startswith("silent-devices-")
    assert (rows[0], len(rows), rows[1][1], rows[-1][1]) == (["at", "devices"], 1 + 7 * 24 + 1, "", "1")
    for title in ("From press to drone on scene", "Incidents per hour", "Pilots against need", "Silent buttons"):
        (width, height), colours = picture(saved(page, f"Download {title} as PNG")[1])
        assert width > 600 and height > 400 and colours > 10
    assert complaints(page) == []


def test_a_picture_that_cannot_be_made_says_so(city: City, enter: Callable[..., Page]) -> None:
    city.press()
    page = enter("lead", viewport={"width": 1440, "height": 900})
    page.goto("/console/supervisor/")
    page.evaluate("() => { HTMLCanvasElement.prototype.toBlob = (done) => done(null); }")
    page.get_by_role("button", name="Download Incidents per hour as PNG").click()
    expect(page.get_by_text("It could not be made by this browser.")).to_be_visible()


def test_a_flights_plots_are_saved_too(city: City, enter: Callable[..., Page]) -> None:
    made = evening(city)
    page = enter("operator", viewport={"width": 1440, "height": 900})
    page.goto(f"/console/?incident={made['street']}")
    name, raw = saved(page, "Download D-1 as CSV")
    rows = list(csv.reader(raw.decode().splitlines()))
    assert name == "D-1.csv"
    assert rows[0] == ["at", "latitude", "longitude", "altitude_m", "battery_pct", "distance_m"]
    assert [float(each) for each in rows[1][1:5]] == [48.857, 2.352, 58, 71]
    (width, height), colours = picture(saved(page, "Download D-1 as PNG")[1])
    assert width > 100 and height > 300 and colours > 2
