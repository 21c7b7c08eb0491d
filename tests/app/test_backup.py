"""`nec backup` parts data and keys; `nec restore-check` and every start destroy again what a backup brought back."""

import os
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
from click.testing import CliRunner
from psycopg.conninfo import conninfo_to_dict

from necmergitur.adapters.backup import _tool, restore
from necmergitur.adapters.crisis_keys import CrisisKey, KeyFiles
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.adapters.reading_keys import DayKey, Said
from necmergitur.adapters.shred_list import shred_list_of
from necmergitur.app.cli import main
from necmergitur.app.settings import Settings
from necmergitur.app.shredding import replay
from necmergitur.app.wiring import publiclog
from necmergitur.dispatch.incidents import Person
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import devices, erasure, sensing, streams
from necmergitur.operations.population import (
    abuse,
    checkins,
    crises,
    desk,
    meeting,
    missing,
    pacing,
    questions,
    shelters,
)
from necmergitur.operations.registry import NewDevice
from necmergitur.operations.sensing import Memory
from necmergitur.people.records import Note
from necmergitur.people.shelter import Side
from tests.conftest import FIXED_CLOCKS
from tests.operations.accounts import give_role
from tests.operations.population.doors_scene import Evening, lay_streets
from tests.operations.population.scene import FIRST, Night, assessed
from tests.operations.population.search import asks, declares, found_by_nobody
from tests.operations.town import TOWN, install
from tests.passes import forged
from tests.streams import TECHNICIAN, authorise, body, hear, sensor

BY = Person(1, "Dora")


@pytest.fixture
def city(migrated_url: str, make_database: Callable[..., str]) -> str:
    url = make_database(template=conninfo_to_dict(migrated_url)["dbname"])
    over, now = PostgresStore(url), datetime.now(UTC)
    devices.enrol(over, [NewDevice(id="p-1", kind="personal", transport="https", label="p-1")], BY, now)
    devices.set_holder(over, "p-1", "Mrs Petit", BY, now)
    over.close()
    return url


def nec(home: Path, url: str, *words: str) -> Any:
    return CliRunner().invoke(main, list(words), env={"NEC_HOME": str(home), "NEC_DATABASE_URL": url})


def holders(url: str) -> int:
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT count(*) FROM holders.holder").fetchone()[0]


def keys(url: str) -> int:
    alive = "SELECT count(*) FROM holders.data_key WHERE destroyed_at IS NULL AND key_id LIKE 'sub:%'"
    with psycopg.connect(url) as connection:
        return connection.execute(alive).fetchone()[0]


def test_a_person_erased_after_the_backup_does_not_come_back(
    city: str, make_database: Callable[..., str], tmp_path: Path
) -> None:
    home, data, safe = tmp_path / "home", tmp_path / "data", tmp_path / "safe"
    answer = nec(home, city, "backup", "--to", str(data), "--keys-to", str(safe))
    assert answer.exit_code == 0, answer.output
    (dump,), (kept,) = data.iterdir(), safe.iterdir()
    assert dump.stat().st_mode & 0o777 == 0o600
    over = PostgresStore(city)
    assert erasure.erase(over, shred_list_of(home), "p-1", BY, datetime.now(UTC))["keys"] == 1
    over.close()

    back = make_database()
    restore(back, dump)
    assert keys(back) == 0, "the data came without a key"
    restore(back, kept, "--data-only")
    assert (keys(back), holders(back)) == (1, 1), "the hole: she is back"
    answer = nec(home, back, "restore-check")
    assert answer.exit_code == 0, answer.output
    assert "1 keys" in answer.output
    assert (keys(back), holders(back)) == (0, 0)


