"""One-time links: how the first administrator comes in, how people are invited, how access is restored.

A link is a 256-bit token shown once; the database keeps its SHA-256. It opens a page that sets a password
and then demands a second factor. It works once, for 24 hours.
"""

import hashlib
import secrets

from allauth.account.models import EmailAddress
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from necmergitur.kernel.refusal import Refusal
from necmergitur.web.accounts import audit, second_factor, tickets
from necmergitur.web.accounts.constants import ENROLMENT_LIFETIME, TOKEN_BYTES
from necmergitur.web.accounts.grants import administrators, grant_role, void_links
from necmergitur.web.accounts.models import EnrolmentLink, User
from necmergitur.web.accounts.roles import Role

Purpose = EnrolmentLink.Purpose


def first_administrator_link() -> str | None:
    """Return the path of a link for the first administrator, or None when one can already sign in.

    Links made by earlier starts and never used are void: only the one last printed works.
    """
    if any(second_factor.has_second_factor(person) for person in administrators()):
        return None
    with transaction.atomic():
        EnrolmentLink.objects.filter(purpose=Purpose.FIRST, used_at=None).update(voided_at=timezone.now())
        return _make(Purpose.FIRST, role=Role.ADMINISTRATOR.value)


def create_enrolment_link(role: str, *, email: str = "", invited_by: User | None = None) -> str:
    """Return the path of an invitation to `role`. With an `email`, only that address can be enrolled.

    Raises ValueError on an unknown role.
    """
    with transaction.atomic():
        return _make(
            Purpose.INVITATION,
            role=Role(role).value,
            email=email.strip().lower(),
            created_by=invited_by,
        )


def restore_link(user: User, *, by: User | None) -> str:
    """Return the path by which `user` sets a new password and second factor; older ones stop working now."""
    with transaction.atomic():
        void_links(user)
        second_factor.remove_all(user)
        user.set_unusable_password()  # also ends every session: they are bound to the password's hash
        user.save(update_fields=["password"])
        tickets.void_person(user)
        return _make(Purpose.RESTORE, user=user, email=user.email, created_by=by)


def find(token: str) -> EnrolmentLink | None:
    """Return the link of a token if it still opens, else None; the caller never learns which part failed."""
    link = EnrolmentLink.objects.filter(token_hash=_hash(token)).first()
    return link if link is not None and link.usable(timezone.now()) else None


def enrol(token: str, *, email: str, display_name: str, password: str, language: str) -> User | Refusal:
    """Use a link: make (or restore) the account with its password and role, and burn the link.

    Refuses with `link_not_usable`, `address_taken` (somebody already signs in with it) or
    `account_inactive`. The password was validated by the form. Two uses at once meet on the row's lock.
    """
    with transaction.atomic():
        link = EnrolmentLink.objects.select_for_update(of=("self",)).filter(token_hash=_hash(token)).first()
        now = timezone.now()
        if link is None or not link.usable(now):
            return Refusal(
                rule="link_not_usable",
                detail="unknown, used, void or expired link",
                owner="accounts",
            )
        user = _person(link, link.email or email.strip().lower())
        if isinstance(user, Refusal):
            return user
        if link.purpose != Purpose.RESTORE:
            user.display_name = display_name
        user.language = language
        user.set_password(password)
        user.save()
        EmailAddress.objects.update_or_create(user=user, email=user.email, defaults={"primary": True, "verified": True})
        link.used_at = now
        link.user = user
        link.save(update_fields=["used_at", "user"])
        audit.record("account:link:opened", subject=user, actor=user, purpose=link.purpose)
        audit.record("account:person:enrolled", subject=user, actor=user, purpose=link.purpose)
        if link.role:
            grant_role(user, Role(link.role), by=link.created_by)
    return user


def _person(link: EnrolmentLink, email: str) -> User | Refusal:
    if link.purpose == Purpose.RESTORE and link.user is not None:
        user: User | None = link.user
    else:
        user = User.objects.filter(email=email).first()
        if user is None:
            return User(email=email)
        if second_factor.has_second_factor(user) or user.is_demo:
            return Refusal(
                rule="address_taken",
                detail="an account already signs in with this address",
                owner="accounts",
            )
    if user is not None and not user.is_active:
        return Refusal(
            rule="account_inactive",
            detail="this account was switched off by an administrator",
            owner="accounts",
        )
    assert user is not None, "a restore link names its account"
    return user


def _make(
    purpose: "EnrolmentLink.Purpose",
    *,
    role: str = "",
    email: str = "",
    user: User | None = None,
    created_by: User | None = None,
) -> str:
    token = secrets.token_urlsafe(TOKEN_BYTES)
    now = timezone.now()
    EnrolmentLink.objects.create(
        token_hash=_hash(token),
        purpose=purpose,
        role=role,
        email=email,
        user=user,
        created_by=created_by,
        created_at=now,
        expires_at=now + ENROLMENT_LIFETIME,
    )
    if created_by is not None:
        audit.record(
            "account:link:created",
            subject=user or created_by,
            actor=created_by,
            purpose=purpose.value,
            role=role,
        )
    return reverse("accounts:enrol", args=[token])


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
