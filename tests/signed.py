"""Signed papers for tests: parties with real keys, and the assessment a paper rests on."""

import base64
import hashlib
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from necmergitur.adapters.law import rules
from necmergitur.dispatch.incidents import Person
from necmergitur.governance import gate, proposals
from necmergitur.governance.assessments import Assessment, Covers
from necmergitur.governance.authorisations import Authorisation
from necmergitur.governance.dialogue import DialogueClosed, DialogueOpened
from necmergitur.governance.proposals import Proposal, ProposalEvent, TermsProposed, TermsSigned
from necmergitur.governance.signing import Assertion, Paper, Party, PartyRole, Signature, needed
from necmergitur.governance.terms import Experiment, Terms, digest
from necmergitur.kernel.events import Fact
from necmergitur.kernel.refusal import Refusal
from necmergitur.ledger.ports import StoreRefused
from necmergitur.operations import assessing, dialogue, enrolling, proposing
from necmergitur.operations.trust import TrustStore

NAMES = UUID("6f4df3a1-6d0e-4b52-9d0e-6c2b0f1c9d11")
DPO = Person(90, "Vienne")
KEYS: dict[PartyRole, Ed25519PrivateKey] = {
    role: Ed25519PrivateKey.from_private_bytes(hashlib.sha256(role.encode()).digest())
    for role in ("territory", "company", "state")
}


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def party(role: PartyRole, at: datetime, **changes: object) -> Party:
    """A party that signs with a bare Ed25519 key: the cryptography of passkeys is the adapter's, tested there."""
    made = Party(
        id=uuid5(NAMES, role),
        role=role,
        name=role.title(),
        credential_id=b64(role.encode()),
        public_key=b64(KEYS[role].public_key().public_bytes_raw()),
        rp_id="localhost",
        origin="http://localhost",
        enrolled_at=at,
        enrolled_by="user:90",
    )
    return msgspec.structs.replace(made, **changes)


def verify(signature: Signature, challenge: bytes) -> Refusal | None:
    key = Ed25519PublicKey.from_public_bytes(raw(signature.public_key))
    try:
        key.verify(raw(signature.assertion.signature), challenge)
    except InvalidSignature:
        return Refusal(rule="signature_forged", facts={"party": signature.name})
    return None


def sign(terms: Terms, role: PartyRole, at: datetime) -> Signature:
    who = party(role, at)
    made = KEYS[role].sign(digest(terms))
    return Signature(
        party_id=who.id,
        role=role,
        name=who.name,
        public_key=who.public_key,
        rp_id=who.rp_id,
        origin=who.origin,
        assertion=Assertion(
            credential_id=who.credential_id, authenticator_data="", client_data="", signature=b64(made)
        ),
        at=at,
    )


def assessment(now: datetime, **changes: object) -> Assessment:
    made = Assessment(
        id=uuid5(NAMES, "assessment"),
        version=1,
        digest=hashlib.sha256(b"assessment").hexdigest(),
        title="Counting people at the square",
        covers=Covers(
            streams=("sensor:c-0001",),
            modality="crowd_count",
            payload_schema="crowd_count/1",
            purpose="crowd_safety",
            zones=("zone-1",),
            rate_per_minute=1,
            retention_days=30,
        ),
        opinion="Favourable: counts alone, no picture.",
        signed_by="user:90",
        signed_at=now,
        review_by=now + timedelta(days=365),
    )
    return msgspec.structs.replace(made, **changes)


def terms(now: datetime, on: Assessment | None = None, **changes: object) -> Terms:
    rests = on or assessment(now)
    made = Terms(
        id=uuid5(NAMES, "authorisation"),
        label="A trial of counting",
        stream=rests.covers.streams[0],
        modality=rests.covers.modality,
        payload_schema=rests.covers.payload_schema,
        purpose=rests.covers.purpose,
        legal_basis="GDPR art. 6(1)(e)",
        holder="City",
        operator_class="municipal",
        zones=rests.covers.zones,
        valid_from=now - timedelta(minutes=1),
        valid_until=now + timedelta(days=30),
        retention_days=rests.covers.retention_days,
        rate_per_minute=rests.covers.rate_per_minute,
        bytes_max=64,
        readers=("lead", "public"),
        assessment_id=rests.id,
        assessment_version=rests.version,
        assessment_digest=rests.digest,
        experiment=Experiment(
            object="Does a count help to open a second exit in time?",
            company="Counters Ltd",
            evaluation="Compare with two evenings counted by hand.",
            metrics=("mean absolute error",),
        ),
    )
    return msgspec.structs.replace(made, **changes)


def paper(asked: Terms, at: datetime, roles: tuple[PartyRole, ...] | None = None) -> Paper:
    return Paper(terms=asked, signatures=tuple(sign(asked, role, at) for role in roles or needed(asked)))


def enrol(store: TrustStore, now: datetime) -> None:
    """Make the three parties known."""
    for role in KEYS:
        assert isinstance(enrolling.enrol(store, party(role, now), now), Party)


def heard(store: TrustStore, subject: UUID, now: datetime, kind: str = "assessment", **told: Any) -> UUID:
    """Hold a dialogue that nobody joined, and end it: nothing is owed unless `consensus` says so."""
    held = uuid5(NAMES, f"dialogue {subject}")
    words = ("Compter", "Counting", "Que faut-il surveiller ici ?", now + timedelta(days=30))
    assert dialogue.open_dialogue(store, held, DialogueOpened(kind, subject, *words), DPO, now)
    closed = DialogueClosed(
        **{"votes_root": "", "votes": 0, "voters": 0, "consensus": (), "early": "nobody came"} | told
    )
    dialogue.close_dialogue(store, held, closed, DPO, now)
    return held


def laid(store: Any, made: Paper, now: datetime) -> None:
    """Put a paper on record as proposed and signed by whom it says, looking at nothing. Raises StoreRefused."""
    asked = made.terms
    with store.transaction() as tx:
        state = tx.terms_proposal(asked.id)
    if state is None:
        _put(store, None, TermsProposed(asked, digest(asked).hex(), "user:90", now), now)
    for signature in made.signatures:
        with store.transaction() as tx:
            state = tx.terms_proposal(asked.id)
        if signature not in state.paper.signatures:
            _put(store, state, TermsSigned(asked.id, signature), now)


def _put(store: Any, state: Proposal | None, event: ProposalEvent, now: datetime) -> None:
    after = proposals.evolve(state, event)
    with store.transaction() as tx:
        fact = Fact(stream=proposals.stream_of(after.id), version=after.version, event=event, actor="user:90")
        tx.put_terms_proposal(after, tx.append(gate.admit_record([fact], now)))


def grant(store: Any, made: Paper, now: datetime) -> Authorisation | Refusal:
    """Lay a paper, as far as the store lets it in, and ask for its stream."""
    with suppress(StoreRefused):
        laid(store, made, now)
    return proposing.grant(store, made.terms.id, verify, (), DPO, now, rules=rules())


def granted(store: TrustStore, asked: Terms, now: datetime, on: Assessment | None = None) -> Authorisation:
    """Enrol the parties, sign the assessment, hear the people, sign the terms, and grant them."""
    enrol(store, now)
    signed = assessing.sign(store, on or assessment(now), DPO, now)
    assert isinstance(signed, Assessment), signed
    heard(store, signed.id, now)
    outcome = grant(store, paper(asked, now), now)
    assert isinstance(outcome, Authorisation), outcome
    return outcome
