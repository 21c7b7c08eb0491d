"""Simulated buttons of the demonstration: a few hundred stand connected, any other connects when it is pressed.

A press here is a real one: MQTT over TLS with the post's certificate, repeated until the lamp.
"""

import asyncio
import contextlib
import random
import time
from collections import deque
from urllib.parse import parse_qs, urlsplit

import msgspec
import structlog

from necmergitur.adapters.broker import BrokerProcess
from necmergitur.adapters.broker.files import shard_count
from necmergitur.adapters.keeping import end
from necmergitur.adapters.pki import CityAuthority
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.app.settings import Settings
from necmergitur.sim.demo.counters import SENSOR, change_manner
from necmergitur.sim.devices.credentials import read_identities
from necmergitur.sim.devices.crowd import Crowd

log = structlog.get_logger(__name__)

STANDING = 300  # posts connected all the time, with heartbeats
LAMP_PATIENCE_S = 15.0
REQUEST_BYTES_MAX = 4_096
INBOX_MAX = 200  # messages of the demonstration's people: what a page still shows
KINDS = ("sos", "sos", "medical", "violence", "fire")


class Street:
    """The buttons, the control door a page knocks at, and the scripted evening."""

    def __init__(self, settings: Settings, store: PostgresStore, *, seed: int, calls_per_hour: float) -> None:
        """Read the posts' keys; nothing connects yet."""
        del store
        self._settings = settings
        self._rng = random.Random(seed)  # noqa: S311 -- a script, not a secret
        self._calls_per_hour = calls_per_hour
        self._scripted: set[str] = set()
        self._crowd: Crowd | None = None
        self._server: asyncio.Server | None = None
        self._inbox: deque[dict[str, object]] = deque(maxlen=INBOX_MAX)
        self._tasks: list[asyncio.Task[None]] = []

    def is_scripted(self, device_id: str) -> bool:
        """Return whether the last press of this device was the script's."""
        return device_id in self._scripted

    async def start(self) -> None:
        """Connect the standing posts in the background and open the control door."""
        home = self._settings.home
        brokers = [("127.0.0.1", BrokerProcess(home, shard).mqtt_port) for shard in range(shard_count(home))]
        identities = read_identities(home / "sim" / "identities.jsonl")
        trust = CityAuthority.open(home / "pki").trust_pem.decode()
        self._crowd = Crowd(identities, brokers, trust)
        address = urlsplit(self._settings.sim_devices_url)
        self._server = await asyncio.start_server(self._control, "127.0.0.1", address.port, limit=REQUEST_BYTES_MAX)
        self._tasks = [asyncio.create_task(self._live(), name="street")]

    async def stop(self) -> None:
        """Leave."""
        await end(*self._tasks)
        if self._server is not None:
            self._server.close()
        if self._crowd is not None:
            self._crowd.stop()

    async def _live(self) -> None:
        assert self._crowd is not None
        everyone = list(self._crowd.posts)
        standing = self._rng.sample(everyone, min(STANDING, len(everyone)))
        with contextlib.suppress(TimeoutError):
            await self._crowd.connect(standing)
        for device_id in standing:
            self._crowd.posts[device_id].beat()
        self._crowd.start_beating()
        if self._calls_per_hour <= 0:
            return
        while True:
            await asyncio.sleep(self._rng.expovariate(self._calls_per_hour / 3600))
            device_id = self._rng.choice(standing)
            self._scripted.add(device_id)
            self._crowd.press(device_id, self._rng.choice(KINDS))
            log.info("scripted_call", device=device_id)

    async def press(self, device_id: str, kind: str) -> dict[str, object]:
        """Press a post as a passer-by would; return what its lamp did."""
        crowd = self._crowd
        if crowd is None or device_id not in crowd.posts:
            return {"rule": "device_unknown"}
        self._scripted.discard(device_id)
        lit = asyncio.Event()
        crowd.posts[device_id].start()
        began = time.monotonic()
        record = crowd.posts[device_id].press(kind, lambda _: lit.set())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAMP_PATIENCE_S):
                await lit.wait()
        lamp = "lit" if lit.is_set() else "dark"
        return {"lamp": lamp, "ms": round((time.monotonic() - began) * 1000, 1), "seq": record.seq}

    def _change(self, sensor_id: str, query: dict[str, list[str]]) -> bytes:
        """Have a counter speak more often, or less, as whoever tampers with it would."""
        if sensor_id != SENSOR:
            return b'{"rule":"sensor_unknown"}'
        try:
            rate = int(query.get("rate", ["1"])[0])
            after = change_manner(self._settings.home, sensor_id, rate_per_minute=rate)
        except ValueError:
            return b'{"rule":"rate_out_of_range"}'
        return msgspec.json.encode({"rate": after.rate_per_minute})

    async def _deliver(self, head: bytes, reader: asyncio.StreamReader) -> None:
        """Keep a message as the telephones and mailboxes of the demonstration's people would."""
        lengths = [
            line.partition(b":")[2] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
        ]
        said = msgspec.json.decode(await reader.readexactly(min(int(lengths[0]), REQUEST_BYTES_MAX)))
        self._inbox.appendleft({"at": time.time(), "to": str(said["to"]), "text": str(said["text"])})

    async def _control(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """`POST /press/<device>?kind=sos`, `/sensor/<id>?rate=10` and `/messages`, read back by GET."""
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            async with asyncio.timeout(LAMP_PATIENCE_S + 2):
                head = await reader.readuntil(b"\r\n\r\n")
                method, target, *_ = head.split(b"\r\n", 1)[0].decode("ascii", "replace").split(" ")
                url = urlsplit(target)
                if method == "POST" and url.path.startswith("/press/"):
                    kind = parse_qs(url.query).get("kind", ["sos"])[0]
                    body = msgspec.json.encode(await self.press(url.path.removeprefix("/press/").strip("/"), kind))
                    status = "200 OK"
                elif method == "POST" and url.path.startswith("/sensor/"):
                    sensor_id = url.path.removeprefix("/sensor/").strip("/")
                    body, status = self._change(sensor_id, parse_qs(url.query)), "200 OK"
                elif url.path == "/messages":
                    if method == "POST":
                        await self._deliver(head, reader)
                    body, status = msgspec.json.encode(list(self._inbox)), "200 OK"
                else:
                    body, status = b'{"rule":"not_found"}', "404 Not Found"
                writer.write(
                    f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
                    "Connection: close\r\n\r\n".encode()
                    + body
                )
                await writer.drain()
        writer.close()
