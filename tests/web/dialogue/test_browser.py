"""The dialogue in a real browser: on an old phone without JavaScript, in both languages and themes, by keyboard."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from necmergitur.web.dialogue import opening, results
from necmergitur.web.dialogue.models import Answer, Conversation, Statement, Vote
from tests.web.conftest import accessibility_problems, watched
from tests.web.dialogue.talk import TEXTS, block_votes, open_talk, people_vote, state
from tests.web.pages import City
from tests.web.serving import Served, serve
from tests.web.test_pages import by_keyboard

pytestmark = pytest.mark.e2e

SIZES = {"phone": {"width": 360, "height": 740}, "desktop": {"width": 1280, "height": 800}}


@pytest.fixture(scope="module")
def served_city(city_template: str) -> Iterator[Served]:
    """The pages, served on the city that every test here finds as it was."""
    with serve(city_template) as running:
        yield running


@pytest.fixture
def somebody(chromium: Browser, served_city: Served, city: City) -> Iterator[Callable[..., BrowserContext]]:
    """`somebody()` is a browser nobody knows; `somebody("dpo")` is signed in."""
    opened: list[BrowserContext] = []

    def come(role: str = "", **options: Any) -> BrowserContext:
        context = chromium.new_context(base_url=served_city.url, **{"viewport": SIZES["phone"]} | options)
        context.set_default_timeout(15_000)
        cookies = {"nec_language": "en"}
        if role:
            cookies["sessionid"] = city.client(role).cookies["sessionid"].value
        context.add_cookies([{"name": n, "value": v, "url": served_city.url} for n, v in cookies.items()])
        opened.append(context)
        return context

    yield come
    for each in opened:
        each.close()


def test_a_citizen_votes_speaks_and_reads_results_without_javascript(somebody: Callable[..., BrowserContext]) -> None:
    talk = open_talk()
    people_vote(state(talk), {"for": 40, "against": 25})
    page = somebody(java_script_enabled=False).new_page()
    page.goto("/dialogue/")
    page.get_by_role("link", name=talk.title_en).click()
    for _turn, choice in enumerate(["I agree", "I disagree", "I cannot say"]):
        page.get_by_role("button", name=choice).click()
    assert sorted(Vote.objects.exclude(voter__contains="-").values_list("choice", flat=True)) == [-1, 0, 1]
    expect(page.get_by_text(f"Statement 4 of {len(TEXTS)}")).to_be_visible()
    page.get_by_role("link", name="Say something else").click()
    page.get_by_label("Your statement").fill("The figures belong to everybody, so publish the code too.")
    page.get_by_role("button", name="Send my statement").click()
    expect(page.get_by_role("status")).to_have_text("Thank you. A person reads your statement before others see it.")
    page.get_by_role("link", name="See what others think").click()
    expect(page.get_by_role("heading", name="Group A: 40 people")).to_be_visible()
    page.goto(f"/dialogue/{talk.pk}/mine/")
    page.get_by_role("link", name="Change").first.click()
    page.get_by_role("button", name="I disagree").click()
    page.get_by_role("button", name="Erase my votes").click()
    expect(page.get_by_role("status")).to_have_text("Your votes and what you said are forgotten here.")
    assert not Vote.objects.exclude(voter__contains="-").exists()


def test_the_officer_takes_a_dialogue_from_its_first_statement_to_its_last_answer(
    somebody: Callable[..., BrowserContext],
) -> None:
    talk = open_talk()
    citizen = somebody().new_page()
    citizen.goto(f"/dialogue/{talk.pk}/say/")
    citizen.get_by_label("Your statement").fill(TEXTS[0])
    citizen.get_by_role("button", name="Send my statement").click()
    page = watched(somebody("dpo", viewport=SIZES["desktop"]))
    page.goto("/dialogue/desk/")
    page.get_by_role("link", name=talk.title_en).click()
    page.get_by_role("button", name="Show it").click()
    citizen.reload()
    citizen.get_by_role("button", name="I agree").click()
    people_vote(list(Statement.objects.all()), {"for": 14})
    page.get_by_label("Why it ends now").fill("The council meets on Monday and must read it.")
    page.get_by_role("button", name="End it now").click()
    refusal = opening.answered(talk.subject_kind, talk.subject_id)
    assert refusal is not None and refusal.rule == "dialogue_unanswered"
    page.get_by_role("link", name="Write an answer").click()
    page.locator("#id_text").fill("Yes: it is switched off from midnight to six, by its own clock.")
    page.get_by_role("button", name="Publish the answer").click()
    expect(page.get_by_text("None: every statement that all groups agree with is answered")).to_be_visible()
    assert opening.answered(talk.subject_kind, talk.subject_id) is None
    citizen.goto(f"/dialogue/{talk.pk}/")
    expect(citizen.get_by_text("Yes: it is switched off from midnight to six").first).to_be_visible()
    assert page.complaints == []  # type: ignore[attr-defined]


def _talked() -> Conversation:
    """Return a dialogue with groups, a block, an answer, a refusal and something that waits."""
    talk = open_talk()
    statements = state(talk)
    people_vote(statements, {"for": 40, "against": 25})
    block_votes(statements, 14)
    now = datetime.now(UTC)
    Answer.objects.create(
        statement=statements[1],
        text="Yes, each Monday, as open data.",
        language="en",
        answered_at=now,
        answered_by_id=1,
    )
    Statement.objects.create(conversation=talk, state="refused", reason="insult", said_at=now)
    Statement.objects.create(
        conversation=talk, text="The posts are ugly, paint them green.", language="en", said_at=now
    )
    results.shown(talk, now)
    return talk


ADDRESSES = {
    "index": ("", "/dialogue/"),
    "conversation": ("", "/dialogue/{}/"),
    "say": ("", "/dialogue/{}/say/"),
    "results": ("", "/dialogue/{}/results/"),
    "desk": ("dpo", "/dialogue/desk/"),
    "desk-conversation": ("dpo", "/dialogue/desk/{}/"),
}


@pytest.mark.parametrize("name", ADDRESSES)
def test_a_page_is_whole_in_every_language_theme_and_size(
    name: str, somebody: Callable[..., BrowserContext], served_city: Served
) -> None:
    talk = _talked()
    role, address = ADDRESSES[name]
    context = somebody(role)
    page = watched(context)
    problems: list[str] = []
    for language in ("fr", "en"):
        for theme in ("light", "dark"):
            cookies = {"nec_language": language, "nec_theme": theme}
            context.add_cookies([{"name": n, "value": v, "url": served_city.url} for n, v in cookies.items()])
            page.goto(address.format(talk.pk))
            for details in page.locator("details").all():
                details.evaluate("one => one.open = true")
            for size, viewport in SIZES.items():
                page.set_viewport_size(viewport)  # type: ignore[arg-type]
                where = f"{name} {language} {theme} {size}"
                wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
                problems += [f"{where}: {wide} px too wide"] if wide > 0 else []
                problems += [f"{where}: {each}" for each in accessibility_problems(page)]
                _keep(page, f"dialogue-{name}-{language}-{theme}-{size}")
    problems += by_keyboard(page)
    assert problems == []
    assert page.complaints == []  # type: ignore[attr-defined]


def _keep(page: Page, name: str) -> None:
    folder = os.environ.get("NEC_LOOK_AT")
    if folder:
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)
