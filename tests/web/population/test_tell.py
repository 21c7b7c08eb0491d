"""A telephone that asks to be told by itself: what the pages offer, take and refuse; and a real browser that shows it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client, override_settings
from playwright.sync_api import Browser, BrowserContext, Page, expect

from necmergitur.adapters.messages.push import public_key
from necmergitur.operations.population.checkins import text_of
from necmergitur.people.constants import FOLLOWERS_MAX, PUSH_BYTES_MAX
from necmergitur.web.population import mine, phones
from necmergitur.web.population.prerender import public_key_file
from tests import pushes
from tests.conftest import HOME
from tests.pushes import HOST, Service, b64, push_service
from tests.web.pages import City
from tests.web.population.opening import Opens
from tests.web.population.test_browser import front  # noqa: F401 -- a fixture
from tests.web.population.test_mine import nobody_counted, says  # noqa: F401 -- a fixture
from tests.web.serving import ROOT, Served

SECRET = bytes(range(32))


@pytest.fixture
def service() -> Iterator[Service]:
    with push_service() as running:
        yield running


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The city has a key, and takes telephones of the push service of these tests."""
    file = public_key_file(HOME)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(public_key(SECRET))
    phones._public_key.cache_clear()
    monkeypatch.setattr(settings, "PUSH_HOSTS", (HOST,))
    monkeypatch.setenv("NEC_PUSH_HOSTS", HOST)
    yield
    file.unlink()
    phones._public_key.cache_clear()


def post(address: str, body: bytes, method: str = "POST") -> Any:
    return Client().generic(method, address, body, content_type="application/json")


def test_the_shared_page_offers_it_and_may_run_our_script_alone(opened: Opens) -> None:
    answer = says(opened())
    page = Client().get(f"/safe/s/{text_of(answer.share)}?lang=en")
    assert f'data-key="{public_key(SECRET)}"' in page.content.decode()
    assert f'data-address="/safe/s/{text_of(answer.share)}/tell?lang=en"' in page.content.decode()
    policy = page.headers["Content-Security-Policy"]
    assert "script-src 'self'; connect-src 'self'" in policy and "unsafe" not in policy
    assert "default-src 'none'" in policy


def test_without_a_key_nothing_is_offered_and_no_script_may_run(opened: Opens) -> None:
    phones._public_key.cache_clear()
    file = public_key_file(HOME)
    held = file.read_text()
    file.unlink()
    page = Client().get(f"/safe/s/{text_of(says(opened()).share)}")
    assert b"tell.js" not in page.content and "script-src" not in page.headers["Content-Security-Policy"]
    file.write_text(held)


def test_a_city_that_takes_no_telephone_offers_it_nowhere(opened: Opens) -> None:
    with override_settings(PUSH_HOSTS=phones.NO_SERVICE):
        page = Client().get(f"/safe/s/{text_of(says(opened()).share)}")
    assert b"tell.js" not in page.content and "script-src" not in page.headers["Content-Security-Policy"]


def test_a_receipt_offers_it_where_somebody_may_ask(opened: Opens) -> None:
    crisis = opened()
    reachable, silent = says(crisis, contact="06 12 34 56 78"), says(crisis)
    assert b"tell.js" in Client().get(f"/safe/{text_of(reachable.link)}").content
    assert b"tell.js" not in Client().get(f"/safe/{text_of(silent.link)}").content


def test_a_telephone_is_taken_and_let_go_by_the_link_alone(opened: Opens, city: City, service: Service) -> None:
    answer, body = says(opened()), service.subscription(pushes.Browser())
    address = f"/safe/s/{text_of(answer.share)}/tell"
    done = post(address, body)
    assert done.status_code == 204 and done.headers["Cache-Control"] == "no-store"
    assert city.sql("SELECT why FROM population.phone") == [(1,)]
    assert post(address, body, "DELETE").status_code == 204
    assert city.sql("SELECT count(*) FROM population.phone") == [(0,)]
    assert post(f"/safe/{text_of(answer.link)}/tell", body).status_code == 204
    assert city.sql("SELECT why FROM population.phone") == [(2,)]