def test_a_start_replays_the_list_and_says_so_when_it_is_not_whole(city: str, tmp_path: Path) -> None:
    over = PostgresStore(city)
    erasure.erase(over, shred_list_of(tmp_path), "p-1", BY, datetime.now(UTC))
    settings = Settings(home=tmp_path, database_url=city)
    assert (replay(settings, over).again, replay(settings, over).missing) == ({}, 0)
    shred_list_of(tmp_path).path.unlink()
    assert replay(settings, over).missing == 2
    over.close()
    with psycopg.connect(city) as connection:
        raised = connection.execute("SELECT name FROM system_alarm WHERE cleared_at IS NULL").fetchall()
    assert raised == [("shred_list_short",)]
    answer = nec(tmp_path, city, "restore-check")
    assert answer.exit_code == 1
    assert "lacks 2 names" in answer.output
    answer = nec(tmp_path, city, "restore-check", "--list-is-lost")
    assert answer.exit_code == 0, answer.output
    assert nec(tmp_path, city, "restore-check").exit_code == 0
    with psycopg.connect(city) as connection:
        told = "SELECT payload->'facts'->>'lacking' FROM ledger_event WHERE payload->>'action' = 'system:shred:give_up'"
        assert connection.execute(told).fetchall() == [("2",)]


def test_while_the_list_is_not_whole_nothing_sealed_is_opened_but_for_an_open_call(city: str, tmp_path: Path) -> None:
    over = PostgresStore(city)
    settings = Settings(home=tmp_path, database_url=city)
    with over.transaction() as tx:
        sealed = tx.seal(b"Mr Grand", "device:p-2")
    erasure.erase(over, shred_list_of(tmp_path), "p-1", BY, datetime.now(UTC))
    kept = shred_list_of(tmp_path).path.read_bytes()

    def opened(**how: bool) -> bytes | None:
        with over.transaction() as tx:
            return tx.unseal(sealed, forged(), **how)

    shred_list_of(tmp_path).path.unlink()
    assert opened() == b"Mr Grand", "the hole: nobody looked at the list yet"
    replay(settings, over)
    assert (opened(), opened(vital=True)) == (None, b"Mr Grand")
    shred_list_of(tmp_path).path.write_bytes(kept)
    replay(settings, over)
    assert opened() == b"Mr Grand"
    over.close()


def test_a_restored_copy_ends_the_log_and_the_check_says_what_to_do(
    city: str, make_database: Callable[..., str], tmp_path: Path
) -> None:
    data, home = tmp_path / "data", tmp_path / "home"
    assert nec(home, city, "backup", "--to", str(data), "--keys-to", str(tmp_path / "safe")).exit_code == 0
    (dump,) = data.iterdir()
    over = PostgresStore(city)
    settings = Settings(home=home, database_url=city)
    assert publiclog.notary(settings, over).turn(datetime.now(UTC)) is not None
    assert nec(home, city, "restore-check").exit_code == 0
    devices.enrol(over, [NewDevice(id="p-2", kind="personal", transport="https", label="p-2")], BY, datetime.now(UTC))
    assert publiclog.notary(settings, over).turn(datetime.now(UTC)) is not None
    over.close()
    back = make_database()
    restore(back, dump)
    answer = nec(home, back, "restore-check")
    assert answer.exit_code == 1
    assert "restored from a copy" in answer.output
    assert f"move {home}/log-tiles to {home}/log-tiles-ended" in answer.output
    assert "set NEC_LOG_NAME=" in answer.output
    over = PostgresStore(back)
    assert publiclog.notary(Settings(home=home, database_url=back), over).turn(datetime.now(UTC)) is None
    (home / "log-tiles").rename(home / "log-tiles-ended")
    renamed = Settings(home=home, database_url=back, log_name="localhost/log-2")
    assert publiclog.notary(renamed, over).why_not() == ""
    assert publiclog.notary(renamed, over).turn(datetime.now(UTC)) is not None
    over.close()


def test_keys_and_data_never_go_to_one_folder(city: str, tmp_path: Path) -> None:
    answer = nec(tmp_path, city, "backup", "--to", str(tmp_path / "b"), "--keys-to", str(tmp_path / "b"))
    assert answer.exit_code == 2


