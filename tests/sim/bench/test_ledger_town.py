"""The town of the ledger's bench is founded by a command that knows no page: nothing of Django may be needed."""

import subprocess
import sys

import pytest

FOUNDS = """
from necmergitur.sim.bench.ledger_town import town
with town(zones=4, buttons=40, seed=1) as here:
    with here.store.cursor() as cursor:
        print(cursor.execute("SELECT count(*) FROM authorisation WHERE kind = 'flight'").fetchone()[0])
"""


@pytest.mark.slow
def test_the_ledgers_bench_founds_its_town_without_the_pages() -> None:
    bare = {"PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(sys.path)}
    said = subprocess.run([sys.executable, "-c", FOUNDS], env=bare, capture_output=True, text=True, check=False)
    assert said.stdout.strip() == "1", said.stderr[-2_000:]
