"""What is the twin's own: nothing of a failed transaction stays, and threads take turns.

That it behaves as PostgreSQL does is held by tests/operations (every test on both) and by the storms.
"""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from necmergitur.operations.ports import Unreachable
from necmergitur.sim.twin.journal import Journal
from necmergitur.sim.twin.store import TwinStore
from necmergitur.sim.twin.town import Town
from tests.operations.scene import Scene
from tests.operations.town import TOWN, flights, town

DEEDS = st.lists(
    st.tuples(st.sampled_from(["put", "drop", "append"]), st.integers(0, 4), st.integers(0, 9)), max_size=30
)


@given(st.dictionaries(st.integers(0, 4), st.integers(0, 9)), st.lists(st.integers(0, 9), max_size=5), DEEDS)
def test_whatever_was_done_is_undone(table: dict[int, int], rows: list[int], deeds) -> None:
    before = (dict(table), list(rows))
    journal = Journal()
    for deed, key, value in deeds:
        if deed == "put":
            journal.put(table, key, value)
        elif deed == "drop":
            journal.drop(table, key)
        else:
            journal.append(rows, value)
    journal.undo()
    assert (table, rows) == before


def test_a_failed_transaction_leaves_every_table_as_it_was() -> None:
    store = TwinStore(TOWN)
    scene = Scene(store)
    scene.fly("P-1")

    def shape() -> dict[str, str]:
        return {name: repr(value) for name, value in vars(store.tables).items() if name not in ("town", "numbers")}

    before = shape()

    class Stop(Exception):
        pass

    class Dying:
        """Lets an operation do all its work, then dies before the commit."""

        ids = store.ids

        def transaction(self):
            from contextlib import contextmanager

            @contextmanager
            def open_():
                with store.transaction() as tx:
                    yield tx
                    raise Stop

            return open_()

    dying = Scene(Dying(), scene.now)
    dying._seq = dict(scene._seq)
    for deed in (lambda: dying.press("P-5"), lambda: dying.press("B-1"), lambda: dying.offer(refused_too=True)):
        with pytest.raises(Stop):
            deed()
        for name, rows in shape().items():
            empty = rows.replace(": {}", "").replace(": []", "")
            if name not in ("by_stream", "links_of_incident", "links_of_device", "missions_of_incident", "gate_table"):
                assert rows == before[name], (name, empty)
    scene.check()


def test_threads_take_turns() -> None:
    scene = Scene(TwinStore(TOWN))
    presses = [scene.make(device) for device in ("P-1", "P-2", "P-3", "P-5") * 20]
    with ThreadPoolExecutor(8) as pool:
        answers = [a for batch in pool.map(scene.take, presses) for a in batch]
    assert all(a.lit for a in answers)
    scene.check()


def test_a_transaction_inside_a_transaction_is_a_mistake_and_says_so() -> None:
    store = TwinStore(TOWN)
    with store.transaction(), pytest.raises(RuntimeError, match="wait for itself"), store.transaction():
        pass
    with store.transaction():
        pass


def test_a_store_told_to_be_away_is_away() -> None:
    store = TwinStore(TOWN)
    store.reachable = False
    with pytest.raises(Unreachable), store.transaction():
        pass
    store.reachable = True
    assert Scene(store).press("P-1").lit


def test_a_waiting_thread_gets_its_turn_after_a_failure() -> None:
    store, entered = TwinStore(TOWN), threading.Event()

    def fail() -> None:
        with store.transaction():
            entered.set()
            raise ValueError

    with ThreadPoolExecutor(1) as pool:
        failed = pool.submit(fail)
        entered.wait(5)
        assert isinstance(failed.exception(5), ValueError)
    with store.transaction() as tx:
        assert tx.live_missions() == []


def test_a_town_whose_law_is_refused_is_not_opened() -> None:
    with pytest.raises(ValueError, match="label_missing"):
        TwinStore(town(authorisations=(flights(label=""),)))
    assert TwinStore(Town()).tables.events == []
