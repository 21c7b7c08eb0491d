"""The desk in the browser: a row nobody may enter is refused in plain words; sections save themselves; axe is content."""

import contextlib
import os
import re
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, Route, expect

from necmergitur.web.dialogue import opening
from necmergitur.web.dialogue.models import Conversation
from necmergitur.web.facts.models import Assessment as InForce
from necmergitur.web.trust.models import Processing
from tests.web.conftest import accessibility_problems
from tests.web.test_pages import by_keyboard
from tests.web.trust.writing import Desk

Enter = Callable[..., Page]
WORDS = {
    "en": (
        "“just for fun” is no reason to gather data about people",
        "No legal basis is given: a city gathers nothing about people unless a law gives it that task.",
        "“2050” is too far away: for three years at most, then people decide again.",
        "Forbidden: No machine identifies passers-by by their body",
    ),
    "fr": (
        "« just for fun » n’est pas une raison de recueillir des données sur les gens",  # noqa: RUF001
        "Aucune base légale n’est donnée : une ville ne recueille rien sur les gens sans qu’une loi lui en confie la mission.",  # noqa: RUF001
        "« 2050 », c’est trop loin : trois ans au plus, puis on décide à nouveau.",  # noqa: RUF001
        "Interdit : Aucune machine n’identifie des passants à leur corps",  # noqa: RUF001
    ),
}


@pytest.mark.parametrize("language", ["en", "fr"])
def test_personal_data_just_for_fun_until_2050_is_refused_with_reasons_a_layperson_understands(
    desk: Desk, enter: Enter, language: str
) -> None:
    page = enter("dpo", language)
    page.goto("/trust/processing/new/")
    page.locator("#id_name").fill("Fun")
    page.locator("#id_purpose").select_option("other")
    page.locator("#id_other_purpose").fill("just for fun")
    page.locator("input[name=data][value=biometric]").check()
    page.locator("#id_ends").fill("2050-01-01")
    page.locator("main form button.button--primary").click()
    summary = page.locator(".error-summary").inner_text().replace("\u00a0", " ").replace("\u202f", " ")
    for sentence in WORDS[language]:
        assert sentence in summary
    assert Processing.objects.count() == 0
    assert accessibility_problems(page) == []
    page.locator(".error-summary a").first.click()
    assert "#" in page.url


def test_a_section_saves_by_itself_and_says_so(desk: Desk, enter: Enter) -> None:
    pk = desk.begun()
    page = enter("dpo")
    page.goto(f"/trust/assessments/{pk}/write/context/")
    page.locator("#a-111").fill("Written and left")
    expect(page.locator("[id='s-1.1'] [data-saved]")).to_have_text("Saved.")
    page.goto(f"/trust/assessments/{pk}/write/context/")
    assert page.locator("#a-111").input_value() == "Written and left"
    assert page.complaints == []  # type: ignore[attr-defined]


def test_what_saves_itself_late_does_not_undo_what_the_button_saved(desk: Desk, enter: Enter) -> None:
    pk = desk.begun()
    page = enter("dpo")
    page.goto(f"/trust/assessments/{pk}/write/context/")
    held: list[Route] = []

    def slow(route: Route) -> None:
        """The line is slow: what saves itself arrives after what the button sends, were it sent at once."""
        if route.request.headers.get("accept") == "application/json":
            held.append(route)
        else:
            route.continue_()

    page.route("**/write/context/", slow)
    page.locator("[name='e-1.1-status']").select_option("1")
    page.wait_for_function("document.querySelector(\"[id='s-1.1'] [data-saved]\").textContent === 'Saving…'")
    page.locator("[name='e-1.1-status']").select_option("3")
    page.locator("[id='s-1.1']").get_by_role("button", name="Save this section").click(no_wait_after=True)
    page.wait_for_timeout(1_000)
    while held:
        late = held.pop()
        answered = late.fetch()  # it reaches the city whether or not the page is still there to hear the answer
        with contextlib.suppress(PlaywrightError):
            late.fulfill(response=answered)
    page.wait_for_url("**#s-1.1")
    page.unroute("**/write/context/")
    page.goto(f"/trust/assessments/{pk}/write/context/")
    assert page.locator("[name='e-1.1-status']").input_value() == "3"


