"""Join adapters to operations: the one place that knows which implementation stands behind each port."""

from collections.abc import Iterator
from contextlib import contextmanager

from a2wsgi import WSGIMiddleware
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from necmergitur.adapters.broker import BrokerProcess, shard_of
from necmergitur.adapters.broker.files import shard_count
from necmergitur.adapters.clock import SystemClock
from necmergitur.adapters.postgres.city import middle_of
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.adapters.probe import DEVICE_ID
from necmergitur.adapters.signing import Ed25519Signer, Ed25519Verifier
from necmergitur.adapters.webhooks import EVENTS, Webhooks
from necmergitur.app.services import ensure_postgres
from necmergitur.app.settings import Settings
from necmergitur.dispatch.incidents import Person
from necmergitur.engine.parts import EngineParts
from necmergitur.kernel.geo import Position
from necmergitur.live.app import LiveApp
from necmergitur.live.parts import LiveParts
from necmergitur.operations.intake import Ground
from necmergitur.worker.main import Sweep, WorkerParts
from necmergitur.worker.outbox import Outbox

# Who acts when a command line does: an operator of the machine, not of the control room.
MACHINE = Person(0, "nec")
PAGES_THREADS = 8  # a sync page spends its time waiting for PostgreSQL; measured 785 requests/s on two cores
ENGINE_CONNECTIONS = 6  # intake, rules, flights, heartbeats, telemetry, alarms
LIVE_CONNECTIONS = 6
WORKER_CONNECTIONS = 4
WEBHOOKS_S = 1.0
DAY_S = 86_400.0
MISSING_CITY = Position(2.3488, 48.8534)  # where a call without a place is shown before a city exists


def store(settings: Settings, connections_max: int = 2) -> PostgresStore:
    """Return a store over the settings' database."""
    return PostgresStore(settings.database_url, connections_max=connections_max)


@contextmanager
def running_store(settings: Settings) -> Iterator[PostgresStore]:
    """Lend a store over the installation's database, started for the occasion when it is not running."""
    over = PostgresStore(ensure_postgres(settings), connections_max=2)
    try:
        yield over
    finally:
        over.close()


def ground(over: PostgresStore) -> Ground:
    """Return what intake needs to know of the city."""
    with over.cursor() as cursor:
        middle = middle_of(cursor)
    return Ground(middle or MISSING_CITY)


def signer(settings: Settings) -> Ed25519Signer:
    """Return what signs mission tokens, from the `mission` secret."""
    return Ed25519Signer(Ed25519PrivateKey.from_private_bytes(settings.secret("mission")))


def engine_parts(settings: Settings) -> EngineParts:
    """Return the engine's adapters."""
    over = store(settings, ENGINE_CONNECTIONS)
    signs = signer(settings)
    return EngineParts(
        store=over,
        database_url=settings.database_url,
        nats_urls=settings.nats_url,
        clock=SystemClock(),
        signer=signs,
        verifier=Ed25519Verifier([signs.public_bytes()]),
        ground=ground(over),
        pin_key=settings.secret("subject"),
        home=settings.home,
        dc09_host=settings.dc09_host,
        dc09_port=settings.dc09_port,
    )


def worker_parts(settings: Settings) -> WorkerParts:
    """Return the worker's adapters."""
    from necmergitur.app.probing import probe

    over = store(settings, WORKER_CONNECTIONS)
    clock = SystemClock()
    probes = None
    if shard_count(settings.home):
        shard = shard_of(DEVICE_ID, shard_count(settings.home))
        probes = probe(settings, settings.mqtt_host, BrokerProcess(settings.home, shard).mqtt_port)
    hooks = Webhooks(over, clock, settings.secret("seal"), "private" if settings.webhook_private else "public")
    return WorkerParts(
        store=over,
        clock=clock,
        home=settings.home,
        outbox=Outbox(over, clock, dict.fromkeys(EVENTS, hooks.fan_out)),
        probe=probes,
        sweeps=(Sweep("webhooks", WEBHOOKS_S, hooks.deliver_due), Sweep("accounts", DAY_S, _sweep_accounts)),
    )


def _sweep_accounts() -> int:
    """Forget expired sessions, tickets and invitations. Django is loaded only when this first runs."""
    from necmergitur.web.boot import boot

    boot()
    from necmergitur.web.accounts.housekeeping import sweep

    return sweep()


def live_app(settings: Settings, *, pages: bool = True) -> LiveApp:
    """Return the ASGI application: live paths, and the pages behind them unless they run elsewhere."""
    over = store(settings, LIVE_CONNECTIONS)
    parts = LiveParts(
        store=over,
        database_url=settings.database_url,
        nats_urls=settings.nats_url,
        clock=SystemClock(),
        ground=ground(over),
        pin_key=settings.secret("subject"),
        home=settings.home,
        uplink_token=settings.uplink_token,
    )
    if not pages:
        return LiveApp(parts)
    from necmergitur.web.wsgi import application

    return LiveApp(parts, WSGIMiddleware(application, workers=PAGES_THREADS))  # type: ignore[arg-type]  # it is WSGI
