"""Django, started once on the session's environment (tests/conftest.py has set it), and a browser."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright
from pytest_django.plugin import DjangoDbBlocker

from necmergitur.web.boot import boot

boot()

from tests.web.persons import Person, make_person, signed_in  # noqa: E402 -- models need Django
from tests.web.serving import ROOT, Served, models_on, serve  # noqa: E402

# This machine may have no GPU, no sandbox and no network: the browser is told so.
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]
AXE = ROOT / "ui" / "node_modules" / "axe-core" / "axe.min.js"
BUILD = ROOT / "src" / "necmergitur" / "web" / "static" / "build"
# WCAG 2.2 AA and everything before it.
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PATIENCE_MS = 10_000


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's chromium. Missing, the test fails in CI and says what to install."""
    path = os.environ.get("NEC_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        missing = "no chromium: apt-get install chromium, or set NEC_CHROMIUM"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    # Playwright's loop runs in this thread: Django would refuse its models beside it, and no other loop could run,
    # so it lives as long as one module.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="session")
def served(migrated_url: str, make_database: Callable[..., str]) -> Iterator[Served]:
    """The pages, served on a database that every browser test shares and none empties."""
    with serve(make_database(template="migrated")) as running:
        yield running


@pytest.fixture
def on_served(served: Served, django_db_blocker: DjangoDbBlocker) -> Iterator[Served]:
    """The served pages, with this process's models on the same database."""
    with django_db_blocker.unblock(), models_on(served.database_url):
        yield served


@pytest.fixture
def browser_context(chromium: Browser, on_served: Served) -> Iterator[BrowserContext]:
    """A fresh browser profile on the served pages, French, on a desktop screen."""
    context = chromium.new_context(base_url=on_served.url, locale="fr-FR", viewport={"width": 1280, "height": 800})
    context.set_default_timeout(PATIENCE_MS)
    yield context
    context.close()


@pytest.fixture
def browser_page(browser_context: BrowserContext) -> Page:
    """A page that refuses to pass over any script error or content-policy violation."""
    return watched(browser_context)


@pytest.fixture
def sign_in(browser_context: BrowserContext) -> Callable[..., Person]:
    """`sign_in("lead", "pilot")` makes a person with these roles and gives the browser their session."""

    def enter(*roles: str, person: Person | None = None) -> Person:
        someone = person or make_person(*roles)
        cookie = signed_in(someone).cookies["sessionid"]
        browser_context.add_cookies([{"name": "sessionid", "value": cookie.value, "domain": "localhost", "path": "/"}])
        return someone

    return enter


def watched(context: BrowserContext) -> Page:
    """Return a new page that keeps what its browser complains about in `page.complaints`.

    A refusal page's own status is no complaint, nor are fonts while the front end is not built.
    """
    page = context.new_page()
    complaints: list[str] = []
    page.complaints = complaints  # type: ignore[attr-defined]

    def keep(line: ConsoleMessage) -> None:
        address = line.location["url"]
        unbuilt = "/static/build/" in address and not BUILD.exists()
        if (
            line.type == "error"
            and not unbuilt
            and not (line.text.startswith("Failed to load") and address == page.url)
        ):
            complaints.append(f"{line.text} {address}")

    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", keep)
    return page


def accessibility_problems(page: Page) -> list[str]:
    """Return what axe finds, one line per rule and element. The content policy stays on: axe enters as the debugger."""
    if not AXE.exists():
        missing = "axe-core is not installed: npm ci in ui/"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    page.evaluate(Path(AXE).read_text(encoding="utf-8"))
    found = page.evaluate("tags => axe.run(document, {runOnly: tags}).then(r => r.violations)", AXE_TAGS)
    return [f"{rule['id']}: {node['target']} {node['failureSummary']}" for rule in found for node in rule["nodes"]]
