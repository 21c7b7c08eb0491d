"""Who signs an authorisation, and what a signature is: a passkey's assertion over the terms, checkable without us.

A party's private key never leaves its authenticator. What is kept here is what anybody needs to check: the public
key, the authenticator's data, the client's data and the signature (W3C Web Authentication Level 2, section 7.2).
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from necmergitur.governance.terms import Terms, digest
from necmergitur.kernel.refusal import Refusal

PartyRole = Literal["territory", "company", "state"]

# An experiment is three parties' (Constitution art. 72, organic law 2021-467); what a city runs for good is its own.
EXPERIMENT_NEEDS: tuple[PartyRole, ...] = ("territory", "company", "state")
STREAM_NEEDS: tuple[PartyRole, ...] = ("territory",)


class Party(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who may sign for a territory, a company or the State. Bytes are base64url without padding.

    `public_key` is the credential's COSE key; `origin` and `rp_id` are where it was made and may be used.
    """

    id: UUID
    role: PartyRole
    name: str
    credential_id: str
    public_key: str
    rp_id: str
    origin: str
    enrolled_at: datetime
    enrolled_by: str
    retired_at: datetime | None = None


class PartyEnrolled(msgspec.Struct, frozen=True, tag=True):
    """Somebody may sign from now on, with this key alone."""

    party: Party


class PartyRetired(msgspec.Struct, frozen=True, tag=True):
    """A party's key signs nothing more; what it signed before stands."""

    id: UUID
    at: datetime
    reason: str


PartyEvent = PartyEnrolled | PartyRetired


class Assertion(msgspec.Struct, frozen=True, kw_only=True):
    """What an authenticator answered. Bytes are base64url without padding."""

    credential_id: str
    authenticator_data: str
    client_data: str
    signature: str


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """One party's signature as it stands on the paper: with all that is needed to check it."""

    party_id: UUID
    role: PartyRole
    name: str
    public_key: str
    rp_id: str
    origin: str
    assertion: Assertion
    at: datetime


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """Terms and the signatures under them."""

    terms: Terms
    signatures: tuple[Signature, ...] = ()


def stream_of(party_id: UUID) -> str:
    """Return the ledger stream of a party."""
    return f"party:{party_id}"


def evolve(state: Party | None, event: PartyEvent) -> Party:
    """Fold one event. Raises ValueError when who retires was never enrolled."""
    if isinstance(event, PartyEnrolled):
        return event.party
    if state is None:
        raise ValueError("retired before enrolled")
    return msgspec.structs.replace(state, retired_at=event.at)


# Checks one assertion over a challenge with a party's key; None when it holds. An adapter brings the cryptography.
Verify = Callable[[Signature, bytes], Refusal | None]


def needed(terms: Terms) -> tuple[PartyRole, ...]:
    """Return whose signatures the terms need."""
    return STREAM_NEEDS if terms.experiment is None else EXPERIMENT_NEEDS


def missing(paper: Paper) -> tuple[PartyRole, ...]:
    """Return whose signatures are not there yet."""
    there = {signature.role for signature in paper.signatures}
    return tuple(role for role in needed(paper.terms) if role not in there)


def check(paper: Paper, parties: Sequence[Party], verify: Verify) -> Refusal | None:
    """Return why the paper is not signed as its terms need, None when it is.

    Each signature must be over these very terms, by a key enrolled for that role and not retired when it signed.
    """
    challenge = digest(paper.terms)
    known = {party.id: party for party in parties}
    for signature in paper.signatures:
        party = known.get(signature.party_id)
        made = (signature.role, signature.public_key, signature.rp_id, signature.origin)
        if party is None or (party.role, party.public_key, party.rp_id, party.origin) != made:
            return Refusal(rule="signature_party_unknown", facts={"party": signature.name})
        if party.retired_at is not None and party.retired_at <= signature.at:
            return Refusal(rule="signature_party_retired", facts={"party": signature.name})
        forged = verify(signature, challenge)
        if forged is not None:
            return forged
    left = missing(paper)
    if left:
        return Refusal(rule="signatures_missing", facts={"roles": " ".join(left)})
    return None
