"""A telephone that wants to be told by itself: what its browser gives of a push service (W3C Push API, RFC 8030).

The address comes from a stranger. It is taken only where it belongs to a push service that the city named, and it is
judged again each time something is sent there.
"""

import base64
from collections.abc import Collection
from ipaddress import ip_address
from urllib.parse import urlsplit

import msgspec

from necmergitur.kernel.refusal import Refusal
from necmergitur.people.constants import PUSH_ENDPOINT_MAX
from necmergitur.people.contacts import Contact

P256_POINT_BYTES = 65  # RFC 8291 3.1: an uncompressed point of P-256
AUTH_BYTES = 16  # RFC 8291 3.2
_UNCOMPRESSED = 4  # SEC 1, 2.3.3: how such a point begins
_TLS_PORT = 443


class Keys(msgspec.Struct, frozen=True):
    """The keys a browser made for what it is sent (RFC 8291), in base64url."""

    p256dh: str
    auth: str


class Subscription(msgspec.Struct, frozen=True):
    """`PushSubscription.toJSON()`, less what nobody needs."""

    endpoint: str
    keys: Keys


def read(body: bytes, hosts: Collection[str]) -> Contact | Refusal:
    """Read what a browser sent."""
    try:
        found = msgspec.json.decode(body, type=Subscription)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Refusal(rule="subscription_unreadable")
    refused = refused_address(found.endpoint, hosts)
    if refused is not None:
        return refused
    point, auth = _bytes(found.keys.p256dh), _bytes(found.keys.auth)
    if len(point) != P256_POINT_BYTES or point[0] != _UNCOMPRESSED or len(auth) != AUTH_BYTES:
        return Refusal(rule="subscription_unreadable")
    return Contact("push", msgspec.json.encode(found).decode())


def of(contact: Contact) -> Subscription:
    """Return what a contact of this kind holds."""
    return msgspec.json.decode(contact.written, type=Subscription)


def keys_of(subscription: Subscription) -> tuple[bytes, bytes]:
    """Return a browser's public point and its secret, as bytes."""
    return _bytes(subscription.keys.p256dh), _bytes(subscription.keys.auth)


def refused_address(endpoint: str, hosts: Collection[str]) -> Refusal | None:
    """Refuse an address that is not of a push service we know. ".example" stands for every host under it.

    Clear text, and another port than that of TLS, only on this very machine, and only where it is named: a test's.
    """
    if len(endpoint) > PUSH_ENDPOINT_MAX or not endpoint.isascii() or any(char <= " " for char in endpoint):
        return Refusal(rule="subscription_unreadable")
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return Refusal(rule="subscription_unreadable")
    if not host or parts.username is not None or parts.password is not None or parts.fragment:
        return Refusal(rule="subscription_unreadable")
    if not any(host == one or (one.startswith(".") and host.endswith(one)) for one in hosts):
        return Refusal(rule="push_service_unknown")
    if not loopback(host) and (parts.scheme != "https" or port not in (None, _TLS_PORT)):
        return Refusal(rule="subscription_unreadable")
    return None if parts.scheme in {"http", "https"} else Refusal(rule="subscription_unreadable")


def loopback(host: str) -> bool:
    """Return whether a host is this machine, by its address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return b""
