"""Every bound of the broker, with its source."""

# One NATS process holds 19,900 TLS clients under a limit of 20,000 descriptors (measured); more need a shard.
CLIENTS_PER_SHARD_MAX = 19_900
# The largest press we define is under 2 kB; a partner's alarm text under 16 kB. Anything larger is not ours.
PAYLOAD_BYTES_MAX = 64 * 1024
# 19,900 P-256 handshakes took 59 s on two cores: the last in the queue must not be cut off while it waits.
# nats-server's own check (-t) warns from 60 s on.
TLS_HANDSHAKE_S_MAX = 59
# MQTT sessions and retained messages only; presses themselves are kept by PostgreSQL.
JETSTREAM_DISK_BYTES_MAX = 1024**3
JETSTREAM_MEMORY_BYTES_MAX = 256 * 1024**2  # as above
# A device that stops reading must not hold the acknowledgements of others.
WRITE_DEADLINE_S = 5
START_S_MAX = 20.0  # 20,000 users load in 0.4 s (measured); the rest is for a loaded machine
STOP_S_MAX = 5.0  # ours: then it is killed, and its clients come back by themselves
# 20,000 users reload in 0.6 s (measured), an order of magnitude allowed on a loaded machine.
RELOAD_S_MAX = 10.0
POLL_S = 0.02  # ours: fifty looks a second cost nothing during a start
HTTP_S_MAX = 2.0  # ours: the monitor page is on loopback
