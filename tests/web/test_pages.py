"""Each page as people meet it: both languages, both themes, phone and desktop, by keyboard, checked by axe.

`make screens` refreshes the kept screenshots.
"""

import os
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Page

from necmergitur.web.accounts.enrolment import create_enrolment_link
from necmergitur.web.accounts.models import AccountEvent
from necmergitur.web.accounts.recovery import request_recovery
from necmergitur.web.accounts.roles import Role
from tests.web.conftest import accessibility_problems, watched
from tests.web.persons import PASSWORD, Person, make_person
from tests.web.serving import Served

pytestmark = pytest.mark.e2e

VIEWPORTS = {"phone": {"width": 360, "height": 740}, "desktop": {"width": 1280, "height": 800}}
TAB_STOPS_MAX = 80
SignIn = Callable[..., Person]


def home(page: Page, _sign_in: SignIn) -> str:
    return "/"


def not_found(page: Page, _sign_in: SignIn) -> str:
    return "/nowhere/"


def signing_in(page: Page, _sign_in: SignIn) -> str:
    return "/account/sign-in/"


def forgotten(page: Page, _sign_in: SignIn) -> str:
    return "/account/forgotten/"


def second_step(page: Page, _sign_in: SignIn) -> str:
    person = make_person(Role.OPERATOR)
    page.goto("/account/sign-in/")
    page.locator("#id_login").fill(person.email)
    page.locator("#id_password").fill(PASSWORD)
    page.locator("main form.form button[type=submit]").click()
    page.wait_for_url("**/authenticate/")
    return "/account/security/authenticate/"


def enrolment(page: Page, _sign_in: SignIn) -> str:
    return create_enrolment_link(Role.PILOT, email="someone@example.org")


def wrong_enrolment(page: Page, _sign_in: SignIn) -> str:
    page.goto(create_enrolment_link(Role.PILOT))
    page.locator("#id_password").fill("short")
    page.locator("main form button").click()
    page.wait_for_selector(".error-summary")
    return ""


def choosing_a_factor(page: Page, sign_in: SignIn) -> str:
    sign_in(person=make_person(Role.PILOT, factor=False))
    return "/account/second-factor/"


def setting_up_an_app(page: Page, _sign_in: SignIn) -> str:
    page.goto(create_enrolment_link(Role.PILOT, email=f"app{make_person().user.pk}@example.org"))
    page.locator("#id_display_name").fill("Pilot")
    page.locator("#id_password").fill(PASSWORD)
    page.locator("#id_again").fill(PASSWORD)
    page.locator("main form button").click()
    page.wait_for_url("**/second-factor/")
    return "/account/security/totp/activate/"


def own_account(page: Page, sign_in: SignIn) -> str:
    sign_in(person=make_person("pilot", "lead", name="Camille Aubert"))
    return "/account/"


def own_sign_in(page: Page, sign_in: SignIn) -> str:
    sign_in("operator")
    return "/account/security/"


def people(page: Page, sign_in: SignIn) -> str:
    lead, lost = make_person("lead", name="Alix Roy"), make_person("pilot", name="Sacha Morel")
    request_recovery(lost.user, by=lead.user, reason="I called back on the number we know")
    sign_in(person=make_person("administrator", name="Camille Aubert"))
    return "/account/people/"


def one_person(page: Page, sign_in: SignIn) -> str:
    sign_in(person=make_person("administrator", name="Camille Aubert"))
    someone = make_person("pilot", "technician", name="Sacha Morel")
    assert AccountEvent.objects.filter(subject_id=someone.user.pk).count() == 2
    return f"/account/people/{someone.user.pk}/"


def inviting(page: Page, sign_in: SignIn) -> str:
    sign_in("administrator")
    return "/account/people/invite/"


def refused_role(page: Page, sign_in: SignIn) -> str:
    sign_in("pilot")
    return "/account/people/"


PAGES = [
    home,
    not_found,
    signing_in,
    forgotten,
    second_step,
    enrolment,
    wrong_enrolment,
    choosing_a_factor,
    setting_up_an_app,
    own_account,
    own_sign_in,
    people,
    one_person,
    inviting,
    refused_role,
]


