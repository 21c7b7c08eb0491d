"""Whoever needs these pages can read them: any direction of writing, large text, high contrast, easy words, old browsers.

Each clause of what a city's first page promises to people is held here; a planted breach shows that it would be seen.
"""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client, override_settings
from django.utils import translation
from playwright.sync_api import Browser, BrowserContext, Page

from necmergitur.operations.population.checkins import text_of
from necmergitur.web import messages
from tests.web.conftest import AXE
from tests.web.pages import City
from tests.web.population.opening import Opens
from tests.web.population.test_browser import NARROWEST, front, until_open  # noqa: F401 -- a fixture
from tests.web.population.test_mine import says
from tests.web.serving import Served

PUBLIC = ("/", "/easy/", "/offline/", "/status/", "/safe", "/find/", "/doors/")
STATIC = messages.HERE / "static" / "css"
# Styles of pages that people without an account open.
STYLES = [
    STATIC / "base.css",
    STATIC / "components.css",
    messages.HERE / "population" / "frame.css",
    messages.HERE / "population" / "static" / "population" / "portal.css",
    messages.HERE / "dialogue" / "static" / "dialogue" / "dialogue.css",
    messages.HERE / "register" / "static" / "register" / "register.css",
]
SCRIPTS = sorted((messages.HERE / "population" / "static" / "population").glob("*.js"))
RIGHT_TO_LEFT = [*settings.LANGUAGES, ("ar", "Arabic")]

# --- any direction of writing ---------------------------------------------------------------------------------

SIDED = re.compile(
    r"(?:^|[\s;{])((?:margin|padding|border)-(?:left|right)\b[a-z-]*|(?:left|right)\s*:|(?:text-align|float):\s*(?:left|right))"
)


def sided(style: str) -> list[str]:
    """Return what of a stylesheet means a side of the screen instead of a side of the text."""
    return [found.strip() for found in SIDED.findall(re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL))]


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_no_style_of_public_pages_means_a_side_of_the_screen(path: Path) -> None:
    assert sided(path.read_text(encoding="utf-8")) == []


def test_a_planted_side_is_found() -> None:
    assert sided("p { margin-left: 1em; text-align: right } a{left: 0}") == [
        "margin-left",
        "text-align: right",
        "left:",
    ]
    assert sided("p { margin-inline-start: 1em; text-align: start }") == []


@override_settings(LANGUAGES=RIGHT_TO_LEFT)
def test_a_language_written_from_the_right_turns_every_public_page(opened: Opens) -> None:
    said = says(opened())
    for address in (*PUBLIC, f"/safe/{text_of(said.link)}", f"/safe/s/{text_of(said.share)}", "/safe/" + "A" * 22):
        answer = Client(headers={"Accept-Language": "ar"}).get(f"{address}?lang=ar")
        assert re.search(r'<html lang="ar" dir="rtl"', answer.content.decode()), address
    translation.deactivate()


def test_a_language_written_from_the_left_stays_so(opened: Opens) -> None:
    opened()
    for address in PUBLIC:
        assert re.search(r'<html lang="(en|fr)" dir="ltr"', Client().get(address).content.decode()), address


def test_names_stand_apart_from_the_direction_of_the_page(opened: Opens) -> None:
    said = says(opened(), "محمد العلوي")
    for address in (f"/safe/{text_of(said.link)}", f"/safe/s/{text_of(said.share)}"):
        assert "<bdi>محمد العلوي</bdi>" in Client().get(address).content.decode()


# --- easy words -----------------------------------------------------------------------------------------------

# "Information for all" (Inclusion Europe, the rules behind the FALC logo): short sentences, one idea each, no hard words.
WORDS_MAX = 14
HARD = re.compile(
    r"\b(incident|périmètre|dispositif|assistance|procédure|notamment|afin|lorsque|ledit|cependant)\b", re.IGNORECASE
)


