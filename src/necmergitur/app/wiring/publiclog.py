"""The public log's parts: who signs, under which name, and which witnesses are asked."""

from urllib.parse import urlsplit

from necmergitur.adapters.clock import SystemClock
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.adapters.publiclog.asking import WitnessAt, Witnesses
from necmergitur.adapters.publiclog.folder import LogFolder
from necmergitur.adapters.publiclog.notary import Notary
from necmergitur.adapters.publiclog.proofs import Prover
from necmergitur.adapters.publiclog.signing import log_signer
from necmergitur.app.settings import BadSetting, Settings
from necmergitur.worker.main import Sweep

LOG_S = 1.0  # measured: a checkpoint is seen 1.0 s after its facts at most (asked: 1.5 s)
LOOK_BACK_S = 60.0


def log_folder(settings: Settings) -> LogFolder:
    """Return the log's folder in this home."""
    return LogFolder(settings.home / "log-tiles")


def prover(settings: Settings, store: PostgresStore) -> Prover:
    """Return what proves facts."""
    return Prover(store, log_folder(settings), settings.secret("log"))


def notary(settings: Settings, store: PostgresStore) -> Notary:
    """Return the one that signs; a log that exists keeps its name, whatever the address of the pages became."""
    folder = log_folder(settings)
    name = settings.log_name or f"{urlsplit(settings.public_url).netloc}/log"
    return Notary(store, folder, log_signer(folder, name, settings.secret("notary")), settings.secret("log"))


def witnesses_at(settings: Settings) -> list[WitnessAt]:
    """Return the witnesses to ask. Raises BadSetting."""
    try:
        return [WitnessAt.parse(one) for one in settings.witnesses]
    except ValueError as error:
        raise BadSetting(f"NEC_WITNESSES: {error}") from None


def sweeps(settings: Settings, store: PostgresStore) -> tuple[Sweep, ...]:
    """Return the worker's chores that keep the log."""
    clock = SystemClock()
    signs = notary(settings, store)
    asks = Witnesses(store, log_folder(settings), witnesses_at(settings), clock.now)
    return (
        Sweep("log", LOG_S, lambda: signs.turn(clock.now())),
        Sweep("witnesses", LOG_S, asks.turn),
        Sweep("look_back", LOOK_BACK_S, lambda: signs.look_back(clock.now())),
    )
