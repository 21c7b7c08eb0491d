"""The counts that must be zero are not zero when something is lost or launched twice: each has its planted breach."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from necmergitur.adapters.embedded_postgres import EmbeddedPostgres
from necmergitur.sim.bench import press
from necmergitur.sim.bench.faults import flights, lost
from necmergitur.sim.bench.ledger_watch import LedgerWatch
from necmergitur.sim.bench.press import SAMPLE_KIND, Outcome
from necmergitur.sim.devices.post import PressRecord

NOON = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
STANDING = "00000000-0000-7000-8000-000000000001"


def record(
    device_id: str, *, lit: bool = True, kind: str = "sos", at: float = 100.0, took_s: float = 0.05
) -> PressRecord:
    return PressRecord(device_id, 1, 1, kind, at, at + took_s if lit else None, 1)


# --- press ----------------------------------------------------------------------------------------------


def outcome(*kept: str, decided_s: float = 0.1) -> tuple[Outcome, dict[str, UUID]]:
    ids = {name: uuid4() for name in kept}
    keys = {name: (name, 1, 1) for name in kept}
    decided = {ids[name]: ("offered", 100.0 + decided_s) for name in kept}
    return Outcome(set(keys.values()), {keys[n]: ids[n] for n in kept}, decided), ids


def figures(records: list[PressRecord], known: Outcome, painted: dict[str, float]) -> dict[str, Any]:
    return press._figures(records, known, painted)


def test_figures_are_counted_from_the_press_itself() -> None:
    known, ids = outcome("a", "b")
    records = [record("a", kind=SAMPLE_KIND), record("b", took_s=0.2)]
    found = figures(records, known, {str(ids["a"]): 100.4})
    assert (found["lamp_ms_p50"], found["lamp_ms_p99"], found["decision_ms_p99"]) == (50.0, 200.0, 100.0)
    assert (found["screen_ms_p99"], found["screen_samples"], found["screen_missing"]) == (400.0, 1, 0)
    assert (found["offered"], found["undecided"], found["lost"]) == (2, 0, 0)


def test_a_lit_press_that_is_not_kept_and_a_press_never_lit_are_both_lost() -> None:
    known, ids = outcome("a")
    records = [record("a", kind=SAMPLE_KIND), record("not-kept"), record("dark", lit=False)]
    assert figures(records, known, {str(ids["a"]): 100.4})["lost"] == 2


def test_an_incident_nobody_decided_on_and_a_row_never_painted_are_told() -> None:
    known, ids = outcome("a", "b", "c")
    del known.decided[ids["b"]]
    records = [record("a", kind=SAMPLE_KIND), record("b", kind=SAMPLE_KIND), record("c")]
    found = figures(records, known, {str(ids["a"]): 100.4})
    assert (found["undecided"], found["screen_missing"]) == (1, 1)


# --- faults ---------------------------------------------------------------------------------------------


def keep(connection: psycopg.Connection[Any], device_id: str) -> None:
    connection.execute(
        "INSERT INTO signal (id, device_id, boot_id, seq, kind, received_at, recorded_at, authorisation_id, ledger_seq)"
        " VALUES (%s, %s, 1, 1, 'sos', now(), now(), %s, 1)",
        [uuid4(), device_id, STANDING],
    )


def test_a_lit_press_missing_from_the_database_is_counted(database: str) -> None:
    with psycopg.connect(database) as connection:
        keep(connection, "kept")
    assert lost(database, [record("kept")]) == 0
    assert lost(database, [record("kept"), record("gone")]) == 1


class Sky:
    """Missions that flew, written as the ledger and the read tables would hold them, doubles and all.

    A double launch is what the guards refuse, so they sleep here: `admin_url` is the superuser's.
    """

    def __init__(self, url: str, admin_url: str) -> None:
        self.url = url
        self._asleep = make_conninfo(
            admin_url, dbname=conninfo_to_dict(url)["dbname"], options="-c session_replication_role=replica"
        )
        self._seq = 0

    def _insert(self, table: str, row: dict[str, Any]) -> None:
        names = sql.SQL(", ").join(map(sql.Identifier, row))
        values = sql.SQL(", ").join(sql.Placeholder() * len(row))
        with psycopg.connect(self._asleep) as connection:
            statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(sql.Identifier(table), names, values)
            connection.execute(statement, list(row.values()))

    def incident(self) -> UUID:
        incident_id = uuid4()
        self._insert(
            "incident",
            {"id": incident_id, "number": str(incident_id), "state": "open", "rung": "received", "kind": "sos"}
            | dict.fromkeys(["test", "exercise", "duress", "cancelled"], False)
            | {"lon": 2.3, "lat": 48.8, "accuracy_m": 10, "opened_at": NOON, "last_signal_at": NOON, "drone": "none"}
            | dict.fromkeys(["label", "owner_name", "drone_reason", "outcome"], "")
            | {"signal_count": 1, "escalation": 0, "version": 1, "last_seq": 1},
        )
        return incident_id

    def mission(self, incident_id: UUID, drone_id: str, from_min: int, until_min: int, launches: int = 1) -> None:
        mission_id = uuid4()
        self._insert(
            "mission",
            {"id": mission_id, "incident_id": incident_id, "authorisation_id": STANDING, "drone_id": drone_id}
            | {
                "pilot_id": 1,
                "pilot_name": "p",
                "state": "ended",
                "phase": "ended",
                "lon": 2.3,
                "lat": 48.8,
                "eta_s": 1,
            }
            | {"why": "", "offered_at": NOON, "accepted_at": NOON, "end_reason": "", "tried_pilots": [], "order_seq": 0}
            | {"airborne_at": NOON + timedelta(minutes=from_min), "ended_at": NOON + timedelta(minutes=until_min)}
            | {"order_name": "fly", "version": 1, "last_seq": 1},
        )
        with psycopg.connect(self._asleep) as connection:
            for version in range(1, launches + 1):
                self._seq += 1
                connection.execute(
                    "INSERT INTO ledger_event VALUES (%s, %s, %s, 'MissionLaunched', now(), %s, 'engine:fleet', '{}',"
                    " NULL, %s, %s)",
                    [self._seq, f"mission:{mission_id}", version, STANDING, b"0" * 32, b"0" * 32],
                )


@pytest.fixture
def sky(database: str, postgres: EmbeddedPostgres) -> Sky:
    return Sky(database, postgres.admin_url)


def test_one_launch_a_mission_one_after_the_other_is_as_it_should_be(sky: Sky) -> None:
    first, second = sky.incident(), sky.incident()
    sky.mission(first, "D-1", 0, 5)
    sky.mission(second, "D-1", 6, 9)
    sky.mission(second, "D-2", 10, 12)
    found = flights(sky.url, {"D-1": 2, "D-2": 1})
    assert (found.launches, found.lift_offs, found.doubled) == (3, 3, 0)


def test_a_mission_launched_twice_is_counted(sky: Sky) -> None:
    sky.mission(sky.incident(), "D-1", 0, 5, launches=2)
    assert flights(sky.url, {"D-1": 1}).doubled == 1


def test_two_drones_in_the_air_for_one_incident_are_counted(sky: Sky) -> None:
    incident = sky.incident()
    sky.mission(incident, "D-1", 0, 5)
    sky.mission(incident, "D-2", 4, 9)
    assert flights(sky.url, {"D-1": 1, "D-2": 1}).doubled == 1


def test_a_drone_in_the_air_for_two_incidents_at_once_is_counted(sky: Sky) -> None:
    sky.mission(sky.incident(), "D-1", 0, 5)
    sky.mission(sky.incident(), "D-1", 4, 9)
    assert flights(sky.url, {"D-1": 2}).doubled == 1


def test_a_lift_off_the_ledger_knows_nothing_of_is_counted(sky: Sky) -> None:
    sky.mission(sky.incident(), "D-1", 0, 5)
    assert flights(sky.url, {"D-1": 2, "D-9": 1}).doubled == 2


# --- when a fact became true ----------------------------------------------------------------------------


def test_a_fact_counts_from_the_commit_that_told_it_and_not_from_the_time_inside(database: str) -> None:
    with LedgerWatch(database) as watch, psycopg.connect(database) as connection:
        connection.execute("SELECT pg_notify('nec_ledger', '7')")
        time.sleep(0.1)
        before = time.time()
        connection.commit()
        connection.execute("SELECT pg_notify('nec_ledger', '')")  # a change of rows that is no fact
        connection.execute("SELECT pg_notify('nec_ledger', '9')")
        connection.commit()
        time.sleep(0.4)
    fifth, seventh, ninth, tenth = watch.committed_at([5, 7, 9, 10])
    assert seventh is not None
    assert ninth is not None
    assert before <= seventh <= ninth < before + 0.4
    assert (fifth, tenth) == (seventh, None)
