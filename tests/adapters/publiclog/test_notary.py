"""The notary signs what the record is, and nothing that does not continue what it signed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.adapters.publiclog.folder import LogFolder, full_tiles
from necmergitur.adapters.publiclog.notary import Notary
from necmergitur.ledger import tree
from necmergitur.ledger.checkpoint import Checkpoint, NoteSigner, parse
from necmergitur.ledger.commitment import commit_all, digests_of
from tests.adapters.publiclog.conftest import NOW, SECRET, signer
from tests.ledger.test_tree import by_the_book
from tests.operations.scene import Scene
from tests.operations.town import TOWN, install

Write = Callable[..., int]


def facts_of(store: PostgresStore) -> list:
    with store.transaction() as tx:
        return list(tx.tail(0, 100_000))


def root_of(store: PostgresStore, size: int) -> bytes:
    entries = commit_all(SECRET, b"".join(map(digests_of, facts_of(store)[:size])))
    return by_the_book([tree.leaf_hash(entry) for entry in entries])


def alarms(store: PostgresStore) -> dict[str, str]:
    with store.cursor() as cursor:
        return dict(cursor.execute("SELECT name, detail FROM system_alarm WHERE cleared_at IS NULL").fetchall())


def test_a_checkpoint_covers_every_fact_as_the_database_tells_it(
    database: str, scene: Scene, notary: Notary, write: Write
) -> None:
    """PostgreSQL makes the texts that are hashed; they are those our own code makes, whatever the words."""
    install(database, TOWN)
    scene.fly()
    write(3)
    signed = notary.turn(NOW)
    assert signed is not None
    assert signed.size == len(scene.facts())
    assert signed.root == root_of(scene.store, signed.size)
    assert signer().verifier.time_of(signed) == 0


def test_nothing_new_is_nothing_signed(notary: Notary, write: Write, folder: LogFolder) -> None:
    write(1)
    assert notary.turn(NOW) is not None
    assert notary.turn(NOW) is None
    assert parse(folder.checkpoint()).size == 1


@pytest.mark.parametrize("steps", [[1, 1], [255, 1, 1], [256, 256], [300, 700, 3], [1100]])
def test_the_tiles_are_those_of_the_specification(
    steps: list[int], notary: Notary, write: Write, folder: LogFolder, store: PostgresStore
) -> None:
    seen: list[Checkpoint] = []
    for step in steps:
        write(step)
        signed = notary.turn(NOW)
        assert signed is not None
        seen.append(signed)
    last = seen[-1]
    leaves = [tree.leaf_hash(e) for e in commit_all(SECRET, b"".join(map(digests_of, facts_of(store))))]
    for level, index, width in full_tiles(last.size):
        content = folder.read(level, index, width)
        if level < 0:
            continue
        span = 256**level
        hashes = [by_the_book(leaves[(index * 256 + i) * span : (index * 256 + i + 1) * span]) for i in range(width)]
        assert content == b"".join(hashes)
    fresh = LogFolder(folder.root)
    for before in seen:
        proof = tree.consistency(before.size, last.size, fresh.tiles.node(last.size))
        assert tree.extends(before.size, last.size, proof, before.root, last.root)
    node = fresh.tiles.node(last.size)
    for index in {0, last.size // 2, last.size - 1}:
        assert tree.includes(leaves[index], index, last.size, tree.inclusion(index, last.size, node), last.root)
        assert leaves[index] == tree.leaf_hash(fresh.entries(index // 256, last.size)[index % 256])


def test_a_notary_goes_on_where_another_ended(
    notary: Notary, write: Write, folder: LogFolder, store: PostgresStore
) -> None:
    write(300)
    notary.turn(NOW)
    write(10)
    signed = Notary(store, folder, signer(), SECRET).turn(NOW)
    assert signed is not None
    assert (signed.size, signed.root) == (310, root_of(store, 310))


HOSTILE = {
    "truncates": ("DELETE FROM ledger_event WHERE seq > 4", "the record ends at fact 4"),
    "replaces": ("UPDATE ledger_event SET hash = sha256(hash) WHERE seq = 6", "fact 6 is not the one"),
    "forks": ("UPDATE ledger_event SET prev_hash = sha256(prev_hash) WHERE seq = 7", "fact 7 does not follow"),
    "drops": ("DELETE FROM ledger_event WHERE seq = 8", "facts are missing after 6"),
}


@pytest.mark.parametrize("deed", HOSTILE)
def test_what_does_not_continue_what_was_signed_is_not_signed(
    deed: str, notary: Notary, write: Write, folder: LogFolder, store: PostgresStore, as_intruder
) -> None:
    write(6)
    notary.turn(NOW)
    write(6)
    change, why = HOSTILE[deed]
    with as_intruder() as cursor:
        assert cursor.execute(change).rowcount
    for one in (notary, Notary(store, folder, signer(), SECRET)):
        assert one.turn(NOW) is None
        assert why in alarms(store)["log_refused"]
    assert parse(folder.checkpoint()).size == 6


def test_with_the_hole_planted_a_cut_record_is_signed_again(
    notary: Notary, write: Write, folder: LogFolder, store: PostgresStore, as_intruder, monkeypatch
) -> None:
    """The attack the refusal answers: without the look at what was signed, the shorter record gets a checkpoint."""
    write(6)
    first = notary.turn(NOW)
    assert first is not None
    with as_intruder() as cursor:
        cursor.execute("DELETE FROM ledger_event WHERE seq > 4")
    monkeypatch.setattr(Notary, "_continues", lambda _self, _size: True)
    monkeypatch.setattr(LogFolder, "memory", lambda _self: None)
    monkeypatch.setattr(Notary, "_begun", lambda _self, _name: False)
    forked = Notary(store, folder, signer(), SECRET).turn(NOW)
    assert forked is not None
    assert forked.size == 4
    assert signer().verifier.time_of(forked) == 0


def test_a_log_whose_tiles_are_lost_does_not_begin_again_under_its_name(
    notary: Notary, write: Write, folder: LogFolder, store: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database restored without its log's folder would sign two histories in one name."""
    assert notary.why_not() == ""
    write(6)
    assert notary.turn(NOW) is not None and notary.why_not() == ""
    lost = LogFolder(folder.root.with_name("elsewhere"))
    again = Notary(store, lost, signer(), SECRET)
    assert again.turn(NOW) is None
    assert "never begins twice" in alarms(store)["log_refused"] and "never begins twice" in again.why_not()
    assert lost.memory() is None, "nothing was signed"
    other = NoteSigner("city.example/log-2", bytes([2]) * 32)
    assert Notary(store, lost, other, SECRET).turn(NOW) is not None, "another name begins in public"
    with monkeypatch.context() as hole:
        hole.setattr(Notary, "_begun", lambda _self, _name: False)
        assert Notary(store, LogFolder(folder.root.with_name("third")), signer(), SECRET).turn(NOW) is not None


