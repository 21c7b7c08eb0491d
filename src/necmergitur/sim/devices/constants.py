"""Bounds of the simulated devices, each with its source."""

# A press is repeated after these delays until its lamp; then every LAMP_REPEAT_S_MAX (device behaviour, ours).
LAMP_REPEAT_S_FIRST = 0.5
LAMP_REPEAT_S_MAX = 5.0  # as above
# Twenty minutes of repeats at 5 s: a simulated press that is never lit is then counted as lost.
LAMP_REPEATS_MAX = 240
# Share of a delay drawn at random, so that devices that fail together do not return together.
JITTER_SHARE = 0.2
# Signals room: 60 s between heartbeats; the broker may drop a client silent for 1.5 times its keep-alive.
HEARTBEAT_PERIOD_S = 60.0
KEEP_ALIVE_S = 180
# 19,900 P-256 handshakes took 59 s on two cores (measured): idle devices that lost the broker together spread
# their return over this long, so that one with an unanswered press, which comes back at once, finds room.
RETURN_SPREAD_S = 50.0
RETURN_URGENT_S = 0.5  # as above
RETRY_S_FIRST = 1.0  # ours: doubled at each failure
RETRY_S_MAX = 8.0  # ours: and never rarer than this
RETRY_DOUBLINGS_MAX = 3  # ours: 1, 2, 4, 8 s
# How long one connection attempt may take: the broker allows a handshake 90 s, a device gives up earlier.
CONNECT_S_MAX = 20.0
# Connection attempts under way at once in one process: more only lengthens every handshake's queue.
ATTEMPTS_MAX = 64
# Largest MQTT packet a device accepts: an acknowledgement is under 100 bytes.
PACKET_BYTES_MAX = 4_096
READ_BYTES = 4_096  # as above
# A personal button waits this long for one answer, and repeats as a post does.
ANSWER_S_MAX = 5.0
