"""One person is erased alone, for good: in every table, beside every fact, and in a backup made before."""

import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from necmergitur.adapters.backup import back_up_data, back_up_keys, restore
from necmergitur.adapters.embedded_postgres import installation
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.adapters.shred_list import ShredList, shred_list_of
from necmergitur.dispatch.incidents import Person
from necmergitur.ledger.chain import verify
from necmergitur.operations import devices, erasure, incidents
from necmergitur.operations.checking import Report, check_ledger
from necmergitur.operations.retention import digest_of
from tests.operations.scene import LEAD, OPERATOR, Scene, refused
from tests.operations.town import TOWN, install, place
from tests.passes import forged

DPO = Person(104, "Dora")
HOME, AWAY = place(120, 40), place(700, 700)


@pytest.fixture
def shredder(tmp_path: Path) -> ShredList:
    return shred_list_of(tmp_path)


@pytest.fixture
def scene(empty_database: str) -> Iterator[Scene]:
    install(empty_database, TOWN)
    store = PostgresStore(empty_database)
    playing = Scene(store, datetime.now(UTC))
    yield playing
    store.close()


def lived(scene: Scene, device: str, at: Any, name: str) -> None:
    """Somebody is recorded, calls, is written about, is helped."""
    devices.set_holder(scene.store, device, name, LEAD, scene.now)
    call = scene.call(device, at=at)
    incidents.write_note(scene.store, call.id, "note", f"{name}, third floor", OPERATOR, scene.now)
    assert incidents.close(scene.store, call.id, "helped", OPERATOR, scene.now)


def readable(store: PostgresStore) -> set[str]:
    """What anybody with the keys still reads of people: sealed parts opened, and every table's clear text."""
    found: set[str] = set()
    with psycopg.connect(store._pool.conninfo) as owner:
        sealed = [bytes(row[0]) for row in owner.execute("SELECT sealed FROM holders.holder")]
    with store.transaction() as tx:
        sealed += [fact.personal for fact in tx.tail(0, 10_000) if fact.personal is not None]
        clear = tx.cursor.execute("SELECT body FROM incident_note UNION ALL SELECT note FROM observation").fetchall()
        places = tx.cursor.execute(
            "SELECT lon, lat FROM signal WHERE lon IS NOT NULL UNION SELECT lon, lat FROM incident"
        ).fetchall()
        opened = [plain.decode() for one in sealed if (plain := tx.unseal(one, forged())) is not None]
    texts = [*opened, *(row[0] for row in clear), *(f"{lon:.5f} {lat:.5f}" for lon, lat in places)]
    for who, at in (("Petit", HOME), ("Grand", AWAY)):
        marks = (who, f"{at.lon:.5f} {at.lat:.5f}", str(at.lon))
        found |= {who for text in texts if any(mark in text for mark in marks)}
    return found


def test_one_person_is_erased_and_the_other_is_not(scene: Scene, shredder: ShredList) -> None:
    lived(scene, "B-1", HOME, "Mrs Petit")
    lived(scene, "B-2", AWAY, "Mr Grand")
    assert readable(scene.store) == {"Petit", "Grand"}
    counts = erasure.erase(scene.store, shredder, "B-1", DPO, scene.now)
    assert counts["keys"] == 3  # her name, her call, what was written of it
    assert readable(scene.store) == {"Grand"}
    assert isinstance(verify(scene.facts()), tuple)
    checked = check_ledger(scene.store)
    assert isinstance(checked, Report)
    assert checked.differing == ()


def test_the_fact_counts_and_names_nobody_and_so_does_the_list(scene: Scene, shredder: ShredList) -> None:
    lived(scene, "B-1", HOME, "Mrs Petit")
    erasure.erase(scene.store, shredder, "B-1", DPO, scene.now)
    told = msgspec.json.decode(scene.facts()[-1].payload)
    assert (told["action"], told["subject"]) == ("dpo:person:erase", "")
    assert told["facts"]["keys"] == "3"
    names = [name for _, name in shredder.entries()]
    assert told["facts"]["listed"] == str(len(names))
    assert told["facts"]["list_digest"] == digest_of(names)
    listed = shredder.path.read_text()
    assert "B-1" not in listed
    assert shredder.path.stat().st_mode & 0o777 == 0o600


