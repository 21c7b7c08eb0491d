"""What only a real database can show: races, rollbacks, lost connections, keys, screens that are told."""

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from necmergitur.adapters.embedded_postgres import EmbeddedPostgres
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.dispatch.incidents import Person
from necmergitur.ledger.ports import VersionConflict
from necmergitur.operations import dispatching, flying, incidents, timers
from necmergitur.operations.ports import Unreachable
from tests.operations.scene import Scene, refused
from tests.operations.town import START, place
from tests.passes import forged


def test_two_who_race_meet_on_the_version_and_one_tries_again(scene: Scene, monkeypatch) -> None:
    call = scene.call()
    both_read, lost = threading.Barrier(2, timeout=5), []
    original = incidents.write_incidents

    def slow(tx, *rest):
        if not lost and not both_read.broken:
            with contextlib.suppress(threading.BrokenBarrierError):
                both_read.wait()
        try:
            return original(tx, *rest)
        except VersionConflict:
            lost.append(threading.get_ident())
            both_read.abort()
            raise

    monkeypatch.setattr(incidents, "write_incidents", slow)
    with ThreadPoolExecutor(2) as pool:
        answers = list(
            pool.map(
                lambda who: incidents.climb(scene.store, call.id, "acknowledged", who, START),
                [Person(1, "Ann"), Person(2, "Bea")],
            )
        )
    assert len(lost) == 1, "one of them met the other's version"
    owner = scene.incident(call.id).owner_name
    outcomes = sorted("taken" if a else a.rule for a in answers)
    assert outcomes == ["already_climbed", "taken"]
    assert owner in ("Ann", "Bea")
    assert scene.kinds(f"incident:{call.id}").count("RungReached") == 1
    scene.check()


def test_two_engines_offer_one_drone(scene: Scene) -> None:
    for device in ("P-1", "P-3", "P-5"):
        scene.call(device)
    with ThreadPoolExecutor(4) as pool:
        rounds = list(pool.map(lambda _: scene.offer(), range(4)))
    offered = [m for r in rounds for m in r.offered]
    assert len(offered) == len({m.incident_id for m in offered}) == len({m.drone_id for m in offered}) == 3
    scene.check()


def test_two_engines_launch_once(scene: Scene) -> None:
    scene.call()
    mission = scene.accept(scene.offered())
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: flying.launched(scene.store, mission.id, scene.now), range(4)))
    assert scene.kinds(f"mission:{mission.id}").count("MissionLaunched") == 1


def test_a_yes_and_a_pass_on_at_the_same_instant_leave_one_pilot(scene: Scene) -> None:
    for _ in range(5):
        scene.call("B-1" if scene.now == START else "B-2", at=place(0, 0))
        (mission,) = scene.offer().offered or (None,)
        if mission is None:
            break
        late = mission.offer_expires_at
        with ThreadPoolExecutor(2) as pool:
            yes = pool.submit(
                flying.accept, scene.store, mission.id, Person(mission.pilot_id, ""), late - timedelta(microseconds=1)
            )
            moved = pool.submit(dispatching.pass_on_expired, scene.store, late)
            accepted, passed = yes.result(), moved.result()
        after = scene.mission(mission.id)
        assert (after.state == "accepted") == bool(accepted)
        assert bool(accepted) or passed >= 1
        scene.now = late


def test_the_same_press_in_two_batches_at_once_is_one_signal(scene: Scene) -> None:
    press = scene.make("P-1")
    with ThreadPoolExecutor(4) as pool:
        answers = [a for batch in pool.map(lambda _: scene.take(press), range(4)) for a in batch]
    assert len({a.signal_id for a in answers}) == 1
    assert sorted(a.duplicate for a in answers) == [False, True, True, True]
    scene.check()


def test_presses_side_by_side_in_batches_at_once_are_one_incident(scene: Scene) -> None:
    presses = [scene.make(device) for device in ("P-1", "P-2") * 10]
    with ThreadPoolExecutor(4) as pool:
        answers = [a for batch in pool.map(scene.take, presses) for a in batch]
    assert len({a.incident_id for a in answers}) == 1
    assert scene.incident(answers[0].incident_id).signal_count == 20
    scene.check()


def test_many_writers_leave_one_unbroken_sequence(scene: Scene) -> None:
    calls = [scene.call(d) for d in ("P-1", "P-3", "P-5")]

    def work(n: int) -> None:
        by = Person(n, f"Person {n}")
        incidents.write_note(scene.store, calls[n % 3].id, "note", f"word {n}", by, START)
        scene.take(scene.make(("P-1", "P-3", "P-5")[n % 3]))
        timers.escalate_due(scene.store, START + timedelta(seconds=20))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(16)))
    scene.check()


# --- keys ---------------------------------------------------------------------------------------------


def test_a_key_made_in_a_rolled_back_transaction_seals_nothing_afterwards(scene: Scene, database: str) -> None:
    class Stop(Exception):
        pass

    with pytest.raises(Stop), scene.store.transaction() as tx:  # noqa: PT012
        assert tx.unseal(tx.seal(b"x"), forged()) == b"x"
        raise Stop
    with scene.store.transaction() as tx:
        sealed = tx.seal(b"a name")
    other = PostgresStore(database)
    with other.transaction() as tx:
        assert tx.unseal(sealed, forged()) == b"a name"
    other.close()


