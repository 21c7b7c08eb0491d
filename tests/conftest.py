"""Session fixtures: a real PostgreSQL, a real broker, and the environment every process of ours expects.

Nothing is started until a test asks for it. The database's address is known beforehand (a socket in a
folder of this run), so that Django can read its settings before any server runs.
"""

import asyncio
import os
import shutil
import ssl
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import uuid4

import paho.mqtt.client as mqtt
import psycopg
import pytest
from hypothesis import settings as hypothesis_settings
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from pytest_django.plugin import DjangoDbBlocker

from necmergitur.adapters.broker import (
    BrokerProcess,
    DeviceCert,
    ShardPorts,
    write_broker_files,
    write_device_users,
)
from necmergitur.adapters.embedded_postgres import EmbeddedPostgres, socket_dir_for
from necmergitur.adapters.pki import CityAuthority, DeviceCredential
from necmergitur.app.services import free_port
from necmergitur.app.settings import SECRETS, Settings
from tests.schedule import Schedule, place_of

ROOT = Path(__file__).parent.parent
# Short, because a socket's path holds 108 bytes; private to this run and to this xdist worker.
HOME = Path(tempfile.mkdtemp(prefix="nec-"))
PASSWORD = "a password of this test run only"
# The same tests run on another PostgreSQL, such as Debian's: NEC_TEST_POSTGRES_BIN=/usr/lib/postgresql/15/bin.
OTHER_POSTGRES = os.environ.get("NEC_TEST_POSTGRES_BIN")
POSTGRES = EmbeddedPostgres(
    HOME / "postgres",
    socket_dir_for(HOME),
    password=PASSWORD,
    durable=False,
    bin_dir=Path(OTHER_POSTGRES) if OTHER_POSTGRES else None,
)
MIGRATED_DATABASE = "migrated"
DROP_TRIES = 20
# A busy machine is no failure; a test that hangs meets pytest's own time-out.
hypothesis_settings.register_profile("ours", deadline=None)
hypothesis_settings.load_profile("ours")
DJANGO_DATABASE = "django_tests"
# Scenes are played at instants of their own. Only the owner of the schema can say so to a database: no role that
# writes facts may (tests/adapters/postgres/test_guards.py holds the guard as it is installed in a city).
FIXED_CLOCKS = """
CREATE OR REPLACE FUNCTION guard_clock_drift() RETURNS interval LANGUAGE sql IMMUTABLE AS $$ SELECT interval '99 years' $$
"""

for _name, _field in ("NEC_HOME", str(HOME)), ("NEC_DATABASE_URL", POSTGRES.url_of(DJANGO_DATABASE)):
    os.environ[_name] = _field
for _secret in SECRETS:
    os.environ[f"NEC_SECRET_{_secret.upper()}"] = "0f" * 32
os.environ |= Settings.from_environment().export()
if find_spec("necmergitur.web") is not None and find_spec("necmergitur.web.settings") is not None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "necmergitur.web.settings")


def pytest_configure(config: pytest.Config) -> None:
    """Keep Django's settings from the workers' first breath: they would read this process's database address."""
    if getattr(config.option, "numprocesses", None) and "PYTEST_XDIST_WORKER" not in os.environ:
        os.environ.pop("DJANGO_SETTINGS_MODULE", None)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Schedule:
    return Schedule(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: place_of(item.nodeid))
    # The drones' own library, once imported, has every loop be uvloop's, which hears no signal of a test's time limit.
    asyncio.set_event_loop_policy(None)


def pytest_unconfigure() -> None:
    POSTGRES.stop()
    shutil.rmtree(HOME, ignore_errors=True)


# --- data nobody may commit ---------------------------------------------------------------------------


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of published data that the repository may not hold; in CI its absence is a failure."""
    folder = Path(os.environ.get("NEC_CORPUS") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        missing = f"no corpus at {folder}: set NEC_CORPUS (see docs/how-to/test.md)"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return folder


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A home of this module's own, short enough for sockets.

    Not under `tmp_path`: each pytest that starts closes that folder to the account PostgreSQL runs as.
    """
    folder = Path(tempfile.mkdtemp(prefix="nec-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


# --- PostgreSQL ---------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def postgres() -> EmbeddedPostgres:
    """The running server of this session (not durable: its data is thrown away)."""
    if POSTGRES.pid is None:
        POSTGRES.start()
    return POSTGRES


@pytest.fixture(scope="session")
def postgres_url(postgres: EmbeddedPostgres) -> str:
    """An empty database on a real PostgreSQL."""
    return postgres.url


@pytest.fixture(scope="session")
def make_database(postgres: EmbeddedPostgres) -> Callable[..., str]:
    """`make_database(template=None, name=None)` makes a database and returns its URL."""

    def make(template: str | None = None, name: str | None = None) -> str:
        fresh = name or f"t_{uuid4().hex[:12]}"
        with psycopg.connect(postgres.url_of("postgres"), autocommit=True) as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                    sql.Identifier(fresh), sql.Identifier(template or "template0")
                )
            )
        return postgres.url_of(fresh)

    return make


