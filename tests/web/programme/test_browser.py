"""The programme's pages in a browser: axe, both languages, both themes, no wider than a telephone."""

from collections.abc import Callable

import pytest
from django.test import Client
from playwright.sync_api import Page

from necmergitur.web.programme.models import Challenge, Lead, Project
from tests.web.conftest import accessibility_problems
from tests.web.pages import City
from tests.web.programme.stating import stated
from tests.web.programme.test_making import whole_chain
from tests.web.test_pages import VIEWPORTS, _keep


@pytest.mark.screens
def test_the_pages_have_no_serious_finding_in_both_languages_and_themes(city: City, enter: Callable[..., Page]) -> None:
    whole_chain(city.users["analyst"])
    Client().post("/programme/needs/new/", stated(title="Hear calls for help in the underground"))
    challenge, lead = Challenge.objects.get(), Lead.objects.get()
    public = {"front": "/programme/", "need": "/programme/needs/NM-1/", "state": "/programme/needs/new/"}
    project = Project.objects.get()
    public |= {"wall": "/programme/wall/", "solution": f"/programme/solutions/{project.pk}/"}
    desk = {
        "desk": "/programme/desk/",
        "desk-need": "/programme/desk/needs/NM-2/",
        "desk-lead": f"/programme/desk/leads/{lead.pk}/",
        "grade": f"/programme/desk/projects/{project.pk}/grade/",
        "desk-challenge": f"/programme/desk/challenges/{challenge.pk}/",
    }
    problems: list[str] = []
    for language, theme, size in (("fr", "dark", "desktop"), ("en", "light", "phone"), ("fr", "light", "phone")):
        for role, places in (("", public), ("analyst", desk)):
            page = enter(role, language, theme, viewport=VIEWPORTS[size])
            for name, place in places.items():
                page.goto(place)
                wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
                problems += [f"{place}: {each}" for each in accessibility_problems(page)]
                problems += [f"{place}: wider than the screen"] if wide else []
                _keep(page, f"programme-{name}-{language}-{theme}-{size}")
    assert problems == []
    page = enter("", "en", "light", viewport=VIEWPORTS["desktop"])
    page.goto("/programme/wall/")
    grade, why = page.locator("a.grade").first, page.locator(".grade__why").first
    assert (why.bounding_box() or {"width": 0})["width"] <= 1
    page.keyboard.press("Tab")  # the keyboard moves: what has it shows that it has
    grade.focus()
    assert (why.bounding_box() or {"width": 0})["width"] > 100
    assert "The next grade still asks for" in why.inner_text() or "measured" in why.inner_text()