def test_a_wrong_link_reads_like_any_other_and_who_tries_many_is_slowed(opened: Opens, service: Service) -> None:
    answer, body = says(opened()), service.subscription(pushes.Browser())
    wrong = Client().get("/safe/s/AAAAAAAAAAAAAAAAAAAAAA")
    guessed = post("/safe/s/AAAAAAAAAAAAAAAAAAAAAA/tell", body)
    assert (guessed.status_code, guessed.content) == (404, wrong.content)
    assert post(f"/safe/s/{text_of(answer.link)}/tell", body).status_code == 404
    assert post(f"/drill/safe/s/{text_of(answer.share)}/tell", body).status_code == 404
    statuses = [post("/safe/BBBBBBBBBBBBBBBBBBBBBB/tell", body).status_code for _ in range(mine.WRONG_MAX)]
    assert statuses[-1] == 429


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"{}", 422),
        (b"\xff\xfe", 422),
        (b'{"endpoint": "https://evil.example/x", "keys": {"p256dh": "", "auth": ""}}', 422),
        (b"x" * (PUSH_BYTES_MAX + 1), 413),
    ],
)
def test_what_no_browser_gave_is_refused_and_nothing_is_kept(
    opened: Opens, city: City, body: bytes, status: int
) -> None:
    address = f"/safe/s/{text_of(says(opened()).share)}/tell"
    assert post(address, body).status_code == status
    assert Client().get(address).status_code == 405
    assert city.sql("SELECT count(*) FROM population.phone") == [(0,)]


def test_an_address_inside_our_network_is_refused(opened: Opens, service: Service) -> None:
    said = json.loads(service.subscription(pushes.Browser()))
    address = f"/safe/s/{text_of(says(opened()).share)}/tell"
    for endpoint in ("http://10.0.0.1/x", "https://localhost/x", "http://169.254.169.254/", "https://[::1]/x"):
        assert post(address, json.dumps(said | {"endpoint": endpoint}).encode()).status_code == 422


def test_who_asks_after_somebody_may_be_told_of_the_answer_and_learns_nothing_by_it(
    opened: Opens, city: City, service: Service
) -> None:
    crisis = opened()
    says(crisis, contact="06 12 34 56 78")
    form = {"name": "Jean", "contact": "jean@mail.example", "words": ""}
    said = []
    for number, whom in enumerate(("0612345678", "0698765432")):  # one who is there, one who is not
        once = f"{number}" * 22
        asked = Client().post("/find/ask/", {**form, "whom": whom, "once": once})
        assert asked.status_code == 303, asked.content.decode()
        page = Client().get(asked.headers["Location"], headers={"Accept-Language": "en"}).content.decode()
        assert "Tell me on this phone when there is an answer" in page
        address = asked.headers["Location"].partition("?")[0].rstrip("/")
        done = post(f"{address}/tell", service.subscription(pushes.Browser()))
        said.append((done.status_code, done.content))
    assert said == [(204, b"")] * 2
    assert city.sql("SELECT why FROM population.phone") == [(3,), (3,)]


def test_too_many_telephones_are_told_so(opened: Opens, service: Service) -> None:
    address = f"/safe/s/{text_of(says(opened()).share)}/tell"
    made = [post(address, service.subscription(pushes.Browser(), f"n{n}")).status_code for n in range(FOLLOWERS_MAX)]
    assert made == [204] * FOLLOWERS_MAX
    assert post(address, service.subscription(pushes.Browser(), "more")).status_code == 409


# --- a real browser -----------------------------------------------------------------------------------------

# What only a push service on the Internet does: make an address. Everything else is the browser's own.
SUBSCRIBE = """
PushManager.prototype.subscribe = async function (options) {
  window.askedWith = Array.from(new Uint8Array(options.applicationServerKey));
  const said = %s;
  return { ...said, options, toJSON: () => said, unsubscribe: async () => true };
};
"""


@pytest.fixture
def telephone(chromium: Browser, front: Served) -> Iterator[BrowserContext]:  # noqa: F811
    context = chromium.new_context(base_url=front.url, locale="en-GB")
    context.set_default_timeout(15_000)
    context.grant_permissions(["notifications"], origin=front.url)
    yield context
    context.close()


def delivered(page: Page, body: str) -> list[dict[str, Any]]:
    """Hand a push to the service worker as the browser does; return the notifications it shows then."""
    session = page.context.new_cdp_session(page)
    found: list[str] = []
    session.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda said: found.extend(one["registrationId"] for one in said["registrations"] if not one["isDeleted"]),
    )
    session.send("ServiceWorker.enable")
    deadline = time.monotonic() + 10
    while not found and time.monotonic() < deadline:
        page.wait_for_timeout(50)
    origin = page.evaluate("location.origin")
    session.send("ServiceWorker.deliverPushMessage", {"origin": origin, "registrationId": found[-1], "data": body})
    shown: list[dict[str, Any]] = []
    while not shown and time.monotonic() < deadline:
        page.wait_for_timeout(50)
        shown = page.evaluate(
            "async () => (await (await navigator.serviceWorker.ready).getNotifications())"
            ".map(({ title, body, tag, lang, data }) => ({ title, body, tag, lang, data }))"
        )
    return shown


