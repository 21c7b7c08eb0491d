"""Events to partners, signed as Standard Webhooks says (standardwebhooks.com, v1: HMAC-SHA256).

The worker calls `Webhooks.fan_out` for each effect and `Webhooks.begin_due` in its own rhythm. Nothing personal
leaves: an event names an incident by number; a partner with a token asks the API for more.
"""

import base64
import hashlib
import json
import os
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import msgspec
import structlog
import urllib3
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from standardwebhooks import Webhook

from necmergitur.adapters.outward import Policy, cut_after, judged, pool_to
from necmergitur.adapters.postgres.queries import load
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.kernel.clock import Clock
from necmergitur.kernel.refusal import Refusal

log = structlog.get_logger(__name__)

ANSWER_BYTES_MAX = 1_024  # we read no more of what a partner says
URL_LENGTH_MAX = 500
SECRET_BYTES = 32  # Standard Webhooks: 24 to 64 bytes
DELIVERY_S_MAX = 12.0  # ours: from the first byte sent to the last one read, however slowly they drip
FOR_ONE_PARTNER_MAX = 6  # deliveries in one go; the others of the same partner come with the next
LEASE = timedelta(seconds=90)  # longer than one partner's deliveries can last
LEASED_MAX = 64
PARTNERS_AT_ONCE_MAX = 8  # ours: threads that wait for partners
ATTEMPTS_MAX = 18  # with the pauses below: 35 hours, so that a partner's night and morning lose nothing
RETRY_FIRST = timedelta(seconds=5)
RETRY_MAX = timedelta(hours=6)
KEPT = timedelta(days=14)  # deliveries are looked at when a partner asks what was sent
_NONCE_BYTES = 12  # NIST SP 800-38D: 96-bit nonce

# What operations put in the outbox -> what partners subscribe to.
EVENTS: dict[str, str] = {
    "incident_opened": "incident.opened",
    "incident_escalated": "incident.escalated",
    "incident_handed_off": "incident.handed_off",
    "incident_without_drone": "incident.without_drone",
}
PING = "ping"


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Where a partner listens. `secret` is `whsec_` and base64."""

    url: str
    secret: str


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One message: its id stays the same over every attempt, so a partner can pass over a double."""

    id: str
    body: str


class Delivered(msgspec.Struct, frozen=True):
    """A partner took it: the HTTP status, 2xx."""

    status: int


def message_id(dedupe: str) -> str:
    """Return the id of the message that carries an effect: the same whenever it is made."""
    return f"msg_{hashlib.sha256(dedupe.encode()).hexdigest()[:32]}"


def new_secret() -> str:
    """Return a fresh signing secret."""
    return "whsec_" + base64.b64encode(os.urandom(SECRET_BYTES)).decode()


def seal_secret(key: bytes, secret: str) -> bytes:
    """Encrypt an endpoint's secret for the database, under a key derived from the installation's seal."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(_derived(key)).encrypt(nonce, secret.encode(), b"webhook")


def open_secret(key: bytes, sealed: bytes) -> str | None:
    """Decrypt an endpoint's secret; None when the seal changed or the bytes did."""
    try:
        return AESGCM(_derived(key)).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], b"webhook").decode()
    except (InvalidTag, ValueError):
        return None


def _derived(key: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"nec webhook secrets v1").derive(key)


def check_url(url: str, policy: Policy) -> Refusal | None:
    """Refuse an address no event may be sent to. Clear text only where private addresses are allowed."""
    parts = urlsplit(url)
    if len(url) > URL_LENGTH_MAX or not parts.hostname or parts.username or parts.password or parts.fragment:
        return Refusal(rule="url_malformed")
    if parts.scheme != "https" and not (policy == "private" and parts.scheme == "http"):
        return Refusal(rule="url_not_https")
    try:
        parts.port  # noqa: B018 -- reading it checks it
    except ValueError:
        return Refusal(rule="url_malformed")
    return None


