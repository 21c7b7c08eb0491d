"""Paper that left the building tells whether the record was cut since."""

from datetime import timedelta
from pathlib import Path

import pytest

from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.operations.checking import Head, Report, check_ledger
from necmergitur.worker.paper import Paper
from tests.operations.scene import Scene
from tests.operations.town import START, TOWN, install


@pytest.fixture
def scene(empty_database: str):
    install(empty_database, TOWN)
    store = PostgresStore(empty_database)
    yield Scene(store)
    store.close()


def test_the_head_is_on_paper_as_the_check_takes_it(scene: Scene, tmp_path: Path) -> None:
    scene.call()
    paper = Paper(scene.store, tmp_path)
    paper.write_head(START)
    scene.call("P-5")
    paper.write(START)
    paper.write_head(START + timedelta(hours=1))
    lines = [line.split() for line in (tmp_path / "incidents-2026-03-01.txt").read_text().splitlines()]
    heads = [Head.parse(words[2]) for words in lines if words[1] == "record"]
    assert len(heads) == 2
    assert heads[0].seq < heads[1].seq
    for head in heads:
        assert isinstance(check_ledger(scene.store, head), Report)
