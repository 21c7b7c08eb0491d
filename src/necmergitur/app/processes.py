"""Which processes make a city, in which order they start, and how each is known to be ready."""

import signal
import socket
import sys
from collections.abc import Collection, Mapping
from http.client import HTTPConnection, HTTPException
from ipaddress import ip_address
from pathlib import Path
from types import MappingProxyType

import msgspec

from necmergitur.adapters.broker import BrokerProcess
from necmergitur.app.services import embedded_postgres, lay_broker
from necmergitur.app.settings import Settings
from necmergitur.app.specs import ProcessSpec, Stage, TaskSpec

# A main loop that has not turned for this long is taken for dead; the longest honest pause is a
# garbage collection or a database recovery, both of which keep the loop turning.
WATCHDOG_S = 15.0
# Fast shutdown rolls transactions back and writes a checkpoint; immediate shutdown recovers at the next start.
POSTGRES_STOP_S_MAX = 4.0
ANSWER_S_MAX = 2.0
# Measured on two cores: when the whole city calls at once, housekeeping and a simulated city each delay the lamps.
YIELDING = MappingProxyType({"worker": 10, "sim": 5, "finder": 10, "programme": 10})
# The secrets each process needs. What faces the Internet holds nothing that arms a drone.
NEEDS: Mapping[str, Collection[str]] = MappingProxyType(
    {
        "engine": ("mission", "subject"),
        "live": ("web", "subject", "seal", "log"),
        "worker": ("web", "seal", "log", "notary", "push"),
        "finder": (),  # keys of crises are files of their own
    }
)


class CannotStart(ValueError):
    """The installation cannot start as asked; the message says what to change."""


def stages(settings: Settings, *, only: Collection[str] = (), without: Collection[str] = ()) -> tuple[Stage, ...]:
    """Return the stages of `settings`, less the processes that were asked away.

    Raises CannotStart when a port is taken, an asked process does not exist, or a demo would listen to
    the network.
    """
    if settings.demo:
        _require_loopback(settings)
    resolved, services = _services(settings)
    environ = resolved.export()
    # What runs owns nothing: the owner of the tables prepares the city, and is not heard of again.
    running = msgspec.structs.replace(
        resolved, database_url=resolved.database_app_url or resolved.database_url, database_app_url=""
    )
    narrow = {name: running.export(secrets) for name, secrets in NEEDS.items()}
    ours = (_ours("engine", narrow["engine"]), _live(resolved, narrow["live"]), _ours("worker", narrow["worker"]))
    everything: tuple[Stage, ...] = (
        Stage(processes=services, then=_preparation(settings, environ)),
        Stage(processes=ours),
    )
    if settings.demo:
        city = ProcessSpec(
            name="sim",
            argv=_argv("sim", "city"),
            environ=running.export(),
            stop_signals=(signal.SIGINT,),
            nice=YIELDING["sim"],
            early=True,
        )
        # Waited for by nobody: it tells its story once the city is up.
        example = ProcessSpec(
            name="programme",
            argv=_argv("sim", "programme"),
            environ=running.export(),
            stop_signals=(signal.SIGINT,),
            nice=YIELDING["programme"],
            is_ready=lambda: True,
        )
        everything = (*everything, Stage(processes=(city,), beside=True), Stage(processes=(example,)))
    # Last, and waited for by nobody: without a crisis it has nothing to do.
    finder = msgspec.structs.replace(_ours("finder", narrow["finder"]), early=False, is_ready=lambda: True)
    everything = (*everything, Stage(processes=(finder,)))
    return _chosen(everything, frozenset(only), frozenset(without))


def _preparation(settings: Settings, environ: Mapping[str, str]) -> tuple[TaskSpec, ...]:
    # The broker reads its users meanwhile: what must be told to it is told last, and waits for it.
    after = frozenset({"postgres"}) if not settings.database_url else frozenset()
    if settings.demo:  # it prepares the city too, in one process: the start is short of processors, not of memory
        return (TaskSpec(name="prepare", argv=_argv("sim", "prepare"), environ=environ, early=True, after=after),)
    return (TaskSpec(name="prepare", argv=_argv("prepare"), environ=environ, early=True, after=after),)


def _services(settings: Settings) -> tuple[Settings, tuple[ProcessSpec, ...]]:
    """Return the settings with every address known, and the database and broker we run ourselves."""
    specs: list[ProcessSpec] = []
    if not settings.database_url:
        postgres = embedded_postgres(settings)
        specs.append(
            ProcessSpec(
                name="postgres",
                argv=tuple(postgres.argv()),
                user=postgres.os_user,
                cwd=Path("/"),
                before=postgres.prepare,
                is_ready=postgres.is_ready,
                once_ready=postgres.bootstrap,
                stop_signals=(signal.SIGINT, signal.SIGQUIT),
                stop_s_max=POSTGRES_STOP_S_MAX,
                death_signal=signal.SIGINT,
                quiet=True,
            )
        )
        settings = msgspec.structs.replace(settings, database_url=postgres.url, database_app_url=postgres.app_url)
    if not settings.nats_url:
        brokers = lay_broker(settings)
        specs += [_broker(broker) for broker in brokers]
        settings = msgspec.structs.replace(settings, nats_url=tuple(broker.nats_url for broker in brokers))
    return settings, tuple(specs)


def _broker(broker: BrokerProcess) -> ProcessSpec:
    return ProcessSpec(
        name=f"broker-{broker.shard}",
        argv=tuple(broker.argv()),
        before=broker.prepare,
        is_ready=broker.is_ready,
        death_signal=signal.SIGTERM,
        quiet=True,
    )


def _live(settings: Settings, environ: Mapping[str, str]) -> ProcessSpec:
    _require_free(settings.host, settings.port, "NEC_PORT")

    def answers() -> bool:
        host = "127.0.0.1" if settings.host in {"0.0.0.0", "::"} else settings.host  # noqa: S104 - compared
        connection = HTTPConnection(host, settings.port, timeout=ANSWER_S_MAX)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status < 500  # noqa: PLR2004 - RFC 9110 15.6: server errors
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    return msgspec.structs.replace(_ours("live", environ), is_ready=answers)


def _ours(name: str, environ: Mapping[str, str]) -> ProcessSpec:
    return ProcessSpec(
        name=name,
        argv=_argv(name),
        environ=environ,
        watchdog_s=WATCHDOG_S,
        nice=YIELDING.get(name, 0),
        early=True,
    )


def _argv(*words: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "necmergitur.app.cli", *words)


def _chosen(everything: tuple[Stage, ...], only: frozenset[str], without: frozenset[str]) -> tuple[Stage, ...]:
    known = {spec.name for stage in everything for spec in stage.processes}
    unknown = sorted((only | without) - known)
    if unknown:
        raise CannotStart(f"no process is called {', '.join(unknown)}; there are {', '.join(sorted(known))}")
    wanted = (only or known) - without
    return tuple(
        msgspec.structs.replace(stage, processes=tuple(p for p in stage.processes if p.name in wanted))
        for stage in everything
    )


def _require_free(host: str, port: int, variable: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CannotStart(f"{host}:{port} cannot be used ({error.strerror}): set {variable}") from None


def _require_loopback(settings: Settings) -> None:
    for variable, host in ("NEC_HOST", settings.host), ("NEC_MQTT_HOST", settings.mqtt_host):
        try:
            loopback = host == "localhost" or ip_address(host).is_loopback
        except ValueError:
            loopback = False
        if not loopback:
            raise CannotStart(f"a demo has accounts anybody can use: {variable} must be 127.0.0.1, not {host}")
