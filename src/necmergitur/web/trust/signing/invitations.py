"""Links that let a party enrol one key, once, within 48 hours. The database keeps only their SHA-256."""

import hashlib
import secrets
from datetime import datetime

from django.conf import settings
from django.db import transaction

from necmergitur.adapters import passkeys
from necmergitur.governance.constants import PARTY_LINK_LASTS
from necmergitur.governance.signing import Party
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import enrolling
from necmergitur.web.accounts.constants import TOKEN_BYTES
from necmergitur.web.accounts.models import EnrolmentLink, User
from necmergitur.web.store import store
from necmergitur.web.trust.signing.models import PartyInvitation

_DOMAIN = b"necmergitur/party/v1\x00"


def invite(role: str, name: str, by: User, now: datetime) -> str:
    """Return the token of a new invitation; it is shown once."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    PartyInvitation.objects.create(
        token_hash=_hash(token),
        role=role,
        name=name.strip(),
        created_by=by.pk,
        created_at=now,
        expires_at=now + PARTY_LINK_LASTS,
    )
    return token


def find(token: str, now: datetime) -> PartyInvitation | None:
    """Return the invitation of a token if it still opens, else None; nobody learns which part failed."""
    found = PartyInvitation.objects.filter(token_hash=_hash(token)).first()
    return found if found is not None and found.usable(now) and stands(found) else None


def stands(found: PartyInvitation) -> bool:
    """Return whether whoever invited still may: what an account sent before it was given back may be its thief's."""
    by = found.created_by
    given_back = EnrolmentLink.objects.filter(
        user_id=by, purpose=EnrolmentLink.Purpose.RESTORE, created_at__gte=found.created_at
    )
    return User.objects.filter(pk=by, is_active=True).exists() and not given_back.exists()


def challenge(token: str) -> bytes:
    """Return what the new passkey answers: bound to this invitation, so no session need remember it."""
    return hashlib.sha256(_DOMAIN + token.encode()).digest()


def enrol(token: str, attestation: str, client_data: str, now: datetime) -> Party | Refusal:
    """Use an invitation: enrol the key and burn the link. Two uses at once meet on the row's lock."""
    with transaction.atomic():
        found = PartyInvitation.objects.select_for_update().filter(token_hash=_hash(token)).first()
        if found is None or not found.usable(now) or not stands(found):
            return Refusal(rule="link_not_usable")
        origin, rp_id = settings.ORIGIN.url, settings.ORIGIN.host
        made = passkeys.register(attestation, client_data, challenge(token), origin, rp_id)
        if isinstance(made, Refusal):
            return made
        credential_id, public_key = made
        party = Party(
            id=store().ids.new(),
            role=found.role,
            name=found.name,
            credential_id=credential_id,
            public_key=public_key,
            rp_id=rp_id,
            origin=origin,
            enrolled_at=now,
            enrolled_by=f"user:{found.created_by}",
        )
        outcome = enrolling.enrol(store(), party, now)
        if not isinstance(outcome, Refusal):
            found.used_at = now
            found.save(update_fields=["used_at"])
        return outcome


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
