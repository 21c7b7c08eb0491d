"""The register in a browser: both languages, both themes, phone and desktop, without a script, on paper."""

import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Browser, Page

from necmergitur.adapters.publiclog.folder import LogFolder
from necmergitur.adapters.publiclog.notary import Notary
from necmergitur.dispatch.incidents import Person
from necmergitur.governance.authorisations import Authorisation
from necmergitur.ledger.checkpoint import NoteSigner
from necmergitur.ledger.proof import Proof, check
from necmergitur.operations import sensing
from necmergitur.web.store import store
from tests import streams
from tests.web.conftest import accessibility_problems
from tests.web.pages import City
from tests.web.register.conftest import PAGE
from tests.web.serving import SERVE_LIVE, Served, serve

pytestmark = pytest.mark.e2e

VIEWPORTS = {"phone": {"width": 320, "height": 568}, "desktop": {"width": 1280, "height": 800}}
ADDRESSES = {
    "register": "/register/",
    "register_map": "/register/map/",
    "register_stream": PAGE,
    "register_drone": "/register/drone:D-1/",
    "register_button": "/register/button:b-1/",
    "register_buttons": "/register/buttons/",
    "register_drones": "/register/drones/",
    "register_flights": "/register/flights/",
    "register_refusals": "/register/refusals/",
    "register_glasses": "/register/break-glass/",
    "register_erased": "/register/erased/",
    "register_signs": "/register/signs/",
}


@pytest.mark.screens
@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_are_whole_in_every_language_theme_and_size(
    language: str, theme: str, visit: Callable[..., Page], trial: Authorisation, city: City
) -> None:
    city.authorise_flights()
    city.press("b-1")
    now = datetime.now(UTC)
    sensing.enrol(store(), streams.sensor(now, "z-1", id="C-002"), Person(7, "Tess"), now)  # no paper names it
    page = visit(language, theme)
    problems: list[str] = []
    for name, address in ADDRESSES.items():
        for size, viewport in VIEWPORTS.items():
            page.set_viewport_size(viewport)  # type: ignore[arg-type]
            page.goto(address)
            wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            problems += [f"{name} {size}: {wide} px too wide"] if wide > 0 else []
            problems += [f"{name} {size}: {each}" for each in accessibility_problems(page)]
            if folder := os.environ.get("NEC_SCREENS"):
                Path(folder).mkdir(parents=True, exist_ok=True)
                page.screenshot(path=Path(folder) / f"{name}-{language}-{theme}-{size}.png", full_page=True)
    assert problems == []
    assert page.complaints == []  # type: ignore[attr-defined]


def test_a_citizen_finds_a_device_and_its_paper_without_a_script(
    chromium: Browser, served_city: Served, trial: Authorisation
) -> None:
    context = chromium.new_context(base_url=served_city.url, java_script_enabled=False, locale="fr-FR")
    page = context.new_page()
    page.goto("/")
    page.get_by_role("contentinfo").get_by_role("link", name="Ce que la ville mesure").click()
    page.get_by_role("button", name="English").click()
    page.get_by_label("District").select_option("Centre")
    page.get_by_label("Technology").select_option("sensor")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("link", name="People counter").click()
    assert page.get_by_role("heading", name="People counter").is_visible()
    with page.expect_download() as paper:
        page.get_by_role("link", name="Take the paper with its signatures").click()
    assert paper.value.suggested_filename == f"paper-{trial.id}.json"
    context.close()


def test_the_map_leads_to_a_sensor_by_keyboard(visit: Callable[..., Page], trial: Authorisation) -> None:
    page = visit()
    page.goto("/register/")
    page.locator(".map a").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{PAGE}")


def test_a_sign_prints_on_one_sheet_of_its_size_and_its_code_leads_to_the_page(
    visit: Callable[..., Page], trial: Authorisation, tmp_path: Path
) -> None:
    page = visit()
    for size, width_pt in (("a6", 297), ("a5", 419)):
        page.goto(f"{PAGE}sign/?size={size}")
        printed = page.pdf(prefer_css_page_size=True, print_background=True)
        (tmp_path / f"{size}.pdf").write_bytes(printed)
        if folder := os.environ.get("NEC_SCREENS"):
            (Path(folder) / f"sign-{size}.pdf").write_bytes(printed)
        assert printed.count(b"/Type /Page\n") == 1
        assert abs(_width(printed) - width_pt) <= 2
    assert page.locator(".sign footer .mono").inner_text().endswith(PAGE)


def _width(printed: bytes) -> float:
    box = printed.split(b"/MediaBox [", 1)[1].split(b"]", 1)[0].split()
    return float(box[2]) - float(box[0])


def test_a_citizen_scans_the_post_reads_and_checks_the_proof_offline(
    chromium: Browser, city: City, trial: Authorisation, settings: Any, tmp_path: Path
) -> None:
    """The code on the sign leads to the page, the page to a proof, and the proof holds without the city."""
    with serve(city.url, SERVE_LIVE) as running:
        context = chromium.new_context(base_url=running.url, java_script_enabled=False, locale="en-GB")
        page = context.new_page()
        folder = LogFolder(Path(settings.HOME) / "log-tiles")
        now = datetime.now(UTC)
        signer = NoteSigner("city.example/log", bytes([1]) * 32)
        assert Notary(store(), folder, signer, b"").turn(now + timedelta(seconds=1)) is not None
        try:
            page.goto(f"{PAGE}sign/")
            scanned = page.locator(".sign footer .mono").inner_text()
            page.goto(scanned)
            assert page.get_by_text("the gate lets its readings in").is_visible()
            granted = page.locator(".history > li").filter(has_text="Signed and granted")
            with page.expect_download() as taken:
                granted.get_by_role("link", name="Proof").click()
            taken.value.save_as(tmp_path / "proof.json")
        finally:
            shutil.rmtree(folder.root)
        context.close()
    proof = msgspec.json.decode((tmp_path / "proof.json").read_bytes(), type=Proof)
    verdict = check(proof, signer.verifier)
    assert verdict.included and verdict.signed
    other = msgspec.structs.replace(proof.fact, detail=proof.fact.detail.replace("Counters Ltd", "Somebody else"))
    assert not check(msgspec.structs.replace(proof, fact=other), signer.verifier).included
    assert str(trial.id) in (tmp_path / "proof.json").read_text(encoding="utf-8")
