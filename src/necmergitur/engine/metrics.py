"""Prometheus figures of the engine. Counts and times only: never a name, a place or a device."""

from prometheus_client import Counter, Gauge, Histogram

PRESSES = Counter("nec_presses_total", "Presses recorded, by outcome.", ["outcome"])
LAMP_SECONDS = Histogram(
    "nec_press_commit_seconds",
    "From a press heard to its commit.",
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0),
)
HEARTBEATS = Counter("nec_heartbeats_total", "Heartbeats heard.")
READINGS = Counter("nec_readings_total", "Readings of sensors heard, by outcome.", ["outcome"])
OFFERS = Counter("nec_mission_offers_total", "Missions offered to pilots.")
REFUSALS = Counter("nec_dispatch_refusals_total", "Searches that found no drone, by rule.", ["rule"])
ROUND_SECONDS = Histogram("nec_dispatch_round_seconds", "Length of a dispatch round.")
FLYING = Gauge("nec_drones_flying", "Drones in the air on a mission.")
SPOOLED = Gauge("nec_spool_bytes", "Presses waiting for the database, in bytes.")
DATABASE_UP = Gauge("nec_database_up", "1 while the database answers.")
BROKER_UP = Gauge("nec_broker_up", "Brokers connected.")
