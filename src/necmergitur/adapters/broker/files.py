"""What the broker reads: one folder per shard with its configuration and the map of its devices.

A device is known by the URI in its certificate (`verify_and_map`). A button may publish its own `press` and
`heartbeat` and read its own `ack`; a sensor may publish its own `reading` and `status` and read its own `order`;
neither may anything else. An empty subscribe list would mean everything, so each entry names both. Subjects are
NATS's; MQTT topics use "/" where they use ".".
"""

import hashlib
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from necmergitur.adapters.broker import constants
from necmergitur.adapters.pki import DEVICE_ID, ServerFiles, write_private

INTERNAL_USER = "nec"
# It stands in an address, and NATS clients do not agree on how to unquote one.
PLAIN_PASSWORD = re.compile(r"[A-Za-z0-9_-]{8,256}")
# A URI as our authority writes it, or another's RFC 4514 name; no quote, escape or control sign.
SUBJECT = re.compile(r"[A-Za-z0-9 _.,=+:/@*()'-]{1,256}")
# What the name of a map of devices begins with, among the broker's tags, and the longest line it stands on.
TAG = "users:"
TAG_LINE_MAX = 256


# What each kind of device may publish, and what it may read.
MAY: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "button": (("press", "heartbeat"), ("ack",)),
    "sensor": (("reading", "status"), ("order",)),
}


class DeviceCert(msgspec.Struct, frozen=True):
    """One credential the broker accepts: whose it is, the name the broker reads in its certificate, and its kind."""

    device_id: str
    subject: str
    kind: str = "button"


class ShardPorts(msgspec.Struct, frozen=True):
    """Where one broker process listens. `nats` and `monitor` are on 127.0.0.1, `mqtt` on `mqtt_host`."""

    nats: int
    mqtt: int
    monitor: int
    mqtt_host: str = "127.0.0.1"


class ShardRecord(msgspec.Struct, frozen=True):
    """What a process of ours needs to talk to one shard; kept private beside its configuration."""

    ports: ShardPorts
    password: str


def shard_of(device_id: str, shards: int) -> int:
    """Return which of `shards` broker processes serves a device: a stable hash, the same in any language."""
    return zlib.crc32(device_id.encode()) % shards


def shard_folder(home: Path, shard: int) -> Path:
    """Return the folder of one shard."""
    return home / "broker" / f"shard-{shard}"


def read_shard(home: Path, shard: int) -> ShardRecord:
    """Return where a shard listens. Raises FileNotFoundError before the first start."""
    return msgspec.json.decode((shard_folder(home, shard) / "shard.json").read_bytes(), type=ShardRecord)


def shard_count(home: Path) -> int:
    """Return how many shards `home` was last written for."""
    return len(list((home / "broker").glob("shard-*/shard.json")))


def write_broker_files(
    home: Path,
    shards: Sequence[ShardPorts],
    devices: Iterable[DeviceCert] | None = None,
    *,
    password: str,
    server: ServerFiles,
) -> list[Path]:
    """Write every shard's folder and return the configuration files, one per shard.

    Without `devices` the broker keeps those it was last given, also when the number of shards changes.
    Raises ValueError for a device id, subject or password that cannot be written safely, before anything
    is written.
    """
    known = _known_devices(home) if devices is None else list(devices)
    maps = _new_maps(home, known, len(shards), password)
    paths = []
    for index, ports in enumerate(shards):
        folder = shard_folder(home, index)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if maps:
            _keep(folder / "users.conf", maps[index])
        write_private(folder / "shard.json", msgspec.json.encode(ShardRecord(ports, password)))
        path = folder / "nats.conf"
        _keep(path, _configuration(index, ports, server, folder).encode())
        paths.append(path)
    for stale in (home / "broker").glob("shard-*/shard.json"):
        if int(stale.parent.name.removeprefix("shard-")) >= len(shards):
            stale.unlink()
    _keep(home / "broker" / "devices.json", msgspec.json.encode(known))
    return paths


def write_device_users(home: Path, devices: Iterable[DeviceCert]) -> bool:
    """Rewrite only the map of devices of every shard of `home`; return whether any changed: a reload makes it count.

    Before the broker's first start the devices are kept for it.
    """
    known = list(devices)
    shards = shard_count(home)
    maps = _new_maps(home, known, shards, read_shard(home, 0).password) if shards else []
    changed = [_keep(shard_folder(home, index) / "users.conf", text) for index, text in enumerate(maps)]
    (home / "broker").mkdir(parents=True, exist_ok=True, mode=0o700)
    _keep(home / "broker" / "devices.json", msgspec.json.encode(known))
    return any(changed)


def _keep(path: Path, content: bytes) -> bool:
    """Write `content` and return True, unless it is there."""
    try:
        if path.read_bytes() == content:
            return False
    except OSError:
        pass  # not there, or not readable: written anew
    write_private(path, content)
    return True


