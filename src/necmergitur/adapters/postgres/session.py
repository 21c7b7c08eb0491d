"""What every connection of ours asks of PostgreSQL, whatever the server, the database or the role would say."""

from typing import Any

# Instants are read back as UTC: a server set to local time would hand out wall clocks, and an hour twice each autumn.
UTC_SESSION = "-c timezone=UTC"

# By this name the engine's ear for the gate is known among the server's connections. PostgreSQL shows names to every
# role, and the connection is gone in the instant its process is: so a page can tell that nobody hears the sensors.
SENSORS_HEARD = "nec sensors"

CONNECT_TIMEOUT_S = 3

# A server whose machine or network vanished answers nothing at all, not even a refusal. Over TCP the kernel gives up
# in time (libpq 34.1.2); on a socket file there is no network to vanish.
KEEP_ALIVE: dict[str, Any] = {
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,  # milliseconds that sent data may stay unacknowledged
}
