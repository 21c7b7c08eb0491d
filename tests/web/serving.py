"""A real server on a database of its own, for browser tests: our WSGI entry behind uvicorn, as in production."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.db import connections

from necmergitur.web import environment

ROOT = Path(__file__).parents[2]
START_S_MAX = 30.0
SERVE = (
    "import sys, uvicorn; from a2wsgi import WSGIMiddleware; from necmergitur.web.wsgi import application;"
    "uvicorn.run(WSGIMiddleware(application, workers=4), fd=int(sys.argv[1]), log_level='warning', lifespan='off')"
)

# The same with the live process in front, as one origin: what a control room's browser really talks to. No broker.
SERVE_LIVE = """
import os, pathlib, sys, uvicorn
from a2wsgi import WSGIMiddleware
from necmergitur.web.wsgi import application
from necmergitur.adapters.clock import SystemClock
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.kernel.geo import Position
from necmergitur.live.app import LiveApp
from necmergitur.live.parts import LiveParts
from necmergitur.operations.intake import Ground
url = os.environ["NEC_DATABASE_URL"]
parts = LiveParts(
    store=PostgresStore(url, connections_max=6), database_url=url, nats_urls=("nats://127.0.0.1:9",),
    clock=SystemClock(), ground=Ground(Position(2.3522, 48.8566)), pin_key=bytes.fromhex(os.environ["NEC_SECRET_SUBJECT"]),
    home=pathlib.Path(os.environ["NEC_HOME"]), checkins_per_s=float(os.environ.get("NEC_CHECKINS_PER_S", "20")),
    work_secret=b"a secret of the tests",
)
app = LiveApp(parts, WSGIMiddleware(application, workers=4))
uvicorn.run(app, fd=int(sys.argv[1]), http=app.lane(), log_level="warning", timeout_graceful_shutdown=1)
"""


@dataclass(frozen=True)
class Served:
    """Where the pages are, and the database behind them."""

    url: str
    database_url: str
    process: "subprocess.Popen[bytes]"


@contextmanager
def serve(database_url: str, script: str = SERVE, **changes: str) -> Iterator[Served]:
    """Serve the pages on a free port of localhost until the block ends. `changes` go into the environment."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(128)
        listening.set_inheritable(True)
        url = f"http://localhost:{listening.getsockname()[1]}"
        environ = {**os.environ, "NEC_DATABASE_URL": database_url, "NEC_PUBLIC_URL": url, **changes}
        environ["PYTHONPATH"] = str(ROOT / "src")
        server = subprocess.Popen(
            [sys.executable, "-c", script, str(listening.fileno())], env=environ, pass_fds=[listening.fileno()]
        )
        try:
            _wait(url, server)
            yield Served(url, database_url, server)
        finally:
            server.terminate()
            try:
                server.wait(10)
            finally:
                server.kill()  # one that does not stop fails its test, and is not left behind


def _wait(url: str, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_S_MAX
    while time.monotonic() < deadline:
        assert server.poll() is None, f"the server stopped with {server.returncode}"
        try:
            with urllib.request.urlopen(url + "/", timeout=START_S_MAX):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"nothing answers at {url}")


@contextmanager
def models_on(database_url: str) -> Iterator[None]:
    """Point Django's models, in this process, at `database_url`; committed at once, seen by the server."""
    usual: Mapping[str, object] = connections.databases["default"]
    _replace(environment.database(database_url, "nec_web", pooled=False))
    try:
        yield
    finally:
        connections["default"].close()
        _replace(usual)


def _replace(described: Mapping[str, object]) -> None:
    if hasattr(connections._connections, "default"):
        connections["default"].close()
        del connections["default"]
    connections.databases["default"] = connections.configure_settings({"default": dict(described)})["default"]