def test_an_old_backup_put_back_is_not_signed_even_once_it_grew_past_what_was_signed(
    notary: Notary, write: Write, folder: LogFolder, store: PostgresStore, as_intruder
) -> None:
    write(6)
    notary.turn(NOW)
    with as_intruder() as cursor:
        cursor.execute("DELETE FROM ledger_event WHERE seq > 3")
    with store.transaction() as tx:  # what happened since the backup happens otherwise
        from necmergitur.governance import gate
        from necmergitur.kernel.events import Fact
        from necmergitur.operations.registry import Audited

        facts = [
            Fact(stream="audit:other", version=n, event=Audited("a", "b", {}), actor="user:2") for n in range(1, 9)
        ]
        tx.append(gate.admit_record(facts, NOW))
    assert Notary(store, folder, signer(), SECRET).turn(NOW) is None
    assert "fact 6 is not the one that was signed" in alarms(store)["log_refused"]


def test_tiles_that_were_touched_are_not_continued(
    notary: Notary, write: Write, folder: LogFolder, store: PostgresStore
) -> None:
    write(300)
    notary.turn(NOW)
    tile = folder.root / "tile/0/001.p/44"
    tile.write_bytes(bytes([tile.read_bytes()[0] ^ 1]) + tile.read_bytes()[1:])
    write(1)
    assert Notary(store, folder, signer(), SECRET).turn(NOW) is None
    assert "the tree on disk is not the one signed last" in alarms(store)["log_refused"]


def test_another_key_does_not_continue_this_log(
    notary: Notary, write: Write, folder: LogFolder, store: PostgresStore
) -> None:
    write(1)
    notary.turn(NOW)
    write(1)
    assert Notary(store, folder, signer(2), SECRET).turn(NOW) is None
    assert "not of this key" in alarms(store)["log_refused"]