def deliver(endpoint: Endpoint, event: Event, now: datetime, policy: Policy = "public") -> Delivered | Refusal:
    """Send one event. Follows no redirect; connects to the very address that was judged.

    Refusals: url_malformed, url_not_https, host_unknown, address_not_allowed, no_answer, not_taken.
    """
    wrong = check_url(endpoint.url, policy)
    if wrong is not None:
        return wrong
    parts = urlsplit(endpoint.url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    address = judged(host, port, policy)
    if isinstance(address, Refusal):
        return address
    path = parts.path or "/"
    target = f"{path}?{parts.query}" if parts.query else path
    headers = {
        "Host": parts.netloc,
        "Content-Type": "application/json",
        "User-Agent": "NecMergitur-Webhooks/1",
        "webhook-id": event.id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(endpoint.secret).sign(event.id, now, event.body),
    }
    try:
        with pool_to(parts.scheme, str(address), port, host) as pool, cut_after(pool, DELIVERY_S_MAX):
            answer = pool.urlopen(
                "POST", target, body=event.body.encode(), headers=headers, redirect=False, preload_content=False
            )
            answer.read(ANSWER_BYTES_MAX)
            answer.close()
    except (urllib3.exceptions.HTTPError, OSError) as failure:
        return Refusal(rule="no_answer", detail=type(failure).__name__)
    if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        return Delivered(answer.status)
    return Refusal(rule="not_taken", detail=f"HTTP {answer.status}", facts={"status": str(answer.status)})


class Webhooks:
    """Deliveries in PostgreSQL: one row per partner and event, retried with growing pauses."""

    def __init__(self, store: PostgresStore, clock: Clock, seal: bytes, policy: Policy = "public") -> None:
        """Work on `store`; `seal` is the installation's `seal` secret."""
        self._store = store
        self._clock = clock
        self._seal = seal
        self._policy: Policy = policy
        self._busy: set[int] = set()
        self._senders = ThreadPoolExecutor(PARTNERS_AT_ONCE_MAX, thread_name_prefix="webhooks")

    def fan_out(self, kind: str, payload: Mapping[str, Any], dedupe: str) -> None:
        """Queue one effect for every partner that asked for its kind. Raises Unreachable.

        The message's id comes from the effect's: one that is carried out twice, after a crash, is one message.
        """
        event = EVENTS.get(kind, kind)
        now = self._clock.now()
        said: dict[str, Any] = {"type": event, "timestamp": now.isoformat(), "data": dict(payload)}
        with self._store.cursor() as cursor:
            head = cursor.execute(load("ledger")["head"]).fetchone()
            if head is not None:
                # A head that left the building: `nec ledger verify --from-head` proves with it that nothing was cut.
                said["record"] = f"{head[0]}:{bytes(head[1]).hex()}"
            body = json.dumps(said, separators=(",", ":"), sort_keys=True)
            cursor.execute(
                load("webhooks")["fan_out"], {"event_id": message_id(dedupe), "kind": event, "body": body, "now": now}
            )

    def deliver_due(self) -> int:
        """Send what is due and wait for the end; return how many attempts were made. Raises Unreachable."""
        count, sending = self._begin()
        for partner in sending:
            partner.result()
        return count

    def begin_due(self) -> int:
        """Send what is due without waiting: a slow partner delays nobody else. Raises Unreachable."""
        return self._begin()[0]

    def _begin(self) -> tuple[int, list[Future[None]]]:
        now = self._clock.now()
        parts = {"now": now, "lease": LEASE, "limit": LEASED_MAX, "each": FOR_ONE_PARTNER_MAX, "busy": list(self._busy)}
        with self._store.cursor() as cursor:
            due = cursor.execute(load("webhooks")["lease"], parts).fetchall()
        by_partner: dict[int, list[tuple[Any, ...]]] = {}
        for row in sorted(due, key=lambda row: int(row[0])):
            by_partner.setdefault(row[5], []).append(row)
        self._busy |= by_partner.keys()
        return len(due), [self._senders.submit(self._serve, partner, rows) for partner, rows in by_partner.items()]

    def _serve(self, partner: int, rows: list[tuple[Any, ...]]) -> None:
        """Send one partner what is due, in one thread. What cannot be noted is taken again after its lease."""
        try:
            for delivery_id, event_id, body, attempts, _created, _partner, url, sealed in rows:
                secret = open_secret(self._seal, bytes(sealed))
                outcome: Delivered | Refusal = Refusal(rule="secret_unreadable")
                if secret is not None:
                    event = Event(id=event_id, body=body)
                    outcome = deliver(Endpoint(url=url, secret=secret), event, self._clock.now(), self._policy)
                self._note(delivery_id, partner, attempts, outcome)
        except Exception:
            log.exception("webhooks_failed", endpoint=partner)
        finally:
            self._busy.discard(partner)

    def _note(self, delivery_id: int, endpoint_id: int, attempts: int, outcome: Delivered | Refusal) -> None:
        sql, now = load("webhooks"), self._clock.now()
        with self._store.cursor() as cursor:
            if isinstance(outcome, Delivered):
                cursor.execute(sql["delivered"], {"id": delivery_id, "status": outcome.status, "now": now})
                return
            status = outcome.facts.get("status")
            log.info("webhook_failed", endpoint=endpoint_id, attempts=attempts, why=outcome.rule)
            cursor.execute(
                sql["failed"],
                {
                    "id": delivery_id,
                    "status": None if status is None else int(status),
                    "error": f"{outcome.rule} {outcome.detail}".strip()[:200],
                    "due_at": now + min(RETRY_FIRST * 2 ** (attempts - 1), RETRY_MAX),
                    "give_up": attempts >= ATTEMPTS_MAX,
                    "now": now,
                },
            )
            # Standard Webhooks: 410 means the partner is gone and wants no more.
            if status == str(int(HTTPStatus.GONE)):
                cursor.execute(sql["disable"], {"endpoint_id": endpoint_id, "reason": "410 Gone", "now": now})

    def forget_old(self) -> int:
        """Drop deliveries done long ago; return how many."""
        with self._store.cursor() as cursor:
            cursor.execute(load("webhooks")["forget"], {"before": self._clock.now() - KEPT})
            return int(cursor.rowcount)
