"""Posting to an address that somebody outside gave: resolved once, judged, and never waited for long.

An address typed by a stranger may name our own network. It is resolved here, refused unless the whole world may reach
it, and connected to as it was judged: a name cannot change its mind in between. No redirect is followed.
"""

import contextlib
import socket
import threading
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any, Literal

import urllib3

from necmergitur.kernel.refusal import Refusal

CONNECT_TIMEOUT_S = 3.0
READ_TIMEOUT_S = 10.0

# RFC 6052 2.1: an IPv4 address within, which a network's translator reaches.
_TRANSLATED = ip_network("64:ff9b::/96")
# What Python 3.11 holds for the world's: RFC 4291 2.5.5.1 (IPv4 within), RFC 3879 (a site's own), RFC 8215 (a network's
# own translator), RFC 6890 (protocols' own).
_INWARDS = tuple(ip_network(one) for one in ("::/96", "fec0::/10", "64:ff9b:1::/48", "192.0.0.0/24"))

Policy = Literal["public", "private"]


def pool_to(scheme: str, address: str, port: int, host: str) -> urllib3.HTTPConnectionPool:
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


@contextlib.contextmanager
def cut_after(pool: urllib3.HTTPConnectionPool, seconds_max: float) -> Iterator[None]:
    """Cut the pool's line after `seconds_max`: a time-out for each read is none for a partner that drips."""
    made: list[Any] = []
    lines: list[Any] = []

    class Watched(pool.ConnectionCls):  # type: ignore[name-defined,misc]  # the pool's own kind, HTTP or HTTPS
        def connect(self) -> None:
            made.append(self)
            super().connect()
            lines.append(self.sock)  # an answer without a length takes the line from its connection

    def cut() -> None:
        for line in (*lines, *(connection.sock for connection in made)):
            if line is not None:
                with contextlib.suppress(OSError):
                    line.shutdown(socket.SHUT_RDWR)

    pool.ConnectionCls = Watched
    timer = threading.Timer(seconds_max, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def judged(host: str, port: int, policy: Policy) -> IPv4Address | IPv6Address | Refusal:
    """Resolve a host once and return an address that may be reached; a name cannot change its mind after."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):  # the second for a name with a part that is empty, or too long
        return Refusal(rule="host_unknown")
    addresses = [ip_address(entry[4][0]) for entry in found]
    if policy == "public" and not all(_public(address) for address in addresses):
        return Refusal(rule="address_not_allowed")
    return addresses[0]


def _public(address: IPv4Address | IPv6Address) -> bool:
    if any(address in network for network in _INWARDS):
        return False
    inner = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None)
    if address in _TRANSLATED:
        inner = IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.is_global and not address.is_multicast and (inner is None or inner.is_global)
