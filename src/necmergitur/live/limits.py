"""How much one network may send before each form costs it work. Who asks for help is never counted.

Behind one address there may be a thousand telephones of one operator, or one program. Below the limit nobody is asked
for anything; above it `adapters.work` lets more of it in.
"""

import time
from collections import OrderedDict
from functools import lru_cache
from ipaddress import IPv6Address, ip_address

BURST_S = 20.0  # ours: what a crowd leaving one hall by one network sends at once is spread over this
NETWORKS_MAX = 100_000  # ours: beyond, the one that sent nothing for longest is forgotten
V6_PREFIX_BITS = 56  # RFC 6177: what one household is given


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


@lru_cache(NETWORKS_MAX)
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