@pytest.mark.e2e
@pytest.mark.timeout(120)
def test_a_telephone_asks_is_told_and_asks_no_more(
    telephone: BrowserContext, opened: Opens, city: City, service: Service
) -> None:
    answer, browser = says(opened()), pushes.Browser()
    page = telephone.new_page()
    page.add_init_script(SUBSCRIBE % service.subscription(browser).decode())
    page.goto(f"/safe/s/{text_of(answer.share)}?lang=en")
    page.get_by_role("button", name="Tell me on this phone when it changes").click()
    expect(page.get_by_role("status")).to_contain_text("This phone will be told.")
    assert b64(bytes(page.evaluate("window.askedWith"))) == public_key(SECRET)
    assert city.sql("SELECT why FROM population.phone") == [(1,)]
    changed = Client().post(f"/safe/{text_of(answer.link)}", {"do": "change", "status": "hurt"})
    assert changed.status_code == 303
    send(city.url)
    deadline = time.monotonic() + 10
    while not service.got and time.monotonic() < deadline:
        time.sleep(0.05)
    (said,) = service.shown(browser)
    assert "says they are hurt" in said["body"] and said["url"].endswith(f"/safe/s/{text_of(answer.share)}")
    (shown,) = delivered(page, browser.open(service.got[0].body).decode())
    assert shown["title"] == "Message from the city: Halles" and shown["body"] == said["body"]
    assert shown["data"]["url"] == said["url"] and shown["tag"] == said["tag"]
    page.reload()
    page.get_by_role("button", name="Tell this phone no more").click()
    expect(page.get_by_role("status")).to_contain_text("This phone is told no more.")
    assert city.sql("SELECT count(*) FROM population.phone") == [(0,)]


@pytest.mark.e2e
@pytest.mark.timeout(120)
def test_a_push_that_cannot_be_read_still_says_that_there_is_news(
    telephone: BrowserContext, opened: Opens, service: Service
) -> None:
    page = telephone.new_page()
    page.add_init_script(SUBSCRIBE % service.subscription(pushes.Browser()).decode())
    page.goto(f"/safe/s/{text_of(says(opened()).share)}?lang=en")
    page.get_by_role("button", name="Tell me on this phone when it changes").click()
    expect(page.get_by_role("status")).to_contain_text("This phone will be told.")
    (shown,) = delivered(page, "not what we write")
    assert "Message from the city" in shown["title"] and shown["data"]["url"] == "/"


@pytest.mark.e2e
@pytest.mark.timeout(120)
def test_a_browser_that_reaches_no_push_service_says_so(telephone: BrowserContext, opened: Opens, city: City) -> None:
    """The real subscription of this Chromium, which has no network: the page tells what to do instead."""
    page = telephone.new_page()
    page.goto(f"/safe/s/{text_of(says(opened()).share)}?lang=en")
    page.get_by_role("button", name="Tell me on this phone when it changes").click()
    expect(page.get_by_role("status")).to_contain_text("Not done.", timeout=60_000)
    assert city.sql("SELECT count(*) FROM population.phone") == [(0,)]


@pytest.mark.e2e
def test_without_script_the_page_says_to_look_again(chromium: Browser, front: Served, opened: Opens) -> None:  # noqa: F811
    context = chromium.new_context(base_url=front.url, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"/safe/s/{text_of(says(opened()).share)}?lang=en")
    assert page.get_by_text("Look again later at this same address").is_visible()
    assert page.get_by_role("button").count() == 0
    context.close()


SEND = """
import os, sys, time
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo
from necmergitur.adapters.crisis_keys import KeyFiles
from necmergitur.adapters.messages import Messenger, Pusher
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.operations.population import telling
store, keys = PostgresStore(sys.argv[1]), KeyFiles(Path(os.environ["NEC_HOME"]))
envelopes = telling.Envelopes(keys.of, os.urandom, sys.argv[3], ZoneInfo("Europe/Paris"))
sender = Messenger(None, None, Pusher(bytes.fromhex(sys.argv[2]), "mailto:ville@example.org", ("127.0.0.1",)))
telling.unfold(store, envelopes, datetime.now(UTC))
print(telling.send_due(store, sender, envelopes, datetime.now(UTC)))
store.close()
"""


def send(database_url: str) -> None:
    """What the worker does, in a process of its own."""
    environ = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    address = settings.ORIGIN.url
    argv = [sys.executable, "-c", SEND, database_url, SECRET.hex(), address]
    done = subprocess.run(argv, env=environ, check=True, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "1", done.stdout
