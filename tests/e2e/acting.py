"""What people do in the end-to-end tests: enter with an account of their own, fill in a form, wait; and look beside."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from playwright.sync_api import Browser, Page, expect

from necmergitur.sim.bench.whole import Size, Whole, whole_city
from necmergitur.territory.model import City

AXE = Path(__file__).parents[2] / "ui" / "node_modules" / "axe-core" / "axe.min.js"
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SOON_S = 25.0  # the worker's turns are seconds apart; a machine at work may take a few of them
# Sets the named fields of one form as a person would leave them.
FILL = """(form, said) => {
  const missing = Object.keys(said).filter((name) => !form.elements[name]);
  if (missing.length) throw new Error(`no field ${missing}`);
  for (const [name, value] of Object.entries(said)) {
    for (const field of form.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
      const wanted = [].concat(value);
      if (field.type === "checkbox" || field.type === "radio") field.checked = wanted.includes(field.value);
      else if (field.tagName === "SELECT")
        for (const one of field.options) one.selected = wanted.includes(one.value);
      else field.value = wanted[0];
    }
  }
}"""


@contextmanager
def living(size: Size, made: City | None = None) -> Iterator[Whole]:
    """A whole city, none of whose processes logged an error while it was lived in."""
    with whole_city(size, made=made) as running:
        yield running
        told = running.errors()
        assert not told, "\n".join(told)


def entered(city: Whole, running: Browser, who: str = "") -> Page:
    """Open a browser of somebody's own; `who` is the address of a demonstration account."""
    page = running.new_context(base_url=city.url, locale="en-GB").new_page()
    page.set_default_timeout(30_000)
    if who:
        page.goto("/account/sign-in/")
        password = page.locator("tr", has_text=who).locator("td").nth(1).inner_text()
        page.fill("input[name=login]", who)
        page.fill("input[name=password]", password)
        page.click("form.form button[type=submit]")
        page.wait_for_url(lambda url: "sign-in" not in url)
    return page


def at_work(city: Whole, running: Browser, who: str) -> Page:
    """Sign somebody of the control room in, and choose English."""
    page = entered(city, running, who)
    if page.locator("html").get_attribute("lang") != "en":
        page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    return page


def hold(page: Page, name: str) -> None:
    """Hold a dangerous button down with the keyboard, as whoever has no pointer does."""
    page.get_by_role("button", name=name).first.focus()
    with page.expect_navigation():
        page.keyboard.down("Enter")
    page.keyboard.up("Enter")


def telephone(city: Whole, running: Browser) -> Page:
    """A small telephone whose browser runs no script."""
    context = running.new_context(
        base_url=city.url, java_script_enabled=False, locale="en-GB", viewport={"width": 320, "height": 640}
    )
    context.set_default_timeout(15_000)
    return context.new_page()


def plain(number: str) -> str:
    """Return a number in the form it is kept in."""
    digits = number.replace(" ", "")
    return f"+33{digits[1:]}" if digits.startswith("0") else digits


def inbox(page: Page, to: str, *words: str) -> list[str]:
    """Return what the city wrote to somebody, newest first, as the demonstration shows it to its visitors."""
    page.goto("/demo/messages/")
    boxes = page.locator("main li", has=page.get_by_text(to, exact=True)).all_inner_texts()
    return [one for one in boxes if all(word in one for word in words)]


def submit(page: Page, selector: str, said: Mapping[str, Any]) -> None:
    """Fill one form and send it."""
    form = page.locator(selector).first
    form.evaluate(FILL, dict(said))
    with page.expect_navigation():
        form.evaluate("form => form.requestSubmit()")


def asked(city: Whole, query: str, *parts: Any) -> Any:
    with psycopg.connect(city.database_url) as connection:
        row = connection.execute(query, parts).fetchone()
    return None if row is None else row[0]


def until(what: str, holds: Callable[[], object], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.5)


def nec(city: Whole, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "necmergitur.app.cli", *words]
    environ = {**city.settings.export(), **more}
    return subprocess.run(argv, capture_output=True, text=True, env=environ, check=False, timeout=120)


def axe(page: Page) -> list[str]:
    """Return what axe finds on a page, one line per rule and element."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("tags => axe.run(document, {runOnly: tags}).then(r => r.violations)", AXE_TAGS)
    return [f"{rule['id']}: {node['target']} {node['failureSummary']}" for rule in found for node in rule["nodes"]]