def test_without_javascript_each_section_has_its_button(desk: Desk, enter: Enter) -> None:
    pk = desk.begun()
    page = enter("dpo", java_script_enabled=False)
    page.goto(f"/trust/assessments/{pk}/write/context/")
    page.locator("#a-111").fill("By its button")
    page.locator("[id='s-1.1']").get_by_role("button", name="Save this section").click()
    assert page.locator("#a-111").input_value() == "By its button"


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_officer_opens_a_dialogue_from_the_assessment_and_people_are_asked(
    desk: Desk, enter: Enter, language: str
) -> None:
    pk = desk.filled(desk.begun())
    page = enter("dpo", language)
    page.goto(f"/trust/assessments/{pk}/write/validation/")
    page.locator("#question").fill("À quoi la ville doit-elle veiller si elle compte ici ?")
    page.locator("#question_en").fill("What should the city look after if it counts here?")
    page.locator("#days").fill("30")
    page.locator("form[action$='/ask/'] button").click()
    page.locator("section[aria-labelledby=dialogue] a").first.wait_for()
    assert page.locator("form[action$='/ask/']").count() == 0, "one at a time"
    assert accessibility_problems(page) == []
    talk = Conversation.objects.get(subject_kind="assessment", subject_id=pk)
    assert (talk.closes_at - talk.opened_at).days == 30
    somebody = enter("", language)
    somebody.goto("/dialogue/")
    somebody.locator(f"a[href$='/{talk.pk}/']").click()
    asked = talk.question_en if language == "en" else talk.question_fr
    expect(somebody.locator(".question")).to_have_text(asked)
    assert page.complaints == [] and somebody.complaints == []  # type: ignore[attr-defined]
    # Once it is over, another may be held: the next version asks people anew.
    opening.close_early(talk, "The council asks another question first.", desk.city.person("dpo"), datetime.now(UTC))
    page.reload()
    assert page.locator("form[action$='/ask/']").count() == 1


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_officer_withdraws_what_was_signed_with_a_reason_and_a_tick(
    desk: Desk, enter: Enter, language: str
) -> None:
    pk = desk.signed(desk.filled(desk.begun()))
    page = enter("dpo", language)
    page.goto(f"/trust/assessments/{pk}/")
    page.locator("#withdraw summary").click()
    page.locator("#withdraw-reason").fill("The square is a school's yard.")
    page.locator("#withdraw button").click()
    assert InForce.objects.get(pk=pk).stale_at is None, "not before the box is ticked"
    page.locator("#withdraw input[name=sure]").check()
    assert accessibility_problems(page) == []
    page.locator("#withdraw button").click()
    expect(page.locator(".banner--critical")).to_contain_text("The square is a school's yard.")
    assert InForce.objects.get(pk=pk).stale_at is not None
    assert page.locator("#withdraw").count() == 0
    expect(page.locator("section[aria-labelledby=steps] li").last).to_contain_text("The square is a school's yard.")
    assert "user:" not in page.content()
    assert page.complaints == []  # type: ignore[attr-defined]


PAGES = {
    "home": "/trust/",
    "law": "/trust/law/",
    "processings": "/trust/processing/",
    "processing": "/trust/processing/{activity}/",
    "processing_form": "/trust/processing/new/",
    "assessments": "/trust/assessments/",
    "assessment": "/trust/assessments/{study}/",
    "facts": "/trust/assessments/{study}/write/facts/",
    "principles": "/trust/assessments/{study}/write/principles/",
    "risks": "/trust/assessments/{study}/write/risks/",
    "validation": "/trust/assessments/{study}/write/validation/",
    "breach": "/trust/breaches/new/",
    "breaches": "/trust/breaches/",
    "processors": "/trust/processors/",
    "processor": "/trust/processors/new/",
}


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.screens
@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_page_of_the_desk_is_whole_in_both_themes_and_sizes(desk: Desk, enter: Enter, language: str) -> None:
    study = desk.filled(desk.begun(), opinion="")
    activity = Processing.objects.get().pk
    late = {
        "title": "A lost telephone",
        "discovered_at": "2026-01-05T08:00",
        "happened": "Lost on a bus.",
        "risk": "risk",
    }
    assert desk.client.post("/trust/breaches/new/", late).status_code == 302
    processor = {
        "name": "Counters Ltd", "service": "Keeps the counters.", "country": "France", "contract": "2026-12",
        "contract_from": "2026-01-01", "contract_until": "2026-06-01", "guarantees": "Article 28 clauses.",
    }  # fmt: skip
    assert desk.client.post("/trust/processors/new/", processor).status_code == 302
    problems: list[str] = []
    for theme, width in (("dark", 1440), ("light", 1440), ("light", 390)):
        page = enter("dpo", language, theme, viewport={"width": width, "height": 900})
        for name, address in PAGES.items():
            page.goto(address.format(study=study, activity=activity))
            where = f"{name} {language} {theme} {width}"
            wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            problems += [f"{where}: {wide} px too wide"] if wide > 0 else []
            problems += [f"{where}: {each}" for each in accessibility_problems(page)]
            _keep(page, f"trust-{name}-{theme}-{width}-{language}")
        problems += page.complaints  # type: ignore[attr-defined]
        if (language, theme) == ("en", "dark"):
            page.goto(f"/trust/assessments/{study}/write/facts/")
            problems += by_keyboard(page)
    assert problems == []


def _keep(page: Page, name: str) -> None:
    folder = os.environ.get("NEC_SCREENS")
    if folder and re.search(r"-(home|law|risks|processing_form|assessment)-", name):
        Path(folder).mkdir(parents=True, exist_ok=True)
        picture = Image.open(BytesIO(page.screenshot(full_page=True))).convert("RGB")
        picture.quantize(64).save(Path(folder) / f"{name}.png", optimize=True)