@pytest.mark.screens
@pytest.mark.parametrize("prepare", PAGES, ids=lambda prepare: prepare.__name__)
def test_a_page_is_whole_in_every_language_theme_and_size(
    prepare: Callable[[Page, SignIn], str], browser_context: BrowserContext, on_served: Served, sign_in: SignIn
) -> None:
    page = watched(browser_context)
    address = prepare(page, sign_in)
    if address:
        page.goto(address)
    problems: list[str] = []
    for language in ("fr", "en"):
        for theme in ("light", "dark"):
            _prefer(browser_context, on_served, language, theme)
            if address:
                page.goto(address)
            else:
                page.locator("html").evaluate("(html, theme) => html.dataset.theme = theme", theme)
            for size, viewport in VIEWPORTS.items():
                page.set_viewport_size(viewport)
                where = f"{prepare.__name__} {language} {theme} {size}"
                wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
                problems += [f"{where}: {wide} px too wide"] if wide > 0 else []
                problems += [f"{where}: {each}" for each in accessibility_problems(page)]
                _keep(page, f"{prepare.__name__}-{language}-{theme}-{size}")
    problems += by_keyboard(page)
    assert problems == []
    assert page.complaints == []


def _prefer(context: BrowserContext, served: Served, language: str, theme: str) -> None:
    cookies = {"nec_language": language, "nec_theme": theme}
    context.add_cookies([{"name": name, "value": value, "url": served.url} for name, value in cookies.items()])


def _keep(page: Page, name: str) -> None:
    folder = os.environ.get("NEC_SCREENS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        picture = Image.open(BytesIO(page.screenshot(full_page=True))).convert("RGB")
        # 64 colours are more than these pages have; the repository stays small.
        picture.quantize(64).save(Path(folder) / f"{name}.png", optimize=True)


def by_keyboard(page: Page) -> list[str]:
    """Return what the Tab key misses: a control never reached, or reached without a visible ring."""
    # From the top, wherever the page put the keyboard.
    page.evaluate("document.body.tabIndex = -1; document.body.focus(); document.body.removeAttribute('tabindex')")
    page.evaluate("window.scrollTo(0, 0)")
    wanted = page.evaluate(
        """() => [...document.querySelectorAll('a[href],button,input,select,textarea,summary')]
            .filter(e => !e.disabled && e.type !== 'hidden' && e.checkVisibility())
            .map((e, i) => (e.dataset.stop = i, e.type === 'radio' ? 'radio:' + e.name : String(i)))"""
    )
    reached: set[str] = set()
    bare: list[str] = []
    for _each in range(TAB_STOPS_MAX):
        page.keyboard.press("Tab")
        stop = page.evaluate(
            """() => { const e = document.activeElement; if (!e || e === document.body) return null;
                const s = getComputedStyle(e);
                return [e.type === 'radio' ? 'radio:' + e.name : e.dataset.stop || '', e.outerHTML.slice(0, 80),
                        s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2]; }"""
        )
        if stop is None:
            break
        reached.add(stop[0])
        bare += [] if stop[2] else [f"no focus ring: {stop[1]}"]
    return [
        f"the keyboard never reaches control {name}" for name in dict.fromkeys(wanted) if name not in reached
    ] + bare


def test_the_exercise_frame_is_on_paper_too(browser_page: Page) -> None:
    browser_page.goto("/")
    browser_page.evaluate(
        """document.body.insertAdjacentHTML('afterbegin',
            '<div class="exercise-frame"></div><p class="exercise-word">x</p>')"""
    )
    browser_page.emulate_media(media="print")
    assert browser_page.locator(".exercise-frame").is_visible()
    assert browser_page.locator(".exercise-word").is_visible()
    assert not browser_page.locator(".preferences").is_visible()


def test_pages_work_without_javascript(chromium: object, on_served: Served) -> None:
    context = chromium.new_context(base_url=on_served.url, java_script_enabled=False, locale="en-GB")  # type: ignore[attr-defined]
    page = context.new_page()
    page.goto("/")
    page.get_by_role("button", name="Dark").click()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    page.get_by_role("button", name="Français").click()
    assert page.locator("html").get_attribute("lang") == "fr"
    person = make_person(Role.TECHNICIAN)
    page.goto("/account/sign-in/")
    page.locator("#id_login").fill(person.email)
    page.locator("#id_password").fill(PASSWORD)
    page.get_by_role("button", name="Continuer").click()
    page.locator("#id_code").fill(person.code())
    page.get_by_role("button", name="Se connecter").click()
    page.goto("/account/")
    assert page.get_by_role("heading", name=person.user.display_name).is_visible()
    context.close()


@pytest.mark.parametrize("wish", [{"reduced_motion": "reduce"}, {"contrast": "more"}, {"forced_colors": "active"}])
def test_a_readers_wishes_are_honoured(wish: dict[str, str], browser_page: Page) -> None:
    browser_page.emulate_media(**wish)  # type: ignore[arg-type]
    browser_page.goto("/account/sign-in/")
    page_ground, edge = browser_page.evaluate(
        """() => { const style = getComputedStyle(document.querySelector('.control'));
            return [style.backgroundColor, style.borderColor]; }"""
    )
    assert page_ground != edge
    assert accessibility_problems(browser_page) == []
