"""A row of the desk and the fact about it are there together or not at all, whenever the process dies."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction

from necmergitur.governance.processing import Processing as Activity
from necmergitur.web.store import beside_rows
from necmergitur.web.trust import keeping
from necmergitur.web.trust.models import Processing
from tests.web.pages import City
from tests.web.serving import ROOT

# Dies by SIGKILL at one point of writing an activity: before its fact, or with both written and neither committed.
DIES = """
import os, signal, sys
from necmergitur.web.boot import boot
boot()
from datetime import UTC, datetime
from necmergitur.governance.processing import Processing as Activity
from necmergitur.web.accounts.models import User
from necmergitur.web.trust import keeping
real = keeping.record
def record(*given, **more):
    if sys.argv[1] == "after":
        real(*given, **more)
    os.kill(os.getpid(), signal.SIGKILL)
if sys.argv[1] != "never":
    keeping.record = record
keeping.save_processing(None, Activity(name="Planted"), User.objects.get(pk=int(sys.argv[2])), datetime.now(UTC))
"""


def die(city: City, when: str) -> int:
    environ = {**os.environ, "NEC_DATABASE_URL": city.url, "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-c", DIES, when, str(city.users["dpo"].pk)]
    return subprocess.run(command, env=environ, check=False, timeout=120).returncode


def kept(city: City) -> tuple[int, int]:
    rows = Processing.objects.filter(name="Planted").count()
    told = "SELECT count(*) FROM ledger_event WHERE payload->>'action' = 'trust:processing:save'"
    return rows, city.sql(told)[0][0]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_process_killed_between_row_and_fact_leaves_neither(city: City, when: str) -> None:
    assert die(city, when) == -signal.SIGKILL
    assert kept(city) == (0, 0)
    assert die(city, "never") == 0
    assert kept(city) == (1, 1)


def test_a_row_that_is_refused_takes_its_fact_along(city: City) -> None:
    now = datetime.now(UTC)
    with transaction.atomic():
        keeping.save_processing(None, Activity(name="Planted"), city.users["dpo"], now)
        transaction.set_rollback(True)
    assert kept(city) == (0, 0)
    keeping.save_processing(None, Activity(name="Planted"), city.users["dpo"], now)
    assert kept(city) == (1, 1)


def test_a_fact_outside_the_transaction_of_its_rows_is_a_mistake(city: City) -> None:
    with pytest.raises(RuntimeError, match="own transaction"):
        keeping.record(city.users["dpo"], "trust:processing:save", "x", datetime.now(UTC))


def test_pages_are_no_writers_of_facts_once_the_fact_is_written(city: City) -> None:
    """Only while the fact is written does the connection hold the ledger's role, also within its transaction."""
    with transaction.atomic(), connection.cursor() as cursor:
        with beside_rows():
            pass
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == ("nec_web",)
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_setting('lock_timeout')")
        assert cursor.fetchone() == ("nec_web", "0")


def test_an_activity_that_ends_is_a_row_and_a_fact(city: City) -> None:
    row = keeping.save_processing(None, Activity(name="Planted"), city.users["dpo"], datetime.now(UTC))
    path = f"/trust/processing/{row.id}/end/"
    assert city.client("dpo").post(path, {"reason": "no longer needed"}).status_code == 302
    assert Processing.objects.get(pk=row.pk).ended_at is not None
    told = "SELECT count(*) FROM ledger_event WHERE payload->>'action' = 'trust:processing:end'"
    assert city.sql(told) == [(1,)]