@pytest.fixture(scope="session")
def migrated_url(make_database: Callable[..., str], django_db_blocker: DjangoDbBlocker) -> str:
    """A migrated database to copy from; a test that writes here spoils it for the others."""
    url = make_database(name=MIGRATED_DATABASE)
    with django_db_blocker.unblock():
        import_module("necmergitur.web.migrate").migrate(url)
    with psycopg.connect(url) as connection:
        connection.execute(FIXED_CLOCKS)
    return url


def drop_database(name: str) -> None:
    """Remove a database with whoever is still connected.

    PostgreSQL's own cleaner may be in it, whom no account of ours may end; it leaves within a second.
    """
    with psycopg.connect(POSTGRES.url_of("postgres"), autocommit=True) as connection:
        for _ in range(DROP_TRIES):
            with suppress(psycopg.errors.InsufficientPrivilege, psycopg.errors.ObjectInUse):
                connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
                return
            time.sleep(0.5)
    raise TimeoutError(f"{name} stayed in use")


@pytest.fixture
def database(migrated_url: str, make_database: Callable[..., str]) -> Iterator[str]:
    """A migrated database of this test's own."""
    url = make_database(template=conninfo_to_dict(migrated_url)["dbname"])
    yield url
    drop_database(str(conninfo_to_dict(url)["dbname"]))


@pytest.fixture(scope="session")
def django_db_setup(migrated_url: str, make_database: Callable[..., str]) -> None:
    """pytest-django's database is a copy of the migrated one, not a second run of the migrations."""
    make_database(template=conninfo_to_dict(migrated_url)["dbname"], name=DJANGO_DATABASE)


# --- broker -------------------------------------------------------------------------------------------


class Broker:
    """A real NATS with TLS for devices, and the authority that signs their certificates."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.authority = CityAuthority.open(home / "pki")
        self._server = self.authority.ensure_server(["localhost", "127.0.0.1"])
        self._ports = ShardPorts(free_port(), free_port(), free_port())
        self._devices: list[DeviceCert] = []
        write_broker_files(home, [self._ports], [], password=os.environ["NEC_SECRET_BROKER"], server=self._server)
        self.process = BrokerProcess(home, 0)
        self.trust_file = self._server.trust
        self.nats_url = self.process.nats_url
        self.mqtt_port = self.process.mqtt_port

    def enrol(self, *device_ids: str) -> list[DeviceCredential]:
        """Issue a credential to each and let them in."""
        issued = list(self.authority.issue_devices(device_ids))
        self._devices += [DeviceCert(c.device_id, c.subject) for c in issued]
        self._write()
        return issued

    def enrol_sensor(self, device_id: str) -> DeviceCredential:
        """Issue a sensor's credential and let it in."""
        issued = self.authority.issue_device(device_id, "sensor")
        self._devices.append(DeviceCert(issued.device_id, issued.subject, "sensor"))
        self._write()
        return issued

    def revoke(self, credential: DeviceCredential) -> None:
        """Take one credential out of the user map."""
        self._devices = [d for d in self._devices if d.subject != credential.subject]
        self._write()

    def _write(self) -> None:
        write_device_users(self.home, self._devices)
        self.process.reload()

    def mqtt_client(self, credential: DeviceCredential, client_id: str | None = None) -> mqtt.Client:
        """Return a client that holds `credential`, not yet connected."""
        client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=client_id or f"c{uuid4().hex}")
        context = ssl.create_default_context(cafile=self.trust_file)
        with tempfile.NamedTemporaryFile(dir=self.home) as pem:
            pem.write(credential.key_pem + credential.cert_pem)
            pem.flush()
            context.load_cert_chain(pem.name)
        client.tls_set_context(context)
        return client

    def start(self) -> None:
        self.process.start()

    def kill(self) -> None:
        self.process.kill()

    def reload(self) -> None:
        self.process.reload()

    def stop(self) -> None:
        self.process.stop()


@pytest.fixture(scope="session")
def broker() -> Iterator[Broker]:
    """The broker of this session; a test that kills it starts it again."""
    running = Broker(HOME)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def make_broker() -> Iterator[Callable[[Path], Broker]]:
    """`make_broker(home)` starts a broker of this test's own."""
    made: list[Broker] = []

    def make(home: Path) -> Broker:
        made.append(Broker(home))
        made[-1].start()
        return made[-1]

    yield make
    for one in made:
        one.stop()
