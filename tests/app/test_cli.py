"""`nec` finds its commands by their modules, cheaply, and refuses a bad setting before doing anything."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec
import pytest
from click.testing import CliRunner

from necmergitur.app.cli import command_modules, main
from necmergitur.app.specs import ProcessReport, Report, state_file


@pytest.mark.parametrize("name", sorted(command_modules()))
def test_every_command_explains_itself(name: str) -> None:
    answer = CliRunner().invoke(main, [name, "--help"])
    assert answer.exit_code == 0, answer.output
    command = main.get_command(click.Context(main), name)
    assert command is not None
    assert command.help


def test_help_imports_no_web_framework() -> None:
    code = (
        "import sys\n"
        "from necmergitur.app.cli import main, command_modules\n"
        "assert 'run' in command_modules()\n"
        "print([m for m in ('django', 'nats', 'scipy', 'uvicorn') if m in sys.modules])"
    )
    heard = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert heard.stdout == "[]\n"


def test_memory_is_tidied_again_once_a_command_is_loaded() -> None:
    code = (
        "import gc, runpy, sys\n"
        "import necmergitur.app.commands.status as status\n"
        "status.command.callback = lambda *_, **__: print(gc.isenabled())\n"
        "sys.argv = ['nec', 'status']\n"
        "runpy.run_module('necmergitur.app.cli', run_name='__main__')"
    )
    heard = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert heard.stdout == "True\n"


def test_an_unknown_command_is_refused() -> None:
    assert CliRunner().invoke(main, ["no-such"]).exit_code == 2


def test_a_bad_setting_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    answer = CliRunner().invoke(main, ["run"], env={"NEC_PORT": "eighty", "NEC_HOME": str(tmp_path / "home")})
    assert answer.exit_code == 1
    assert "NEC_PORT" in answer.output
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("variable", ["NEC_HOST", "NEC_MQTT_HOST"])
def test_a_demo_refuses_to_listen_to_the_network(tmp_path: Path, variable: str) -> None:
    answer = CliRunner().invoke(
        main, ["run", "--demo"], env={variable: "0.0.0.0", "NEC_HOME": str(tmp_path), "NEC_MQTT_PORT": "0"}
    )
    assert answer.exit_code == 1
    assert f"{variable} must be 127.0.0.1" in answer.output


def test_a_process_nobody_knows_cannot_be_asked_for(tmp_path: Path) -> None:
    answer = CliRunner().invoke(main, ["run", "--only", "engin"], env={"NEC_HOME": str(tmp_path), "NEC_PORT": "0"})
    assert answer.exit_code == 1
    assert "no process is called engin" in answer.output


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        answer = CliRunner().invoke(main, ["run"], env={"NEC_HOME": str(tmp_path), "NEC_PORT": port})
    assert answer.exit_code == 1
    assert f"127.0.0.1:{port} cannot be used" in answer.output
    assert "set NEC_PORT" in answer.output


def _report(home: Path, pid: int, *states: str) -> None:
    state_file(home).parent.mkdir(parents=True)
    now = datetime.now(UTC)
    processes = [ProcessReport(f"p{n}", state, 1, n, now, None) for n, state in enumerate(states)]  # type: ignore[arg-type]
    state_file(home).write_bytes(msgspec.json.encode(Report(pid, now, up=True, processes=processes)))


@pytest.mark.parametrize(("states", "code"), [(("running", "running"), 0), (("running", "pausing"), 1)])
def test_status_is_good_only_when_everything_runs(tmp_path: Path, states: tuple[str, ...], code: int) -> None:
    _report(tmp_path, os.getpid(), *states)
    answer = CliRunner().invoke(main, ["status", "--json"], env={"NEC_HOME": str(tmp_path)})
    assert answer.exit_code == code
    assert [p["state"] for p in json.loads(answer.output)["processes"]] == list(states)


def test_the_report_of_a_killed_supervisor_does_not_count(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    _report(tmp_path, dead.pid, "running")
    answer = CliRunner().invoke(main, ["status"], env={"NEC_HOME": str(tmp_path)})
    assert answer.exit_code == 1
    assert "no city is running" in answer.output
