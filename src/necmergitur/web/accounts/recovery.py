"""A lost second factor is restored by two other people, in the pages or from the server's shell at 3 a.m.

Who may: an administrator, a room lead or a duty officer, other than the person helped; two different ones.
Nobody is given a code: the outcome is a one-time link with which the person sets everything anew.
"""

from collections.abc import Sequence

import msgspec
from allauth.mfa.models import Authenticator
from django.contrib.auth import authenticate
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from necmergitur.kernel.refusal import Refusal
from necmergitur.web.accounts import audit
from necmergitur.web.accounts.constants import APPROVERS, RECOVERY_LIFETIME
from necmergitur.web.accounts.enrolment import restore_link
from necmergitur.web.accounts.models import RecoveryRequest, User
from necmergitur.web.accounts.rules import is_administrator, is_duty_officer, is_lead

may_recover = is_administrator | is_lead | is_duty_officer

# Wrong proofs from one shell account before a pause, as on the sign-in page (5 per 300 s).
SHELL_ATTEMPTS_MAX = 5
SHELL_PAUSE_S = 300


class Approver(msgspec.Struct, frozen=True, kw_only=True):
    """A person who approves from the shell, and what proves it: `code` is a present 6-digit or a recovery code."""

    email: str
    password: str
    code: str


def request_recovery(user: User, *, by: User, reason: str) -> RecoveryRequest | Refusal:
    """Ask that `user`'s second factor be replaced. Nothing is removed until another person approves."""
    refusal = _refuse(user, by)
    if refusal is not None:
        return refusal
    with transaction.atomic():
        now = timezone.now()
        request = RecoveryRequest.objects.create(
            user=user,
            requested_by=by,
            requested_at=now,
            reason=reason[:200],
            expires_at=now + RECOVERY_LIFETIME,
        )
        audit.record("account:recovery:requested", subject=user, actor=by, request=request.pk)
    return request


def approve_recovery(request_id: int, *, by: User) -> str | Refusal:
    """Approve as the second person: factors, password and sessions end, and the path of the new link is returned.

    Refuses with `recovery_closed`, `same_person` (the second person is the first), `not_allowed` or `own_account`.
    """
    with transaction.atomic():
        request = RecoveryRequest.objects.select_for_update().filter(pk=request_id).first()
        now = timezone.now()
        if request is None or request.approved_at is not None or now >= request.expires_at:
            return Refusal(
                rule="recovery_closed",
                detail="unknown, done or more than an hour old",
                owner="accounts",
            )
        refusal = _refuse(request.user, by)
        if refusal is not None:
            return refusal
        if request.requested_by_id == by.pk:
            return Refusal(
                rule="same_person",
                detail="two different people must agree",
                owner="accounts",
            )
        request.approved_by = by
        request.approved_at = now
        request.save(update_fields=["approved_by", "approved_at"])
        audit.record(
            "account:recovery:approved",
            subject=request.user,
            actor=by,
            request=request.pk,
        )
        return restore_link(request.user, by=by)


def restore_from_shell(email: str, approvers: Sequence[Approver], *, reason: str) -> str | Refusal:
    """Do both steps at the server's keyboard: two approvers prove themselves, the path of the new link is returned."""
    user = User.objects.filter(email=email.strip().lower()).first()
    if user is None:
        return Refusal(
            rule="unknown_person",
            detail="no account has this address",
            owner="accounts",
        )
    if len(approvers) != APPROVERS:
        return Refusal(rule="two_people", detail="exactly two people approve", owner="accounts")
    proven: list[User] = []
    for approver in approvers:
        person = _prove(approver)
        if isinstance(person, Refusal):
            return person
        proven.append(person)
    with transaction.atomic():
        asked = request_recovery(user, by=proven[0], reason=reason)
        if isinstance(asked, Refusal):
            return asked
        outcome = approve_recovery(asked.pk, by=proven[1])
        if isinstance(outcome, Refusal):
            transaction.set_rollback(True)
        return outcome


def _refuse(user: User, by: User) -> Refusal | None:
    if user.pk == by.pk:
        return Refusal(
            rule="own_account",
            detail="nobody restores their own access",
            owner="accounts",
        )
    if not may_recover(by):
        return Refusal(
            rule="not_allowed",
            detail="an administrator, a lead or a duty officer restores access",
            owner="accounts",
        )
    if not user.is_active or user.is_demo:
        return Refusal(
            rule="account_inactive",
            detail="this account cannot be restored",
            owner="accounts",
        )
    return None


def _prove(approver: Approver) -> User | Refusal:
    email = approver.email.strip().lower()
    counter = f"recovery:shell:{email}"
    attempts = int(cache.get(counter, 0))
    if attempts >= SHELL_ATTEMPTS_MAX:
        return Refusal(rule="too_many_attempts", detail=f"wait {SHELL_PAUSE_S} s", owner="accounts")
    cache.set(counter, attempts + 1, SHELL_PAUSE_S)
    found = authenticate(None, email=email, password=approver.password)
    if isinstance(found, User) and _code_is_right(found, approver.code):
        cache.delete(counter)
        return found
    return Refusal(
        rule="not_proven",
        detail=f"password or code is wrong for {email}",
        owner="accounts",
    )


def _code_is_right(user: User, code: str) -> bool:
    kinds = (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES)
    for factor in Authenticator.objects.filter(user_id=user.pk, type__in=kinds):
        if factor.wrap().validate_code(code.strip()):
            return True
    return False