def test_nobody_is_erased_while_they_call_for_help(scene: Scene, shredder: ShredList) -> None:
    lived(scene, "B-1", HOME, "Mrs Petit")
    call = scene.call("B-1", at=HOME)
    assert refused(erasure.erase(scene.store, shredder, "B-1", DPO, scene.now)) == "subject_in_open_incident"
    assert readable(scene.store) == {"Petit"}
    assert shredder.entries() == []
    incidents.close(scene.store, call.id, "helped", OPERATOR, scene.now)
    assert isinstance(erasure.erase(scene.store, shredder, "B-1", DPO, scene.now), dict)


def test_an_erased_person_who_calls_again_is_heard_as_before(scene: Scene, shredder: ShredList) -> None:
    lived(scene, "B-1", HOME, "Mrs Petit")
    erasure.erase(scene.store, shredder, "B-1", DPO, scene.now)
    assert scene.call("B-1", at=HOME).placed
    assert readable(scene.store) == {"Petit"}, "what is new is new"


def test_no_key_dies_when_the_list_cannot_be_written(scene: Scene, tmp_path: Path) -> None:
    lived(scene, "B-1", HOME, "Mrs Petit")
    (tmp_path / "shred").write_text("a file where the folder should be")
    with pytest.raises(OSError):
        erasure.erase(scene.store, shred_list_of(tmp_path), "B-1", DPO, scene.now)
    assert readable(scene.store) == {"Petit"}


def test_an_erasure_that_died_after_the_list_is_made_good_by_the_next_replay(scene: Scene, shredder: ShredList) -> None:
    lived(scene, "B-1", HOME, "Mrs Petit")

    class Dies(Exception):
        pass

    class DiesAfter:
        def add(self, names: Any, now: datetime) -> Any:
            shredder.add(names, now)
            raise Dies

    with pytest.raises(Dies):
        erasure.erase(scene.store, DiesAfter(), "B-1", DPO, scene.now)
    assert readable(scene.store) == {"Petit"}
    assert erasure.replay(scene.store, shredder.entries(), scene.now)["keys"] == 3
    assert readable(scene.store) == set()


def test_street_presses_make_no_key_and_each_transaction_of_a_person_makes_one(scene: Scene) -> None:
    def keys() -> int:
        with scene.store.cursor() as cursor:
            return cursor.execute("SELECT count(*) FROM holders.data_key WHERE key_id LIKE 'sub:%'").fetchone()[0]

    scene.take(*(scene.make("P-1") for _ in range(8)))
    assert keys() == 0
    scene.take(*(scene.make("B-1", at=HOME) for _ in range(8)))
    assert keys() == 1
    with scene.store.cursor() as cursor:
        names = cursor.execute("SELECT key_id FROM holders.data_key").fetchall()
    assert not any("B-1" in name for (name,) in names)


# --- a backup made before ---------------------------------------------------------------------------------------


@pytest.fixture
def restored(
    empty_database: str, make_database: Callable[..., str], tmp_path: Path
) -> Iterator[Callable[[], PostgresStore]]:
    """Back up now; called, restore that backup into a new database and open it."""
    data, keys = tmp_path / "nec.dump", tmp_path / "nec.keys"
    opened: list[PostgresStore] = []

    def again() -> PostgresStore:
        url = make_database()
        restore(url, data)
        restore(url, keys, "--data-only")
        opened.append(PostgresStore(url))
        return opened[-1]

    again.back_up = lambda: (back_up_data(empty_database, data), back_up_keys(empty_database, keys))  # type: ignore[attr-defined]
    again.data = data  # type: ignore[attr-defined]
    yield again
    for store in opened:
        store.close()


def test_a_subject_erased_since_the_backup_is_erased_again_by_the_list(
    scene: Scene, shredder: ShredList, restored: Any
) -> None:
    lived(scene, "B-1", HOME, "Mrs Petit")
    lived(scene, "B-2", AWAY, "Mr Grand")
    restored.back_up()
    erasure.erase(scene.store, shredder, "B-1", DPO, scene.now)
    back = restored()
    assert readable(back) == {"Petit", "Grand"}, "the hole: without the list she is back"
    again = erasure.replay(back, shredder.entries(), scene.now)
    assert again["keys"] == 3
    assert readable(back) == {"Grand"}
    assert erasure.replay(back, shredder.entries(), scene.now) == {}, "and a second time nothing is left to do"
    checked = check_ledger(back)
    assert isinstance(checked, Report)
    assert checked.differing == ()


