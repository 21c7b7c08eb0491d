"""Every operation is tested on both stores: PostgreSQL and the simulator's twin of it."""

from collections.abc import Callable, Iterator

import pytest

from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.operations.ports import Store
from necmergitur.sim.twin.store import TwinStore
from necmergitur.sim.twin.town import Town
from tests.logins import as_app
from tests.operations.emptied import empty_database, shared_database
from tests.operations.scene import Scene
from tests.operations.town import TOWN, install

__all__ = ["empty_database", "shared_database"]


@pytest.fixture(params=["postgres", "twin"])
def open_store(request: pytest.FixtureRequest) -> Iterator[Callable[[Town], Store]]:
    """Open a store on a town of the test's own."""
    opened: list[PostgresStore] = []

    def make(town: Town = TOWN) -> Store:
        if request.param == "twin":
            return TwinStore(town)
        database = request.getfixturevalue("empty_database")
        install(database, town)
        store = PostgresStore(as_app(database))
        opened.append(store)
        return store

    yield make
    for store in opened:
        store.close()


@pytest.fixture
def open_scene(open_store: Callable[[Town], Store]) -> Callable[[Town], Scene]:
    """Open a scene on a town of the test's own."""
    return lambda town=TOWN: Scene(open_store(town))


@pytest.fixture
def scene(open_scene: Callable[[Town], Scene]) -> Scene:
    """A scene in the usual town."""
    return open_scene(TOWN)