# --- readings -----------------------------------------------------------------------------------------

SEALED = "SELECT stream, boot_id, seq, at, key_id, sealed FROM reading"
ALIVE = "SELECT key_id, key FROM holders.reading_key WHERE destroyed_at IS NULL"


@pytest.fixture
def counted(database: str) -> str:
    """A city in which a counter was heard just now."""
    with psycopg.connect(database) as owner:
        owner.execute(FIXED_CLOCKS)
    install(database, TOWN)
    over, now = PostgresStore(database), datetime.now(UTC)
    sensing.enrol(over, sensor(now), TECHNICIAN, now)
    authorise(over, now)
    assert hear(over, Memory(), now, body(now, 1)) == {"": 1}
    over.close()
    return database


def opened(url: str) -> list[int]:
    """Return the counts that whoever holds this whole database reads, asking no gate."""
    with psycopg.connect(url) as owner:
        alive = dict(owner.execute(ALIVE).fetchall())
        found = [
            DayKey(key_id, alive[key_id]).unseal(Said(*where), sealed)
            for *where, key_id, sealed in owner.execute(SEALED).fetchall()
            if key_id in alive
        ]
    return [msgspec.json.decode(one[1])["count"] for one in found if one is not None]


def test_readings_in_a_backup_open_with_nothing_that_was_backed_up(
    counted: str, make_database: Callable[..., str], tmp_path: Path
) -> None:
    data, safe = tmp_path / "data", tmp_path / "safe"
    assert nec(tmp_path / "home", counted, "backup", "--to", str(data), "--keys-to", str(safe)).exit_code == 0
    (dump,), (kept,) = data.iterdir(), safe.iterdir()
    with psycopg.connect(counted) as owner:
        died = owner.execute(ALIVE).fetchall()
    over = PostgresStore(counted)
    streams.erase(over, datetime.now(UTC) + timedelta(days=61))
    over.close()
    assert opened(counted) == []

    back = make_database()
    restore(back, dump)
    restore(back, kept, "--data-only")
    with psycopg.connect(back) as owner:
        assert owner.execute("SELECT count(*) FROM reading").fetchone() == (1,), "the row came back"
    assert opened(back) == [], "and no key of it"
    with psycopg.connect(back, autocommit=True) as owner:  # the planted hole: a copy that took the key along
        insert = "INSERT INTO holders.reading_key (key_id, authorisation_id, dies_at, key) SELECT %s, id, %s, %s"
        dies_at = datetime.now(UTC) + timedelta(days=1)
        for key_id, key in died:
            owner.execute(f"{insert} FROM authorisation WHERE kind = 'stream'", [key_id, dies_at, key])
    assert opened(back) == [12]


def test_a_whole_copy_that_wakes_after_the_hour_of_its_keys_destroys_them_before_anything_reads(
    counted: str, make_database: Callable[..., str], tmp_path: Path
) -> None:
    """A base backup or a snapshot holds keys too; here, a copy of the running database."""
    back = make_database(template=conninfo_to_dict(counted)["dbname"])
    assert opened(back) == [12], "the hole, as long as nothing of ours looks at it"
    with psycopg.connect(back, autocommit=True) as owner:  # its hour passed while it lay on a shelf
        owner.execute("ALTER TABLE holders.reading_key DISABLE TRIGGER reading_key_lawful")
        owner.execute("UPDATE holders.reading_key SET dies_at = now() - interval '1 second'")
        owner.execute("ALTER TABLE holders.reading_key ENABLE TRIGGER reading_key_lawful")
    answer = nec(tmp_path, back, "restore-check")
    assert answer.exit_code == 0, answer.output
    assert opened(back) == []


# --- crises -------------------------------------------------------------------------------------------


