"""What is spooled is on disk before the call returns, and one broken line costs no other."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from structlog.testing import capture_logs

from necmergitur.adapters.spool import Spool
from tests.small_disk import fill, make_room, small_disk


class Drop(msgspec.Struct, frozen=True):
    name: str


@contextmanager
def full_disk(at_bytes: int) -> Iterator[None]:
    """No file of this process grows beyond `at_bytes`: to the writer, a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (at_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def spool(folder: Path) -> Spool[Drop]:
    return Spool(folder / "spool" / "test.jsonl", Drop)


def names(of: Spool[Drop], count: int = 10) -> list[str]:
    return [drop.name for drop in of.peek(count)[0]]


def test_presses_are_replayed_in_order_a_batch_at_a_time(tmp_path: Path) -> None:
    kept = spool(tmp_path)
    assert kept.keep([Drop("a"), Drop("b"), Drop("c")])
    batch, end = kept.peek(2)
    assert [d.name for d in batch] == ["a", "b"]
    kept.forget(end)
    assert kept.keep([Drop("d")])
    assert names(kept) == ["c", "d"]
    kept.forget(kept.peek(10)[1])
    assert (kept.size_bytes, names(kept)) == (0, [])


def test_a_crash_in_the_middle_of_a_replay_starts_it_over(tmp_path: Path) -> None:
    kept = spool(tmp_path)
    kept.keep([Drop("a"), Drop("b")])
    kept.forget(kept.peek(1)[1])
    assert names(spool(tmp_path)) == ["a", "b"]


def test_a_torn_last_line_does_not_eat_the_next_press(tmp_path: Path) -> None:
    kept = spool(tmp_path)
    kept.keep([Drop("a")])
    with (tmp_path / "spool" / "test.jsonl").open("ab") as file:
        file.write(b'{"name":"tor')
    assert kept.keep([Drop("b")])
    assert names(kept) == ["a", "b"]


def test_a_full_disk_is_told_and_leaves_whole_lines(tmp_path: Path) -> None:
    kept = spool(tmp_path)
    kept.keep([Drop("a")])
    with capture_logs(), full_disk(kept.size_bytes + 5):  # the log goes to a pipe in production, here to a file
        assert not kept.keep([Drop("a press that has no room")])
    assert kept.keep([Drop("b")])
    assert names(kept) == ["a", "b"]


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "spool").write_text("a file where the folder should be")
    assert not spool(tmp_path).keep([Drop("a")])


def test_what_was_set_aside_is_taken_back_by_the_next_life(tmp_path: Path) -> None:
    kept = spool(tmp_path)
    assert kept.set_aside(Drop("odd"))
    assert (names(kept), kept.aside_bytes > 0) == ([], True)
    again = spool(tmp_path)
    assert again.take_back()
    assert (names(again), again.aside_bytes) == (["odd"], 0)


def test_a_spool_is_for_its_owner_alone(tmp_path: Path) -> None:
    kept = spool(tmp_path)
    kept.keep([Drop("a")])
    assert (tmp_path / "spool" / "test.jsonl").stat().st_mode & 0o077 == 0


def test_a_press_finds_room_on_a_disk_that_is_full_to_the_last_byte() -> None:
    with small_disk(2) as disk:
        kept = Spool(disk / "spool" / "test.jsonl", Drop, reserve_bytes=300_000)
        assert not (disk / "spool").exists()
        fill(disk)
        assert not kept.keep([Drop("a")]), "the hole: nothing was held beforehand"
        assert not kept.hold_reserve(), "nor is it when there is no room for it"
        make_room(disk)
        assert kept.hold_reserve() and kept.hold_reserve()
        fill(disk)
        for number in range(1_500):
            assert kept.keep([Drop(f"{number:0100}")]), number
        assert len(names(kept, 10_000)) == 1_500
        make_room(disk)
        assert kept.hold_reserve()
