"""Labelled demonstration accounts, one per role. They exist only in a demonstration, which serves loopback only."""

import base64
import hashlib
import hmac
from pathlib import Path

import msgspec
from allauth.account.models import EmailAddress
from django.conf import settings

from necmergitur.kernel.refusal import Refusal
from necmergitur.web.accounts.grants import grant_role
from necmergitur.web.accounts.models import User
from necmergitur.web.accounts.roles import Role

# RFC 2606 keeps `.invalid` for names that can never exist: no message will ever leave for these addresses.
DEMO_DOMAIN = "demo.invalid"
# Names of rivers, not of people. Two pilots, so that an offer has somewhere to go next; two officers, since one alone
# neither opens nor erases on their own word.
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
    ("Creuse", Role.DPO),
    ("Durance", Role.LIAISON),
    ("Charente", Role.ANALYST),
)


class DemoAccount(msgspec.Struct, frozen=True, kw_only=True):
    """What a visitor types to come in, and as whom."""

    email: str
    password: str
    role: Role
    display_name: str


def create_demo_accounts(checked: Path | None = None) -> list[DemoAccount] | Refusal:
    """Make the demonstration accounts, or put them back as they were. Refuses outside a loopback demonstration.

    `checked` keeps which stored passwords were found right: to check one takes a fifth of a second, by design.
    """
    if not settings.DEMO or not settings.ORIGIN.loopback:
        return Refusal(
            rule="not_a_demonstration",
            detail="needs NEC_DEMO and a loopback address",
            owner="accounts",
        )
    accounts = demo_accounts()
    known = _read(checked)
    for account in accounts:
        user = User.objects.filter(email=account.email).first() or User(email=account.email)
        user.display_name = account.display_name
        user.is_demo = True
        user.is_active = True
        if known.get(account.email) != _seal(user.password, account.password):
            if not user.check_password(account.password):
                user.set_password(account.password)
            known[account.email] = _seal(user.password, account.password)
        user.save()
        EmailAddress.objects.update_or_create(user=user, email=user.email, defaults={"primary": True, "verified": True})
        grant_role(user, account.role, by=None)
    if checked is not None:
        checked.parent.mkdir(parents=True, exist_ok=True)
        checked.write_bytes(msgspec.json.encode(known))
    return accounts


def _read(checked: Path | None) -> dict[str, str]:
    try:
        return msgspec.json.decode(checked.read_bytes(), type=dict[str, str]) if checked is not None else {}
    except (OSError, msgspec.DecodeError):
        return {}


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
    seal = _mac(f"demo account {name}")
    return base64.b32encode(seal)[:16].decode().lower()


def _seal(stored: str, password: str) -> str:
    """Say that `stored` is a hash of `password`, in a way only this installation can."""
    return _mac(f"demo password {stored} {password}").hex()


def _mac(text: str) -> bytes:
    return hmac.new(settings.SECRET_KEY.encode(), text.encode(), hashlib.sha256).digest()
