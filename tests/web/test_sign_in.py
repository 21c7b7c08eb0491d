"""Coming in through a real browser: password and code, passkey, enrolment link."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from necmergitur.web.accounts.enrolment import create_enrolment_link
from necmergitur.web.accounts.models import LiveSession, User
from necmergitur.web.accounts.roles import Role
from tests.web.persons import PASSWORD, Person, code_of, make_person
from tests.web.serving import Served

pytestmark = pytest.mark.e2e


def type_password(page: Page, email: str, password: str = PASSWORD) -> None:
    page.goto("/account/sign-in/")
    page.get_by_label("Adresse électronique").fill(email)
    page.get_by_label("Mot de passe").fill(password)
    page.get_by_role("button", name="Continuer").click()


def virtual_key(page: Page) -> None:
    """Attach a passkey authenticator that verifies its user, as a phone does."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def test_password_then_code_signs_in_and_writes_a_live_ticket(browser_page: Page, on_served: Served) -> None:
    person = make_person(Role.ADMINISTRATOR)
    type_password(browser_page, person.email)
    expect(browser_page.get_by_role("heading", name="Deuxième étape")).to_be_visible()
    assert not LiveSession.objects.filter(user_id=person.user.pk).exists(), "a password alone opens nothing"
    browser_page.get_by_label("Code de votre application").fill(person.code())
    browser_page.get_by_role("button", name="Se connecter").click()
    expect(browser_page.get_by_role("banner").get_by_role("link", name=person.user.display_name)).to_be_visible()
    ticket = LiveSession.objects.get(user_id=person.user.pk)
    assert (ticket.roles, ticket.language, ticket.display_name) == (["administrator"], "fr", person.user.display_name)
    assert browser_page.complaints == []


def test_a_wrong_code_is_said_beside_its_field(browser_page: Page) -> None:
    person = make_person(Role.OPERATOR)
    type_password(browser_page, person.email)
    wrong = "000000" if person.code() != "000000" else "111111"
    browser_page.get_by_label("Code de votre application").fill(wrong)
    browser_page.get_by_role("button", name="Se connecter").click()
    expect(browser_page.locator(".error-summary a")).to_have_attribute("href", "#id_code")
    expect(browser_page.get_by_label("Code de votre application")).to_have_attribute("aria-invalid", "true")


def test_what_is_wrong_is_where_the_keyboard_stands_and_leads_to_its_field(browser_page: Page) -> None:
    browser_page.goto("/account/sign-in/")
    browser_page.locator("#id_password").fill("not this one")
    browser_page.locator("main form.form button[type=submit]").click()
    expect(browser_page.locator(".error-summary")).to_be_focused()
    browser_page.keyboard.press("Tab")
    browser_page.keyboard.press("Enter")
    expect(browser_page.locator("#id_login")).to_be_focused()
    # Nothing is wrong any more: the page is read from its beginning.
    browser_page.goto("/account/sign-in/")
    expect(browser_page.locator(".error-summary")).to_have_count(0)


def test_signing_out_removes_the_live_ticket(browser_page: Page, sign_in: Callable[..., Person]) -> None:
    person = sign_in("responder")
    browser_page.goto("/account/")
    assert LiveSession.objects.filter(user_id=person.user.pk).count() == 1
    browser_page.get_by_role("button", name="Se déconnecter").click()
    expect(browser_page.get_by_role("heading", name="En danger")).to_be_visible()
    assert LiveSession.objects.filter(user_id=person.user.pk).count() == 0


def test_a_first_administrator_enrols_with_an_app_then_the_link_is_spent(browser_page: Page, on_served: Served) -> None:
    path = create_enrolment_link(Role.ADMINISTRATOR)
    email = "First.Admin@Example.org"
    browser_page.goto(path)
    browser_page.goto(path)  # reading it twice, as a link preview does, spends nothing
    browser_page.get_by_label("Adresse électronique").fill(email)
    browser_page.get_by_label("Nom montré aux collègues").fill("Première")
    browser_page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    browser_page.get_by_label("Le même mot de passe").fill(PASSWORD)
    browser_page.get_by_role("button", name="Continuer").click()
    expect(browser_page.get_by_role("heading", name="Choisissez un second facteur")).to_be_visible()
    browser_page.goto("/account/people/")
    expect(browser_page.get_by_role("heading", name="Choisissez un second facteur")).to_be_visible()
    browser_page.get_by_role("link", name="Installer une application").click()
    browser_page.get_by_text("Je ne peux pas le scanner").click()
    secret = browser_page.locator("#authenticator_secret").inner_text()
    browser_page.get_by_label("Tapez les six chiffres").fill(code_of(secret))
    browser_page.get_by_role("button", name="Confirmer").click()
    expect(browser_page.locator("#recovery_codes li")).to_have_count(10)
    browser_page.get_by_role("link", name="Je les ai gardés").click()
    expect(browser_page.get_by_role("heading", name="Personnes")).to_be_visible()
    assert User.objects.get(email=email.lower()).grants.get().role == "administrator"
    answer = browser_page.goto(path)
    assert answer is not None
    assert answer.status == 410
    assert browser_page.complaints == []


def test_a_passkey_made_at_enrolment_signs_in_without_a_password(browser_page: Page, on_served: Served) -> None:
    path = create_enrolment_link(Role.PILOT, email="pilot.key@example.org")
    browser_page.goto(path)
    virtual_key(browser_page)
    browser_page.get_by_label("Nom montré aux collègues").fill("Pilote")
    browser_page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    browser_page.get_by_label("Le même mot de passe").fill(PASSWORD)
    browser_page.get_by_role("button", name="Continuer").click()
    browser_page.get_by_role("link", name=re.compile("Ajouter une clé")).click()
    browser_page.get_by_role("button", name=re.compile("Créer la clé")).click()
    expect(browser_page.locator("#recovery_codes li")).to_have_count(10)
    browser_page.goto("/account/")
    browser_page.get_by_role("button", name="Se déconnecter").click()
    browser_page.goto("/account/sign-in/")
    browser_page.get_by_role("button", name=re.compile("Se connecter avec une clé")).click()
    expect(browser_page.get_by_role("link", name="Pilote")).to_be_visible()
    assert browser_page.complaints == []