@pytest.fixture
def crisis(database: str, tmp_path: Path) -> tuple[str, Any, Any]:
    """A crisis with somebody in it: the database, the night, the crisis."""
    install(database, TOWN)
    for account, role in ((101, "operator"), (102, "lead"), (103, "duty_officer"), (104, "dpo")):
        give_role(database, account, role)
    night = Night(PostgresStore(database), tmp_path / "home")
    (tmp_path / "home").mkdir()
    night.now = datetime.now(UTC)
    assessed(night)
    opened = night.opened(None)
    night.says(opened, "Amélie Durand", contact="06 12 34 56 78")
    return database, night, opened


def words_in(url: str, key: CrisisKey | None) -> list[str]:
    """Return the names that whoever holds this whole database, and a key, reads."""
    with psycopg.connect(url) as owner:
        rows = owner.execute("SELECT id, salt, sealed FROM population.checkin").fetchall()
    said = [None if key is None else checkins.opened(key, *row) for row in rows]
    return [one.name for one in said if one is not None]


def test_no_backup_holds_the_key_of_a_crisis(crisis: tuple[str, Any, Any], tmp_path: Path) -> None:
    url, night, opened = crisis
    data, safe = tmp_path / "data", tmp_path / "safe"
    assert nec(tmp_path / "home", url, "backup", "--to", str(data), "--keys-to", str(safe)).exit_code == 0
    file = tmp_path / "home" / "crisis-keys" / f"{opened.id}.key"
    key = file.read_bytes()
    assert night.key(opened).fingerprint == opened.key

    def holding() -> list[str]:
        found = []
        for dump in (*data.iterdir(), *safe.iterdir()):
            plain = subprocess.run(
                [_tool("pg_restore"), "--file=-", str(dump)], check=True, capture_output=True, timeout=60
            ).stdout
            found += [dump.suffix] * (key in plain or key.hex().encode() in plain)
        return found

    assert holding() == []
    with psycopg.connect(url, autocommit=True) as owner:  # the planted hole: a key that somebody put in a table
        owner.execute("CREATE TABLE population.key_of_somebody AS SELECT %s::bytea AS key", [key])
    for dump in (*data.iterdir(), *safe.iterdir()):
        dump.unlink()
    assert nec(tmp_path / "home", url, "backup", "--to", str(data), "--keys-to", str(safe)).exit_code == 0
    assert holding() == [".dump"]


@pytest.mark.parametrize("closed_first", [True, False])
def test_a_backup_from_before_the_erasure_opens_nothing_and_is_erased_again_at_the_start(
    crisis: tuple[str, Any, Any], make_database: Callable[..., str], tmp_path: Path, closed_first: bool
) -> None:
    url, night, opened = crisis
    home, data = tmp_path / "home", tmp_path / "data"
    copied = night.key(opened)
    if closed_first:
        close(url, night, opened)
    assert nec(home, url, "backup", "--to", str(data), "--keys-to", str(tmp_path / "safe")).exit_code == 0
    if not closed_first:
        close(url, night, opened)
    assert crises.erase_due(night.store, night.keys, datetime.now(UTC)) == 1
    night.store.close()
    back = make_database()
    (dump,) = data.iterdir()
    restore(back, dump)
    assert words_in(back, copied) == ["Amélie Durand"], "the hole: whoever copied the file too"
    assert words_in(back, KeyFiles(home).of(opened.id)) == []
    answer = nec(home, back, "restore-check")
    assert "Traceback" not in answer.output
    assert words_in(back, copied) == []
    with psycopg.connect(back) as owner:
        assert owner.execute("SELECT count(*) FROM population.checkin").fetchone() == (0,)
        (erased,) = owner.execute("SELECT erased_at IS NOT NULL FROM population.crisis").fetchone()
    assert erased == closed_first


TOLD = "SELECT population.about_people()"


def rows_of(url: str, crisis_id: Any) -> dict[str, int]:
    """Return how many rows each table about people holds of a crisis."""
    with psycopg.connect(url) as owner:
        tables = [row[0] for row in owner.execute(TOLD)]
        count = "SELECT count(*) FROM population.{} WHERE crisis_id = %s"
        return {one: owner.execute(count.format(one), [crisis_id]).fetchone()[0] for one in tables}


