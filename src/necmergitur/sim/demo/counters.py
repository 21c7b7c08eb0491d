"""The demonstration's crowd counters: each stands ready, and runs once a signed paper opens its stream.

`nec sim sensor` and the page of the demonstration change how one behaves by a file beside its key, so that people can
see what the city does about it.
"""

import asyncio
import contextlib
from datetime import datetime
from pathlib import Path

import msgspec
import structlog

from necmergitur.adapters.broker import BrokerProcess, shard_of
from necmergitur.adapters.broker.files import shard_count
from necmergitur.adapters.keeping import end, keep_going
from necmergitur.adapters.pki import CityAuthority
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.app.sensing import enrol_sensor
from necmergitur.app.settings import Settings
from necmergitur.kernel.geo import Position
from necmergitur.kernel.refusal import Refusal
from necmergitur.sim.devices.counter import Counter, Manner
from necmergitur.sim.devices.credentials import read_identities, write_identities

log = structlog.get_logger(__name__)

SENSOR = "C-001"
LOOK_S = 1.0
RATE_MAX = 600  # ours: ten a second, far beyond what any paper of the demonstration allows


def _keys(home: Path) -> Path:
    return home / "sim" / "sensors.jsonl"


def _manner(home: Path, sensor_id: str) -> Path:
    return home / "sim" / f"sensor-{sensor_id}.json"


def put_counter(settings: Settings, store: PostgresStore, now: datetime) -> bool:
    """Enrol the demonstration's one counter, unless it is; return whether it was new. No paper opens its stream."""
    with store.transaction() as tx:
        known = tx.sensors([SENSOR])
    if known and _keys(settings.home).exists():
        return False
    with store.cursor() as cursor:
        place = cursor.execute("SELECT lon, lat FROM dock WHERE retired_at IS NULL ORDER BY id LIMIT 1").fetchone()
    assert place is not None, "there is a city by now"
    made = enrol_sensor(
        settings,
        store,
        SENSOR,
        modality="crowd_count",
        label="Crowd counter (demonstration)",
        place=Position(*place),
        rate_per_minute=1,
        now=now,
    )
    assert not isinstance(made, Refusal), made
    _keys(settings.home).parent.mkdir(parents=True, exist_ok=True)
    write_identities(_keys(settings.home), [made])
    return True


def read_manner(home: Path, sensor_id: str) -> Manner:
    """Return how a counter was last told to behave; as assessed when nobody said anything, or nonsense."""
    with contextlib.suppress(OSError, msgspec.DecodeError, UnicodeDecodeError):
        return msgspec.json.decode(_manner(home, sensor_id).read_bytes(), type=Manner)
    return Manner()


def change_manner(home: Path, sensor_id: str, **changes: object) -> Manner:
    """Have a counter behave otherwise. Raises ValueError beyond RATE_MAX, FileNotFoundError without a demonstration."""
    after = msgspec.structs.replace(read_manner(home, sensor_id), **changes)
    if not 1 <= after.rate_per_minute <= RATE_MAX:
        raise ValueError(f"from 1 to {RATE_MAX} readings a minute")
    _manner(home, sensor_id).write_bytes(msgspec.json.encode(after))
    return after


class Counters:
    """Every counter whose key lies in this home."""

    def __init__(self, settings: Settings) -> None:
        """Nothing connects yet."""
        self._home = settings.home
        self.counters: dict[str, Counter] = {}
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Stand ready."""
        if not _keys(self._home).exists():
            return
        shards = shard_count(self._home)
        trust = CityAuthority.open(self._home / "pki").trust_pem.decode()
        for identity in read_identities(_keys(self._home)):
            port = BrokerProcess(self._home, shard_of(identity.device_id, shards)).mqtt_port
            manner = read_manner(self._home, identity.device_id)
            counter = Counter(identity, ("127.0.0.1", port), trust, manner=manner)
            self.counters[identity.device_id] = counter
            counter.start()
        self._task = asyncio.create_task(keep_going("counters", self._look, every_s=LOOK_S))

    async def stop(self) -> None:
        """Leave."""
        if self._task is not None:
            await end(self._task)
        for counter in self.counters.values():
            await counter.stop()

    async def _look(self) -> None:
        for sensor_id, counter in self.counters.items():
            manner = read_manner(self._home, sensor_id)
            if manner != counter.manner:
                log.info("counter_changed", sensor=sensor_id, rate_per_minute=manner.rate_per_minute)
                counter.change(manner)
