"""The embedded PostgreSQL keeps what it committed, through kill -9, stale files and strangers."""

import contextlib
import os
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from necmergitur.adapters.child_process import spawn
from necmergitur.adapters.embedded_postgres import (
    SOCKET_DIR_BYTES_MAX,
    EmbeddedPostgres,
    PostgresFailedToStart,
    socket_dir_for,
)

# Every rule here holds on the wheel's PostgreSQL and on Debian's, the oldest one we serve.
DEBIAN = Path("/usr/lib/postgresql/15/bin")
SERVERS = [None, DEBIAN] if DEBIAN.is_dir() else [None]


@pytest.fixture(scope="module", params=SERVERS, ids=lambda bin_dir: "debian-15" if bin_dir else "wheel")
def cluster(home: Path, request: pytest.FixtureRequest) -> Iterator[EmbeddedPostgres]:
    folder = Path(tempfile.mkdtemp(dir=home))
    server = EmbeddedPostgres(folder / "postgres", socket_dir_for(folder), password="p /é?", bin_dir=request.param)
    yield server
    server.stop()


@pytest.fixture
def durable(cluster: EmbeddedPostgres) -> EmbeddedPostgres:
    """A running, durable server; a test may kill it."""
    if cluster.pid is None:
        cluster.start()
    return cluster


def test_a_committed_row_survives_kill_9(durable: EmbeddedPostgres) -> None:
    with psycopg.connect(durable.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE fact (n int)")
        connection.execute("INSERT INTO fact VALUES (1)")
        durable.kill()
    durable.start()
    with psycopg.connect(durable.url) as connection:
        assert connection.execute("SELECT n FROM fact").fetchall() == [(1,)]


def test_commits_wait_for_the_disk(durable: EmbeddedPostgres) -> None:
    with psycopg.connect(durable.url) as connection:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            assert connection.execute(f"SHOW {name}").fetchone() == ("on",)


def test_our_role_is_no_superuser_and_may_become_the_roles_it_makes(durable: EmbeddedPostgres) -> None:
    with psycopg.connect(durable.url, autocommit=True) as connection:
        assert connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone() == (False,)
        connection.execute("CREATE ROLE narrow NOLOGIN")
        connection.execute("GRANT narrow TO CURRENT_USER")
        connection.execute("SET ROLE narrow")
        assert connection.execute("SELECT current_user").fetchone() == ("narrow",)


def test_a_wrong_password_is_refused_even_on_the_socket(durable: EmbeddedPostgres) -> None:
    stranger = EmbeddedPostgres(durable.data_dir, durable.socket_dir, password="guess")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(stranger.url)


def test_the_superuser_has_a_password_of_its_own_also_where_it_had_not(durable: EmbeddedPostgres) -> None:
    own = EmbeddedPostgres(
        durable.data_dir, durable.socket_dir, password="p /é?", admin_password="own", bin_dir=durable._bin_dir
    )
    assert own.is_ready(), "the cluster was made with one password for both"
    try:
        with psycopg.connect(own.admin_url) as connection:
            assert connection.execute("SELECT current_user").fetchone() == ("postgres",)
        with psycopg.connect(own.url):
            pass
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(durable.admin_url)
    finally:
        with psycopg.connect(own.admin_url) as connection:
            connection.execute("ALTER ROLE postgres PASSWORD 'p /é?'")


def test_a_stale_pid_file_that_names_a_stranger_does_not_stop_the_start(durable: EmbeddedPostgres) -> None:
    durable.kill()
    pid_file = durable.data_dir / "postmaster.pid"
    lines = pid_file.read_text().split("\n")
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]))
    assert durable.pid is None
    durable.start()
    assert durable.pid is not None


def test_a_server_left_by_a_killed_supervisor_is_ended_before_the_next(durable: EmbeddedPostgres) -> None:
    left = durable.pid
    successor = EmbeddedPostgres(durable.data_dir, durable.socket_dir, password="p /é?", bin_dir=durable._bin_dir)
    successor.start()
    try:
        assert successor.pid not in {None, left}
    finally:
        successor.stop()
        durable.stop()


def test_it_listens_on_no_network_address_unless_asked(durable: EmbeddedPostgres) -> None:
    with psycopg.connect(durable.url) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)


def test_what_broke_is_told(home: Path) -> None:
    server = EmbeddedPostgres(home / "told", socket_dir_for(home), password="p")
    server.prepare()
    (server.data_dir / "postgresql.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(PostgresFailedToStart, match="no_such_setting"):
        server.start()


def test_a_long_home_gets_a_short_socket_folder() -> None:
    home = Path("/" + "x" * 120)
    assert len(os.fsencode(socket_dir_for(home))) <= SOCKET_DIR_BYTES_MAX
    assert socket_dir_for(home) == socket_dir_for(home)
    assert socket_dir_for(home) != socket_dir_for(home / "other")


def test_a_broken_row_leaves_no_value_in_the_log(home: Path) -> None:
    server = EmbeddedPostgres(home / "logged", socket_dir_for(home), password="p")
    server.prepare()
    log = home / "log"
    with log.open("wb") as output:
        process = spawn(server.argv(), death_signal=signal.SIGINT, output=output, user=server.os_user)
    while not server.is_ready():
        time.sleep(0.02)
    with psycopg.connect(server.admin_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE holder (email text PRIMARY KEY)")
        for _ in range(2):
            with contextlib.suppress(psycopg.errors.UniqueViolation):
                connection.execute("INSERT INTO holder VALUES ('marie@example.org')")
                connection.execute("INSERT INTO holder VALUES (%s)", ["marie@example.org"])
    process.send_signal(signal.SIGINT)
    process.wait(10)
    assert "duplicate key value violates unique constraint" in log.read_text()
    assert "marie" not in log.read_text()