def test_a_list_of_older_age_than_the_record_is_told(scene: Scene, shredder: ShredList, restored: Any) -> None:
    lived(scene, "B-1", HOME, "Mrs Petit")
    erasure.erase(scene.store, shredder, "B-1", DPO, scene.now)
    assert erasure.missing(scene.store, shredder.entries()) == 0
    assert erasure.missing(scene.store, []) == len(shredder.entries())


def two_erased(scene: Scene, shredder: ShredList) -> list[tuple[datetime, str]]:
    for device, at, name in (("B-1", HOME, "Mrs Petit"), ("B-2", AWAY, "Mr Grand")):
        lived(scene, device, at, name)
        erasure.erase(scene.store, shredder, device, DPO, scene.now)
    return shredder.entries()


def test_a_list_of_the_same_length_with_other_names_is_told(scene: Scene, shredder: ShredList) -> None:
    entries = two_erased(scene, shredder)
    assert erasure.missing(scene.store, entries) == 0
    (at, name), *others = entries
    swapped = [(at, f"{name[:-1]}{'0' if name[-1] != '0' else '1'}"), *others]
    assert erasure.missing(scene.store, swapped) == len([when for when, _ in entries if when == at])
    moved = [(at, others[-1][1]), *others]
    assert erasure.missing(scene.store, moved) > 0


def test_two_lists_put_together_in_any_order_are_whole(scene: Scene, shredder: ShredList) -> None:
    entries = two_erased(scene, shredder)
    assert erasure.missing(scene.store, [*entries[3:], *entries[:3], *entries[:1]]) == 0


def test_what_is_erased_after_a_list_was_lost_does_not_hide_that_it_was(scene: Scene, shredder: ShredList) -> None:
    lived(scene, "B-1", HOME, "Mrs Petit")
    erasure.erase(scene.store, shredder, "B-1", DPO, scene.now)
    lost = len(shredder.entries())
    shredder.path.unlink()
    lived(scene, "B-2", AWAY, "Mr Grand")
    erasure.erase(scene.store, shredder, "B-2", DPO, scene.now)
    assert erasure.missing(scene.store, shredder.entries()) == lost
    erasure.give_up(scene.store, lost, scene.now)
    assert erasure.missing(scene.store, shredder.entries()) == 0


def test_a_destroyed_key_of_a_person_leaves_nothing_behind(scene: Scene, shredder: ShredList) -> None:
    lived(scene, "B-1", HOME, "Mrs Petit")
    erasure.erase(scene.store, shredder, "B-1", DPO, scene.now)
    with scene.store.cursor() as cursor:
        left = cursor.execute("SELECT count(*) FROM holders.data_key WHERE key_id LIKE 'sub:%'").fetchone()
    assert left == (0,)


def test_the_ordinary_dump_holds_no_key(scene: Scene, restored: Any) -> None:
    lived(scene, "B-1", HOME, "Mrs Petit")
    restored.back_up()
    listing = [str(installation() / "bin" / "pg_restore"), "--file=-", "--data-only", str(restored.data)]
    said = subprocess.run(listing, check=True, capture_output=True, text=True).stdout
    assert "COPY holders.holder " in said
    assert "COPY holders.data_key " not in said


def test_what_was_sealed_before_subjects_had_keys_stays_readable_and_is_erased_from_a_restore_too(
    scene: Scene, shredder: ShredList, restored: Any
) -> None:
    with scene.store.transaction() as tx:
        tx.put_holder("B-1", tx.seal(b"Mrs Petit"), scene.now)  # under the day's key, as ever
        tx.subject_mark("")  # what makes the digests is there from the first migration on
    assert readable(scene.store) == {"Petit"}
    restored.back_up()
    erasure.erase(scene.store, shredder, "B-1", DPO, scene.now + timedelta(seconds=1))
    back = restored()
    erasure.replay(back, shredder.entries(), scene.now)
    assert readable(back) == set()


def test_a_torn_line_of_the_list_spoils_no_other(shredder: ShredList) -> None:
    now = datetime.now(UTC)
    shredder.add(["sub:a"], now)
    with shredder.path.open("ab") as file:
        file.write(b"2026-01-0")
    assert shredder.add(["sub:b"], now).at > now, "no two writings share an instant"
    assert [name for _, name in shredder.entries()] == ["sub:a", "sub:b"]


def test_no_more_than_named_keys_of_data_are_ever_destroyed(scene: Scene) -> None:
    lived(scene, "B-1", HOME, "Mrs Petit")
    with scene.store.transaction() as tx:
        assert tx.destroy_named(["names", "sub:", "day:", "who:x"], scene.now) == 0
    assert readable(scene.store) == {"Petit"}