def _new_maps(home: Path, known: list[DeviceCert], shards: int, password: str) -> list[bytes]:
    """Return every shard's map, or none when all stand written already: 20,000 devices take a quarter of a second."""
    names = _names(known, shards, password)
    if all(_standing(home, index) == name for index, name in enumerate(names)):
        return []
    maps = _user_maps(known, shards, password)
    return [f'server_tags: ["{name}"]\n{text}'.encode() for name, text in zip(names, maps, strict=True)]


def _names(known: list[DeviceCert], shards: int, password: str) -> list[str]:
    """Return the name of each shard's map: made of all that its text is made of, how this version writes included.

    A broker tells the name of the map that it read, as one of its tags.
    """
    manner = [_user(DeviceCert("a", "CN=a", kind)) for kind in MAY]
    made_of = "".join(_authorization(manner, password)).encode() + msgspec.json.encode(known)
    whole = hashlib.sha256(made_of).hexdigest()
    return [TAG + hashlib.sha256(f"{index} of {shards}: {whole}".encode()).hexdigest() for index in range(shards)]


def _standing(home: Path, shard: int) -> str:
    try:
        return tag_of(home, shard)
    except OSError:
        return ""


def tag_of(home: Path, shard: int) -> str:
    """Return the name of one shard's map as its file now is; empty when it has none. Raises OSError."""
    with (shard_folder(home, shard) / "users.conf").open() as file:
        found = re.search(rf'"({TAG}[0-9a-f]{{64}})"', file.readline(TAG_LINE_MAX))
    return found.group(1) if found else ""


def write_user_map(home: Path, path: Path, *, password: str) -> int:
    """Write every device that `home` knows as one map, for a broker that runs elsewhere; return how many."""
    known = _known_devices(home)
    (text,) = _user_maps(known, 1, password)
    write_private(path, text.encode())
    return len(known)


def _known_devices(home: Path) -> list[DeviceCert]:
    try:
        kept = (home / "broker" / "devices.json").read_bytes()
    except FileNotFoundError:
        return []
    return msgspec.json.decode(kept, type=list[DeviceCert])


def _user_maps(devices: Iterable[DeviceCert], shards: int, password: str) -> list[str]:
    if not PLAIN_PASSWORD.fullmatch(password):
        raise ValueError("the broker's password is letters, digits, '-' and '_', 8 at least")
    entries: list[list[str]] = [[] for _ in range(shards)]
    for device in devices:
        entries[shard_of(device.device_id, shards)].append(_user(device))
    return ["".join(_authorization(own, password)) for own in entries]


def _authorization(entries: list[str], password: str) -> Iterator[str]:
    yield "authorization {\n"
    yield f"  timeout: {constants.TLS_HANDSHAKE_S_MAX}\n"
    yield "  users: [\n"
    yield f'    {{user: "{INTERNAL_USER}", password: {json.dumps(password)},'
    yield ' allowed_connection_types: ["STANDARD"]}\n'
    yield from entries
    yield "  ]\n}\n"


def _user(device: DeviceCert) -> str:
    if not DEVICE_ID.fullmatch(device.device_id):
        raise ValueError(f"not a device id: {device.device_id!r}")
    if not SUBJECT.fullmatch(device.subject):
        raise ValueError(f"not a plain certificate subject: {device.subject!r}")
    if device.kind not in MAY:
        raise ValueError(f"not a kind of device: {device.kind!r}")
    says, reads = MAY[device.kind]
    return (
        f'    {{user: "{device.subject}", allowed_connection_types: ["MQTT"], permissions: {{'
        f"publish: {{allow: [{_own(device, says)}]}}, subscribe: {{allow: [{_own(device, reads)}]}}}}}}\n"
    )


def _own(device: DeviceCert, subjects: Sequence[str]) -> str:
    return ", ".join(f'"nec.v1.{device.kind}.{device.device_id}.{subject}"' for subject in subjects)


def _configuration(index: int, ports: ShardPorts, server: ServerFiles, folder: Path) -> str:
    quoted = json.dumps
    return f"""# Written by nec at each start; edit the settings instead.
server_name: "nec-{index}"
listen: "127.0.0.1:{ports.nats}"
http: "127.0.0.1:{ports.monitor}"
pid_file: {quoted(str(folder / "nats.pid"))}
logtime_utc: true
max_connections: {constants.CLIENTS_PER_SHARD_MAX}
max_payload: {constants.PAYLOAD_BYTES_MAX}
write_deadline: "{constants.WRITE_DEADLINE_S}s"
jetstream {{
  store_dir: {quoted(str(folder / "jetstream"))}
  max_memory_store: {constants.JETSTREAM_MEMORY_BYTES_MAX}
  max_file_store: {constants.JETSTREAM_DISK_BYTES_MAX}
}}
mqtt {{
  listen: "{ports.mqtt_host}:{ports.mqtt}"
  reject_qos2_publish: true
  tls {{
    cert_file: {quoted(str(server.cert))}
    key_file: {quoted(str(server.key))}
    ca_file: {quoted(str(server.trust))}
    verify_and_map: true
    timeout: {constants.TLS_HANDSHAKE_S_MAX}
  }}
}}
include "users.conf"
"""
