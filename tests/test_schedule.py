"""A run of tests ends, whatever its tests do to it."""

import os
import re
import subprocess
import sys
from pathlib import Path

CONFTEST = """
from tests.schedule import Schedule
def pytest_xdist_make_scheduler(config, log):
    return Schedule(config, log)
"""
CRASHES = "import os\n\ndef test_before(): pass\n\ndef test_crash(): os._exit(1)\n\ndef test_after(): pass\n"
PASSES = "def test_one(): pass\n\ndef test_two(): pass\n"
ROOT = Path(__file__).parent.parent


def test_what_ends_its_worker_is_run_once_and_all_else_still_runs(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "conftest.py").write_text(f"import sys\nsys.path.insert(0, {str(ROOT)!r})\n{CONFTEST}")
    for name in ("a", "c", "d", "e", "z"):
        (tmp_path / f"test_{name}.py").write_text(CRASHES if name in "cz" else PASSES)
    command = [sys.executable, "-m", "pytest", "-p", "no:django", "-n", "2", "--dist", "loadscope", str(tmp_path)]
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "DJANGO_"))}
    run = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=100, check=False)
    assert run.returncode == 1, run.stdout
    assert re.search(r"\n=+ 2 failed, 10 passed", run.stdout), run.stdout
