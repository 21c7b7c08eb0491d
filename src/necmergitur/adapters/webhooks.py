"""Events to partners, signed as Standard Webhooks says (standardwebhooks.com, v1: HMAC-SHA256).

The worker calls `Webhooks.fan_out` for each effect and `Webhooks.deliver_due` in its own rhythm. Nothing personal
leaves: an event names an incident by number; a partner with a token asks the API for more.
"""

import base64
import json
import os
import socket
from collections.abc import Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec
import structlog
import urllib3
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from standardwebhooks import Webhook

from necmergitur.adapters.postgres.queries import load
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.kernel.clock import Clock
from necmergitur.kernel.refusal import Refusal

log = structlog.get_logger(__name__)

CONNECT_TIMEOUT_S = 3.0
READ_TIMEOUT_S = 10.0
ANSWER_BYTES_MAX = 1_024  # we read no more of what a partner says
URL_LENGTH_MAX = 500
SECRET_BYTES = 32  # Standard Webhooks: 24 to 64 bytes
LEASE = timedelta(seconds=60)  # longer than one delivery can last
LEASED_MAX = 16
ATTEMPTS_MAX = 12  # with the pauses below: about a day and a half
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

Policy = Literal["public", "private"]


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
    address = _judged(host, port, policy)
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
        with _pool(parts.scheme, str(address), port, host) as pool:
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


def _pool(scheme: str, address: str, port: int, host: str) -> urllib3.HTTPConnectionPool:
    """Return a pool to one address; TLS still proves the host's name."""
    timeout = urllib3.Timeout(connect=CONNECT_TIMEOUT_S, read=READ_TIMEOUT_S)
    if scheme == "http":
        return urllib3.HTTPConnectionPool(address, port, timeout=timeout, retries=False, maxsize=1)
    return urllib3.HTTPSConnectionPool(
        address,
        port,
        timeout=timeout,
        retries=False,
        maxsize=1,
        cert_reqs="CERT_REQUIRED",
        server_hostname=host,
        assert_hostname=host,
    )


def _judged(host: str, port: int, policy: Policy) -> IPv4Address | IPv6Address | Refusal:
    """Resolve a host once and return an address that may be reached; a name cannot change its mind after."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        return Refusal(rule="host_unknown")
    addresses = [ip_address(entry[4][0]) for entry in found]
    if policy == "public" and not all(_public(address) for address in addresses):
        return Refusal(rule="address_not_allowed")
    return addresses[0]


def _public(address: IPv4Address | IPv6Address) -> bool:
    inner = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None)
    return address.is_global and not address.is_multicast and (inner is None or inner.is_global)


class Webhooks:
    """Deliveries in PostgreSQL: one row per partner and event, retried with growing pauses."""

    def __init__(self, store: PostgresStore, clock: Clock, seal: bytes, policy: Policy = "public") -> None:
        """Work on `store`; `seal` is the installation's `seal` secret."""
        self._store = store
        self._clock = clock
        self._seal = seal
        self._policy: Policy = policy

    def fan_out(self, kind: str, payload: Mapping[str, Any]) -> None:
        """Queue one effect for every partner that asked for its kind. Raises Unreachable."""
        event = EVENTS.get(kind, kind)
        now = self._clock.now()
        body = json.dumps(
            {"type": event, "timestamp": now.isoformat(), "data": dict(payload)}, separators=(",", ":"), sort_keys=True
        )
        with self._store.cursor() as cursor:
            cursor.execute(
                load("webhooks")["fan_out"],
                {"event_id": f"msg_{self._store.ids.new().hex}", "kind": event, "body": body, "now": now},
            )

    def deliver_due(self) -> int:
        """Send what is due; return how many attempts were made. Raises Unreachable."""
        sql, now = load("webhooks"), self._clock.now()
        with self._store.cursor() as cursor:
            due = cursor.execute(sql["lease"], {"now": now, "lease": LEASE, "limit": LEASED_MAX}).fetchall()
        for delivery_id, event_id, body, attempts, _created, endpoint_id, url, sealed in due:
            secret = open_secret(self._seal, bytes(sealed))
            outcome: Delivered | Refusal = Refusal(rule="secret_unreadable")
            if secret is not None:
                outcome = deliver(
                    Endpoint(url=url, secret=secret), Event(id=event_id, body=body), self._clock.now(), self._policy
                )
            self._note(delivery_id, endpoint_id, attempts, outcome)
        return len(due)

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
