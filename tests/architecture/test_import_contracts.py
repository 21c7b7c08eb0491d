"""Each import contract fires when it is broken, and no room escapes them."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "necmergitur"
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]

# (contract, the module that misbehaves, what it writes)
BREACHES = [
    ("layers", "kernel/planted.py", "import necmergitur.governance"),
    ("layers", "adapters/planted.py", "import necmergitur.app.settings"),
    ("layers", "operations/planted.py", "import necmergitur.adapters"),
    ("layers", "territory/planted.py", "import necmergitur.signals"),
    ("layers", "engine/planted.py", "import necmergitur.web"),
    ("layers", "live/planted.py", "import necmergitur.web"),
    ("layers", "web/planted.py", "import necmergitur.finder.holding"),
    ("layers", "app/planted.py", "def run():\n    import necmergitur.sim"),
    ("layers", "surprise/planted.py", "import necmergitur.kernel"),
    ("pure", "signals/planted.py", "import time"),
    ("pure", "territory/planted.py", "from os import environ"),
    ("pure", "dispatch/planted.py", "def draw():\n    import random"),
    ("pure", "governance/planted.py", "from asyncio import Queue"),
    ("pure", "kernel/planted.py", "import django.db"),
    ("pure", "operations/planted.py", "import psycopg"),
    ("pure", "ledger/planted.py", "import nats"),
    ("pure", "dispatch/planted.py", "from pymavlink import mavutil"),
    ("ledger", "dispatch/planted.py", "from necmergitur.ledger import chain"),
    ("ledger", "web/planted.py", "import necmergitur.ledger.ports"),
    ("ledger", "sim/planted.py", "import necmergitur.ledger.ports"),
    ("mint", "operations/planted.py", "from necmergitur.ledger.minting import mint"),
    ("mint", "adapters/planted.py", "from necmergitur.ledger import minting"),
    ("pass", "operations/planted.py", "from necmergitur.governance.issuing import issue"),
    ("pass", "governance/planted.py", "from necmergitur.governance import issuing"),
    ("light", "live/planted.py", "import django"),
    ("light", "engine/planted.py", "from django.conf import settings"),
    ("light", "finder/planted.py", "from django.db import connection"),
]


def _lint(tree: Path, contract: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", _LINT, str(tree / "pyproject.toml"), contract],
        cwd=tree,
        env={"PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        check=False,
    )


# The console script finds the installed package; here the copy must be the one that is read.
_LINT = """
import sys
from importlinter.cli import lint_imports
sys.exit(lint_imports(config_filename=sys.argv[1], limit_to_contracts=(sys.argv[2],), no_cache=True))
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package, with rooms that are not built yet standing empty."""
    copy = tmp_path_factory.mktemp("tree")
    shutil.copytree(PACKAGE, copy / "necmergitur", ignore=shutil.ignore_patterns("__pycache__", "static", "*.so"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    return copy


@pytest.mark.parametrize(("contract", "module", "line"), BREACHES, ids=[f"{c}:{m}:{n[-24:]}" for c, m, n in BREACHES])
def test_a_planted_breach_fires(tree: Path, contract: str, module: str, line: str) -> None:
    planted = tree / "necmergitur" / module
    made = [room for room in (planted.parent,) if not (room / "__init__.py").exists()]
    for room in made:
        room.mkdir(exist_ok=True)
        (room / "__init__.py").touch()
    planted.write_text(line + "\n")
    try:
        answer = _lint(tree, contract)
    finally:
        planted.unlink()
        for room in made:
            shutil.rmtree(room)
    assert answer.returncode != 0
    assert module.removesuffix(".py").replace("/", ".") in answer.stdout or "exhaustive" in answer.stdout, answer.stdout


@pytest.mark.parametrize("contract", [c["id"] for c in CONTRACTS])
def test_the_tree_as_it_stands_keeps_each_contract(tree: Path, contract: str) -> None:
    answer = _lint(tree, contract)
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_every_contract_has_a_planted_breach() -> None:
    assert {contract for contract, _, _ in BREACHES} == {c["id"] for c in CONTRACTS}


def test_every_domain_room_is_held_pure() -> None:
    """A room that appears must be added to the contract by its name."""
    by_id = {c["id"]: c for c in CONTRACTS}
    layers = [{name.strip(" ()") for name in layer.split("|")} for layer in by_id["layers"]["layers"]]
    domain = set().union(*layers[layers.index({"operations"}) :])
    built = {room.name for room in PACKAGE.iterdir() if (room / "__init__.py").exists()}
    assert {f"necmergitur.{room}" for room in domain & built} == set(by_id["pure"]["source_modules"])
