"""Offers are made by a round of choice, by the clock and by pilots, each in a thread of its own: none is given twice.

On PostgreSQL alone: the simulator has one thread.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import msgspec
import pytest

from necmergitur.adapters.postgres.store import PostgresStore, PostgresTransaction
from necmergitur.dispatch import missions
from necmergitur.dispatch.incidents import Person
from necmergitur.dispatch.missions import Mission
from necmergitur.operations import dispatching, flying, shifts
from necmergitur.operations.ports import VersionConflict
from necmergitur.operations.registry import Shift
from tests.logins import as_app
from tests.operations.scene import Scene
from tests.operations.town import TOWN, install, pilot, town

MEETING_S = 1.0  # how long one waits for the other to have read too; under the lock, the other cannot have
EVENTS = msgspec.json.Decoder(missions.MissionEvent)
Deed = Callable[[], object]


@pytest.fixture
def store(empty_database: str) -> Iterator[PostgresStore]:
    """Three pilots who fly one drone each."""
    install(empty_database, TOWN)
    opened = PostgresStore(as_app(empty_database))
    yield opened
    opened.close()


@pytest.fixture
def scene(store: PostgresStore) -> Scene:
    return Scene(store)


@pytest.fixture
def meet(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """`meet("mission")`: two threads that ask this each wait until the other has its answer, for a moment."""

    def make(*questions: str, wait_s: float = MEETING_S) -> None:
        met = threading.Barrier(2)

        def meeting(ask: Callable[..., object]) -> Callable[..., object]:
            def asked(*args: object) -> object:
                answer = ask(*args)
                with contextlib.suppress(threading.BrokenBarrierError):
                    met.wait(wait_s)  # over: the other waits for the record's lock, or has done
                return answer

            return asked

        for question in questions:
            monkeypatch.setattr(PostgresTransaction, question, meeting(getattr(PostgresTransaction, question)))

    return make


@pytest.fixture
def unserialised(monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted breach: the record's lock is taken at the append, and no sooner."""
    take, last = PostgresTransaction.serialise, PostgresTransaction._last

    def late(tx: PostgresTransaction) -> object:
        take(tx)
        return last(tx)

    monkeypatch.setattr(PostgresTransaction, "serialise", lambda _tx: None)
    monkeypatch.setattr(PostgresTransaction, "_last", late)


def at_once(*deeds: Deed) -> list[object]:
    """Do them in threads of their own; one that lost its race says so."""

    def do(deed: Deed) -> object:
        try:
            return deed()
        except VersionConflict as lost:
            return lost

    with ThreadPoolExecutor(len(deeds)) as threads:
        return list(threads.map(do, deeds))


def person(user_id: int) -> Person:
    return Person(user_id, f"Pilot {user_id}")


def by(mission: Mission) -> Person:
    assert mission.pilot_id is not None
    return person(mission.pilot_id)


def in_hand(scene: Scene) -> list[int]:
    """Return whose each live mission is: two of one name are more than that pilot may fly."""
    with scene.store.transaction() as tx:
        return sorted(m.pilot_id for m in tx.live_missions() if m.pilot_id is not None)


# --- one call waits for an answer, another for a drone ----------------------------------------------------


def expired(scene: Scene) -> Deed:
    """An offer whose ten seconds are over."""
    scene.call("P-1")
    scene.offered()
    now = scene.wait(10)
    return lambda: dispatching.pass_on_expired(scene.store, now)


def declined(scene: Scene) -> Deed:
    """An offer its pilot says no to."""
    scene.call("P-1")
    mission = scene.offered()
    now = scene.wait(1)
    return lambda: dispatching.decline(scene.store, mission.id, by(mission), now)


def handed_over(scene: Scene) -> Deed:
    """A flight that another free pilot takes over."""
    mission = scene.fly()
    now = scene.wait(1)
    return lambda: flying.hand_over(scene.store, mission.id, person(2), by(mission), now)


PAIRS = [expired, declined, handed_over]


@pytest.mark.parametrize("other", PAIRS)
def test_a_pilot_is_asked_once_while_an_offer_moves_and_a_round_runs(
    scene: Scene, meet: Callable[..., None], other: Callable[[Scene], Deed]
) -> None:
    deed = other(scene)
    scene.call("P-5")
    meet("pilots_on_shift")
    at_once(deed, scene.offer)
    whose = in_hand(scene)
    assert len(whose) == 2 and len(set(whose)) == 2, whose
    scene.check()


@pytest.mark.parametrize("other", PAIRS)
@pytest.mark.usefixtures("unserialised")
def test_a_planted_breach_asks_one_pilot_twice(
    scene: Scene, meet: Callable[..., None], other: Callable[[Scene], Deed]
) -> None:
    deed = other(scene)
    scene.call("P-5")
    meet("pilots_on_shift", wait_s=10.0)  # nothing keeps them apart, but the machine may be busy
    at_once(deed, scene.offer)
    assert in_hand(scene) == [2, 2]


