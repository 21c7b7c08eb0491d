"""The search in a browser: without script, by keyboard and screen reader, in both languages and on a telephone."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from necmergitur.operations.population import checkins, questions
from necmergitur.people.checkins import Channel, CheckIn, Form, read
from necmergitur.web.find import ground
from necmergitur.web.store import store
from tests.web.conftest import accessibility_problems
from tests.web.entering import browsers
from tests.web.find.conftest import Night
from tests.web.find.test_find import listed
from tests.web.serving import serve
from tests.web.test_pages import VIEWPORTS, _keep

pytestmark = pytest.mark.e2e


@pytest.fixture
def open_page(chromium: Browser, night: Night, monkeypatch: pytest.MonkeyPatch) -> "Callable[..., Page]":
    """The pages of this night, served by a process of their own that has its keys."""
    monkeypatch.setenv("NEC_HOME", str(night.home))
    with serve(night.city.url) as running, browsers(chromium, running.url, night.city) as opened:
        yield lambda language, theme, **options: opened("", language, theme, **options)


@pytest.mark.screens
def test_the_pages_have_no_serious_finding_in_both_languages(open_page: Callable[..., Page], night: Night) -> None:
    path, person = listed(night, age="34", sex="female", description="red coat")
    said = read(Form(name="Amélie", status="safe", contact="+33612345678"), os.urandom(16), Channel.PAGE, "FR")
    assert isinstance(said, CheckIn)
    checkins.take(store(), night.crisis, night.key, [(said, ground.salt())], night.now)
    asked = night.ask(words="Where is the cat?")["Location"]
    questions.match(store(), night.crisis, night.now)
    tell = questions.to_tell(store(), night.crisis, night.key)[0]
    addresses = {
        "find": "/find/",
        "find-declare": "/find/declare/",
        "find-ask": "/find/ask/",
        "find-appeals": "/find/appeals/",
        "find-appeal": f"/find/appeals/{ground.text_of(person)}/",
        "find-follow": path,
        "find-asked": asked,
        "find-answer": f"/find/answer/{ground.text_of(tell.link)}/",
        "find-nobody": f"/find/nobody/{ground.new_once()}/",
        "find-nothing": f"/find/follow/{ground.new_once()}/",
        "find-closed": "/drill/find/ask/",
    }
    problems: list[str] = []
    for language, theme, size in (("fr", "dark", "desktop"), ("en", "light", "phone")):
        page = open_page(language, theme, viewport=VIEWPORTS[size])
        for name, address in addresses.items():
            page.goto(address)
            problems += [f"{address}: {each}" for each in accessibility_problems(page)]
            wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
            problems += [f"{address}: wider than the screen"] if wide else []
            _keep(page, f"{name}-{language}-{theme}-{size}")
    assert problems == []


@pytest.mark.parametrize(("language", "theme"), [("fr", "light"), ("en", "dark")])
def test_every_question_of_a_declaration_has_no_serious_finding(
    open_page: Callable[..., Page], language: str, theme: str
) -> None:
    page = open_page(language, theme, viewport=VIEWPORTS["phone"])
    page.goto("/find/declare/")
    problems: list[str] = []
    for said in (
        {"name": "Amélie"},
        {"age": "34"},
        {"place": "Bercy"},
        {},
        {"author": "Rose", "contact": "r@x.org"},
        {},
    ):
        problems += accessibility_problems(page)
        for name, value in said.items():
            page.fill(f"[name={name}]", value)
        page.locator("main form .button--primary").click()
    problems += accessibility_problems(page)
    page.locator("main form .button--primary").click()
    assert "/find/follow/" in page.url
    assert problems == []


def test_somebody_is_declared_and_followed_without_script_by_keyboard(open_page: Callable[..., Page]) -> None:
    page = open_page("fr", "light", java_script_enabled=False, viewport={"width": 360, "height": 740})
    page.goto("/find/declare/")
    page.get_by_label("Son nom").fill("Amélie Durand")
    page.keyboard.press("Enter")
    page.get_by_label("Âge, environ").fill("34")
    page.keyboard.press("Enter")
    page.get_by_label("Une rue, une gare, une salle").fill("Gare de Lyon")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Continuer").click()
    page.get_by_role("button", name="Continuer").click()
    assert page.locator(".error-summary").count() == 1, "who declares must say who they are"
    page.get_by_label("Votre nom").fill("Rose")
    page.get_by_label("Votre numéro de téléphone").fill("06 12 34 56 78")
    page.get_by_role("button", name="Continuer").click()
    page.get_by_role("button", name="Continuer").click()
    assert "Gare de Lyon" in page.content()
    page.get_by_role("button", name="Envoyer").click()
    assert "/find/follow/" in page.url
    page.get_by_label("Avec vos mots").fill("Elle a appelé")
    page.get_by_role("button", name="Ajouter", exact=True).click()
    assert "Elle a appelé" in page.content()


def test_no_page_of_the_search_loads_a_script(open_page: Callable[..., Page]) -> None:
    page = open_page("en", "light")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/find/")
    assert [Path(url).suffix for url in asked if url.endswith(".js")] == []
