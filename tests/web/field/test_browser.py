"""The responder's telephone in a real browser: without a network, on a bad one, and passed from hand to hand."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from necmergitur.dispatch.observations import ObservationFacts
from necmergitur.operations import incidents, observing, responding
from necmergitur.web.facts.models import IncidentNote, ResponderTask
from necmergitur.web.store import store
from tests.web.conftest import watched
from tests.web.pages import City
from tests.web.serving import Served, serve

pytestmark = pytest.mark.e2e

PHONE = {"width": 390, "height": 844}
KEPT_S_MAX = 40
PATIENCE_MS = 25_000  # a page asks anew every five seconds, and the machine may be busy
TARGET_PX_MIN = 56


@pytest.fixture(scope="module")
def served_city(city_template: str) -> Iterator[Served]:
    """The pages, served on the city that every test here finds as it was."""
    with serve(city_template) as running:
        yield running


@pytest.fixture
def phone(chromium: Browser, served_city: Served) -> Iterator[BrowserContext]:
    """A telephone nobody has signed in on yet."""
    context = chromium.new_context(base_url=served_city.url, viewport=PHONE)
    context.set_default_timeout(15_000)
    context.add_cookies([{"name": "nec_language", "value": "en", "url": served_city.url}])
    yield context
    context.close()


@pytest.fixture
def hand(phone: BrowserContext, served_city: Served, city: City) -> Callable[[str], None]:
    """`hand("responder")` signs this person in on the telephone."""

    def enter(role: str) -> None:
        session = city.client(role).cookies["sessionid"].value
        phone.add_cookies([{"name": "sessionid", "value": session, "url": served_city.url}])

    return enter


def told(city: City, device: str = "b-1", role: str = "responder") -> UUID:
    """Press a button and tell somebody of it."""
    incident = city.press(device)
    user = city.users[role]
    now = datetime.now(UTC)
    assert responding.tell(store(), incident, user.display_name, user.pk, city.person("operator"), now)
    return incident


def opened(phone: BrowserContext, path: str) -> Page:
    """Open a page and wait until it is kept."""
    page = watched(phone)
    page.goto(path)
    wait_kept(page, path)
    return page


def kept(page: Page) -> list[str]:
    """Return what this telephone holds of the responder's pages; a page's fragment is not the page."""
    return page.evaluate(
        """async () => {
          const found = [];
          for (const name of await caches.keys()) if (name.startsWith("nec-field-"))
            for (const { url } of await (await caches.open(name)).keys()) found.push(url.slice(location.origin.length));
          return found.filter((path) => path.startsWith("/field/"));
        }"""
    )


def wait_true(page: Page, expression: str) -> None:
    """Wait, asking as the debugger: the content policy lets no page evaluate a string by itself."""
    deadline = time.monotonic() + KEPT_S_MAX
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, expression
        page.wait_for_timeout(100)


def wait_kept(page: Page, path: str) -> None:
    deadline = time.monotonic() + KEPT_S_MAX
    while path not in kept(page):
        assert time.monotonic() < deadline, f"{path} is not kept: {kept(page)}"
        page.wait_for_timeout(100)
    wait_true(page, "navigator.serviceWorker.controller !== null")


def age_line(page: Page) -> Any:
    return page.locator("[data-field='age']")


def test_without_a_network_the_list_is_shown_with_its_age(city: City, phone: BrowserContext, hand: Any) -> None:
    told(city)
    hand("responder")
    page = opened(phone, "/field/")
    phone.set_offline(True)
    page.reload()
    expect(page.get_by_text("Rue des Essais 1")).to_be_visible(timeout=PATIENCE_MS)
    expect(age_line(page)).to_contain_text("No network. This is what was known", timeout=PATIENCE_MS)


def test_an_action_waits_for_the_network_and_leaves_by_itself(city: City, phone: BrowserContext, hand: Any) -> None:
    incident = told(city)
    hand("responder")
    page = opened(phone, f"/field/incidents/{incident}/")
    phone.set_offline(True)
    page.reload()
    page.locator("#help-text").fill("a stretcher")
    page.get_by_role("button", name="I need help").click()
    expect(page.locator("#field-outbox")).to_contain_text("1 action not sent yet: need help", timeout=PATIENCE_MS)
    page.reload()
    expect(page.locator("#field-outbox")).to_contain_text("1 action not sent yet: need help", timeout=PATIENCE_MS)
    assert ResponderTask.objects.get().state == "told"
    phone.set_offline(False)
    expect(page.locator("#field-outbox")).to_contain_text("Sent at", timeout=PATIENCE_MS)
    assert ResponderTask.objects.get().state == "need_help"
    assert IncidentNote.objects.filter(body="a stretcher").count() == 1


def test_what_one_did_without_a_network_is_never_sent_as_the_next(city: City, phone: BrowserContext, hand: Any) -> None:
    incident = told(city)
    hand("responder")
    page = opened(phone, f"/field/incidents/{incident}/")
    phone.set_offline(True)
    page.get_by_role("button", name="I have arrived").click()
    expect(page.locator("#field-outbox")).to_contain_text("1 action not sent yet", timeout=PATIENCE_MS)
    hand("operator")  # sees every open incident, so nothing but the person's name stands in the way
    phone.set_offline(False)
    other = watched(phone)
    other.goto(f"/field/incidents/{incident}/")
    expect(other.locator("#field-outbox")).to_contain_text(
        "Waiting for Responder Test to sign in on this phone: arrived."
    )
    other.wait_for_timeout(6_000)  # longer than the outbox and the page take to try again
    assert [(one.user_id, one.state) for one in ResponderTask.objects.all()] == [(city.users["responder"].pk, "told")]
    hand("responder")  # the open pages see it by themselves
    expect(other.get_by_text("· Arrived")).to_be_visible(timeout=PATIENCE_MS)
    expect(other.locator("#field-outbox")).not_to_contain_text("Waiting", timeout=PATIENCE_MS)
    assert [(one.user_id, one.state) for one in ResponderTask.objects.all()] == [
        (city.users["responder"].pk, "arrived")
    ]


def test_nothing_is_readable_without_a_network_after_signing_out(city: City, phone: BrowserContext, hand: Any) -> None:
    incident = told(city)
    hand("responder")
    path = f"/field/incidents/{incident}/"
    page = opened(phone, path)
    page.evaluate("localStorage.setItem('a-button', 'lives here')")
    page.goto(reverse("account_logout"))
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/")
    deadline = time.monotonic() + KEPT_S_MAX
    while kept(page):
        assert time.monotonic() < deadline, kept(page)
        page.wait_for_timeout(100)
    assert page.evaluate("localStorage.getItem('a-button')") == "lives here"
    phone.set_offline(True)
    with pytest.raises(Exception, match=r"ERR_INTERNET_DISCONNECTED|ERR_FAILED"):
        page.goto(path)


def test_another_person_who_signs_in_finds_nothing_of_the_one_before(
    city: City, phone: BrowserContext, hand: Any
) -> None:
    incident = told(city)
    hand("responder")
    opened(phone, f"/field/incidents/{incident}/").close()
    hand("operator")
    page = opened(phone, "/field/")
    wait_for(page, lambda: page.evaluate("caches.keys()") == [f"nec-field-3-{city.users['operator'].pk}"])


def test_an_answer_asked_for_by_the_one_before_is_not_kept_when_it_comes_late(
    city: City, phone: BrowserContext, hand: Any
) -> None:
    told(city)
    hand("responder")
    former = opened(phone, "/field/")
    late: list[tuple[Route, Any]] = []
    phone.route("**/field/?late=1", lambda route: late.append((route, route.fetch())))
    former.evaluate("void fetch('/field/?late=1', {redirect: 'manual'})")
    wait_for(former, lambda: bool(late))
    hand("operator")
    page = opened(phone, "/field/")
    wait_for(page, lambda: page.evaluate("caches.keys()") == [f"nec-field-3-{city.users['operator'].pk}"])
    route, answer = late[0]
    assert answer.headers["x-person"] == str(city.users["responder"].pk)
    seen = page.evaluate_handle(
        """() => {
          const seen = new Set();
          setInterval(async () => { for (const name of await caches.keys()) seen.add(name); }, 5);
          return seen;
        }"""
    )
    route.fulfill(response=answer)
    page.wait_for_timeout(1_000)
    assert seen.evaluate("(seen) => [...seen]") == [f"nec-field-3-{city.users['operator'].pk}"]


def wait_for(page: Page, is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + KEPT_S_MAX
    while not is_so():
        assert time.monotonic() < deadline, page.evaluate("caches.keys()")
        page.wait_for_timeout(100)


def test_a_page_that_is_not_kept_yet_is_kept_while_it_is_open(city: City, phone: BrowserContext, hand: Any) -> None:
    """The first time it was asked for, the network may have failed it."""
    told(city)
    hand("responder")
    page = opened(phone, "/field/")
    assert page.evaluate(
        """async () => {
          const names = (await caches.keys()).filter((name) => name.startsWith("nec-field-"));
          return (await caches.open(names[0])).delete("/field/", { ignoreVary: true });
        }"""
    )
    wait_kept(page, "/field/")


def test_a_network_that_hangs_shows_what_was_kept(city: City, phone: BrowserContext, hand: Any) -> None:
    told(city)
    hand("responder")
    page = opened(phone, "/field/")
    hung: list[Route] = []

    def hang(route: Route) -> None:
        hung.append(route)

    phone.route("**/field/**", hang)  # neither answered nor refused: one bar of network
    page.reload(wait_until="commit")
    expect(page.get_by_text("Rue des Essais 1")).to_be_visible(timeout=PATIENCE_MS)
    assert hung, "the page was not asked from the network"
    phone.unroute_all(behavior="ignoreErrors")


def test_the_personal_button_opens_on_a_network_that_hangs(city: City, phone: BrowserContext) -> None:
    page = watched(phone)
    page.goto("/press/")
    wait_true(page, "caches.match('/press/').then((held) => held !== undefined)")
    wait_true(page, "navigator.serviceWorker.controller !== null")
    phone.route("**/press/**", lambda _route: None)
    page.reload(wait_until="commit")
    expect(page.locator("h1")).to_have_text("Emergency button", timeout=PATIENCE_MS)
    phone.unroute_all(behavior="ignoreErrors")


def test_a_server_in_trouble_shows_what_was_kept(city: City, phone: BrowserContext, hand: Any) -> None:
    told(city)
    hand("responder")
    page = opened(phone, "/field/")
    phone.route("**/field/**", lambda route: route.fulfill(status=502, body="Bad gateway"))
    page.reload()
    expect(page.get_by_text("Rue des Essais 1")).to_be_visible(timeout=PATIENCE_MS)
    expect(age_line(page)).to_contain_text("No network", timeout=PATIENCE_MS)


def test_an_open_page_shows_what_happens_without_being_read_again(city: City, phone: BrowserContext, hand: Any) -> None:
    incident = told(city)
    hand("responder")
    page = opened(phone, f"/field/incidents/{incident}/")
    page.locator("#help-text").fill("half a sen")
    now = datetime.now(UTC)
    city.on_shift()
    mission = city.mission(incident, state="flying", phase="on_scene")
    facts = ObservationFacts(people_down=2)
    observing.file_observation(store(), incident, mission, facts, "North side.", city.person("pilot"), now)
    responding.tell(store(), incident, "Team 9", None, city.person("operator"), now)
    city.sql("UPDATE incident SET duress = true WHERE id = %s", incident)
    expect(page.get_by_text("The caller is under threat.")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_text("North side.")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_text("Team 9")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.locator(f"img[data-picture='/live/picture/{mission}']")).to_have_count(1, timeout=PATIENCE_MS)
    expect(page.locator("#help-text")).to_have_value("half a sen", timeout=PATIENCE_MS)
    incidents.close(store(), incident, "helped", city.person("operator"), datetime.now(UTC))
    expect(page.get_by_text("This incident is over.", exact=True)).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_text("Reopen it")).to_have_count(0)


def test_a_list_fetches_a_page_again_only_when_its_incident_changed(
    city: City, phone: BrowserContext, hand: Any
) -> None:
    incident, other = told(city), told(city, "b-2")
    hand("responder")
    page = opened(phone, "/field/")
    for one in (incident, other):
        wait_kept(page, f"/field/incidents/{one}/")
    asked: list[str] = []
    phone.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(6_000)
    assert [url for url in asked if "/field/incidents/" in url] == []
    assert any(url.endswith("?fragment=list") for url in asked)
    responding.tell(store(), incident, "Team 9", None, city.person("operator"), datetime.now(UTC))
    page.wait_for_timeout(7_000)
    assert [url.split("/field/")[1] for url in asked if "/field/incidents/" in url] == [f"incidents/{incident}/"]


def test_every_target_is_large_enough_for_a_glove(city: City, phone: BrowserContext, hand: Any) -> None:
    incident = told(city)
    hand("responder")
    page = watched(phone)
    for path in ("/field/", f"/field/incidents/{incident}/"):
        page.goto(path)
        small = page.evaluate(
            """least => [...document.querySelectorAll("a, button, textarea")]
              .map((one) => [one.textContent.trim(), Math.round(one.getBoundingClientRect().height)])
              .filter(([, height]) => height > 0 && height < least)""",
            TARGET_PX_MIN,
        )
        assert [one for one in small if not one[0].startswith("Skip")] == []


def test_the_line_that_ages_is_not_read_aloud_each_second(city: City, phone: BrowserContext, hand: Any) -> None:
    told(city)
    hand("responder")
    page = opened(phone, "/field/")
    assert page.evaluate("document.querySelector(\"[data-field='age']\").closest('[role=status], [aria-live]')") is None
    said = page.locator("[data-field='reach']")
    phone.set_offline(True)
    expect(said).to_have_text("No network.", timeout=PATIENCE_MS)
    phone.set_offline(False)
    expect(said).to_have_text("The network is back.", timeout=PATIENCE_MS)


def test_the_top_of_the_page_leaves_the_screen_to_the_call(
    phone: BrowserContext, hand: Callable[[str], None], city: City
) -> None:
    incident = told(city)
    hand("responder")
    page = watched(phone)
    page.goto(f"/field/incidents/{incident}/")
    bar = page.locator(".bar").bounding_box()
    way = page.get_by_role("button", name="I am on the way").bounding_box()
    assert bar is not None and way is not None
    assert bar["height"] <= PHONE["height"] / 12
    name = page.locator("h1").bounding_box()
    assert name is not None and name["y"] <= PHONE["height"] / 5
    assert page.locator(".bar").get_by_role("link", name="All my incidents").get_attribute("href") == "/field/"
    assert way["y"] + way["height"] <= PHONE["height"]
    page.locator(".foot").get_by_role("button", name="Français").click()
    expect(page.locator("html")).to_have_attribute("lang", "fr")