def test_two_processes_seal_under_one_key_a_day(scene: Scene, database: str) -> None:
    other = PostgresStore(database)
    with scene.store.transaction() as tx:
        mine = tx.seal(b"mine")
    with other.transaction() as tx:
        theirs = tx.seal(b"theirs")
        assert tx.unseal(mine, forged()) == b"mine"
    with scene.store.transaction() as tx:
        assert tx.unseal(theirs, forged()) == b"theirs"
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT count(*) FROM holders.data_key").fetchone() == (1,)
    other.close()


def test_once_the_key_is_destroyed_the_words_are_gone_and_the_chain_holds(scene: Scene, database: str) -> None:
    scene.call("B-1", at=place(0, 0))
    with psycopg.connect(database) as connection:
        connection.execute("UPDATE holders.data_key SET key = '', destroyed_at = now()")
    other = PostgresStore(database)
    late = Scene(other)
    sealed = [f.personal for f in late.facts() if f.personal is not None]
    assert sealed
    with other.transaction() as tx:
        assert {tx.unseal(one, forged()) for one in sealed} == {None}
    from necmergitur.ledger.chain import verify

    assert isinstance(verify(late.facts()), tuple)
    other.close()


def test_altered_bytes_do_not_open(scene: Scene) -> None:
    with scene.store.transaction() as tx:
        sealed = tx.seal(b"a name")
        assert tx.unseal(sealed[:-1] + bytes([sealed[-1] ^ 1]), forged()) is None


# --- losing and finding the database ----------------------------------------------------------------------


def test_a_database_that_is_away_is_unreachable_and_back_when_it_is_back(tmp_path, scene: Scene) -> None:
    away = PostgresStore(f"postgresql://nobody@/nothing?host={tmp_path}&port=5")
    with pytest.raises(Unreachable), away.transaction():
        pass
    away.close()


def test_a_connection_cut_in_mid_transaction_is_unreachable_and_the_next_one_works(
    scene: Scene, database: str, postgres: EmbeddedPostgres
) -> None:
    name = conninfo_to_dict(database)["dbname"]
    with pytest.raises(Unreachable), scene.store.transaction() as tx:  # noqa: PT012
        tx.serialise()
        with psycopg.connect(postgres.admin_url, autocommit=True) as connection:
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        tx.incidents_due(START, 1)
    assert scene.press("P-1").lit


def test_a_writer_that_stalls_lets_the_others_go_on(scene: Scene, database: str) -> None:
    """The append lock is held at most as long as the session's own time-outs allow."""
    with scene.store.cursor() as cursor:
        shown = {
            name: cursor.execute(f"SHOW {name}").fetchone()[0]
            for name in ("idle_in_transaction_session_timeout", "lock_timeout", "statement_timeout", "role")
        }
    assert shown == {
        "idle_in_transaction_session_timeout": "5s",
        "lock_timeout": "8s",
        "statement_timeout": "15s",
        "role": "nec_ledger",
    }


# --- telling others -----------------------------------------------------------------------------------


def test_screens_are_told_after_the_commit_and_not_before(scene: Scene, database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("LISTEN nec_ledger")
        scene.call()
        (last,) = [n.payload for n in connection.notifies(timeout=2, stop_after=1)]
        assert int(last) == len(scene.facts())

        class Stop(Exception):
            pass

        with pytest.raises(Stop), scene.store.transaction() as tx:  # noqa: PT012
            from tests.adapters.postgres.test_guards import planted
            from tests.operations.town import FLIGHTS

            tx.append([planted(scene, FLIGHTS)])
            raise Stop
        assert list(connection.notifies(timeout=0.2)) == []


def test_a_revocation_by_one_process_grounds_another_at_once(scene: Scene, database: str) -> None:
    from necmergitur.operations import authorising
    from tests.operations.scene import LEAD
    from tests.operations.town import FLIGHTS

    other = Scene(PostgresStore(database))
    other.call("P-5")
    other.offered()  # the other process has the table in memory
    authorising.revoke(scene.store, FLIGHTS, "judge's order", LEAD, scene.wait(1))
    scene.call("P-1")
    other.wait(1)
    assert [rule for _, rule in other.offer().refused] == ["authorisation_revoked"]
    other.store.close()


def test_an_effect_is_put_out_once(scene: Scene, database: str) -> None:
    call = scene.call()
    with psycopg.connect(database) as connection:
        rows = connection.execute("SELECT kind, dedupe, payload FROM outbox ORDER BY id").fetchall()
    assert rows == [
        (
            "incident_opened",
            f"incident_opened:{call.id}",
            {"incident_id": str(call.id), "number": call.number, "kind": "sos"},
        )
    ]
    assert refused(incidents.close(scene.store, call.id, "?", Person(1, "A"), START)) == "outcome_unknown"
