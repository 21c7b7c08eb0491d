"""Bounds of the signals room, each with its source."""

from datetime import timedelta

CLOCK_SKEW_MAX = timedelta(minutes=2)  # crisis notes: kept but flagged beyond two minutes
PRESS_BYTES_MAX = 2_048  # ours: a press is under 300 bytes; a DC-09 line under 1,024 (SIA DC-09-2013)
JSON_DEPTH_MAX = 6  # ours: a press nests two deep
HEARTBEAT_PERIOD = timedelta(seconds=60)  # measured budget: 20,000 devices = 333 messages a second
HEARTBEATS_MISSED_MAX = 3  # three missed make a deaf area
ACCURACY_DEFAULT_M = 15.0  # ours: a post's survey error plus the width of a street
ACCURACY_MIN_M = 1.0  # ours: no phone knows better, and the column's 4 bytes hold no 1e-50
ACCURACY_MAX_M = 5_000.0  # ours: beyond this a stated position says nothing
POSITION_JUMP_MAX_M = 60_000.0  # ours: farther than this from the installed place or the city is impossible
# A device repeats an unlit press 240 times, 5 s apart (the devices' own rule): twenty minutes. The same counters after
# that, or once the call is closed, are a device that forgot them, and somebody who presses again.
REPEAT_LASTS_MAX = timedelta(minutes=20)
INTEGER_MAX = 2**63 - 1  # PostgreSQL bigint
BATTERY_PCT_MAX = 100.0  # a percentage
RSSI_DBM_MIN = -200.0  # ours: weaker than any receiver hears
RSSI_DBM_MAX = 30.0  # ours: stronger than any device may send
FIRMWARE_LENGTH_MAX = 40  # the column's width
