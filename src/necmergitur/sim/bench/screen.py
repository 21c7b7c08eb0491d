"""A control room in a real browser: Debian's Chromium, headless, signed in as the demonstration's operator."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from necmergitur.sim.bench.whole import Whole

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# As the browser tests start it: no sandbox under root, no shared memory in a small container.
FLAGS = ("--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking")
# There is no graphics card: a map is then drawn by the processors, a third of a core even at rest (measured).
# A measurement that times something else goes without it, and the browser composes its page for next to nothing.
DRAWN_BY_PROCESSOR = ("--use-angle=swiftshader", "--enable-unsafe-swiftshader")
WITHOUT_MAP = ("--disable-gpu", "--disable-3d-apis")
OPERATOR = "seine@demo.invalid"
TIMEOUT_MS = 30_000


class NoBrowser(RuntimeError):
    """There is no browser to look through; the message says what to install."""


@contextmanager
def browser(*flags: str) -> Iterator["Browser"]:
    """Start a browser with `flags` besides FLAGS. Raises NoBrowser."""
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only benches that look need it
    except ImportError as missing:
        raise NoBrowser("the playwright package is missing: make .make/dev") from missing
    found = shutil.which("chromium")
    if found is None:
        raise NoBrowser("Debian's chromium is missing: apt-get install chromium")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=found, args=[*FLAGS, *flags])
        try:
            yield running
        finally:
            running.close()


@contextmanager
def control_room(city: Whole, running: "Browser", *, width: int = 1600, height: int = 1000) -> Iterator["Page"]:
    """Sign in as the demonstration's operator and yield a page of `width` by `height` that is still blank."""
    context = running.new_context(viewport={"width": width, "height": height}, locale="en-GB")
    context.set_default_timeout(TIMEOUT_MS)
    page = context.new_page()
    try:
        page.goto(f"{city.url}/account/sign-in/")
        row = page.locator("tr", has_text=OPERATOR)
        password = row.locator("td").nth(1).inner_text()
        page.fill("input[name=login]", OPERATOR)
        page.fill("input[name=password]", password)
        page.click("form.form button[type=submit]")
        page.wait_for_url(lambda url: "sign-in" not in url)
        page.goto("about:blank")
        yield page
    finally:
        context.close()