def test_an_old_fact_edited_behind_every_trigger_stops_the_notary_for_good(
    notary: Notary, write: Write, folder: LogFolder, store: PostgresStore, as_intruder
) -> None:
    write(6)
    notary.turn(NOW)
    assert notary.look_back(NOW) == 6 and not folder.halted()
    with as_intruder() as cursor:
        cursor.execute("UPDATE ledger_event SET actor = 'user:666' WHERE seq = 2")
    write(1)
    assert notary.turn(NOW) is not None, "the newest fact alone tells nothing about an old one"
    notary.look_back(NOW)
    notary.look_back(NOW)
    assert "fact 2 content was changed" in folder.halted()
    write(1)
    assert notary.turn(NOW) is None
    assert Notary(store, folder, signer(), SECRET).turn(NOW) is None
    assert "fact 2" in alarms(store)["log_refused"]


def test_an_old_fact_rewritten_with_its_hashes_is_told_by_the_tree(
    notary: Notary, write: Write, folder: LogFolder, as_intruder
) -> None:
    import msgspec

    from necmergitur.ledger.chain import hash_of

    write(6)
    notary.turn(NOW)
    fact = facts_of(notary._store)[2]
    rewritten = msgspec.structs.replace(fact, actor="user:666")
    with as_intruder() as cursor:
        digest = hash_of(rewritten)
        cursor.execute("UPDATE ledger_event SET actor = 'user:666', hash = %s WHERE seq = 3", [digest])
        cursor.execute("UPDATE ledger_event SET prev_hash = %s WHERE seq = 4", [digest])
        following = msgspec.structs.replace(facts_of(notary._store)[3], prev_hash=digest)
        cursor.execute("UPDATE ledger_event SET hash = %s WHERE seq = 4", [hash_of(following)])
    notary.look_back(NOW)
    assert folder.halted()


def test_a_disk_that_is_full_is_told_and_forgiven(
    notary: Notary, write: Write, folder: LogFolder, store: PostgresStore, monkeypatch
) -> None:
    write(300)
    with monkeypatch.context() as full:
        full.setattr(LogFolder, "write", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        assert notary.turn(NOW) is None
        assert "No space left" in alarms(store)["log_refused"]
    signed = notary.turn(NOW)
    assert signed is not None
    assert (signed.size, signed.root) == (300, root_of(store, 300))
    assert "log_refused" not in alarms(store)


KILLED = """
import sys
from pathlib import Path
from datetime import UTC, datetime
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.adapters.publiclog import notary
from necmergitur.adapters.publiclog.folder import LogFolder
from necmergitur.ledger.checkpoint import NoteSigner
notary.PAGE = 7
store = PostgresStore(sys.argv[1])
one = notary.Notary(store, LogFolder(Path(sys.argv[2])), NoteSigner("city.example/log", bytes([1]) * 32), bytes(range(32)))
print("ready", flush=True)
while True:
    signed = one.turn(datetime.now(UTC))
    if signed:
        print(signed.size, flush=True)
"""


def test_kill_9_at_any_moment_leaves_a_log_that_goes_on(
    database: str, notary: Notary, write: Write, folder: LogFolder, store: PostgresStore
) -> None:
    write(3_000)
    seen: list[Checkpoint] = []
    for turn in range(6):
        child = subprocess.Popen(
            [sys.executable, "-c", KILLED, database, str(folder.root)], stdout=subprocess.PIPE, env=os.environ
        )
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        for _ in range(turn):
            assert child.stdout.readline()
        time.sleep(0.002 * turn)
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        if (folder.root / "checkpoint").exists():
            seen.append(parse(folder.checkpoint()))
    assert seen
    last = Notary(store, LogFolder(folder.root), signer(), SECRET)
    while (signed := last.turn(NOW)) is not None:
        seen.append(signed)
    assert (seen[-1].size, seen[-1].root) == (3_000, root_of(store, 3_000))
    node = LogFolder(folder.root).tiles.node(3_000)
    for before in seen:
        proof = tree.consistency(before.size, 3_000, node)
        assert tree.extends(before.size, 3_000, proof, before.root, seen[-1].root)
    assert "log_refused" not in alarms(store)


def test_a_reader_never_sees_half_a_file(folder: LogFolder, tmp_path: Path) -> None:
    folder.root.mkdir()
    folder.publish("one\n", "key")
    before = (folder.root / "checkpoint").stat().st_ino
    folder.publish("two\n", "key")
    assert (folder.root / "checkpoint").stat().st_ino != before
    assert not list(folder.root.glob(".*"))
