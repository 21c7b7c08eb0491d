"""The database and the broker an installation uses: its own outside ones, or those we carry with us."""

import atexit
import socket
from pathlib import Path

import msgspec

from necmergitur.adapters.broker import BrokerProcess, ShardPorts, write_broker_files
from necmergitur.adapters.broker.files import shard_count
from necmergitur.adapters.embedded_postgres import EmbeddedPostgres, socket_dir_for
from necmergitur.adapters.pki import CityAuthority
from necmergitur.app.settings import Settings


def embedded_postgres(settings: Settings) -> EmbeddedPostgres:
    """Return the (perhaps stopped) server of this home."""
    return EmbeddedPostgres(
        settings.home / "postgres",
        socket_dir_for(settings.home),
        password=settings.secret("postgres").hex(),
        admin_password=settings.secret("postgres_admin").hex(),
        port=settings.postgres_port,
    )


def ensure_postgres(settings: Settings) -> str:
    """Return the database's URL: the outside one, the embedded one already running, or one started now.

    A server started here stops when this process exits.
    """
    if settings.database_url:
        return settings.database_url
    server = embedded_postgres(settings)
    if server.pid is None or not server.is_ready():
        server.start()
        atexit.register(server.stop)
    return server.url


def attach(settings: Settings) -> Settings:
    """Return `settings` with every address known, for a command that works beside a running city or alone.

    The database is started when need be; an embedded broker that is down leaves `nats_url` empty.
    """
    nats_url = settings.nats_url or running_brokers(settings.home)
    return msgspec.structs.replace(settings, database_url=ensure_postgres(settings), nats_url=nats_url)


def running_brokers(home: Path) -> tuple[str, ...]:
    """Return where the embedded broker of `home` is reached, one address per shard; empty when it is down."""
    brokers = [BrokerProcess(home, shard) for shard in range(shard_count(home))]
    return tuple(broker.nats_url for broker in brokers) if all(b.pid for b in brokers) else ()


def city_authority(settings: Settings) -> CityAuthority:
    """Return the certificate authority of this home, made on first use."""
    return CityAuthority.open(settings.home / "pki")


def lay_broker(settings: Settings) -> list[BrokerProcess]:
    """Write the embedded broker's files, on fresh loopback ports, keeping the devices it already knew."""
    server = city_authority(settings).ensure_server(settings.server_names)
    ports = [
        ShardPorts(
            nats=free_port(),
            mqtt=settings.mqtt_port + shard if settings.mqtt_port else free_port(),
            monitor=free_port(),
            mqtt_host=settings.mqtt_host,
        )
        for shard in range(settings.broker_shards)
    ]
    write_broker_files(settings.home, ports, password=settings.secret("broker").hex(), server=server)
    return [BrokerProcess(settings.home, shard) for shard in range(settings.broker_shards)]


def free_port() -> int:
    """Return a loopback TCP port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
