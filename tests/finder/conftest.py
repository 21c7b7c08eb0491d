"""The finder as `nec run` starts it: a process of its own, beside a real database with a crisis in it."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import pytest

from necmergitur.adapters.finder import FinderClient
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.kernel.refusal import Refusal
from necmergitur.people.crises import Crisis
from necmergitur.people.findable import Found, Wanted
from tests.logins import as_app
from tests.operations.accounts import give_role
from tests.operations.emptied import empty_database, shared_database
from tests.operations.population.scene import Night, assessed
from tests.operations.town import TOWN, install

__all__ = ["empty_database", "shared_database"]
SOON_S = 20.0  # a loaded machine's; what is promised is measured where it is promised


@dataclass
class Finding:
    """A night, its finder, and the client that pages use."""

    night: Night
    process: subprocess.Popen[bytes]
    client: FinderClient
    said: Path

    def ask(self, crisis: Crisis, name: str, **more: Any) -> list[Found] | Refusal:
        return self.client.find(crisis.id, Wanted(names=(name,), **more))

    def until(self, holds: Callable[[], bool]) -> float:
        """Wait until it holds; return how many seconds that took."""
        begun = time.monotonic()
        while not holds():
            assert self.process.poll() is None, self.said.read_text()
            assert time.monotonic() - begun < SOON_S, self.said.read_text()
            time.sleep(0.02)
        return time.monotonic() - begun

    def ready(self, crisis: Crisis) -> None:
        self.until(lambda: isinstance(self.ask(crisis, "nobody"), list))

    def memory(self) -> psutil.Process:
        return psutil.Process(self.process.pid)


@pytest.fixture
def finding(empty_database: str, tmp_path: Path) -> Iterator[Finding]:
    install(empty_database, TOWN)
    for account, role in ((102, "lead"), (103, "duty_officer"), (104, "dpo")):
        give_role(empty_database, account, role)
    store = PostgresStore(as_app(empty_database))
    night = Night(store, tmp_path)
    night.now = datetime.now(UTC)
    assessed(night)
    said = tmp_path / "said.log"
    environ = {**os.environ, "NEC_HOME": str(tmp_path), "NEC_DATABASE_URL": as_app(empty_database)}
    with said.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "necmergitur.app.cli", "finder"], env=environ, stdout=output, stderr=output
        )
    yield Finding(night, process, FinderClient(tmp_path), said)
    process.terminate()
    process.wait(10)
    store.close()
