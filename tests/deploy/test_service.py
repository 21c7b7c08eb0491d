"""What runs a city under systemd, and what its people type at 3 a.m.: the same city, or nothing."""

import os
import pwd
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ADMIN = ROOT / "deploy" / "nec-admin"
UNIT = ROOT / "deploy" / "systemd" / "nec.service"
SOMEBODY = "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
NEC = """#!/bin/sh
echo "account $(id -un)"
echo "home $NEC_HOME"
echo "database ${NEC_DATABASE_URL:-none}"
echo "name ${NEC_OIDC_NAME:-none}"
echo "said $*"
"""
SECRET = "postgresql://nec:a&b;c $(touch /tmp/x)`'@db/nec?sslmode=verify-full"


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that another account may enter."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def ask(place: Path, unit: str, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run nec-admin on a unit whose program is a stand-in that says what it was given."""
    nec = place / "nec"
    nec.write_text(NEC)
    nec.chmod(0o755)
    settings = place / "settings"
    settings.write_text(f'# ours\n\nNEC_DATABASE_URL={SECRET}\nNEC_OIDC_NAME="Town Hall"\n')
    settings.chmod(0o600)
    unit = unit.replace("/opt/necmergitur/.venv/bin/nec", str(nec)).replace("=necmergitur", f"={SOMEBODY}")
    file = place / "nec.service"
    file.write_text(unit.replace("/etc/necmergitur/settings", str(settings)))
    environ = {name: value for name, value in os.environ.items() if not name.startswith("NEC_")}
    return subprocess.run(
        [ADMIN, *words], env=environ | {"NEC_UNIT_FILE": str(file)}, capture_output=True, text=True, check=False
    )


def test_an_administrators_command_acts_as_the_service_on_its_city(place: Path) -> None:
    said = ask(place, UNIT.read_text(), "account", "restore-second-factor", "a b@example.org")
    assert said.stdout.splitlines() == [
        f"account {SOMEBODY}",
        "home /var/lib/necmergitur",
        f"database {SECRET}",
        "name Town Hall",
        "said account restore-second-factor a b@example.org",
    ], said.stderr
    assert said.returncode == 0


@pytest.mark.parametrize("missing", ["Environment=NEC_HOME", "User=", "ExecStart="])
def test_a_unit_that_does_not_say_which_city_is_refused(place: Path, missing: str) -> None:
    unit = "\n".join(line for line in UNIT.read_text().splitlines() if not line.startswith(missing))
    said = ask(place, unit, "status")
    assert (said.returncode, said.stdout) == (1, "")
    assert "nec-admin: the unit" in said.stderr


def serve(changes: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    """Load what any WSGI server loads."""
    environ = os.environ | {"PYTHONPATH": str(ROOT / "src")} | changes
    return subprocess.run(
        [sys.executable, "-c", "import necmergitur.web.wsgi"], env=environ, capture_output=True, text=True, check=False
    )


def test_pages_are_served_with_every_key() -> None:
    said = serve({})
    assert said.returncode == 0, said.stderr


@pytest.mark.parametrize("name", ["NEC_SECRET_WEB", "NEC_SECRET_SUBJECT", "NEC_SECRET_SEAL", "NEC_DATABASE_URL"])
def test_pages_are_not_served_without_a_key(name: str) -> None:
    said = serve({name: ""})
    assert said.returncode == 1
    assert f"{name} is not set" in said.stderr


def test_pages_are_not_served_with_a_short_key() -> None:
    assert "64 hexadecimal digits" in serve({"NEC_SECRET_SUBJECT": "ab"}).stderr
