"""The five pictures of the README, taken from a running demonstration:

    make demo                                                      # in one terminal; wait for its address
    .venv/bin/python tests/web/demo_pictures.py http://localhost:8000 docs/screens

It presses a few simulated buttons, works as the labelled accounts, and needs Debian's chromium.
"""

import itertools
import re
import shutil
import sys
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

FLAGS = ["--no-sandbox", "--disable-quic", "--no-first-run", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
DESK = {"width": 1600, "height": 900}
PHONE = {"width": 412, "height": 915}
COLOURS = 96  # the live picture needs a few more than a page
PATIENCE_S = 300
# As the sign-in page of a demonstration lists them (accounts/demo.py).
ACCOUNTS = {"operator": "seine", "pilot": "yonne", "technician": "loire", "responder": "rhone"}
PIN, DURESS_PIN = "4711", "9035"


class Demonstration:
    """A running demonstration, and browsers signed in to it."""

    def __init__(self, browser: Browser, address: str, folder: Path) -> None:
        self.browser, self.address, self.folder = browser, address, folder

    def enter(self, role: str, language: str, theme: str, phone: bool = False) -> Page:
        """Open a browser as the labelled account of a role; "" stays nobody."""
        context = self.browser.new_context(
            base_url=self.address,
            viewport=PHONE if phone else DESK,
            device_scale_factor=2 if phone else 1,
            has_touch=phone,
        )
        context.set_default_timeout(PATIENCE_S * 1_000)
        cookies = (("nec_language", language), ("nec_theme", theme))
        context.add_cookies([{"name": name, "value": value, "url": self.address} for name, value in cookies])
        page = context.new_page()
        if role:
            page.goto("/account/sign-in/")
            row = page.locator("table tr").filter(has_text=f"{ACCOUNTS[role]}@").locator("td")
            row.first.wait_for()
            email, password = row.all_text_contents()
            page.locator("#id_login").fill(email)
            page.locator("#id_password").fill(password)
            page.locator("form.form button[type=submit]").click()
            page.wait_for_url(lambda url: "sign-in" not in url)
        return page

    def keep(self, page: Page, name: str) -> None:
        """Keep what is on the screen, small."""
        picture = Image.open(BytesIO(page.screenshot())).convert("RGB")
        picture.quantize(COLOURS).save(self.folder / f"{name}.png", optimize=True)
        print(name, flush=True)


def until(what: str, is_so: Callable[[], bool], patience_s: float = PATIENCE_S) -> bool:
    """Look once a second; say what never came."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        if is_so():
            return True
        time.sleep(1)
    print(f"not seen: {what}", flush=True)
    return False


def press(page: Page, button: str) -> None:
    """Press a simulated street button, as a click on the map does."""
    token = page.locator("#board").get_attribute("data-csrf") or ""
    answer = page.request.post(
        f"/console/demo/press/{button}/",
        headers={"X-CSRFToken": token, "Accept": "application/json", "Referer": page.url},
    )
    assert answer.ok, answer.status


def street_buttons(page: Page) -> list[str]:
    """Return some of the city's buttons, far from one another."""
    ids: list[str] = page.request.get("/console/map/buttons.json").json()["ids"]
    return ids[:: max(1, len(ids) // 40)]


def shows_people(page: Page) -> bool:
    """Choose an incident whose pilot has filed people, while its picture is shown; return whether there is one."""
    for row in page.locator(".qrow__label").all():
        row.click()
        page.wait_for_timeout(1_000)
        panel = page.locator("#panel")
        is_shown = panel.locator("img[data-picture]:not([hidden])").count() > 0
        if is_shown and re.search(r"person down|people down|crowd of", panel.inner_text()):
            return True
    return False


def board(demo: Demonstration) -> tuple[Page, str]:
    """Take the board and an incident with a drone on scene; return the operator's page and the incident's address."""
    page = demo.enter("operator", "en", "dark")
    page.goto("/console/")
    page.wait_for_selector("html[data-live-status=live]")
    for button in street_buttons(page)[:4]:
        press(page, button)
    page.wait_for_timeout(3_000)
    until("a scene with people", lambda: shows_people(page))
    page.keyboard.press("a")
    page.wait_for_timeout(3_000)
    incident = page.locator("#panel article").get_attribute("data-incident") or ""
    demo.keep(page, "console-dark-en")
    page.goto(f"/console/incidents/{incident}/")
    page.wait_for_timeout(2_000)
    demo.keep(page, "incident-dark-en")
    return page, incident


def pilot(demo: Demonstration, operator: Page) -> None:
    """Take a pilot's screen with an offer: buttons are pressed until one of the flights comes here."""
    page = demo.enter("pilot", "en", "dark")
    page.goto("/console/pilot/")
    start = page.get_by_role("button", name="Start my shift")
    if start.count():
        start.click()
        page.get_by_role("button", name="Pause offers").wait_for()
    page.wait_for_selector("html[data-live-status=live]")
    operator.goto("/console/")
    for button in itertools.islice(street_buttons(operator), 4, 24):
        press(operator, button)
        if until("an offer", lambda: page.locator(".offer:not([data-over])").count() > 0, 12):
            break
    demo.keep(page, "pilot-dark-en")


def responder(demo: Demonstration, operator: Page, incident: str) -> None:
    """Take a responder's telephone, told of the incident."""
    operator.goto(f"/console/incidents/{incident}/")
    choice = operator.locator("#tell-who option").last.get_attribute("value") or ""
    operator.locator("#tell-who").select_option(choice)
    operator.locator("form[data-action=tell] button").click()
    operator.wait_for_load_state()
    page = demo.enter("responder", "fr", "light", phone=True)
    page.goto(f"/field/incidents/{incident}/")
    page.wait_for_timeout(3_000)
    demo.keep(page, "field-light-fr")


def personal(demo: Demonstration) -> None:
    """Take a personal button, ready to ring."""
    technician = demo.enter("technician", "en", "light")
    technician.goto("/press/invite/")
    fields = {"device_id": "p-0042", "holder": "Demonstration", "cancel_pin": PIN, "duress_pin": DURESS_PIN}
    for name, value in fields.items():
        technician.locator(f"[name={name}]").fill(value)
    technician.locator("form.form button.button--primary").click()
    link = technician.locator(".secret").inner_text().strip()
    page = demo.enter("", "fr", "light", phone=True)
    page.goto(link)
    page.locator("main form button").click()
    page.wait_for_timeout(3_000)
    demo.keep(page, "press-light-fr")


def main(address: str, folder: str) -> None:
    """Take all five."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        demo = Demonstration(playwright.chromium.launch(executable_path=chromium, args=FLAGS), address, Path(folder))
        personal(demo)
        operator, incident = board(demo)
        responder(demo, operator, incident)
        pilot(demo, operator)


if __name__ == "__main__":
    main(*sys.argv[1:3])
