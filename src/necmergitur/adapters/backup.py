"""Copies of the database, by PostgreSQL's own tools: the data without a single key, and the keys by themselves.

Keys of what sensors said go into neither: they die at an hour that was signed for, and a copy would outlive it.
"""

import os
import shutil
import subprocess
from pathlib import Path

from necmergitur.adapters.embedded_postgres import installation

KEYS = "holders.data_key"
NEVER_COPIED = "holders.reading_key"
S_MAX = 6 * 3_600.0  # ours: a night


class BackupFailed(RuntimeError):
    """PostgreSQL's tool refused; the message is its own."""


def back_up_data(url: str, to: Path) -> None:
    """Dump everything but the keys that open what is sealed. Raises BackupFailed."""
    _dump(url, to, f"--exclude-table-data={KEYS}", f"--exclude-table-data={NEVER_COPIED}")


def back_up_keys(url: str, to: Path) -> None:
    """Dump the keys alone. Raises BackupFailed."""
    _dump(url, to, "--data-only", f"--table={KEYS}")


def restore(url: str, dump: Path, *options: str) -> None:
    """Read a dump back. Raises BackupFailed."""
    _run([_tool("pg_restore"), "--no-owner", "--exit-on-error", *options, f"--dbname={url}", str(dump)])


def _dump(url: str, to: Path, *options: str) -> None:
    part = to.with_name(f"{to.name}.part")
    part.touch(mode=0o600)
    try:
        _run([_tool("pg_dump"), "--format=custom", *options, f"--file={part}", f"--dbname={url}"])
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.replace(to)
    finally:
        part.unlink(missing_ok=True)


def _tool(name: str) -> str:
    """Return the embedded tool: the newest, which reads every older server; else the one on the PATH."""
    ours = installation() / "bin" / name
    return str(ours) if ours.exists() else shutil.which(name) or name


def _run(argv: list[str]) -> None:
    try:
        subprocess.run(argv, check=True, capture_output=True, text=True, timeout=S_MAX)  # noqa: S603 -- our own words
    except subprocess.CalledProcessError as failed:
        raise BackupFailed(failed.stderr.strip().splitlines()[-1] if failed.stderr.strip() else argv[0]) from None
    except (OSError, subprocess.TimeoutExpired) as failed:
        raise BackupFailed(str(failed)) from None
