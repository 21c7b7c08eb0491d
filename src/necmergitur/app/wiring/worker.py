"""The worker's adapters and chores."""

from necmergitur.adapters.broker import BrokerProcess, shard_of
from necmergitur.adapters.broker.files import shard_count
from necmergitur.adapters.clock import SystemClock
from necmergitur.adapters.probe import DEVICE_ID
from necmergitur.adapters.webhooks import EVENTS, Webhooks
from necmergitur.app.probing import probe
from necmergitur.app.settings import Settings
from necmergitur.app.wiring import store
from necmergitur.operations import retention
from necmergitur.operations.constants import RETENTION_EVERY
from necmergitur.worker.main import Sweep, WorkerParts
from necmergitur.worker.outbox import Outbox

WORKER_CONNECTIONS = 4
WEBHOOKS_S = 1.0
DAY_S = 86_400.0


def worker_parts(settings: Settings) -> WorkerParts:
    """Return the worker's adapters."""
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
        sweeps=(
            Sweep("webhooks", WEBHOOKS_S, hooks.deliver_due),
            Sweep("accounts", DAY_S, _sweep_accounts),
            Sweep("retention", RETENTION_EVERY.total_seconds(), lambda: retention.erase(over, clock.now())),
        ),
    )


def _sweep_accounts() -> int:
    """Forget expired sessions, tickets and invitations. Django is loaded only when this first runs."""
    from necmergitur.web.boot import boot

    boot()
    from necmergitur.web.accounts.housekeeping import sweep

    return sweep()
