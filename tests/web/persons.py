"""People for tests: with the roles asked, a second factor, and what signs them in."""

import base64
import secrets
import time
from itertools import count

import msgspec
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP as Reference  # noqa: N811 -- RFC 6238 by another hand
from django.test import Client

from necmergitur.web.accounts.grants import grant_role
from necmergitur.web.accounts.models import User
from necmergitur.web.accounts.roles import Role

PASSWORD = "a long password of this test"
NUMBER = count(1)


class Person(msgspec.Struct, frozen=True):
    """An account and what only its holder knows."""

    user: User
    secret: str
    password: str = PASSWORD

    @property
    def email(self) -> str:
        return self.user.email

    def code(self) -> str:
        """The six figures their app shows now."""
        return code_of(self.secret)


def code_of(secret: str) -> str:
    """Return the six figures of a secret now, by an implementation that is not the one under test."""
    key = base64.b32decode(secret)
    return Reference(key, 6, SHA1(), 30, enforce_key_length=False).generate(time.time()).decode()


def make_person(*roles: Role | str, name: str = "", language: str = "fr", factor: bool = True) -> Person:
    """Make an account with `roles` and, unless told otherwise, an authenticator app."""
    number = next(NUMBER)
    user = User.objects.create_user(
        f"person{number}-{secrets.token_hex(3)}@example.org",
        PASSWORD,
        display_name=name or f"Person {number}",
        language=language,
    )
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    for role in roles:
        grant_role(user, Role(role), by=None)
    secret = base64.b32encode(secrets.token_bytes(20)).decode()
    if factor:
        TOTP.activate(user, secret)
    return Person(user, secret)


def signed_in(person: Person) -> Client:
    """Return a client holding a session of `person`, as after a complete sign-in."""
    client = Client()
    client.force_login(person.user)
    return client