def fill(url: str, night: Any, opened: Any) -> None:
    """Let people say all that a crisis takes about them, through the use cases; the rest row by row."""
    lay_streets(url)
    evening, key, now = Evening(night, opened), night.key(opened), datetime.now(UTC)
    host, guest = evening.host(), evening.guest()
    match = evening.agreed(host, guest)
    assert meeting.say(night.store, evening.tools, Side.HOST, host, match, "the green door", now) is None
    assert meeting.report(night.store, evening.tools, Side.GUEST, guest, match, "he followed me", now) is None
    assert abuse.ban_side(night.store, evening.tools, opened.id, match, Side.HOST, "followed", FIRST, now) is None
    assert not isinstance(shelters.open_case(night.store, evening.tools, opened.id, match, "why", FIRST, now), Refusal)
    assert pacing.within(night.store, opened, key, "ask", "192.0.2.1", 1, now)
    own = night.says(opened, "Léa", contact="06 12 34 56 79")
    assert found_by_nobody(night, opened, own.link)
    link = declares(night, opened, sought="06 12 34 56 78", listed="yes")
    asks(night, opened, "06 12 34 56 78")
    assert questions.match(night.store, opened, now) > 0
    assert desk.ask_more(night.store, key, opened, "a bus of forty", FIRST, os.urandom(16), now) is None
    person = key.row_of(link)
    with night.store.transaction() as tx:
        assert tx.put_picture(opened.id, person, os.urandom(16), b"sealed", now)
        tx.look_at_picture(opened.id, person, os.urandom(16), now)
    said = missing.say(
        night.store,
        opened,
        key,
        link,
        Note(note_record_id="x/note.1", person_record_id="x", text="seen"),
        os.urandom(16),
        os.urandom(16),
        now,
    )
    assert said is True
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute(
            "INSERT INTO population.phone (crisis_id, about, why, endpoint, salt, sealed, at)"
            " SELECT crisis_id, id, 1, id, salt, sealed, now() FROM population.checkin LIMIT 1"
        )
    held = rows_of(url, opened.id)
    assert 0 not in held.values(), f"a new table about people: let somebody say something for it here: {held}"


@pytest.mark.parametrize("closed_first", [True, False])
def test_nothing_of_an_erased_crisis_comes_back_in_any_table_with_an_old_copy(
    crisis: tuple[str, Any, Any], make_database: Callable[..., str], tmp_path: Path, closed_first: bool
) -> None:
    url, night, opened = crisis
    fill(url, night, opened)
    home, data = tmp_path / "home", tmp_path / "data"
    if closed_first:
        close(url, night, opened)
    assert nec(home, url, "backup", "--to", str(data), "--keys-to", str(tmp_path / "safe")).exit_code == 0
    if not closed_first:
        close(url, night, opened)
    assert crises.erase_due(night.store, night.keys, datetime.now(UTC)) == 1
    assert set(rows_of(url, opened.id).values()) == {0}, "the erasure itself leaves nothing either"
    night.store.close()
    back = make_database()
    (dump,) = data.iterdir()
    restore(back, dump)
    assert 0 not in rows_of(back, opened.id).values()
    assert nec(home, back, "restore-check").exit_code == 0
    assert set(rows_of(back, opened.id).values()) == {0}


def close(url: str, night: Any, opened: Any) -> None:
    """Close a crisis eight days ago."""
    assert crises.close(night.store, opened.id, FIRST, datetime.now(UTC))
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute("ALTER TABLE population.crisis DISABLE TRIGGER crisis_told")
        owner.execute(
            "UPDATE population.crisis SET opened_at = opened_at - interval '9 days',"
            " closed_at = closed_at - interval '8 days', purge_at = purge_at - interval '8 days'"
        )
        owner.execute("ALTER TABLE population.crisis ENABLE TRIGGER crisis_told")