def test_two_offers_that_move_at_once_reach_two_pilots(scene: Scene, meet: Callable[..., None]) -> None:
    scene.call("P-1"), scene.call("P-5")
    first, second = scene.offer().offered
    now = scene.wait(1)
    meet("pilots_on_shift")
    at_once(
        lambda: dispatching.decline(scene.store, first.id, by(first), now),
        lambda: dispatching.decline(scene.store, second.id, by(second), now),
    )
    whose = in_hand(scene)
    assert len(set(whose)) == len(whose), whose
    scene.check()


# --- a yes against the clock ------------------------------------------------------------------------------


def test_a_yes_in_the_last_instant_and_the_clock_leave_one_pilot(scene: Scene, meet: Callable[..., None]) -> None:
    scene.call("P-1")
    mission = scene.offered()
    last, over = scene.wait(9.999), scene.wait(0.001)
    meet("mission", "offers_expired")
    at_once(
        lambda: flying.accept(scene.store, mission.id, by(mission), last),
        lambda: dispatching.pass_on_expired(scene.store, over),
    )
    after = scene.mission(mission.id)
    assert (after.state, after.pilot_id) in (("accepted", 1), ("offered", 2))
    kinds = scene.kinds(f"mission:{mission.id}")
    assert kinds.count("MissionAccepted") + kinds.count("OfferPassedOn") == 1
    scene.check()


def test_two_engines_launch_one_drone_once(scene: Scene, meet: Callable[..., None]) -> None:
    scene.call("P-1")
    mission = scene.accept(scene.offered())
    now = scene.wait(1)
    meet("mission")
    at_once(*[lambda: flying.launched(scene.store, mission.id, now)] * 2)
    assert scene.kinds(f"mission:{mission.id}").count("MissionLaunched") == 1
    scene.check()


def test_who_ends_their_shift_and_says_yes_at_once_does_one_of_the_two(scene: Scene, meet: Callable[..., None]) -> None:
    scene.call("P-1")
    mission = scene.offered()
    now = scene.wait(1)
    meet("pilots_on_shift", "live_missions")
    ended, taken = at_once(
        lambda: shifts.end_shift(scene.store, by(mission), "", now),
        lambda: flying.accept(scene.store, mission.id, by(mission), now),
    )
    assert isinstance(ended, Shift) != isinstance(taken, Mission), (ended, taken)


# --- a bad evening, with nobody waiting for anybody -------------------------------------------------------


def answer(store: PostgresStore, turn: int, now: datetime) -> None:
    """Say no, say yes, lift off or come home, by turns."""
    with store.transaction() as tx:
        live = tx.live_missions()
    for mission in live:
        if mission.state == "offered" and turn % 3 == 0:
            dispatching.decline(store, mission.id, by(mission), now)
        elif mission.state == "offered" and turn % 3 == 1:
            flying.accept(store, mission.id, by(mission), now)
        elif mission.state == "accepted":
            flying.launched(store, mission.id, now)
        elif mission.state == "flying" and turn % 5 == 4:
            flying.ended(store, mission.id, "docked", now)


def test_rounds_the_clock_and_pilots_all_at_once_load_nobody_twice_and_launch_nothing_twice(
    empty_database: str,
) -> None:
    install(empty_database, town(shifts=tuple(pilot(n) for n in range(1, 5))))
    store = PostgresStore(as_app(empty_database), connections_max=6)
    scene = Scene(store)
    for device in ("P-1", "P-3", "P-5"):
        scene.call(device)
    seconds = [scene.now + timedelta(seconds=n) for n in range(0, 60, 3)]

    deeds: list[Callable[[int, datetime], object]] = [
        lambda _turn, now: dispatching.offer_pending(store, scene.fleet, now, refused_too=True),
        lambda _turn, now: dispatching.pass_on_expired(store, now),
        lambda turn, now: answer(store, turn, now),
        lambda turn, now: answer(store, turn, now),
    ]
    begin = threading.Barrier(len(deeds))

    def evening(deed: Callable[[int, datetime], object]) -> None:
        for turn, now in enumerate(seconds):
            begin.wait(30)
            with contextlib.suppress(VersionConflict):
                deed(turn, now)

    with ThreadPoolExecutor(len(deeds)) as threads:
        list(threads.map(evening, deeds))
    assert most_launches(scene) == 1
    scene.check()
    store.close()


def most_launches(scene: Scene) -> int:
    """Read the record from its beginning: no pilot ever holds two. Return how often one mission was launched at most."""
    held: dict[str, Mission] = {}
    for fact in scene.facts():
        if fact.stream.startswith("mission:"):
            held[fact.stream] = missions.evolve(held.get(fact.stream), EVENTS.decode(fact.payload))
            whose = [one.pilot_id for one in held.values() if one.state != "ended"]
            assert len(set(whose)) == len(whose), f"{whose} after fact {fact.seq}"
    return max(scene.kinds(stream).count("MissionLaunched") for stream in held)
