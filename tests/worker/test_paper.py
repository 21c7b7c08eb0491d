"""The paper is there when the screens are not: every step once, in the city's time, whatever the last crash left."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.dispatch.incidents import Person
from necmergitur.kernel.geo import Position
from necmergitur.operations import devices, intake
from necmergitur.operations.intake import Ground, Received
from necmergitur.operations.registry import NewDevice
from necmergitur.signals.press import Press, StatedPosition
from necmergitur.worker.paper import Paper

HERE = Position(2.35, 48.85)
NOUMEA = ZoneInfo("Pacific/Noumea")


@pytest.fixture
def store(database: str) -> Iterator[PostgresStore]:
    over = PostgresStore(database)
    new = [
        NewDevice(id="post-1", kind="post", transport="mqtt", label="Rue des Essais", place=HERE),
        NewDevice(id="person-1", kind="personal", transport="https", label="Madame Secret"),
    ]
    devices.enrol(over, new, Person(0, "nec"), datetime.now(UTC))
    yield over
    over.close()


def press(store: PostgresStore, device: str = "post-1", seq: int = 1) -> None:
    now = datetime.now(UTC)
    place = StatedPosition(lon=2.36, lat=48.86) if device == "person-1" else None
    pressed = Press(device=device, boot_id=1, seq=seq, kind="sos", position=place)
    assert intake.take(store, [Received(pressed, now)], Ground(HERE), now)[0].lit


def lines(folder: Path) -> list[str]:
    return [line for path in sorted(folder.glob("incidents-*.txt")) for line in path.read_text().splitlines()]


def test_each_step_is_one_line_in_the_citys_time_and_names_no_person(store: PostgresStore, tmp_path: Path) -> None:
    paper = Paper(store, tmp_path, NOUMEA)
    press(store)
    press(store, "person-1")
    now = datetime.now(UTC)
    assert paper.write(now) > 0
    written = lines(tmp_path)
    assert any("IncidentOpened" in line and "Rue des Essais" in line for line in written)
    assert not any("Secret" in line or "2.36" in line for line in written)
    assert (tmp_path / f"incidents-{now.astimezone(NOUMEA):%Y-%m-%d}.txt").exists()
    assert paper.write(now) == 0
    assert lines(tmp_path) == written


def test_another_worker_goes_on_where_the_last_one_was(store: PostgresStore, tmp_path: Path) -> None:
    press(store)
    Paper(store, tmp_path).write(datetime.now(UTC))
    before = lines(tmp_path)
    press(store, "person-1")
    assert Paper(store, tmp_path).write(datetime.now(UTC)) > 0
    assert lines(tmp_path)[: len(before)] == before
    assert len(set(lines(tmp_path))) == len(lines(tmp_path))


@pytest.mark.parametrize("left", [b"", b"\x00\x00\x00", b"12x"])
def test_a_position_that_power_failure_spoilt_costs_no_line_and_doubles_none(
    store: PostgresStore, tmp_path: Path, left: bytes
) -> None:
    press(store)
    Paper(store, tmp_path).write(datetime.now(UTC))
    before = lines(tmp_path)
    (tmp_path / "position").write_bytes(left)
    Paper(store, tmp_path).write(datetime.now(UTC))
    assert lines(tmp_path) == before
    assert int((tmp_path / "position").read_text()) > 0
