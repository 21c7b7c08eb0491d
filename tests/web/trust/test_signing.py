"""Three parties, three passkeys, three browsers: from an invitation to a gate that opens, and every way it must not."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from necmergitur.adapters import papers
from necmergitur.adapters.passkeys import fingerprint
from necmergitur.governance.assessments import Assessment, Covers
from necmergitur.governance.authorisations import Authorisation
from necmergitur.governance.gate import Request
from necmergitur.governance.signing import Paper
from necmergitur.governance.terms import data_clause
from necmergitur.operations import assessing
from necmergitur.web.dialogue.limits import Limit
from necmergitur.web.facts.models import Party
from necmergitur.web.store import store
from necmergitur.web.trust.signing import asking, sign_views
from necmergitur.web.trust.signing.models import PartyInvitation
from tests import signed
from tests.passkeys import PRESENT, Authenticator
from tests.web.conftest import accessibility_problems
from tests.web.pages import City
from tests.web.test_pages import by_keyboard

HERE = "/trust/"
COUNTING = Request(modality="crowd_count", purpose="crowd_safety", stream="sensor:c-0001", zone_id="z-1")
ROLES = ("territory", "company", "state")
NAMES = {"territory": "City of Testville", "company": "Counters Ltd", "state": "Prefect of Testshire"}


def covers() -> Covers:
    return Covers(
        streams=("sensor:c-0001",),
        modality="crowd_count",
        payload_schema="crowd_count/1",
        purpose="crowd_safety",
        zones=("z-1",),
        rate_per_minute=1,
        retention_days=30,
    )


@pytest.fixture
def assessed(city: City) -> Assessment:
    """A signed assessment, on which a dialogue was held and nothing is owed."""
    now = datetime.now(UTC)
    made = assessing.sign(store(), signed.assessment(now, covers=covers()), city.person("dpo"), now)
    assert isinstance(made, Assessment)
    return made


@pytest.fixture
def heard(city: City, assessed: Assessment) -> None:
    """The people were heard: for tests that are about something else."""
    hold_dialogue(city, "assessment", assessed.id)


def draft(assessed: Assessment, **changes: Any) -> dict[str, Any]:
    said = {
        "label": "A trial of counting",
        "stream": "sensor:c-0001",
        "purpose": "crowd_safety",
        "purpose_other": "",
        "legal_basis": "GDPR article 6(1)(e)",
        "law": ["gdpr_art_5_6", "gdpr_art_35", "experiment_2021_467"],
        "holder": "Testville",
        "operator_class": "municipal",
        "zones": ["z-1"],
        "valid_from": timezone.localtime().strftime("%Y-%m-%dT%H:%M"),
        "valid_until": (timezone.localtime() + timezone.timedelta(days=30)).strftime("%Y-%m-%dT%H:%M"),
        "retention_days": "30",
        "rate_per_minute": "1",
        "bytes_max": "64",
        "readers": ["lead", "public"],
        "experiment": "on",
        "object": "Does a count help to open a second exit in time?",
        "company": "Counters Ltd",
        "evaluation": "Compare with two evenings counted by hand.",
        "metrics": "mean absolute error\nminutes until the second exit opens",
    }
    return said | changes


def propose(city: City, assessed: Assessment, **changes: Any) -> UUID:
    answer = city.client("dpo").post(f"{HERE}terms/draft/{assessed.id}/", draft(assessed, **changes))
    assert answer.status_code == 302, re.findall(r'field__error"[^>]*>([^<]+)', answer.content.decode())
    return UUID(answer["Location"].rstrip("/").rpartition("/")[2])


def invited(city: City, role: str) -> str:
    answer = city.client("dpo").post(f"{HERE}parties/invite/", {"role": role, "name": NAMES[role]})
    found = re.search(r'id="link">([^<]+)', answer.content.decode())
    assert found is not None
    return found[1]


def enrolled(city: City, role: str, **changes: Any) -> Authenticator:
    """Enrol a party with a key made of bytes, as a browser would."""
    from django.conf import settings

    path = "/" + invited(city, role).split("/", 3)[3]
    key = Authenticator(origin=settings.ORIGIN.url, rp_id=settings.ORIGIN.host, **changes)
    page = _nobody().get(path)
    options = json.loads(re.search(r'id="passkey-options"[^>]*>([^<]+)', page.content.decode())[1])  # type: ignore[index]
    from necmergitur.adapters.passkeys import unb64

    made, client = key.create(unb64(options["challenge"]))
    answer = _nobody().post(path, {"attestation": made, "client_data": client})
    assert answer.status_code == 200, answer.content.decode()
    return key


def _nobody(language: str = "en") -> Any:
    from django.test import Client

    browser = Client()
    browser.cookies["nec_language"] = language
    return browser


def sign(pk: UUID, role: str, key: Authenticator, *, under: UUID | None = None, **changes: Any) -> str:
    """Sign a proposal (or another's digest); return what the page refuses, "" when it is signed."""
    from necmergitur.governance.terms import digest

    known = asking.proposal(under or pk)
    assert known is not None
    said = key.get(digest(known.paper.terms), **changes)
    fields = {name: getattr(said, name) for name in said.__struct_fields__}
    answer = _nobody().post(f"{HERE}terms/{pk}/sign/{role}/", fields)
    if answer.status_code == 302:
        return ""
    found = re.search(r'role="alert">([^<]+)', answer.content.decode())
    assert answer.status_code == 422 and found is not None
    return found[1]


def gate_opens() -> bool:
    now = datetime.now(UTC)
    with store().transaction() as tx:
        return isinstance(tx.gate_table(now).find(COUNTING, now), Authorisation)


# --- the path, in three browsers -----------------------------------------------------------------------------


def key_of(page: Page) -> None:
    """Give a browser a passkey authenticator that verifies its user, as a phone does."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


@pytest.mark.e2e
@pytest.mark.parametrize("language", ["en", "fr"])
def test_three_parties_sign_in_three_browsers_and_the_gate_opens(  # noqa: PLR0915 -- one story, told whole
    city: City, assessed: Assessment, enter: Callable[..., Page], tmp_path: Path, language: str
) -> None:
    hold_dialogue(city, "assessment", assessed.id)
    dpo = enter("dpo", language)
    parties: dict[str, Page] = {}
    for role in ROLES:
        dpo.goto(f"{HERE}parties/")
        dpo.locator(f"input[name=role][value={role}]").check()
        dpo.locator("#id_name").fill(NAMES[role])
        dpo.locator("form[action$='/invite/'] button").click()
        link = dpo.locator("#link").inner_text()
        page = parties[role] = enter("", language)
        page.goto(link)
        key_of(page)
        assert accessibility_problems(page) == []
        page.locator("[data-act]").press("Enter")
        said = page.locator("#fingerprint").inner_text()
        assert said == fingerprint(Party.objects.get(role=role).public_key)
        assert accessibility_problems(page) == []
        answer = page.goto(link)
        assert answer is not None and answer.status == 410, "a link works once"
    dpo.goto(f"{HERE}terms/")
    dpo.locator(f"a[href$='/draft/{assessed.id}/']").click()
    dpo.locator("#id_legal_basis").fill("GDPR article 6(1)(e)")
    dpo.locator("#id_object").fill("Does a count help to open a second exit in time?")
    dpo.locator("#id_company").fill(NAMES["company"])
    dpo.locator("#id_evaluation").fill("Compare with two evenings counted by hand.")
    dpo.locator("#id_metrics").fill("mean absolute error")
    dpo.locator("main form.form button").last.click()
    dpo.wait_for_url(re.compile(r"/trust/terms/[0-9a-f-]{36}/$"))
    assert accessibility_problems(dpo) == []
    pk = UUID(dpo.url.rstrip("/").rpartition("/")[2])
    for role in ROLES:
        assert not gate_opens()
        page = parties[role]
        page.goto(f"{HERE}terms/{pk}/sign/{role}/")
        assert accessibility_problems(page) == []
        page.locator("[data-act]").press("Enter")
        page.wait_for_selector(".banner--done[role=status]")
    assert gate_opens()
    anybody = enter("", language)
    anybody.goto(f"{HERE}papers/{pk}/")
    expect(anybody.locator("[data-holds]")).to_be_visible()
    expect(anybody.locator("[data-verdict=holds]")).to_have_count(3)
    assert accessibility_problems(anybody) == []
    with anybody.expect_download() as taken:
        anybody.locator("a[download]").click()
    taken.value.save_as(tmp_path / "paper.json")
    found = papers.read((tmp_path / "paper.json").read_bytes())
    assert isinstance(found, Paper) and papers.holds(found)
    dpo.goto(f"{HERE}terms/{pk}/")
    dpo.locator("details summary").click()
    dpo.locator("#why").fill("the trial is over")
    dpo.locator("#anew").check()
    dpo.locator("form[action$='/revoke/']").evaluate("form => form.submit()")
    dpo.wait_for_url(re.compile("again="))
    expect(dpo.locator("#id_metrics")).to_have_value("mean absolute error")
    assert not gate_opens()
    for size in ({"width": 360, "height": 740}, {"width": 1280, "height": 800}):
        dark = enter("", language, "dark", viewport=size)
        for address in (f"papers/{pk}/", f"terms/{pk}/sign/state/"):
            dark.goto(HERE + address)
            wide = "[...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 90))"
            assert dark.evaluate(wide) == []
            assert accessibility_problems(dark) == []
    for page in (dpo, anybody, *parties.values()):
        assert [line for line in page.complaints if "410" not in line] == []


REFUSES = "void (navigator.credentials.get = async () => { throw new DOMException('', 'NotAllowedError'); })"
WAITS = """void (navigator.credentials.get = ({ signal }) => new Promise((_done, failed) => {
  signal.addEventListener("abort", () => failed(signal.reason));
}))"""


@pytest.mark.e2e
@pytest.mark.parametrize("language", ["en", "fr"])
def test_whoever_is_not_let_sign_by_their_device_is_told_what_to_do(
    city: City, assessed: Assessment, heard: None, enter: Callable[..., Page], language: str
) -> None:
    enrolled(city, "state")
    pk = propose(city, assessed)
    page = enter("", language)
    page.goto(f"{HERE}terms/{pk}/sign/state/")
    said = {"en": "Nothing was signed: your device", "fr": "Rien n’a été signé : votre appareil"}[language]  # noqa: RUF001
    alert, act = page.locator("[data-failed][role=alert]"), page.locator("[data-act]")
    asks = page.locator("[data-asks]")
    page.evaluate(REFUSES)  # as browsers do when somebody cancels
    act.press("Enter")
    expect(alert).to_be_visible()
    assert (
        alert.inner_text().replace("\N{NARROW NO-BREAK SPACE}", " ").replace("\N{NO-BREAK SPACE}", " ").startswith(said)
    )
    expect(act).to_be_enabled()
    expect(act).to_be_focused()
    page.evaluate(WAITS)  # a device that never asks
    act.press("Enter")
    expect(asks.locator("[role=status]")).to_be_visible()
    expect(alert).to_be_hidden()
    assert accessibility_problems(page) == []
    asks.locator("[data-stop]").press("Enter")
    expect(alert).to_be_visible()
    expect(asks).to_be_hidden()
    page.route("**/*.json", lambda _route: None)  # a paper that never comes is stopped as well
    act.press("Enter")
    expect(alert).to_be_hidden()
    asks.locator("[data-stop]").press("Enter")
    expect(alert).to_be_visible()
    expect(act).to_be_enabled()
    page.unroute_all()
    page.route("**/*.json", lambda route: route.abort())
    act.press("Enter")
    expect(page.locator("[data-unreached][role=alert]")).to_be_visible()
    expect(alert).to_be_hidden()


@pytest.mark.e2e
def test_the_desks_pages_are_whole_by_keyboard_and_without_scripts(
    city: City, assessed: Assessment, enter: Callable[..., Page]
) -> None:
    enrolled(city, "state")
    pk = propose(city, assessed)
    lead = enter("dpo", "fr")
    for address in ("parties/", "terms/", f"terms/draft/{assessed.id}/", f"terms/{pk}/"):
        lead.goto(HERE + address)
        assert accessibility_problems(lead) == [], address
        assert by_keyboard(lead) == [], address
    link = "/" + invited(city, "company").split("/", 3)[3]
    bare = enter("", java_script_enabled=False)
    for address in (link, f"{HERE}terms/{pk}/sign/state/", f"{HERE}papers/{pk}/"):
        bare.goto(address)
        assert bare.locator("main h1").is_visible()
        assert not bare.locator("[data-act]").is_visible()


def hold_dialogue(city: City, kind: str, subject: UUID) -> None:
    """Hold a dialogue nobody joined, and end it: nothing is owed."""
    from datetime import timedelta

    from necmergitur.web.dialogue import opening

    now = datetime.now(UTC)
    opened = opening.open_conversation(
        kind, subject, "Compter au square", "Counting at the square", "Que faut-il surveiller ici, et comment ?",
        now + timedelta(days=30), by=city.person("dpo"), now=now,
    )  # fmt: skip
    opening.close_early(opened, "Nobody had anything to say in this test.", city.person("dpo"), now)


# --- what stands in the way ------------------------------------------------------------------------------------


def test_just_for_fun_until_2050_is_refused_in_words_a_layperson_understands(city: City, assessed: Assessment) -> None:
    silly = draft(
        assessed, purpose_other="just for fun", valid_until="2050-01-01T00:00", readers=[], rate_per_minute="60"
    )
    for language, said in (
        ("en", ("no purpose for which a city may gather data", "after that, people decide again", "goes beyond what the impact assessment looked at: readings a minute", "Say who may read")),
        ("fr", ("ne peut pas recueillir des données sur les gens dans ce but", "ensuite, on décide de nouveau", "impact a examiné\N{NO-BREAK SPACE}: mesures par minute", "Dites qui peut lire")),
    ):  # fmt: skip
        answer = city.client("dpo", language).post(f"{HERE}terms/draft/{assessed.id}/", silly)
        page = answer.content.decode().replace("&#x27;", "'")
        assert answer.status_code == 422
        assert [words for words in said if words not in page] == []
    assert city.sql("SELECT count(*) FROM terms_proposal") == [(0,)]


def test_an_empty_form_says_all_that_is_missing_at_once(city: City, assessed: Assessment) -> None:
    answer = city.client("dpo").post(f"{HERE}terms/draft/{assessed.id}/", {"experiment": "on"})
    wrong = re.findall(r'id="id_(\w+)-error"', answer.content.decode())
    assert answer.status_code == 422
    assert set(wrong) >= {"label", "stream", "purpose", "legal_basis", "holder", "zones", "valid_until", "readers",
                          "retention_days", "rate_per_minute", "bytes_max", "object", "company", "metrics"}  # fmt: skip


@pytest.mark.usefixtures("heard")
def test_each_way_of_forging_a_signature_is_refused_by_its_name(city: City, assessed: Assessment) -> None:
    keys = {role: enrolled(city, role) for role in ROLES}
    pk, other = propose(city, assessed), propose(city, assessed, label="Another trial")
    assert [sign(pk, role, keys[role]) for role in ROLES[:2]] == ["", ""]
    stranger = Authenticator(origin=keys["state"].origin, rp_id=keys["state"].rp_id)
    assert "not one enrolled" in sign(pk, "state", stranger)
    stranger.__class__ = type(
        "Liar", (Authenticator,), {"credential_id": property(lambda _self: keys["state"].credential_id)}
    )
    assert "does not match the key" in sign(pk, "state", stranger)
    assert "not one enrolled" in sign(pk, "state", keys["company"]), "the company is not the State"
    assert "under other terms" in sign(pk, "state", keys["state"], under=other)
    assert "on another site" in sign(pk, "state", keys["state"], origin="https://elsewhere.example")
    assert "on another site" in sign(pk, "state", keys["state"], rp_id="elsewhere.example")
    assert "did not check who holds it" in sign(pk, "state", keys["state"], flags=PRESENT)
    assert not gate_opens()
    assert sign(pk, "state", keys["state"]) == ""
    assert gate_opens()
    assert "already signed" in sign(pk, "state", keys["state"])


@pytest.mark.usefixtures("heard")
def test_one_address_cannot_try_signatures_or_links_without_end(
    city: City, assessed: Assessment, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = enrolled(city, "state")
    pk = propose(city, assessed)
    link = "/" + invited(city, "company").split("/", 3)[3]
    monkeypatch.setattr(asking, "attempts", Limit(3))
    address = f"{HERE}terms/{pk}/sign/state/"
    from_here = {"REMOTE_ADDR": "203.0.113.9"}
    tried = [_nobody().post(each, {}, **from_here) for each in (address, link, address, address, link)]
    assert [answer.status_code for answer in tried] == [422, 422, 422, 429, 429]
    assert tried[-1].headers["Retry-After"]
    assert _nobody().get(address, **from_here).status_code == 200, "whoever tried too often still reads"
    assert sign(pk, "state", key) == "", "and another address still signs"


@pytest.mark.usefixtures("heard")
def test_in_a_demonstration_the_key_that_is_there_stands_first(
    city: City, assessed: Assessment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever follows the demonstration has no passkey: the one button that works comes first, and looks so."""
    pk = propose(city, assessed)
    enrolled(city, "state")
    address = f"{HERE}terms/{pk}/sign/state/"
    page = _nobody().get(address).content.decode()
    assert "data-passkey" in page and "/sign/state/demo" not in page
    monkeypatch.setattr(sign_views, "demo_key", lambda: "a key")
    page = _nobody().get(address).content.decode()
    way = re.search(r'action="([^"]*)"[^>]*>(?:(?!</form>).)*Sign with the demonstration', page, re.DOTALL)
    assert way is not None and way.start() < page.index("data-passkey")
    main = page[page.index("<main") :]
    assert main.count("button--primary") == 1
    assert main.index("button--primary") < main.index("Sign with the demonstration") < main.index("data-passkey")


@pytest.mark.usefixtures("heard")
def test_a_retired_key_signs_nothing_more_and_its_page_says_so(city: City, assessed: Assessment) -> None:
    key = enrolled(city, "state")
    pk = propose(city, assessed)
    party = Party.objects.get(role="state")
    assert city.client("lead").post(f"{HERE}parties/{party.id}/retire/", {"reason": "stolen"}).status_code == 403
    assert city.client("dpo").post(f"{HERE}parties/{party.id}/retire/", {"reason": "for fun"}).status_code == 422
    assert city.client("dpo").post(f"{HERE}parties/{party.id}/retire/", {"reason": "stolen"}).status_code == 303
    assert "was retired" in sign(pk, "state", key)


def test_nothing_is_signed_before_the_people_were_asked(city: City, assessed: Assessment) -> None:
    key = enrolled(city, "state")
    pk = propose(city, assessed)
    assert "No dialogue with the people" in sign(pk, "state", key)
    hold_dialogue(city, "assessment", assessed.id)
    assert sign(pk, "state", key) == ""


def test_a_dialogue_opened_on_the_experiment_itself_decides(city: City, assessed: Assessment) -> None:
    from necmergitur.web.dialogue import opening

    key = enrolled(city, "state")
    hold_dialogue(city, "assessment", assessed.id)
    pk = propose(city, assessed)
    address = f"{HERE}terms/{pk}/dialogue/"
    assert city.client("lead").post(address, {"question": "Qu'en pensez-vous ?"}).status_code == 403
    assert city.client("dpo").post(address, {"question": " "}).status_code == 422
    assert city.client("dpo").post(address, {"question": "Qu'en pensez-vous ?"}).status_code == 302
    assert "still open" in sign(pk, "state", key)
    opened = opening.latest("experiment", pk)
    assert opened is not None
    opening.close_early(opened, "Nobody had anything to say in this test.", city.person("dpo"), datetime.now(UTC))
    assert sign(pk, "state", key) == ""


@pytest.mark.usefixtures("heard")
def test_terms_are_withdrawn_with_a_reason_and_then_signed_by_nobody(city: City, assessed: Assessment) -> None:
    key = enrolled(city, "state")
    pk = propose(city, assessed)
    browser = city.client("lead")
    assert browser.post(f"{HERE}terms/{pk}/withdraw/", {"reason": ""}).status_code == 422
    assert browser.post(f"{HERE}terms/{pk}/withdraw/", {"reason": "a typo"}).status_code == 302
    assert "withdrawn" in sign(pk, "state", key)
    again = browser.get(f"{HERE}terms/draft/{assessed.id}/?again={pk}").content.decode()
    assert "minutes until the second exit opens" in again


# --- invitations --------------------------------------------------------------------------------------------------


def test_a_link_works_once_for_48_hours_and_only_its_hash_is_kept(city: City) -> None:
    link = invited(city, "company")
    token = link.rstrip("/").rpartition("/")[2]
    row = PartyInvitation.objects.get()
    assert token not in row.token_hash and len(row.token_hash) == 64
    assert (row.expires_at - row.created_at).total_seconds() == 48 * 3_600
    path = "/" + link.split("/", 3)[3]
    assert [_nobody().get(path).status_code for _each in range(2)] == [200, 200], "reading it burns nothing"
    PartyInvitation.objects.update(expires_at=datetime.now(UTC))
    assert _nobody().get(path).status_code == 410
    assert _nobody().get(path.replace(token, "x" * len(token))).status_code == 410


def test_a_key_that_did_not_check_its_holder_is_not_enrolled(city: City) -> None:
    with pytest.raises(AssertionError, match="did not check who holds it"):
        enrolled(city, "state", flags=PRESENT)
    assert not Party.objects.exists()


def test_only_those_whose_work_it_is_invite_and_propose(city: City, assessed: Assessment) -> None:
    for role in ("operator", "pilot", "technician", "responder", "administrator", "duty_officer"):
        browser = city.client(role)
        for address in ("parties/", "terms/", f"terms/draft/{assessed.id}/"):
            assert browser.get(HERE + address).status_code == 403, (role, address)
    assert city.client("lead").post(f"{HERE}parties/invite/", {}).status_code == 403


def test_an_experiment_opens_its_data_by_a_clause_that_is_read_before_it_is_signed(
    city: City, assessed: Assessment
) -> None:
    pk = propose(city, assessed, data="on", data_dataset="Crowd at the square")
    known = asking.proposal(pk)
    assert known is not None
    terms = known.paper.terms
    clause = data_clause(terms)
    assert clause is not None and clause.until == terms.valid_until
    assert (terms.form, terms.readers[-1]) == (2, "public_actor")
    for page in (f"{HERE}terms/{pk}/sign/state/", f"{HERE}papers/{pk}/"):
        assert "Crowd at the square: to public actors" in _nobody().get(page).content.decode(), page
    plain = asking.proposal(propose(city, assessed))
    assert plain is not None and plain.paper.terms.form == 1


def test_a_data_clause_without_a_name_or_beyond_the_experiment_is_refused_beside_its_field(
    city: City, assessed: Assessment
) -> None:
    wrong = draft(assessed, data="on", data_dataset="", data_until="2049-01-01T00:00")
    answer = city.client("dpo").post(f"{HERE}terms/draft/{assessed.id}/", wrong)
    assert answer.status_code == 422
    assert set(re.findall(r'id="id_(\w+)-error"', answer.content.decode())) == {"data_dataset", "data_until"}
