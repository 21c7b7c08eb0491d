"""A browser and its push service, for tests: what a telephone gives, and what it opens of what is sent there.

Opened as RFC 8291 and RFC 8188 say, step by step; `tests/adapters/test_push.py` holds it to the RFC's own example.
"""

import base64
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from necmergitur.people import subscriptions
from necmergitur.people.contacts import Contact

HOST = "127.0.0.1"


def b64(plain: bytes) -> str:
    return base64.urlsafe_b64encode(plain).decode().rstrip("=")


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Browser:
    """Keys of one subscription. `point` is what the sender is given."""

    def __init__(self, private: bytes = b"", auth: bytes = b"") -> None:
        self.key = (
            ec.derive_private_key(int.from_bytes(private, "big"), ec.SECP256R1())
            if private
            else ec.generate_private_key(ec.SECP256R1())
        )
        self.auth = auth or os.urandom(16)
        self.point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def open(self, message: bytes) -> bytes:
        """RFC 8291 3.4 over one record of RFC 8188."""
        salt, length = message[:16], message[20]
        sender, sealed = message[21 : 21 + length], message[21 + length :]
        shared = self.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender))
        ikm = HKDF(SHA256(), 32, self.auth, b"WebPush: info\0" + self.point + sender).derive(shared)
        key = HKDF(SHA256(), 16, salt, b"Content-Encoding: aes128gcm\0").derive(ikm)
        nonce = HKDF(SHA256(), 12, salt, b"Content-Encoding: nonce\0").derive(ikm)
        return AESGCM(key).decrypt(nonce, sealed, b"").rstrip(b"\0").removesuffix(b"\2")


class Pushed(NamedTuple):
    """What a push service was handed."""

    path: str
    headers: dict[str, str]
    body: bytes


class Service:
    """A push service on this machine."""

    def __init__(self) -> None:
        self.got: list[Pushed] = []
        self.answer = 201
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def subscription(self, browser: Browser, name: str = "one") -> bytes:
        keys = {"p256dh": b64(browser.point), "auth": b64(browser.auth)}
        said = {"endpoint": f"{self.url}/push/{name}", "expirationTime": None, "keys": keys}
        return json.dumps(said).encode()

    def contact(self, browser: Browser, name: str = "one") -> Contact:
        found = subscriptions.read(self.subscription(browser, name), (HOST,))
        assert isinstance(found, Contact), found
        return found

    def shown(self, browser: Browser) -> list[dict[str, Any]]:
        """Return what the browser opens of all it was sent."""
        return [json.loads(browser.open(one.body)) for one in self.got]


def signed_by(pushed: Pushed, audience: str) -> tuple[dict[str, Any], str]:
    """Check a push's signature as RFC 8292 says; return its claims and the key it names."""
    token, key = pushed.headers["Authorization"].removeprefix("vapid t=").split(",k=")
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unb64(key))
    return jwt.decode(token, public, algorithms=["ES256"], audience=audience), key


@contextmanager
def push_service() -> Iterator[Service]:
    service = Service()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            service.got.append(Pushed(self.path, dict(self.headers.items()), body))
            self.send_response(service.answer)
            if 300 <= service.answer < 400:
                self.send_header("Location", f"{service.url}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer((HOST, 0), Door)
    service.port = server.server_port
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
