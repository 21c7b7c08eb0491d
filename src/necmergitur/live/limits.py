"""How much one network may send, and the work that lets more of it in. Who asks for help is never counted.

Behind one address there may be a thousand telephones of one operator, or one program. Below the limit nobody is asked
for anything; above it each form costs its sender a second of work (ALTCHA, version 1), bound to the form's own number,
so that no solution serves twice.
"""

import base64
import hashlib
import json
import time
from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from ipaddress import IPv6Address, ip_address
from urllib.parse import parse_qs

from altcha.v1 import ChallengeOptions, create_challenge, verify_solution

BURST_S = 20.0  # ours: what a crowd leaving one hall by one network sends at once is spread over this
NETWORKS_MAX = 100_000  # ours: beyond, the one that sent nothing for longest is forgotten
V6_PREFIX_BITS = 56  # RFC 6177: what one household is given
WORK_MAX = 100_000  # ours: about a second of an old telephone's time, and as much of an attacker's for each form
WORK_LASTS = timedelta(minutes=20)  # ours: a form filled in slowly, on a bad network
PAYLOAD_CHARS_MAX = 1_024


class Networks:
    """A leaky bucket for each network."""

    def __init__(self, per_s: float) -> None:
        """Let each network send `per_s`, and BURST_S of it at once."""
        self._per_s = per_s
        self._most = per_s * BURST_S
        self._held: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def lets(self, address: str) -> bool:
        """Count one form of an address; return whether its network is below the limit."""
        network = network_of(address)
        now = time.monotonic()
        level, at = self._held.pop(network, (0.0, now))
        level = max(0.0, level - (now - at) * self._per_s)
        lets = level + 1 <= self._most
        self._held[network] = (level + 1 if lets else level, now)
        if len(self._held) > NETWORKS_MAX:
            self._held.popitem(last=False)
        return lets


def network_of(address: str) -> str:
    """Return the network an address is counted under: itself, or an IPv6 household."""
    try:
        read = ip_address(address)
    except ValueError:
        return ""
    if isinstance(read, IPv6Address):
        if read.ipv4_mapped is not None:
            return str(read.ipv4_mapped)
        return f"{int(read) >> (128 - V6_PREFIX_BITS):x}"
    return str(read)


class Work:
    """Challenges and their proofs, under a key of this process's installation."""

    def __init__(self, secret: bytes) -> None:
        """Derive the key challenges are signed with."""
        self._key = hashlib.blake2b(b"necmergitur work", key=secret[:64], digest_size=32).hexdigest()

    def challenge(self, once: bytes) -> dict[str, object]:
        """Return a challenge for one form, as an ALTCHA client reads it."""
        expires = datetime.now(UTC) + WORK_LASTS
        asked = ChallengeOptions(max_number=WORK_MAX, hmac_key=self._key, expires=expires, params={"once": once.hex()})
        return dict(create_challenge(asked).to_dict())

    def proves(self, once: bytes, payload: str) -> bool:
        """Return whether a payload is the work asked for this very form, still in time."""
        if not payload or len(payload) > PAYLOAD_CHARS_MAX:
            return False
        try:
            said = json.loads(base64.b64decode(payload, validate=True))
            asked = parse_qs(str(said["salt"]).partition("?")[2]).get("once")
            proved, _why = verify_solution(said, self._key)
        except (ValueError, KeyError, TypeError, RecursionError):
            return False
        return proved and asked == [once.hex()]
