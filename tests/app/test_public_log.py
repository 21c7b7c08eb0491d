"""The auditor's way, by commands alone: a log kept by the worker's chores, a witness elsewhere, an export, a check."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.app.services import free_port
from necmergitur.app.settings import BadSetting, Settings
from necmergitur.app.wiring import publiclog
from necmergitur.dispatch.incidents import Person
from necmergitur.operations.registry import audit
from tests.operations.town import START

SECRETS = {name: value for name, value in os.environ.items() if name.startswith("NEC_SECRET_")}


def nec(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    bare = {"PATH": os.environ["PATH"], "PYTHONPATH": ":".join(sys.path), **environ}
    command = [sys.executable, "-m", "necmergitur.app.cli", *words]
    return subprocess.run(command, env=bare, check=False, capture_output=True, text=True)


@pytest.fixture
def city(database: str, tmp_path: Path) -> dict[str, str]:
    """The environment of a city with one fact."""
    store = PostgresStore(database)
    with store.transaction() as tx:
        audit(store, tx, "lead:airspace:announce", "x", Person(1, "Ada"), START)
    store.close()
    url = "https://city.example"
    return {**SECRETS, "NEC_HOME": str(tmp_path / "city"), "NEC_DATABASE_URL": database, "NEC_PUBLIC_URL": url}


@pytest.fixture
def signed(city: dict[str, str]) -> dict[str, str]:
    """The same city, its log signed once by the chores the worker has."""
    run_chores(city)
    return city


def run_chores(environ: dict[str, str]) -> None:
    settings = Settings.from_environment(environ)
    store = PostgresStore(settings.database_url)
    chores = {sweep.name: sweep.work for sweep in publiclog.sweeps(settings, store)}
    assert set(chores) == {"log", "witnesses", "look_back"}
    for name in ("log", "look_back", "witnesses"):
        chores[name]()
    until = time.monotonic() + 20
    while settings.witnesses and not publiclog.log_folder(settings).cosigned() and time.monotonic() < until:
        time.sleep(0.05)
    store.close()


@pytest.fixture
def witness(signed: dict[str, str], tmp_path: Path) -> Iterator[tuple[str, str]]:
    """A witness of that log in a process of its own: its address and key."""
    folder, port = tmp_path / "witness", free_port()
    key = nec("witness", "key", str(folder), "--name", "witness.example/w").stdout.strip()
    log_key = (Path(signed["NEC_HOME"]) / "log-tiles" / "key").read_text().strip()
    command = (sys.executable, "-m", "necmergitur.app.cli", "witness", "serve", str(folder), "--log", log_key)
    bare = {"PATH": os.environ["PATH"], "PYTHONPATH": ":".join(sys.path)}
    process = subprocess.Popen([*command, "--port", str(port)], env=bare)
    yield f"http://127.0.0.1:{port}", key
    process.terminate()
    assert process.wait(20) in (0, -15)


@pytest.mark.slow
def test_an_auditor_needs_a_folder_and_two_keys(
    signed: dict[str, str], witness: tuple[str, str], tmp_path: Path
) -> None:
    address, key = witness
    asked = {**signed, "NEC_WITNESSES": f"{address} {key}"}
    until = time.monotonic() + 30
    log = Path(signed["NEC_HOME"]) / "log-tiles"
    while not (log / "cosigned").exists() and time.monotonic() < until:
        run_chores(asked)
    assert (log / "checkpoint").read_text().startswith("city.example/log\n1\n")
    held = nec("ledger", "verify", **signed)
    assert "The public log holds the first 1 of them" in held.stdout, held.stderr
    proof = json.loads(nec("ledger", "prove", "1", **signed).stdout)
    assert proof["index"] == 0 and "Ada" not in json.dumps(proof)
    refused = nec("ledger", "prove", "1", "--public", **signed)
    assert refused.returncode == 1 and "fact_not_public" in refused.stderr
    exported = tmp_path / "usb"
    assert nec("ledger", "export", str(exported), **signed).returncode == 0
    again = nec("ledger", "export", str(exported), **signed)
    assert again.returncode == 1 and "not empty" in again.stderr
    (tmp_path / "city.key").write_text((log / "key").read_text())
    (tmp_path / "witness.key").write_text(f"{key}\n")
    found = nec(
        "ledger", "verify", "--json", "--export", str(exported), "--key-file", str(tmp_path / "city.key"),
        "--witness-file", str(tmp_path / "witness.key"), "--since", str(exported / "checkpoint"),
    )  # fmt: skip
    assert found.returncode == 0, found.stderr
    told = json.loads(found.stdout)
    assert (told["facts"], told["since"]) == (1, 1)
    assert list(told["witnesses"]) == ["witness.example/w"]


def test_a_log_keeps_its_name_when_the_pages_move(signed: dict[str, str]) -> None:
    moved = Settings.from_environment({**signed, "NEC_PUBLIC_URL": "https://elsewhere.example"})
    store = PostgresStore(moved.database_url)
    assert publiclog.notary(moved, store)._signer.verifier.name == "city.example/log"
    store.close()


def test_a_log_that_begins_takes_the_name_it_is_given(city: dict[str, str]) -> None:
    run_chores({**city, "NEC_LOG_NAME": "city.example/log/2"})
    assert (Path(city["NEC_HOME"]) / "log-tiles" / "checkpoint").read_text().startswith("city.example/log/2\n")


@pytest.mark.parametrize("witnesses", ["https://a", "https://a x+y+z", "nothing"])
def test_a_witness_that_is_none_is_told_by_the_settings_name(city: dict[str, str], witnesses: str) -> None:
    with pytest.raises(BadSetting, match="NEC_WITNESSES"):
        publiclog.witnesses_at(Settings.from_environment({**city, "NEC_WITNESSES": witnesses}))


def test_a_witness_names_itself_once(tmp_path: Path) -> None:
    first = nec("witness", "key", str(tmp_path / "w"), "--name", "witness.example/w")
    assert first.stdout.startswith("witness.example/w+")
    assert nec("witness", "key", str(tmp_path / "w")).stdout == first.stdout
    assert nec("witness", "key", str(tmp_path / "w"), "--name", "other").returncode == 1
    assert nec("witness", "key", str(tmp_path / "v"), "--name", "two words").returncode == 1
    assert not (tmp_path / "v").exists()
