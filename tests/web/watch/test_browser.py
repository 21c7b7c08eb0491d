"""The watch in a real browser: no serious finding of axe, by keyboard, in both languages, nothing wider than a phone."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from necmergitur.web.store import CLOCK
from necmergitur.web.watch.gathering import Watch
from necmergitur.web.watch.models import Item, Judgement, Source
from tests.adapters.watch.sites import Hours, Site
from tests.web.conftest import accessibility_problems
from tests.web.pages import City
from tests.web.test_pages import by_keyboard
from tests.web.watch.following import followed, need
from tests.web.watch.test_benchmarks import begun
from tests.web.watch.test_import import WRONG, sent

pytestmark = pytest.mark.e2e
DESK = "/programme/desk/watch/"
PHONE = {"width": 360, "height": 740}


@pytest.fixture
def hours() -> Hours:
    """As the desk's clock."""
    one = Hours()
    one.at = CLOCK.now()
    return one


@pytest.fixture
def pages_to_see(city: City, site: Site, hours: Hours, watch: Watch) -> list[str]:
    """A watch that found things, a grid, a spreadsheet with a wrong row."""
    asked = need(hours)
    for file, kind in (("rss.xml", "feed"), ("patents.xml", "patents"), ("ted.json", "ted"), ("cordis.csv", "cordis")):
        followed(site, hours, file, kind)
    Source.objects.create(
        id="0" * 31 + "3",
        name="Gone",
        format="feed",
        url=f"{site.url}/gone",
        due_at=hours.now(),
        created_at=hours.now(),
    )
    watch.turn()
    for item in Item.objects.all()[:3]:
        Judgement.objects.create(item=item, need=asked, by_id=1, relevant="foule" in item.summary, at=CLOCK.now())
    one = begun(city)
    analyst = city.client("analyst")
    act = f"{DESK}benchmarks/{one.pk}/act/"
    analyst.post(act, {"what": "criterion", "name": "No camera", "how": "It cannot film."})
    analyst.post(
        act, {"what": "solution", "name": "Fibre listens", "organisation": "Fibre BV", "country": "NL", "url": ""}
    )
    criterion, solution = one.criteria.get(), one.solutions.first()
    assert solution is not None
    name = f"c{criterion.pk}"
    analyst.post(
        f"{DESK}benchmarks/{one.pk}/{solution.pk}/",
        {f"{name}-mark": "partly", f"{name}-words": "Data sheet, page 4", f"{name}-url": "https://lidar.example/4"},
    )
    analyst.post(act, {"what": "publish"})
    source = Source.objects.get(name="Gone")
    return [
        DESK,
        f"{DESK}needs/NM-1/",
        f"{DESK}sources/",
        f"{DESK}sources/{source.pk}/",
        f"{DESK}precision/",
        f"{DESK}benchmarks/",
        f"{DESK}benchmarks/{one.pk}/",
        f"{DESK}benchmarks/{one.pk}/{solution.pk}/",
        f"{DESK}import/",
        sent(analyst, WRONG),
        "/programme/benchmarks/",
        f"/programme/benchmarks/{one.pk}/",
    ]


@pytest.mark.parametrize(("language", "size"), [("fr", PHONE), ("en", {"width": 1280, "height": 800})])
def test_every_page_is_read_by_everybody(
    pages_to_see: list[str], enter: Callable[..., Page], language: str, size: dict[str, int]
) -> None:
    page = enter("analyst", language, viewport=size)
    shots, found = os.environ.get("NEC_SHOTS"), list[str]()
    for at, address in enumerate(pages_to_see):
        page.goto(address)
        if shots:
            page.screenshot(path=Path(shots) / f"{at:02}-{language}.png", full_page=True)
        found += [f"{address} {one}" for one in accessibility_problems(page)]
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        found += [f"{address} is {wide} px too wide"] if wide > 0 else []
    assert found == []
    assert page.complaints == []  # type: ignore[attr-defined]


def test_an_analyst_judges_and_makes_a_lead_by_keyboard(pages_to_see: list[str], enter: Callable[..., Page]) -> None:
    page = enter("analyst")
    page.goto(f"{DESK}needs/NM-1/")
    assert by_keyboard(page) == []
    page.get_by_role("button", name="Relevant", exact=True).first.press("Enter")
    assert page.get_by_role("button", name="Relevant", exact=True).first.get_attribute("aria-pressed") == "true"
    page.get_by_role("button", name="Make a lead of it").first.press("Enter")
    page.get_by_role("heading", name="NM-1").wait_for()
    assert "/programme/desk/leads/" in page.url
