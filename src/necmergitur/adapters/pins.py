"""PINs of personal buttons: only a keyed digest is ever stored or compared."""

import hashlib
import hmac

PIN_DIGITS_MIN = 4
PIN_DIGITS_MAX = 8


def pin_digest(key: bytes, device_id: str, pin: str | None) -> bytes:
    """Return HMAC-SHA256 of a device's PIN under the installation's key; empty when there is none."""
    if not pin or not PIN_DIGITS_MIN <= len(pin) <= PIN_DIGITS_MAX or not pin.isascii() or not pin.isdigit():
        return b""
    return hmac.new(key, f"{device_id}:{pin}".encode(), hashlib.sha256).digest()


def credential_hash(credential: str) -> bytes:
    """Return the SHA-256 of a device credential (256 random bits, so a plain hash is enough)."""
    return hashlib.sha256(credential.encode()).digest()
