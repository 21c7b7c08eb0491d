"""How often one address may do something. Counted in this process's memory, under a key that dies with it.

No address is written anywhere: not in the database, not in a log, not in a cookie. A restart forgets everything.
"""

import hmac
import ipaddress
import math
import secrets
import threading
import time
from collections import OrderedDict, deque
from hashlib import sha256

from allauth.account.adapter import get_adapter
from django.http import HttpRequest

from necmergitur.web.dialogue.constants import ADDRESSES_MAX, WHILE

NETWORK_BITS = 64  # RFC 6177: a home has a network of its own, so every address of it is one person


class Limit:
    """At most `most` of one thing for each address in `WHILE`."""

    def __init__(
        self, most: int, *, addresses_max: int = ADDRESSES_MAX, seconds: float = WHILE.total_seconds()
    ) -> None:
        """Begin with nobody counted."""
        self.most = most
        self._addresses_max = addresses_max
        self._seconds = seconds
        self._key = secrets.token_bytes(32)
        self._seen: OrderedDict[bytes, deque[float]] = OrderedDict()
        self._turn = threading.Lock()

    def passed(self, address: str, now: float | None = None) -> bool:
        """Count once more for an address; return whether that is within the limit."""
        now = time.monotonic() if now is None else now
        who = hmac.digest(self._key, network_of(address).encode(), sha256)
        with self._turn:
            times = self._seen.pop(who, None) or deque()
            while times and now - times[0] >= self._seconds:
                times.popleft()
            within = len(times) < self.most
            if within:
                times.append(now)
            self._seen[who] = times
            while len(self._seen) > self._addresses_max:
                self._seen.popitem(last=False)
            return within

    def again_in(self, address: str, now: float | None = None) -> int:
        """Return in how many seconds an address may do it again; 0 for at once."""
        now = time.monotonic() if now is None else now
        who = hmac.digest(self._key, network_of(address).encode(), sha256)
        with self._turn:
            times = [one for one in self._seen.get(who, ()) if now - one < self._seconds]
        return 0 if len(times) < self.most else math.ceil(times[0] + self._seconds - now)


def network_of(address: str) -> str:
    """Return what counts as one place: an IPv4 address, or an IPv6 home's network."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is None:
        return str(ipaddress.ip_network((int(parsed), NETWORK_BITS), strict=False))
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)


def address_of(request: HttpRequest) -> str:
    """Return where a request comes from, past the proxies we trust."""
    return str(get_adapter().get_client_ip(request))
