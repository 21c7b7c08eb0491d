"""The dishonest administrator: rows changed under old facts, with a writer's rights and with the owner's."""

from contextlib import ExitStack
from uuid import UUID

import msgspec
import psycopg
import pytest

from necmergitur.governance import gate
from necmergitur.governance.authorisations import AuthorisationSuspended, stream_of
from necmergitur.kernel.events import Fact
from necmergitur.operations import assessing, checking, sensing, streams
from necmergitur.operations.checking import Report, check_ledger
from tests import signed
from tests.hostile.conftest import City, refused_as
from tests.hostile.holes import asleep, in_code, in_function
from tests.streams import COUNTER, STREAM, TECHNICIAN, authorise, body, sensor


@pytest.fixture
def city(city: City) -> City:
    """The counter spoke, one minute has its root, and then the officer withdrew the assessment."""
    authorise(city.store, city.now, rate=100)
    assert city.hear(body(city.now, 1)) == {"": 1}
    assert streams.root_minutes(city.store, city.scene.wait(120)) == 1
    assessing.withdraw(city.store, signed.assessment(city.now).id, "it was wrong", signed.DPO, city.now)
    return city


# What each would change: the statement, the guard against it, its code, and the stream an auditor is told of.
DEEDS: dict[str, tuple[str, tuple[str, ...], str, str]] = {
    "a stale assessment stands up again": (
        "UPDATE assessment SET stale_at = NULL, stale_reason = ''",
        ("assessment", "assessment_told"),
        "NM009",
        "assessment:",
    ),
    "an assessment covers more than was signed": (
        "UPDATE assessment SET covers = jsonb_set(covers, '{zones}', '[\"Z-1\", \"Z-2\"]') WHERE title LIKE 'Counting%'",
        ("assessment", "assessment_told"),
        "NM009",
        "assessment:",
    ),
    "a stolen key is retired in 2199, so that nobody can retire it today": (
        "UPDATE party SET retired_at = '2199-01-01Z' WHERE role = 'state'",
        ("party", "party_told"),
        "NM009",
        "party:",
    ),
    "a party's key is changed for the administrator's own": (
        "UPDATE party SET public_key = 'mine' WHERE role = 'state'",
        ("party", "party_told"),
        "NM009",
        "party:",
    ),
    "a suspended stream is resumed": (
        "UPDATE authorisation SET suspended_at = NULL, suspended_reason = NULL WHERE paper IS NOT NULL",
        ("authorisation", "authorisation_entered_once", "authorisation_was_resumed"),
        "NM009",
        "authorisation:",
    ),
    "a paper lasts until 2050": (
        "UPDATE authorisation SET valid_until = '2050-01-01Z', version = version + 1 WHERE paper IS NOT NULL",
        ("authorisation", "authorisation_entered_once"),
        "NM009",
        "authorisation:",
    ),
    "a sensor is said to stand elsewhere": (
        "UPDATE sensor SET zone_id = 'Z-2'",
        ("sensor", "sensor_told"),
        "NM010",
        "sensor:",
    ),
    "a sensor may speak more often": (
        "UPDATE sensor SET rate_per_minute = 60",
        ("sensor", "sensor_told"),
        "NM010",
        "sensor:",
    ),
    "a sensor answers to another certificate": (
        "UPDATE sensor SET certificate_subject = 'CN=mine'",
        ("sensor", "sensor_told"),
        "NM010",
        "",
    ),
    "a minute that has its root is opened again": (
        "UPDATE sensor SET rooted_until = NULL",
        ("sensor", "sensor_told"),
        "NM010",
        "",
    ),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_a_row_is_not_changed_under_an_old_fact(city: City, deed: str) -> None:
    """It was enough, once, that some fact stood behind the row."""
    statement, guard, code, _ = DEEDS[deed]
    with asleep(city.url, *guard), psycopg.connect(city.url) as writer:
        writer.execute("SET LOCAL role nec_ledger")
        assert writer.execute(statement).rowcount >= 1
        writer.rollback()
    assert city.as_writer(statement) == code
    # Nor with another, true fact of the same stream named as the reason.
    table = guard[0]
    other = (
        f"{statement.split(' WHERE ')[0]}, last_seq = (SELECT max(seq) FROM ledger_event WHERE stream LIKE '{table}:%')"
    )
    assert city.as_writer(other) in {code, "NM009", "NM010"}


@pytest.mark.parametrize("deed", [name for name, deed in DEEDS.items() if deed[3]])
def test_what_the_owner_changes_with_every_guard_asleep_is_told_to_whoever_checks(city: City, deed: str) -> None:
    """No trigger stops the owner of the tables: the record does, in the hands of anybody (`nec ledger verify`)."""
    statement, guard, _, stream = DEEDS[deed]

    def differing() -> list[str]:
        found = check_ledger(city.store)
        assert isinstance(found, Report)
        return list(found.differing)

    assert differing() == []
    with asleep(city.url, *guard), psycopg.connect(city.url) as owner:
        owner.execute(statement)
    forgetful = {name: story for name, story in checking._STORIES.items() if f"{name}:" != stream}
    with in_code(checking, "_STORIES", forgetful):
        assert differing() == [], "the hole: who holds rows against nothing finds nothing"
    assert [name.partition(":")[0] + ":" for name in differing()] == [stream]


def test_an_authorisation_that_no_fact_granted(city: City) -> None:
    """The owner puts in a row of their own: facts alone do not tell of it."""
    with ExitStack() as all_asleep:
        for trigger in ("authorisation_entered_once", "authorisation_signed", "authorisation_was_proposed"):
            all_asleep.enter_context(asleep(city.url, "authorisation", trigger))
        with psycopg.connect(city.url) as owner:
            owner.execute(
                "INSERT INTO authorisation SELECT (a).* FROM (SELECT jsonb_populate_record(r, jsonb_build_object("
                "'id', %s::text, 'suspended_at', NULL)) AS a FROM authorisation r WHERE paper IS NOT NULL) s",
                [str(UUID(int=666))],
            )
    with in_code(checking, "_opening", lambda _tx: set()):
        found = check_ledger(city.store)
        assert isinstance(found, Report)
        assert found.differing == (), "the hole"
    found = check_ledger(city.store)
    assert isinstance(found, Report)
    assert found.differing == (f"authorisation:{UUID(int=666)}",)


def test_a_fact_that_says_one_thing_under_a_row_that_says_another(city: City) -> None:
    """A fact of the right stream and version, which suspends; the row beside it resumes."""
    with city.store.transaction() as tx:
        (paper,) = tx.papers_of(STREAM)

    def attack() -> None:
        event = AuthorisationSuspended(paper.id, city.now, "user:1", "as before")
        fact = Fact(stream=stream_of(paper.id), version=paper.version + 1, event=event, actor="user:1")
        resumed = msgspec.structs.replace(paper, suspended_at=None, suspended_reason=None, version=paper.version + 1)
        with city.store.transaction() as tx:
            tx.put_authorisation(resumed, tx.append(gate.admit_record([fact], city.now)))

    guard = "OR public.told_otherwise(to_jsonb(NEW), said)"
    assert refused_as(attack) == "NM009"
    with in_function(city.url, "authorisation_refuse_change()", guard):
        assert refused_as(attack) == "NM011", "nor does it open again on an assessment that was withdrawn"
        with asleep(city.url, "authorisation", "authorisation_was_resumed"):
            assert refused_as(attack) == ""
    assert city.hear(body(city.now, 9)) == {"": 1}, "the stream is open"


def test_an_honest_change_with_its_fact_passes(city: City) -> None:
    moved = sensor(city.now, zone_id="Z-2", label="Moved")
    assert sensing.enrol(city.store, moved, TECHNICIAN, city.now) == moved
    assert city.rows("SELECT zone_id FROM sensor WHERE id = %s", COUNTER) == [("Z-2",)]
    assert sensing.retire(city.store, COUNTER, TECHNICIAN, city.scene.wait(1))
