"""How many pilots a rate of calls needs (Erlang C: Poisson arrivals, exponential handling, nobody hangs up)."""

import math

# Dispatch notes: 13.5 minutes in a pilot's hands per flight, offered within 10 s in 99 % of cases.
HANDLING_S = 810.0
WAIT_S = 10.0
LATE_SHARE_MAX = 0.01
PILOTS_MAX = 500  # ours: beyond any room


def pilots_needed(calls_per_h: float) -> int:
    """Return the fewest pilots with which a call waits more than WAIT_S in fewer than LATE_SHARE_MAX of cases.

    Raises ValueError when `calls_per_h` is negative or needs more than PILOTS_MAX.
    """
    if calls_per_h < 0:
        raise ValueError(f"calls_per_h is negative: {calls_per_h}")
    if calls_per_h == 0:
        return 0
    load = calls_per_h / 3_600 * HANDLING_S  # in Erlang
    blocked = 1.0  # Erlang B, by its recurrence over the number of pilots
    for pilots in range(1, PILOTS_MAX + 1):
        blocked = load * blocked / (pilots + load * blocked)
        if pilots <= load:
            continue
        waits = blocked / (1 - load / pilots * (1 - blocked))
        if waits * math.exp(-(pilots - load) * WAIT_S / HANDLING_S) < LATE_SHARE_MAX:
            return pilots
    raise ValueError(f"more than {PILOTS_MAX} pilots for {calls_per_h} calls an hour")
