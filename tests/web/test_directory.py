"""The city's own directory (OpenID Connect) confirms who somebody is; it lets nobody in who was not invited."""

import json
import threading
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from allauth.socialaccount.models import SocialAccount
from playwright.sync_api import Browser, expect
from pytest_django.plugin import DjangoDbBlocker

from necmergitur.web.accounts.models import User
from necmergitur.web.accounts.roles import Role
from tests.web.persons import make_person
from tests.web.serving import models_on, serve

pytestmark = pytest.mark.e2e


class Directory(BaseHTTPRequestHandler):
    """A minimal OpenID provider: whoever `claims` says is signed in there."""

    claims: dict[str, object] = {}  # noqa: RUF012 -- one directory per test run

    def do_GET(self) -> None:
        url = urllib.parse.urlsplit(self.path)
        issuer = f"http://{self.headers['Host']}"
        if url.path == "/.well-known/openid-configuration":
            self._json(
                {
                    "issuer": issuer,
                    "authorization_endpoint": f"{issuer}/authorize",
                    "token_endpoint": f"{issuer}/token",
                    "userinfo_endpoint": f"{issuer}/userinfo",
                    "jwks_uri": f"{issuer}/jwks",
                    "token_endpoint_auth_methods_supported": ["client_secret_post"],
                }
            )
        elif url.path == "/authorize":
            asked = dict(urllib.parse.parse_qsl(url.query))
            assert "code_challenge" in asked, "PKCE is on"
            back = urllib.parse.urlencode({"code": "c", "state": asked["state"]})
            self.send_response(302)
            self.send_header("Location", f"{asked['redirect_uri']}?{back}")
            self.end_headers()
        elif url.path == "/userinfo":
            self._json(self.claims)
        else:
            self._json({"keys": []})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._json({"access_token": "t", "token_type": "Bearer"})

    def _json(self, value: object) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_said: object) -> None:
        pass


@contextmanager
def directory() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Directory)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_an_invited_person_passes_to_the_second_step_and_a_stranger_does_not(
    chromium: Browser, make_database: Callable[..., str], migrated_url: str, django_db_blocker: DjangoDbBlocker
) -> None:
    url = make_database(template="migrated")
    with directory() as issuer, django_db_blocker.unblock():
        changes = {
            "NEC_OIDC_ISSUER": issuer,
            "NEC_OIDC_NAME": "Annuaire",
            "NEC_OIDC_CLIENT_ID": "nec",
            "NEC_OIDC_CLIENT_SECRET": "s",
        }
        with serve(url, **changes) as served, models_on(url):
            person = make_person(Role.OPERATOR)
            context = chromium.new_context(base_url=served.url, locale="fr-FR")
            page = context.new_page()
            Directory.claims = {"sub": "1", "email": "stranger@example.org", "email_verified": True}
            page.goto("/account/sign-in/")
            page.get_by_role("link", name="Se connecter par Annuaire").click()
            page.get_by_role("button", name="Continuer").click()
            expect(page.get_by_role("heading", name="sur invitation")).to_be_visible()
            assert User.objects.count() == 1
            assert SocialAccount.objects.count() == 0

            Directory.claims = {"sub": "2", "email": person.email, "email_verified": False}
            page.goto("/account/sign-in/")
            page.get_by_role("link", name="Se connecter par Annuaire").click()
            page.get_by_role("button", name="Continuer").click()
            expect(page.get_by_role("heading", name="sur invitation")).to_be_visible()
            assert SocialAccount.objects.count() == 0, "an address the directory has not verified proves nothing"

            Directory.claims = {"sub": "3", "email": person.email, "email_verified": True}
            page.goto("/account/sign-in/")
            page.get_by_role("link", name="Se connecter par Annuaire").click()
            page.get_by_role("button", name="Continuer").click()
            expect(page.get_by_role("heading", name="Deuxième étape")).to_be_visible()
            page.get_by_label("Code de votre application").fill(person.code())
            page.get_by_role("button", name="Se connecter").click()
            expect(page.get_by_role("link", name=person.user.display_name)).to_be_visible()
            context.close()
