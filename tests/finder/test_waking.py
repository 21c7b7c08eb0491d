"""What searching needs may load slowly; meanwhile the finder says that it lives, or it would be killed for ever."""

import time
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from necmergitur.adapters.clock import SystemClock
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.finder.holding import Holding
from necmergitur.finder.main import FinderLoop, FinderParts
from necmergitur.operations.population.finding import SOURCES
from tests.logins import as_app
from tests.operations.accounts import give_role
from tests.operations.population.scene import Night, assessed
from tests.operations.town import TOWN, install

SLOW_S = 2.0


def test_the_finder_says_that_it_lives_while_it_loads(empty_database: str, tmp_path: Path) -> None:
    install(empty_database, TOWN)
    for account, role in ((102, "lead"), (103, "duty_officer"), (104, "dpo")):
        give_role(empty_database, account, role)
    store = PostgresStore(as_app(empty_database))
    night = Night(store, tmp_path)
    night.now = datetime.now(UTC)
    assessed(night)
    night.opened(None)
    (tmp_path / "run").mkdir()

    def awake() -> Holding:
        time.sleep(SLOW_S)
        return Holding(store, night.keys, SOURCES, SystemClock())

    said: list[float] = []
    loop = FinderLoop(FinderParts(as_app(empty_database), tmp_path, awake, lambda: None))
    loop.turn(lambda: said.append(time.monotonic()))
    loop.close()
    assert said, "the hole: silent until all was loaded"
    assert max(after - before for before, after in pairwise(said)) < SLOW_S / 2
