"""An idea from its need to a report and into service, as a demonstration's visitor follows it with three roles.

Everything is real but the crowd: processes, database, broker, engine, gate, browsers. The company's program is a process
of its own with its own key. The visitor is told the next step by the guide on the programme's front page, and takes it.
"""

import re
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, expect

from necmergitur.sim.bench import screen
from necmergitur.sim.bench.whole import Size, Whole
from necmergitur.sim.tour import story
from necmergitur.web.programme import example
from tests.e2e.acting import asked, at_work, axe, entered, living, submit, until

pytestmark = [pytest.mark.slow, pytest.mark.e2e, pytest.mark.timeout(400)]

CITY = Size(zones=8, buttons=80, quarters=4, shards=1, surroundings="", programme=True)
ANALYST = "charente@demo.invalid"
LAID_S = 90.0
PLAYED_S = 240.0


@pytest.fixture
def city() -> Iterator[Whole]:
    with living(CITY) as running:
        yield running


class Visitor:
    """Somebody who does what the guide says next, with a browser for each role."""

    def __init__(self, city: Whole, running: Browser) -> None:
        self.city = at_work(city, running, ANALYST)
        self.company = self._in_english(entered(city, running))
        self.state = self._in_english(entered(city, running))
        self.found: list[str] = []

    @staticmethod
    def _in_english(page: Page) -> Page:
        page.goto("/programme/")
        if page.locator("html").get_attribute("lang") != "en":
            page.get_by_role("button", name="English").click()
        return page

    def go(self, page: Page) -> None:
        """Follow the guide's one button, and look at the page with axe."""
        page.goto("/programme/")
        page.locator(".guide__step--next a.button").click()
        self.look(page)

    def look(self, page: Page) -> None:
        self.found += [f"{page.url}: {one}" for one in axe(page)]

    def next_is(self, page: Page, words: str) -> None:
        page.goto("/programme/")
        expect(page.locator(".guide__step--next")).to_contain_text(words)


def test_a_visitor_follows_an_idea_from_its_need_into_service(city: Whole) -> None:
    number = lambda title: asked(city, "SELECT chain FROM programme_need WHERE title = %s", title)  # noqa: E731
    until("the example", lambda: number(example.TITLE), LAID_S)
    with screen.browser(*screen.WITHOUT_MAP) as running:
        visitor = Visitor(city, running)
        began = time.monotonic()
        watched(city, number(example.TITLE))
        to_a_project(visitor)
        trial = to_a_trial(city, visitor)
        imported(city, visitor.city)
        one_stands_complete(city, visitor, number(example.FIRST))
        into_service(city, visitor, trial)
        in_french(visitor)
        assert visitor.found == []
        assert time.monotonic() - began < PLAYED_S * 2


def watched(city: Whole, need: int) -> None:
    """The watch reads a source of every format and shows matches to the need, in both languages."""
    formats = {one.format for one in story.SOURCES}
    read = "SELECT count(DISTINCT format) FROM watch_source WHERE read_at IS NOT NULL AND problem = ''"
    until("every format is read", lambda: asked(city, read) == len(formats), LAID_S)
    matched = (
        "SELECT count(*) FROM watch_match m JOIN watch_item i ON i.id = m.item_id"
        " JOIN programme_need n ON n.id = m.need_id WHERE n.chain = %s AND i.language = 'en'"
    )
    until("matches", lambda: asked(city, matched, need) >= 2, LAID_S)


def to_a_project(visitor: Visitor) -> None:
    analyst, company = visitor.city, visitor.company
    visitor.go(analyst)
    found = analyst.locator("article.found", has_text="density of a crowd at gates")
    found.get_by_role("button", name="Make a lead of it").click()
    visitor.look(analyst)
    visitor.go(analyst)
    submit(
        analyst,
        "main form[action$='/challenge/']",
        {"title": "Advice in time at the gates", "brief": "A level a minute."},
    )
    visitor.go(analyst)
    analyst.get_by_role("button", name="Open it to teams").click()
    visitor.go(analyst)
    submit(
        analyst,
        "main form.form",
        {"title": "Crowds at gates", "text": "Say what you would try, and how it is measured."},
    )
    visitor.go(company)
    project = {
        "organisation": "Flot",
        "title": "Advice for squares",
        "summary": "We count without pictures, and say a minute ahead that a square fills up.",
        "contact_name": "Somebody",
        "contact_email": "team@flot.invalid",
    }
    submit(company, "main form.form", project)
    assert "/incubation/mine/" in company.url
    visitor.look(company)
    visitor.next_is(analyst, "Read the application")
    visitor.go(analyst)
    analyst.fill("main [name=reason]", "A site waits, and an evening measures it.")
    analyst.locator("main button[name=to][value=accept]").click()
    visitor.go(analyst)
    submit(analyst, "main form[action*='/desk/of/']", {"title": "An evening in front of the stadium"})