class Text(HTMLParser):
    """The words of the main part of a page, one piece for each block."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = [""]
        self._inside = 0

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self._inside += tag == "main"
        if tag in {"p", "li", "h1", "h2", "a", "strong", "span", "button", "section"}:
            self.pieces.append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside -= tag == "main"
        if tag in {"p", "li", "h1", "h2", "a", "strong", "span", "button"}:
            self.pieces.append("")

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.pieces[-1] += data


def hard_to_read(page: str) -> list[str]:
    read = Text()
    read.feed(page)
    sentences = [one.strip() for piece in read.pieces for one in re.split(r"(?<=[.!?])\s+", piece) if one.strip()]
    return [one for one in sentences if len(one.split()) > WORDS_MAX or HARD.search(one)]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_easy_page_says_one_thing_at_a_time_in_short_words(opened: Opens, language: str) -> None:
    opened()
    opened(drill=True)
    page = Client(headers={"Accept-Language": language}).get("/easy/").content.decode()
    assert f'lang="{language}"' in page
    assert hard_to_read(page) == []


def test_a_planted_long_sentence_and_a_hard_word_are_found() -> None:
    long = "When you have arrived in a safe place you should tell your family how you are by this page."
    assert hard_to_read(f"<main><p>{long}</p><p>Le périmètre est fermé.</p><p>Stay there.</p></main>") == [
        long,
        "Le périmètre est fermé.",
    ]


# --- old browsers ---------------------------------------------------------------------------------------------

# What no browser of late 2021 knew, five years before these pages. A rule of its own may name such a selector: it is passed
# over whole, and nothing else with it.
NEW_SCRIPT = re.compile(
    r"structuredClone|\.at\(|\.findLast|Object\.(?:hasOwn|groupBy)|\.to(?:Sorted|Reversed|Spliced)\(|\.with\(|AbortSignal\."
    r"|Array\.fromAsync|Promise\.withResolvers|navigator\.userActivation|import\.meta|using\s|static\s*\{"
)
NEW_STYLE = re.compile(
    r"color-mix\(|oklch\(|light-dark\(|@container|@layer|@scope|@property|^\s*&|field-sizing|anchor\(|\bsubgrid\b|:is\(|\d[sl]vh",
    re.MULTILINE,
)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_script_needs_a_browser_younger_than_five_years(path: Path) -> None:
    assert NEW_SCRIPT.findall(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_no_style_needs_a_browser_younger_than_five_years(path: Path) -> None:
    style = path.read_text(encoding="utf-8")
    assert NEW_STYLE.findall(style) == []
    mixed = [rule for rule in re.findall(r"([^{}]+)\{", style) if ":has(" in rule and "," in rule]
    assert mixed == [], "an old browser would pass over the other selectors too"


def test_planted_new_words_are_found() -> None:
    assert NEW_SCRIPT.findall("const last = all.at(-1); structuredClone(last)") == [".at(", "structuredClone"]
    assert NEW_STYLE.findall("p {\n  & a { color: color-mix(in srgb, red, blue) }\n}") == ["  &", "color-mix("]


# --- a real browser -------------------------------------------------------------------------------------------


@pytest.fixture
def reader(chromium: Browser, front: Served) -> Iterator[BrowserContext]:  # noqa: F811
    context = chromium.new_context(base_url=front.url, locale="en-GB", viewport=NARROWEST)
    context.set_default_timeout(15_000)
    yield context
    context.close()


def choose(context: BrowserContext, url: str, **cookies: str) -> None:
    context.add_cookies([{"name": f"nec_{name}", "value": value, "url": url} for name, value in cookies.items()])


def pale(page: Page) -> list[str]:
    page.evaluate(Path(AXE).read_text(encoding="utf-8"))
    found = page.evaluate(
        "axe.run(document, {runOnly: ['color-contrast-enhanced']}).then(r => r.violations.flatMap(v => v.nodes))"
    )
    return [f"{node['target']} {node['failureSummary']}" for node in found]


def too_wide(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


@pytest.mark.e2e
@pytest.mark.timeout(180)
def test_large_text_is_a_third_larger_everywhere_and_nothing_is_cut(
    reader: BrowserContext,
    front: Served,  # noqa: F811
    opened: Opens,
) -> None:
    opened()
    page = reader.new_page()
    until_open(page, "/safe")
    size = "parseFloat(getComputedStyle(document.querySelector('main p, main h1 + *')).fontSize)"
    usual: dict[str, float] = {}
    for address in PUBLIC:
        page.goto(address)
        usual[address] = page.evaluate(size)
    choose(reader, front.url, text="large")
    for address in PUBLIC:
        page.goto(address)
        assert page.evaluate(size) >= 1.3 * usual[address], address
        assert too_wide(page) <= 0, address


@pytest.mark.e2e
@pytest.mark.timeout(180)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_high_contrast_reaches_seven_to_one_everywhere(
    reader: BrowserContext,
    front: Served,  # noqa: F811
    opened: Opens,
    scheme: Any,
) -> None:
    """WCAG 2.2, 1.4.6: what AAA asks of text."""
    opened()
    choose(reader, front.url, contrast="more", theme=scheme)
    page = reader.new_page()
    page.emulate_media(color_scheme=scheme)
    until_open(page, "/safe")
    problems: list[str] = []
    for address in PUBLIC:
        page.goto(address)
        problems += [f"{address}: {each}" for each in pale(page)]
    assert problems == []
    page.evaluate("document.querySelector('main h1').style.color = '#767676'")
    assert len(pale(page)) == 1, "a planted grey is found"


@pytest.mark.e2e
@pytest.mark.timeout(180)
def test_turned_around_no_page_is_wider_than_a_small_telephone(
    reader: BrowserContext, opened: Opens, city: City
) -> None:
    said = says(opened(), "محمد العلوي", tell=["maman@example.org"])
    page = reader.new_page()
    until_open(page, "/safe")
    for address in (*PUBLIC, f"/safe/{text_of(said.link)}", f"/safe/s/{text_of(said.share)}"):
        page.goto(address)
        page.evaluate("document.documentElement.dir = 'rtl'")
        assert too_wide(page) <= 0, address
        heading = page.locator("main h1").first.bounding_box()
        assert heading is not None
        start = page.evaluate("getComputedStyle(document.querySelector('main h1')).textAlign")
        assert start in {"start", "center", "right"}, address


@pytest.mark.e2e
@pytest.mark.timeout(120)
def test_chromium_would_install_the_first_page(reader: BrowserContext) -> None:
    page = reader.new_page()
    page.goto("/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    session = reader.new_cdp_session(page)
    manifest = session.send("Page.getAppManifest")
    assert manifest["errors"] == [] and manifest["url"].endswith("/manifest.webmanifest")
    errors = [one["errorId"] for one in session.send("Page.getInstallabilityErrors")["installabilityErrors"]]
    assert [one for one in errors if one != "in-incognito"] == []  # a context of a test is private
