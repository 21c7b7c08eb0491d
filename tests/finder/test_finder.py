"""The finder holds names in memory only, is told of everything at once, and forgets whole."""

import contextlib
import os
import socket
import stat
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from necmergitur.adapters import finder as client_of
from necmergitur.adapters.embedded_postgres import EmbeddedPostgres
from necmergitur.adapters.finder import FinderClient, socket_path
from necmergitur.finder import serving
from necmergitur.finder.serving import FinderServer
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.population import crises
from necmergitur.operations.population.checkins import Registered
from necmergitur.operations.population.finding import SureFinder
from necmergitur.operations.ports import Unreachable
from necmergitur.people.findable import Found, Wanted
from tests.finder.conftest import Finding
from tests.operations.population.scene import FIRST
from tests.operations.population.search import declares

NAME = "Wilhelmine Zschokke"


def names_found(finding: Finding, crisis, name: str) -> list[bytes]:
    answer = finding.ask(crisis, name)
    assert isinstance(answer, list), answer
    return [found.id for found in answer if found.score >= 0.5]


def test_who_checked_in_is_found_within_a_second_however_they_are_written(finding: Finding) -> None:
    crisis = finding.night.opened()
    finding.ready(crisis)
    finding.night.now = datetime.now(UTC)
    said = finding.night.says(crisis, NAME)
    assert isinstance(said, Registered)
    row = finding.night.key(crisis).row_of(said.link)
    took_s = finding.until(lambda: names_found(finding, crisis, "zchoke wilelmine") == [row])
    print(f"found after {took_s:.2f} s")
    assert took_s < 1.0 or os.getloadavg()[0] > 2


def test_who_takes_it_back_or_is_erased_is_found_no_more(finding: Finding) -> None:
    night = finding.night
    crisis = night.opened()
    first, second = night.says(crisis, NAME), night.says(crisis, "Ottokar Przybylski")
    finding.ready(crisis)
    rows = [night.key(crisis).row_of(said.link) for said in (first, second)]
    finding.until(lambda: names_found(finding, crisis, NAME) == [rows[0]])
    with night.store.cursor() as cursor:
        cursor.execute("UPDATE population.checkin SET status = 4, changed_at = now() WHERE id = %s", (rows[0],))
        cursor.execute("DELETE FROM population.checkin WHERE id = %s", (rows[1],))
    # At once: each answer looks whether the row still stands.
    assert names_found(finding, crisis, NAME) == []
    assert names_found(finding, crisis, "Ottokar Przybylski") == []


def test_nothing_is_loaded_or_listened_to_without_a_crisis(finding: Finding) -> None:
    finding.until(lambda: finding.memory().memory_info().rss > 30 * 1024**2)
    time.sleep(2.0)
    mapped = {Path(region.path).name for region in finding.memory().memory_maps()}
    assert not any(name.startswith(("_multiarray", "fuzz_cpp", "distance_cpp", "metrics_cpp")) for name in mapped)
    assert not socket_path(finding.night.keys._folder.parent).exists()
    print(f"idle {finding.memory().memory_info().rss / 1024**2:.0f} MB")
    assert finding.memory().memory_info().rss < 70 * 1024**2
    used = sum(finding.memory().cpu_times()[:2])
    time.sleep(3.0)
    assert sum(finding.memory().cpu_times()[:2]) - used < 0.1, "idle is idle"


def test_an_erased_crisis_leaves_no_name_in_the_process(finding: Finding) -> None:
    """Read in its memory, byte for byte, as whoever takes the machine would."""
    night = finding.night
    crisis = night.opened(kept=timedelta(seconds=1))
    night.says(crisis, NAME)
    finding.ready(crisis)
    finding.until(lambda: names_found(finding, crisis, NAME) != [])
    assert b"zschokke" in memory_of(finding.process.pid), "the search itself finds it while it is held"
    crises.close(night.store, crisis.id, FIRST, datetime.now(UTC))
    finding.until(lambda: "names_forgotten" in finding.said.read_text())
    time.sleep(2.0)
    assert finding.process.poll() is None, "the same process, anew"
    left = memory_of(finding.process.pid)
    assert b"zschokke" not in left
    assert b"Zschokke" not in left
    assert finding.ask(crisis, NAME) == client_of.AWAY


def test_the_socket_is_for_our_user_alone_and_no_question_is_logged(finding: Finding) -> None:
    crisis = finding.night.opened()
    finding.night.says(crisis, NAME)
    finding.ready(crisis)
    home = finding.night.keys._folder.parent
    mode = socket_path(home).stat().st_mode
    assert stat.S_ISSOCK(mode) and stat.S_IMODE(mode) == 0o600
    finding.ask(crisis, NAME)
    with socket.socket(socket.AF_UNIX) as rough:
        rough.connect(str(socket_path(home)))
        rough.sendall(b"POST /crises/x/find HTTP/1.1\r\nContent-Length: 9\r\n\r\n{Zschokke")
        assert b"503" in rough.recv(1000)
    written = [path for path in home.rglob("*") if path.is_file() and b"schokke" in path.read_bytes()]
    assert written == []
    assert "schokke" not in finding.said.read_text()


