"""The page that checks proofs, in a real browser: served, saved to a file, without network, in both languages."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from necmergitur.adapters.clock import SystemClock
from necmergitur.adapters.publiclog.folder import LogFolder
from necmergitur.adapters.publiclog.notary import Notary
from necmergitur.governance import gate
from necmergitur.governance.authorisations import AuthorisationRevoked, stream_of
from necmergitur.kernel.events import Fact
from tests.adapters.publiclog.test_golden import GOLDEN, LOG, WITNESS
from tests.live.serving import Live
from tests.live.test_log import SIGNER, signed
from tests.web.conftest import AXE, AXE_TAGS, BUILD, chromium

__all__ = ["chromium", "signed"]
pytestmark = pytest.mark.e2e
OPEN = Callable[..., Page]


@pytest.fixture
def opened(chromium: Browser) -> Iterator[OPEN]:
    """`opened(address, locale, scheme, offline)` opens a page that must not complain."""
    contexts = []
    complaints: list[str] = []

    def go(address: str, locale: str = "fr-FR", scheme: str = "light", *, offline: bool = False) -> Page:
        context = chromium.new_context(locale=locale, color_scheme=scheme, viewport={"width": 360, "height": 740})
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda line: complaints.append(line.text) if line.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        if offline:
            context.set_offline(True)
        page.goto(address)
        return page

    yield go
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def proof_file(tmp_path: Path) -> Path:
    import msgspec

    path = tmp_path / "proof-5.json"
    path.write_bytes(msgspec.json.encode(msgspec.json.decode(GOLDEN.read_bytes())["whole"]))
    return path


def check_axe(page: Page) -> None:
    page.add_script_tag(content=AXE.read_text())
    found = page.evaluate("tags => axe.run({runOnly: tags})", AXE_TAGS)
    assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == []


def test_a_fact_is_fetched_and_proved_from_its_address(live: Live, signed: int, opened: OPEN) -> None:
    page = opened(f"{live.url}/log/verify/#{signed}", "fr-FR")
    expect(page.locator("#result .verdict")).to_contain_text("valable")
    expect(page.locator("#result")).to_contain_text("Acte retiré avant son terme (AuthorisationRevoked)")
    expect(page.locator("#result")).to_contain_text("une fausse ville apporterait la sienne")
    page.locator("#keys").fill(str(SIGNER.verifier))
    page.get_by_role("button", name="Vérifier").click()
    expect(page.locator("#result")).not_to_contain_text("fausse ville")
    page.get_by_role("button", name="English").click()
    expect(page.locator("#result")).to_contain_text("The city signed that record.")


@pytest.mark.parametrize(
    ("locale", "who"),
    [("en-GB", "a person who works for the city"), ("fr-FR", "une personne qui travaille pour la ville")],
)
def test_who_acted_is_shown_by_what_they_do_and_never_by_an_accounts_number(
    live: Live, opened: OPEN, locale: str, who: str
) -> None:
    now = SystemClock().now()
    key = live.parts.store.ids.new()
    said = AuthorisationRevoked(key, now, "user:4711", "asked by user:4712")
    fact = Fact(stream=stream_of(key), version=1, event=said, actor="user:4711")
    with live.parts.store.transaction() as tx:
        seq = tx.append(gate.admit_record([fact], now))
    folder = LogFolder(live.parts.home / "log-tiles")
    assert Notary(live.parts.store, folder, SIGNER, live.parts.log_secret).turn(now + timedelta(seconds=1)) is not None
    page = opened(f"{live.url}/log/verify/#{seq}", locale)
    expect(page.locator("#result .verdict")).to_be_visible()
    page.locator("#result summary").click()
    text = page.locator("#result").inner_text()
    assert text.count(who) == 3, text
    assert "471" not in text.replace(str(key), "")


def test_the_saved_page_works_without_network_and_without_us(
    live: Live, opened: OPEN, proof_file: Path, tmp_path: Path
) -> None:
    with live.open("/log/verify/") as answer:
        saved = tmp_path / "kept.html"
        saved.write_bytes(answer.read())
    page = opened(saved.as_uri(), "en-GB", offline=True)
    page.locator("#keys").fill(f"{LOG.verifier}\n{WITNESS.verifier}")
    page.locator("#file").set_input_files(proof_file)
    expect(page.locator("#result .verdict")).to_have_text("This proof holds.")
    expect(page.locator("#result")).to_contain_text("witness.example/w saw that record grow")
    expect(page.get_by_role("link")).to_have_count(0)
    text = proof_file.read_text().replace("Happened", "Happenes", 1)
    page.locator("#proof").fill(text)
    page.get_by_role("button", name="Check").click()
    expect(page.locator("#result .verdict")).to_have_text("This proof does not hold.")


def test_what_is_no_proof_or_no_key_is_told_in_plain_words(live: Live, opened: OPEN, proof_file: Path) -> None:
    page = opened(f"{live.url}/log/verify/", "fr-FR")
    verdict, ask = page.locator("#result .verdict"), page.get_by_role("button", name="Vérifier")
    for text in ("bonjour", "{}", "[1]", '{"form": "necmergitur/proof/v1"}', proof_file.read_text()[:400]):
        page.locator("#proof").fill(text)
        ask.click()
        expect(verdict).to_contain_text("abîmé, coupé, ou")
    page.locator("#proof").fill(proof_file.read_text())
    for key in ("bonjour", f"{LOG.verifier}"[:-3], f"x{LOG.verifier}", "a+00000000+AAAA"):
        page.locator("#keys").fill(f"{LOG.verifier}\n{key}")
        ask.click()
        expect(verdict).to_contain_text(f"pas une clé : « {key}")
    page.locator("#keys").fill(f"{LOG.verifier}\n")
    ask.click()
    expect(verdict).to_contain_text("valable")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("locale", ["fr-FR", "en-GB"])
def test_it_is_readable_by_everybody(live: Live, opened: OPEN, proof_file: Path, locale: str, scheme: str) -> None:
    page = opened(f"{live.url}/log/verify/", locale, scheme)
    assert page.evaluate("document.documentElement.lang") == locale[:2]
    page.locator("#file").set_input_files(proof_file)
    expect(page.locator("#result .verdict")).to_be_visible()
    page.locator("summary").click()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    # The test's own script is not of the page's policy: axe is put into a copy of it.
    content = page.content()
    copy = proof_file.with_name("copy.html")
    copy.write_text(content.replace("<script>", "<script type='text/plain'>", 1))
    again = opened(copy.as_uri(), locale, scheme)
    check_axe(again)


def test_no_other_script_runs_on_it(live: Live, opened: OPEN) -> None:
    with live.open("/log/verify/") as answer:
        policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'sha256-" in policy
    assert "unsafe-inline'; img" in policy and "'unsafe-inline' 'sha" not in policy


def test_the_page_is_one_small_file() -> None:
    page = BUILD / "verify.html"
    assert page.stat().st_size < 40_000
    text = page.read_text()
    assert "src=" not in text.split("<script>")[0] and "@import" not in text
