"""What a browser is told: no script or style from anywhere else, no frames, careful cookies, plain errors."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.test import Client, override_settings

from necmergitur.web import environment, messages
from necmergitur.web.accounts.demo import create_demo_accounts, demo_accounts
from necmergitur.web.accounts.models import User
from tests.web.persons import PASSWORD, make_person, signed_in

INLINE = re.compile(r"<style\b|\sstyle=|\son[a-z]+=|javascript:", re.IGNORECASE)
SCRIPT = re.compile(r"<script\b(?P<attributes>[^>]*)>(?P<body>.*?)</script>", re.IGNORECASE | re.DOTALL)
TEMPLATES = sorted(path for path in messages.HERE.rglob("*.html") if "templates" in path.parts)


def inline_code(source: str) -> list[str]:
    found = INLINE.findall(source)
    for script in SCRIPT.finditer(source):
        if script["body"].strip() and "application/json" not in script["attributes"]:
            found.append(script[0])
    return found


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(messages.HERE)))
def test_no_template_holds_inline_script_or_style(path: Path) -> None:
    assert inline_code(path.read_text(encoding="utf-8")) == []


def test_planted_inline_code_is_found() -> None:
    assert inline_code('<p style="color:red" onclick="x()">')
    assert inline_code("<script>alert(1)</script>")
    assert inline_code('<script type="application/json">{"a": 1}</script><script src="x.js"></script>') == []


def test_the_content_policy_allows_only_ourselves() -> None:
    policy = Client().get("/").headers["Content-Security-Policy"]
    rules = dict(part.strip().split(" ", 1) for part in policy.split(";") if part.strip())
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == rules["connect-src"] == rules["form-action"] == "'self'"
    assert rules["frame-ancestors"] == rules["base-uri"] == "'none'"
    assert "unsafe" not in policy


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/account/sign-in/", "/nowhere/"])
def test_every_answer_carries_the_guards(path: str) -> None:
    answer = Client().get(path)
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in answer.headers["Permissions-Policy"]


def test_the_first_page_sets_no_cookie_and_asks_nothing_in_the_readers_name() -> None:
    answer = Client().get("/")  # no django_db mark: a query would raise; what is open is looked up once for everybody
    assert answer.status_code == 200
    assert answer.cookies == {}


def test_language_follows_the_browser_then_the_readers_choice() -> None:
    browser = Client()
    assert 'lang="fr"' in browser.get("/").content.decode()
    assert 'lang="en"' in browser.get("/", headers={"Accept-Language": "en-GB"}).content.decode()
    assert 'lang="fr"' in browser.get("/", headers={"Accept-Language": "de"}).content.decode()
    assert browser.post("/preferences/", {"language": "en", "next": "/x/"}).headers["Location"] == "/x/"
    assert 'lang="en"' in browser.get("/", headers={"Accept-Language": "fr"}).content.decode()


def test_theme_is_kept_and_pages_have_their_own_default() -> None:
    browser = Client()
    assert 'data-theme="light"' in browser.get("/").content.decode()
    browser.post("/preferences/", {"theme": "dark"})
    assert 'data-theme="dark"' in browser.get("/").content.decode()
    browser.post("/preferences/", {"theme": '"><script>'})
    assert 'data-theme="dark"' in browser.get("/").content.decode()


@pytest.mark.parametrize(
    "outside", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "\\\\evil.example"]
)
def test_preferences_never_lead_elsewhere(outside: str) -> None:
    assert Client().post("/preferences/", {"theme": "dark", "next": outside}).headers["Location"] == "/"


@pytest.mark.django_db
def test_a_chosen_language_follows_the_person_to_another_browser() -> None:
    person = make_person("pilot")
    signed_in(person).post("/preferences/", {"language": "en"})
    assert User.objects.get(pk=person.user.pk).language == "en"
    assert 'lang="en"' in signed_in(person).get("/account/").content.decode()


@pytest.mark.django_db
def test_a_demonstrations_account_speaks_its_visitors_language_and_remembers_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(settings, "DEMO", True)
    person, english = make_person("pilot"), {"Accept-Language": "en-GB"}
    assert 'lang="en"' in signed_in(person).get("/account/", headers=english).content.decode()
    signed_in(person).post("/preferences/", {"language": "en"})
    assert 'lang="fr"' in signed_in(person).get("/account/").content.decode()
    assert User.objects.get(pk=person.user.pk).language == "fr"


@pytest.mark.parametrize(
    ("url", "secure", "loopback", "passkeys"),
    [
        ("https://nec.example.org", True, False, True),
        ("http://localhost:8000", False, True, True),
        ("http://127.0.0.1:8000", False, True, False),
        ("http://[::1]:8000", False, True, False),
        ("http://nec.example.org", False, False, False),
        ("https://192.0.2.1", True, False, False),
    ],
)
def test_an_origin_knows_what_it_allows(url: str, *, secure: bool, loopback: bool, passkeys: bool) -> None:
    origin = environment.Origin(url)
    assert (origin.url, origin.secure, origin.loopback, origin.passkeys) == (url, secure, loopback, passkeys)


@pytest.mark.parametrize("url", ["ftp://x", "nec.example.org", "", "javascript:alert(1)"])
def test_an_origin_that_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises(ImproperlyConfigured):
        environment.Origin(url)


def test_a_flag_is_yes_or_no() -> None:
    assert [environment.flag({"X": value}, "X") for value in ("1", "true", "Yes", "0", "", "no")] == [True] * 3 + [
        False
    ] * 3
    with pytest.raises(ImproperlyConfigured):
        environment.flag({"X": "maybe"}, "X")


@pytest.mark.django_db
def test_demonstration_accounts_exist_only_in_a_loopback_demonstration() -> None:
    refused = create_demo_accounts()
    assert not isinstance(refused, list)
    assert refused.rule == "not_a_demonstration"
    assert User.objects.count() == 0
    with override_settings(DEMO=True, ORIGIN=environment.Origin("https://nec.example.org")):
        assert not isinstance(create_demo_accounts(), list)


@pytest.mark.django_db
def test_a_second_start_checks_only_passwords_that_changed_since(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []
    real = User.check_password

    def check(self: User, raw: str) -> bool:
        checked.append(self.email)
        return bool(real(self, raw))

    monkeypatch.setattr(User, "check_password", check)
    with override_settings(DEMO=True):
        accounts = create_demo_accounts(tmp_path / "accounts.json")
        assert isinstance(accounts, list)
        checked.clear()
        create_demo_accounts(tmp_path / "accounts.json")
        assert checked == []
        changed = User.objects.get(email=accounts[0].email)
        changed.set_password("another one altogether")
        changed.save()
        create_demo_accounts(tmp_path / "accounts.json")
        assert checked == [accounts[0].email]
        assert real(User.objects.get(email=accounts[0].email), accounts[0].password)
        (tmp_path / "accounts.json").write_text("[nonsense")
        create_demo_accounts(tmp_path / "accounts.json")
        assert len(checked) == 1 + len(accounts)


@pytest.mark.django_db
def test_a_demonstration_account_works_without_a_second_factor_and_dies_with_the_demonstration() -> None:
    browser = Client()
    with override_settings(DEMO=True):
        accounts = create_demo_accounts()
        assert isinstance(accounts, list)
        assert accounts == demo_accounts() == create_demo_accounts(), "a second start changes nothing"
        shown = Client().get("/account/sign-in/").content.decode()
        assert all(account.password in shown for account in accounts)
        one = accounts[0]
        answer = browser.post("/account/sign-in/", {"login": one.email, "password": one.password})
        assert answer.status_code == 302
        assert browser.get("/account/").status_code == 200
    assert browser.get("/account/").status_code == 302, "the session ends with the demonstration"
    again = Client()
    again.post("/account/sign-in/", {"login": one.email, "password": one.password})
    assert "_auth_user_id" not in again.session
    assert one.password not in Client().get("/account/sign-in/").content.decode()


@pytest.mark.django_db
def test_a_real_account_needs_its_second_factor_even_in_a_demonstration() -> None:
    person = make_person("operator")
    with override_settings(DEMO=True):
        browser = Client()
        answer = browser.post("/account/sign-in/", {"login": person.email, "password": PASSWORD})
        assert answer.headers["Location"] == "/account/security/authenticate/"
        assert "_auth_user_id" not in browser.session


def test_a_demonstration_refuses_to_be_served_beyond_loopback(tmp_path: Path) -> None:
    import os
    import subprocess
    import sys

    environ = {**os.environ, "NEC_DEMO": "1", "NEC_PUBLIC_URL": "https://nec.example.org"}
    outcome = subprocess.run(
        [sys.executable, "-c", "import necmergitur.web.settings"],
        env={**environ, "PYTHONPATH": str(messages.HERE.parents[1])},
        capture_output=True,
        check=False,
        text=True,
    )
    assert outcome.returncode != 0
    assert "loopback only" in outcome.stderr


@pytest.mark.parametrize(
    ("path", "status"), [("/nowhere/", 404), ("/account/closed/", 200), ("/account/forgotten/", 200)]
)
@pytest.mark.django_db
def test_dead_ends_are_explained(path: str, status: int) -> None:
    assert Client().get(path).status_code == status


@pytest.mark.django_db
def test_a_form_from_elsewhere_is_refused_in_plain_words() -> None:
    person = make_person("pilot")
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(person.user)
    answer = browser.post("/account/", {"display_name": "Hacked", "language": "fr"})
    assert answer.status_code == 403
    assert "formulaire" in answer.content.decode()


@pytest.mark.django_db
def test_nobody_registers() -> None:
    Client().post("/account/closed/", {"email": "x@example.org", "password1": PASSWORD, "password2": PASSWORD})
    assert User.objects.count() == 0


@override_settings(EXERCISE=True)
def test_an_exercise_is_written_on_the_page() -> None:
    page = Client().get("/").content.decode()
    assert "exercise-frame" in page
    assert "EXERCICE" in page
