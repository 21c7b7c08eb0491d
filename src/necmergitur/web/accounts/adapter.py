"""How allauth behaves here: closed sign-up, a second factor before any password works, sealed secrets."""

import base64
from typing import Any, cast

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from necmergitur.web.accounts import audit, second_factor
from necmergitur.web.accounts.models import User


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are opened by invitation only."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 -- allauth's signature
        """Return False: an administrator invites, nobody registers."""
        return False

    def pre_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse | None:
        """Stop a password that stands alone: the second factor is set in the enrolment session, never later."""
        stopped = super().pre_login(request, user, **kwargs)
        if stopped is not None:
            return stopped
        person = cast(User, user)
        if second_factor.is_exempt(person) or second_factor.has_second_factor(person):
            return None
        audit.record(
            "account:sign_in:refused",
            subject=person,
            actor=person,
            why="no second factor",
        )
        return render(request, "accounts/no_second_factor.html", status=403)

    def reauthenticate(self, user: Any, password: str) -> bool:
        """Check a password again, under the same attempt counter as a sign-in."""
        found = self.authenticate(self.request, email=user.email, password=password)
        return found is not None and found.pk == user.pk


class DirectoryAdapter(DefaultSocialAccountAdapter):
    """The city's own directory signs in people already invited; it never opens an account."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:  # noqa: ARG002 -- allauth's
        """Return False: an administrator invites first."""
        return False


class SecondFactorAdapter(DefaultMFAAdapter):
    """Keeps authenticator-app secrets sealed in the database, and the last factor in place."""

    def encrypt(self, text: str) -> str:
        """Seal a secret under a key derived from NEC_SECRET_WEB."""
        return _sealer().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Open a sealed secret; keys in NEC_SECRET_WEB_PREVIOUS still open older ones."""
        return _sealer().decrypt(encrypted_text.encode()).decode()

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Return False for a person's last factor: add another first."""
        return not second_factor.is_last(authenticator)


def _sealer() -> MultiFernet:
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    keys = [HKDF(SHA256(), 32, salt=None, info=b"necmergitur second factor").derive(s.encode()) for s in secrets]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])
