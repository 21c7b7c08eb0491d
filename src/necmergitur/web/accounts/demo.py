"""Labelled demonstration accounts, one per role. They exist only in a demonstration, which serves loopback only."""

import base64
import hashlib
import hmac

import msgspec
from allauth.account.models import EmailAddress
from django.conf import settings

from necmergitur.kernel.refusal import Refusal
from necmergitur.web.accounts.grants import grant_role
from necmergitur.web.accounts.models import User
from necmergitur.web.accounts.roles import Role

# RFC 2606 keeps `.invalid` for names that can never exist: no message will ever leave for these addresses.
DEMO_DOMAIN = "demo.invalid"
# Names of rivers, not of people. Two pilots, so that an offer has somewhere to go next.
DEMO_PEOPLE: tuple[tuple[str, Role], ...] = (
    ("Seine", Role.OPERATOR),
    ("Marne", Role.LEAD),
    ("Oise", Role.DUTY_OFFICER),
    ("Yonne", Role.PILOT),
    ("Bièvre", Role.PILOT),
    ("Loire", Role.TECHNICIAN),
    ("Rhône", Role.RESPONDER),
    ("Garonne", Role.ADMINISTRATOR),
    ("Vienne", Role.DPO),
)


class DemoAccount(msgspec.Struct, frozen=True, kw_only=True):
    """What a visitor types to come in, and as whom."""

    email: str
    password: str
    role: Role
    display_name: str


def create_demo_accounts() -> list[DemoAccount] | Refusal:
    """Make the demonstration accounts, or put them back as they were. Refuses outside a loopback demonstration."""
    if not settings.DEMO or not settings.ORIGIN.loopback:
        return Refusal(
            rule="not_a_demonstration",
            detail="needs NEC_DEMO and a loopback address",
            owner="accounts",
        )
    accounts = demo_accounts()
    for account in accounts:
        user = User.objects.filter(email=account.email).first() or User(email=account.email)
        user.display_name = account.display_name
        user.is_demo = True
        user.is_active = True
        if not user.check_password(account.password):
            user.set_password(account.password)
        user.save()
        EmailAddress.objects.update_or_create(user=user, email=user.email, defaults={"primary": True, "verified": True})
        grant_role(user, account.role, by=None)
    return accounts


def demo_accounts() -> list[DemoAccount]:
    """Return the accounts to show on the sign-in page; empty outside a demonstration."""
    if not settings.DEMO:
        return []
    return [
        DemoAccount(
            email=f"{_ascii(name)}@{DEMO_DOMAIN}",
            password=_password(name),
            role=role,
            display_name=f"{name} (demo)",
        )
        for name, role in DEMO_PEOPLE
    ]


def _ascii(name: str) -> str:
    return name.lower().translate(str.maketrans("èéêô", "eeeo"))


def _password(name: str) -> str:
    # Derived, so that the sign-in page can show it and nothing stores it; another installation has another.
    seal = hmac.new(settings.SECRET_KEY.encode(), f"demo account {name}".encode(), hashlib.sha256).digest()
    return base64.b32encode(seal)[:16].decode().lower()
