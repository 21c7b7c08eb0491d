"""`nec backup` parts data and keys; `nec restore-check` and every start destroy again what a backup brought back."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner
from psycopg.conninfo import conninfo_to_dict

from necmergitur.adapters.backup import restore
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.adapters.shred_list import shred_list_of
from necmergitur.app.cli import main
from necmergitur.app.settings import Settings
from necmergitur.app.shredding import replay
from necmergitur.dispatch.incidents import Person
from necmergitur.operations import devices, erasure
from necmergitur.operations.registry import NewDevice

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


def test_keys_and_data_never_go_to_one_folder(city: str, tmp_path: Path) -> None:
    answer = nec(tmp_path, city, "backup", "--to", str(tmp_path / "b"), "--keys-to", str(tmp_path / "b"))
    assert answer.exit_code == 2