def test_a_process_of_another_user_is_not_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = FinderServer(socket_path(tmp_path), lambda _crisis, _wanted: [Found("person", b"1", 1.0)])
    server.begin()
    try:
        crisis_id = __import__("uuid").uuid4()
        client = FinderClient(tmp_path)
        assert isinstance(client.find(crisis_id, Wanted(names=("x",))), list)
        monkeypatch.setattr(serving, "user_of", lambda _peer: os.geteuid() + 1)
        assert client.find(crisis_id, Wanted(names=("x",))) == client_of.AWAY
        monkeypatch.undo()
        monkeypatch.setattr(client_of, "user_of", lambda _peer: os.geteuid() + 1)
        assert client.find(crisis_id, Wanted(names=("x",))) == client_of.AWAY
    finally:
        server.close()
    assert client.find(crisis_id, Wanted(names=("x",))) == client_of.AWAY


def test_what_cannot_be_read_is_refused_and_answered(tmp_path: Path) -> None:
    def fails(_crisis, _wanted):
        raise RuntimeError("Zschokke")

    server = FinderServer(socket_path(tmp_path), fails)
    server.begin()
    try:
        answer = FinderClient(tmp_path).find(__import__("uuid").uuid4(), Wanted(names=("x",)))
        assert isinstance(answer, Refusal) and answer == client_of.AWAY
    finally:
        server.close()


def memory_of(pid: int) -> bytes:
    """Return what a process holds in memory that may hold anything of its own."""
    held = bytearray()
    with Path(f"/proc/{pid}/maps").open() as maps, Path(f"/proc/{pid}/mem").open("rb", 0) as memory:
        for line in maps:
            where, rights, *_ = line.split()
            if not rights.startswith("rw") or "[v" in line:
                continue
            begin, end = (int(part, 16) for part in where.split("-"))
            try:
                memory.seek(begin)
                held += memory.read(end - begin)
            except OSError:
                continue
    return bytes(held)


def test_somebody_looked_for_is_found_by_the_desk_and_by_the_public_only_as_a_listed_appeal(finding: Finding) -> None:
    night = finding.night
    crisis = night.opened()
    plain = declares(night, crisis, name=NAME, description="veste rouge, lunettes", age="34")
    listed = declares(night, crisis, name="Ottokar Przybylski", listed="yes")
    rows = [night.key(crisis).row_of(link) for link in (plain, listed)]
    finding.ready(crisis)
    finding.until(lambda: names_found(finding, crisis, NAME) == [rows[0]])
    found, *_ = finding.ask(crisis, "wilemine choke", words="red jacket", age=30)
    assert (found.kind, found.id) == ("person", rows[0])
    assert {"age_near", "words_shared"} <= set(found.why)
    assert finding.ask(crisis, NAME, scope="public") == []
    assert finding.ask(crisis, "Ottokar Przybylski", scope="public") == [], "first words wait for the desk"
    with night.store.transaction() as tx:
        tx.change_person(crisis.id, rows[1], {"hidden": 0}, datetime.now(UTC))
    finding.until(lambda: finding.ask(crisis, "Ottokar Przybylski", scope="public") != [])
    with night.store.transaction() as tx:
        tx.change_person(crisis.id, rows[1], {"hidden": 3}, datetime.now(UTC))
    finding.until(lambda: finding.ask(crisis, "Ottokar Przybylski", scope="public") == [])
    (seen,) = [one for one in finding.ask(crisis, "Ottokar Przybylski") if one.id == rows[1]]
    assert "do_not_find" in seen.flags
    with night.store.transaction() as tx:
        tx.drop_person(crisis.id, rows[1])
    assert names_found(finding, crisis, "Ottokar Przybylski") == []


def test_a_name_is_sure_only_when_it_means_one_person(finding: Finding) -> None:
    night = finding.night
    crisis = night.opened()
    one = night.key(crisis).row_of(night.says(crisis, NAME).link)
    for _ in range(2):
        night.says(crisis, "Jean Martin")
    finding.ready(crisis)
    finding.until(lambda: names_found(finding, crisis, NAME) == [one])
    matcher = SureFinder(finding.client, crisis.id)
    assert matcher.sure("Wilhelmine Zschocke") == one
    assert matcher.sure("Jean Martin") is None
    assert matcher.sure("Nobody Atall") is None


def test_what_was_deleted_while_nobody_listened_is_forgotten_and_what_came_is_found(
    finding: Finding, postgres: EmbeddedPostgres, empty_database: str
) -> None:
    night = finding.night
    crisis = night.opened()
    gone = night.key(crisis).row_of(night.says(crisis, NAME).link)
    finding.ready(crisis)
    finding.until(lambda: names_found(finding, crisis, NAME) == [gone])
    name = conninfo_to_dict(empty_database)["dbname"]
    with psycopg.connect(postgres.admin_url, autocommit=True) as admin:
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
    with psycopg.connect(empty_database, autocommit=True) as owner:
        owner.execute("DELETE FROM population.checkin WHERE id = %s", [gone])
    finding.until(lambda: finding.ask(crisis, NAME) == [])
    for _ in range(4):  # the test's own lines were cut as well
        with contextlib.suppress(Unreachable), night.store.cursor() as cursor:
            cursor.execute("SELECT 1")
    night.now = datetime.now(UTC)
    came = night.key(crisis).row_of(night.says(crisis, "Ottokar Przybylski").link)
    finding.until(lambda: names_found(finding, crisis, "Ottokar Przybylski") == [came])
    assert finding.process.poll() is None
