"""Messages to telephones that asked for it: Web Push (RFC 8030), sealed end to end (RFC 8291), signed (RFC 8292).

The push service of the browser's maker learns an address, an hour and a length that is always the same; what is said
only the browser opens. Its address came from a stranger: it is judged again each time.
"""

import base64
import hashlib
import time
from collections.abc import Collection
from http import HTTPStatus
from urllib.parse import urlsplit

import http_ece
import jwt
import msgspec
import urllib3
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from necmergitur.adapters.outward import cut_after, judged, pool_to
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.population.telling import Gone
from necmergitur.people import subscriptions
from necmergitur.people.letters import Written

TTL_S = 86_400  # ours: a telephone that is off for a day hears the newest from the page itself
SIGNED_S = 3_600  # RFC 8292 2: at most 24 hours
# RFC 8030 7.2: a service takes at least 4,096 bytes of body; every message has the same length, whatever it says.
PLAIN_BYTES = 1_024
SEND_S_MAX = 8.0  # ours: all of it, however slowly it drips; the message is tried again instead
ANSWER_BYTES_MAX = 1_024
_TOPIC_BYTES = 12  # RFC 8030 5.4: at most 32 characters of base64url
_GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})  # RFC 8030 7.3
_LATER = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})
# FIPS 186-5 / SEC 2: the order of P-256's group; a secret of 256 bits is a key below it but once in 2^32.
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


class Shown(msgspec.Struct, frozen=True):
    """What the service worker of the public pages shows (`shell-sw.js`)."""

    title: str
    body: str
    url: str
    lang: str
    tag: str


class Pusher:
    """Who signs pushes."""

    def __init__(self, secret: bytes, contact: str, hosts: Collection[str]) -> None:
        """`secret`: the installation's; `contact`: whom a push service writes to (mailto: or https:)."""
        self._key = _key_of(secret)
        self._contact, self._hosts = contact, hosts

    def send(self, message: Written) -> None:
        """Hand one message over. Raises OSError when it was not taken now, ValueError when never, Gone as it says."""
        subscription = subscriptions.of(message.to)
        endpoint = subscription.endpoint
        if subscriptions.refused_address(endpoint, self._hosts) is not None:
            raise Gone("no push service of ours")
        topic = _text(hashlib.blake2b(message.link.encode(), digest_size=_TOPIC_BYTES).digest())
        point, auth = subscriptions.keys_of(subscription)
        try:
            body = http_ece.encrypt(
                _padded(Shown(message.subject, message.text, message.link, message.language, topic)),
                private_key=ec.generate_private_key(ec.SECP256R1()),
                dh=point,
                auth_secret=auth,
                version="aes128gcm",
            )
        except http_ece.ECEException:
            raise Gone("no point of the curve") from None
        except ValueError:
            raise Gone("no point of the curve") from None
        headers = {
            "TTL": str(TTL_S),
            "Urgency": "high",
            "Topic": topic,
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "Authorization": self._signed(endpoint),
        }
        status = _post(endpoint, body, headers)
        if status in _GONE:
            raise Gone(f"the push service answered {status}")
        if status in _LATER or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise OSError(f"the push service answered {status}")
        if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            raise ValueError(f"the push service answered {status}")

    def _signed(self, endpoint: str) -> str:
        """Return who we are, to this push service alone, for an hour (RFC 8292)."""
        parts = urlsplit(endpoint)
        claims = {
            "aud": f"{parts.scheme}://{parts.netloc}",
            "exp": int(time.time()) + SIGNED_S,
            "sub": self._contact,
        }
        return f"vapid t={jwt.encode(claims, self._key, algorithm='ES256')},k={_public(self._key)}"


def public_key(secret: bytes) -> str:
    """Return what a page gives to browsers that subscribe, of the installation's secret."""
    return _public(_key_of(secret))


def _post(endpoint: str, body: bytes, headers: dict[str, str]) -> int:
    parts = urlsplit(endpoint)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    address = judged(host, port, "private" if subscriptions.loopback(host) else "public")
    if isinstance(address, Refusal):
        raise OSError(address.rule)
    path = parts.path or "/"
    target = f"{path}?{parts.query}" if parts.query else path
    try:
        with pool_to(parts.scheme, str(address), port, host) as pool, cut_after(pool, SEND_S_MAX):
            answer = pool.urlopen(
                "POST",
                target,
                body=body,
                headers={"Host": parts.netloc, "User-Agent": "NecMergitur-Push/1", **headers},
                redirect=False,
                preload_content=False,
            )
            answer.read(ANSWER_BYTES_MAX)
            answer.close()
    except urllib3.exceptions.HTTPError as failure:
        raise OSError(type(failure).__name__) from None
    return int(answer.status)


def _padded(shown: Shown) -> bytes:
    """Return what is said as JSON of always the same length; words too long are cut."""
    plain = msgspec.json.encode(shown)
    if len(plain) > PLAIN_BYTES:
        # A letter may take up to twelve bytes of JSON; the page that the link opens says all of it.
        plain = msgspec.json.encode(msgspec.structs.replace(shown, title=shown.title[:60], body=shown.body[:60] + "…"))
    return plain.ljust(PLAIN_BYTES)


def _key_of(secret: bytes) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(secret, "big") % (_ORDER - 1) + 1, ec.SECP256R1())


def _public(key: ec.EllipticCurvePrivateKey) -> str:
    return _text(key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def _text(plain: bytes) -> str:
    return base64.urlsafe_b64encode(plain).decode().rstrip("=")
