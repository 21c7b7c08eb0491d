"""The synthetic button of an installation: its certificate, its row, and its place at the broker."""

import itertools
from datetime import UTC, datetime
from pathlib import Path

from necmergitur.adapters.broker import BrokerProcess, DeviceCert, reload_broker, shard_of, write_device_users
from necmergitur.adapters.broker.files import shard_count
from necmergitur.adapters.pki import CityAuthority, write_private
from necmergitur.adapters.postgres.queries import load
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.adapters.probe import DEVICE_ID, Probe
from necmergitur.app.settings import Settings
from necmergitur.app.wiring import MACHINE
from necmergitur.operations import devices
from necmergitur.operations.registry import NewDevice


def probe_ids(shards: int) -> list[str]:
    """Return a synthetic button for each broker: a device speaks to its own shard only."""
    names = (f"{DEVICE_ID.rpartition('-')[0]}-{number}" for number in itertools.count(1))
    found: dict[int, str] = {}
    while len(found) < shards:
        name = next(names)
        found.setdefault(shard_of(name, shards), name)
    return [found[shard] for shard in range(shards)]


def enrol_probe(settings: Settings, over: PostgresStore) -> None:
    """Give the installation its synthetic buttons, unless it has them, and tell the broker every device it knows."""
    for name in probe_ids(max(shard_count(settings.home), 1)):
        folder = _folder(settings, name)
        if (folder / "certificate.pem").exists():
            continue
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        credential = CityAuthority.open(settings.home / "pki").issue_device(name)
        device = NewDevice(
            id=name,
            kind="synthetic",
            transport="mqtt",
            label="Synthetic button",
            certificate_subject=credential.subject,
        )
        devices.enrol(over, [device], MACHINE, datetime.now(UTC))
        write_private(folder / "key.pem", credential.key_pem)
        write_private(folder / "certificate.pem", credential.cert_pem)
    tell_broker(settings, over)


def _folder(settings: Settings, name: str) -> Path:
    return settings.home / "probe" if name == DEVICE_ID else settings.home / "probe" / name


def tell_broker(settings: Settings, over: PostgresStore) -> None:
    """Write the broker's device users from the database, and have it reload them if they changed."""
    with over.cursor() as cursor:
        known = [DeviceCert(*row) for row in cursor.execute(load("registry")["certificates"])]
        known += [DeviceCert(who, name, "sensor") for who, name in cursor.execute(load("sensors")["certificates"])]
    changed = write_device_users(settings.home, known)
    reload_broker(settings.home, only_if_changed=not changed)


def probes(settings: Settings) -> tuple[Probe, ...]:
    """Return the probes of this installation: one for each broker of ours, or one for the devices' own address.

    None without a certificate (`nec prepare` makes it), or when NEC_MQTT_PORT is 0 and the broker is not ours.
    """
    ours = [BrokerProcess(settings.home, shard) for shard in range(shard_count(settings.home))]
    if ours and settings.nats_url in ((), tuple(broker.nats_url for broker in ours)):
        aims = list(zip(probe_ids(len(ours)), [broker.mqtt_port for broker in ours], strict=True))
    else:
        aims = [(DEVICE_ID, settings.mqtt_port)] if settings.mqtt_port else []
    return tuple(_probe(settings, name, port) for name, port in aims if _is_enrolled(settings, name))


def _is_enrolled(settings: Settings, name: str) -> bool:
    return (_folder(settings, name) / "certificate.pem").exists()


def _probe(settings: Settings, name: str, port: int) -> Probe:
    folder = _folder(settings, name)
    trust = settings.home / "probe" / "trust.pem"
    trust.write_bytes(CityAuthority.open(settings.home / "pki").trust_pem)
    host = "127.0.0.1" if settings.mqtt_host in ("0.0.0.0", "::") else settings.mqtt_host  # noqa: S104 -- compared
    return Probe(host, port, trust=trust, certificate=folder / "certificate.pem", key=folder / "key.pem", name=name)
