"""How many pilots an evening needs, by Erlang's formula for people who wait (Erlang 1917, "C")."""

import math

from necmergitur.sim.evening.constants import MISSION_S, WAIT_S, WAITING_SHARE_MAX


def waiting_share(servers: int, load: float) -> float:
    """Return the share of calls that find all servers busy; `load` in erlangs, below `servers`."""
    blocked = 1.0  # Erlang B, by the stable recursion
    for n in range(1, servers + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked / (1 - load / servers * (1 - blocked))


def pilots_for(per_hour: float) -> int:
    """Return the fewest pilots, one drone each, such that P(wait > 10 s) is below 1 %."""
    load = per_hour / 3_600 * MISSION_S
    servers = max(1, math.floor(load) + 1)
    while waiting_share(servers, load) * math.exp(-(servers - load) * WAIT_S / MISSION_S) >= WAITING_SHARE_MAX:
        servers += 1
    return servers
