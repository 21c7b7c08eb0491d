"""A hackathon in the browser: on a telephone, on the wall of a hall, in both languages and themes; axe is content."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from necmergitur.innovation.editions import Phase
from necmergitur.web.hackathon.models import Submission
from tests.web.conftest import accessibility_problems
from tests.web.hackathon.playing import Hackathon, project, somebody

Enter = Callable[..., Page]
PHONE = {"viewport": {"width": 360, "height": 740}}
PROJECTOR = {"viewport": {"width": 1920, "height": 1080}}
SPRING = "/programme/hackathon/spring/"


def looked_at(page: Page, name: str) -> None:
    """Hold a page to axe and to its width; keep a picture where somebody wants one."""
    if os.environ.get("NEC_PICTURES"):
        page.screenshot(path=Path(os.environ["NEC_PICTURES"]) / f"hackathon-{name}.png", full_page=True)
    assert accessibility_problems(page) == [], name
    wide = "[...document.querySelectorAll('main *')].filter(o => o.getBoundingClientRect().right > innerWidth).map(o => o.outerHTML.slice(0, 90))"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, page.evaluate(wide))


def test_somebody_applies_on_a_telephone_and_has_a_page_of_their_own(enter: Enter, played: Hackathon) -> None:
    page = enter("", "fr", "dark", **PHONE)
    page.goto(SPRING)
    looked_at(page, "edition-fr-dark")
    page.get_by_role("link", name="Participer").click()
    page.locator("#id_name").fill("Zoé Martin")
    page.locator("main form button.button--primary").click()
    expect(page.locator(".error-summary")).to_be_visible()
    assert page.locator("#id_name").input_value() == "Zoé Martin"
    looked_at(page, "register-fr-dark")
    page.locator("#id_email").fill("zoe@people.invalid")
    page.get_by_label("Programmation").check()
    page.locator("#id_conduct").check()
    page.locator("main form button.button--primary").click()
    expect(page.locator("h1")).to_contain_text("Zoé Martin")
    expect(page.locator(".qr svg")).to_be_visible()
    looked_at(page, "mine-fr-dark")
    erasing = page.get_by_role("button", name="Tout effacer")
    expect(erasing).to_be_hidden()  # what cannot be undone takes two acts
    page.get_by_role("heading", name="Effacer tout ce que vous avez dit").click()
    erasing.click()
    expect(page.locator("main")).to_contain_text("effacé")


@pytest.mark.timeout(240)
@pytest.mark.parametrize(("language", "theme"), [("en", "light"), ("fr", "dark")])
def test_a_hackathon_is_read_on_the_wall_on_telephones_and_at_the_desk(
    enter: Enter, played: Hackathon, language: str, theme: str
) -> None:
    links = [played.apply(number) for number in range(9)]
    played.at(Phase.TEAMS)
    played.desk("match", teams="3")
    played.at(Phase.WORK)
    played.desk("announce", text="Soup is served in the court. Mentors for sensors sit near the stage.")
    somebody().post(links[0], {"do": "ask", "text": "How do we count without faces?", "skill": "law"})
    mentor = played.invite("mentor", "Mona Mentor")
    wall = enter("", language, theme, **PROJECTOR)
    wall.goto(f"{SPRING}wall/?still=1")
    looked_at(wall, f"wall-{language}-{theme}")
    said = wall.locator(".wall__say").first.evaluate("one => parseFloat(getComputedStyle(one).fontSize)")
    assert said >= 1080 / 25, "legible from the back: a 25th of the picture's height"

    phone = enter("", language, theme, **PHONE)
    for name, address in (("work", links[0]), ("mentor", mentor)):
        phone.goto(address)
        looked_at(phone, f"{name}-{language}-{theme}")
    played.at(Phase.SUBMISSION)
    phone.goto(links[0])
    looked_at(phone, f"hand-in-{language}-{theme}")
    for number, link in enumerate(links):
        somebody().post(link, project(number))
    played.at(Phase.REVIEW)
    juror = played.invite("juror", "Jo Juror")
    other = played.invite("juror", "Jean Juror")
    phone.goto(juror)
    looked_at(phone, f"jury-{language}-{theme}")
    for link in (juror, other):
        somebody().post(link, {"knows": ""})
    played.desk("assign", each="2")
    for number, one in enumerate(Submission.objects.all()):
        for link, more in ((juror, 0), (other, 1)):
            address = f"{link}{one.pk}/"
            mark = str(9 - 3 * number + more - (2 if number == 0 else 0))
            if link == juror and number == 0:
                phone.goto(address)
                looked_at(phone, f"review-{language}-{theme}")
            somebody().post(address, {"need": mark, "measure": mark, "freedoms": mark})
            somebody().post(address, {"works": mark, "trial": mark, "remark": ""})
    phone.goto(f"{SPRING}projects/")
    phone.locator("main article form button").first.click()
    expect(phone.locator(".state--ours")).to_be_visible()
    looked_at(phone, f"vote-{language}-{theme}")
    played.at(Phase.RESULTS)
    first = Submission.objects.first()
    assert first is not None
    played.desk(f"award/{first.pk}", title="First prize", why="Measured.")
    desk = enter("analyst", language, theme, viewport={"width": 1280, "height": 800})
    for name in ("", "spring/", "spring/edit/", "spring/people/", "spring/jury/"):
        desk.goto(f"/programme/hackathon/desk/{name}")
        looked_at(desk, f"desk-{name.strip('/').replace('/', '-') or 'home'}-{language}-{theme}")
    desk.locator(f"#w{first.pk}").locator("xpath=..").get_by_role("button").last.click()
    desk.goto("/programme/hackathon/desk/spring/jury/")
    played.desk("publish")
    for page, name, address in (
        (phone, "results-phone", f"{SPRING}results/"),
        (wall, "wall-prizes", f"{SPRING}wall/?still=1"),
        (wall, "results", f"{SPRING}results/"),
    ):
        page.goto(address)
        expect(page.locator("main")).to_contain_text("First prize")
        looked_at(page, f"{name}-{language}-{theme}")