def to_a_trial(city: Whole, visitor: Visitor) -> str:
    analyst = visitor.city
    visitor.go(analyst)
    trial = re.search(r"/desk/([0-9a-f-]{36})/", analyst.url)
    assert trial is not None
    analyst.locator("form[action$='/example/'] button").click()
    soon = datetime.now(ZoneInfo("Europe/Paris")) + timedelta(seconds=4)  # people have a minute and a half to look
    analyst.locator("input[name=starts]").evaluate("(field, at) => { field.value = at; }", f"{soon:%Y-%m-%dT%H:%M:%S}")
    analyst.locator("button[name=freeze]").click()
    visitor.next_is(analyst, "Draw up the paper")
    visitor.go(analyst)
    analyst.get_by_role("button", name="Draw up the paper").click()
    for page in (analyst, visitor.company, visitor.state):
        assert asked(city, "SELECT count(*) FROM reading WHERE stream = %s", f"sensor:{example.KEY}") == 0, (
            "nothing flows yet"
        )
        visitor.go(page)
        page.get_by_role("button", name="Sign with the demonstration").click()
        expect(page.locator(".banner--done[role=status]")).to_be_visible()
        visitor.look(page)
    visitor.go(analyst)
    analyst.get_by_role("button", name="Begin the trial").click()
    visitor.look(analyst)
    assert asked(city, "SELECT state FROM trial WHERE id = %s", trial[1]) == "running"
    return trial[1]


def imported(city: Whole, page: Page) -> None:
    """Needs come out of a spreadsheet, previewed first."""
    rows = (
        "Titre;Au nom de;Situation;Qui en souffre;Mesure;Unité;Objectif;Langue",
        "Un quai éclairé;transport;Le quai est sombre le soir.;Les voyageurs;plaintes;par mois;2;fr",
    )
    page.goto("/programme/desk/watch/import/")
    page.set_input_files(
        "input[name=file]", {"name": "besoins.csv", "mimeType": "text/csv", "buffer": "\n".join(rows).encode()}
    )
    page.get_by_role("button", name="Look at it").click()
    expect(page.locator("main")).to_contain_text("Un quai éclairé")
    page.locator("main form button.button--primary").first.click()
    assert asked(city, "SELECT count(*) FROM programme_need WHERE title = 'Un quai éclairé'") == 1


def one_stands_complete(city: Whole, visitor: Visitor, number: int) -> None:
    """The first chain went all the way by itself, into service, with how it was bought; its vendor overstayed."""
    route = "SELECT route FROM programme_deployment WHERE chain = %s"
    until("the first chain is in service", lambda: asked(city, route, number), PLAYED_S)
    assert asked(city, route, number) == "innovation_partnership"
    visitor.company.goto("/programme/wall/")
    expect(visitor.company.locator("main")).to_contain_text("Innovation partnership")
    visitor.look(visitor.company)
    refused = "SELECT sum(count) FROM reading_refusal WHERE stream = 'sensor:V-001'"
    wanted = "SELECT count(*) FROM ledger_event WHERE kind = 'TrialChangeRefused'"
    assert asked(city, wanted) == 1, "somebody wanted an easier figure after the start"
    until("what came after its window is refused", lambda: asked(city, refused), 60.0)


def into_service(city: Whole, visitor: Visitor, trial: str) -> None:
    """The report is computed while one looks on; then it ends, and what was adopted is put into service."""
    analyst = visitor.city
    visitor.company.goto(f"/programme/trials/{trial}/")
    state: Callable[[], object] = lambda: asked(city, "SELECT state FROM trial WHERE id = %s", trial) == "stopped"  # noqa: E731
    until("the rule of its protocol ends it", state, PLAYED_S)
    visitor.go(analyst)
    analyst.get_by_role("button", name="Fix the report").click()
    visitor.look(analyst)
    told = asked(
        city, "SELECT count(*) FROM ledger_event WHERE stream = %s AND kind = 'TrialAdvised'", f"trial:{trial}"
    )
    assert told > 20
    visitor.company.reload()
    expect(visitor.company.locator("main")).to_contain_text(re.compile(r"\d/\d = \d\d"))
    visitor.look(visitor.company)
    visitor.go(analyst)
    submit(analyst, "main form[action$='/exit/']", {"how": "adopt", "reason": "It told of crowds in time."})
    visitor.go(analyst)
    bought = {"title": "Advice at the gates", "adopter": "The stadium", "place": "The square", "route": "market"}
    submit(analyst, "main form[action$='/deploy/']", bought)
    visitor.look(analyst)
    expect(analyst.locator("main")).to_contain_text("Public contract")
    analyst.goto("/programme/")
    expect(analyst.locator(".guide .banner--done")).to_be_visible()
    expect(analyst.locator(".guide .links a")).to_have_count(4)


def in_french(visitor: Visitor) -> None:
    for page, where in (
        (visitor.state, "/programme/"),
        (visitor.state, "/programme/wall/"),
        (visitor.state, "/programme/trials/"),
    ):
        page.goto(where)
        if page.locator("html").get_attribute("lang") != "fr":
            page.get_by_role("button", name="Français").click()
        expect(page.locator("html")).to_have_attribute("lang", "fr")
        visitor.look(page)
    visitor.state.goto("/programme/")
    expect(visitor.state.locator(".guide h2").first).to_contain_text("Suivre une idée")
