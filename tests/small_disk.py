"""A disk of a few megabytes that fills as disks do: a file system in memory, mounted for one test."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

BALLAST = "ballast"


@contextmanager
def small_disk(megabytes: float) -> Iterator[Path]:
    """Mount a disk of that size. Skips where nobody may mount one."""
    folder = Path(tempfile.mkdtemp(prefix="nec-"))
    folder.chmod(0o755)
    may = [] if os.geteuid() == 0 else ["sudo", "-n"]
    mount = [*may, "mount", "-t", "tmpfs", "-o", f"size={int(megabytes * 1024)}k,mode=0777", "nec", str(folder)]
    try:
        if not shutil.which(mount[0]) or subprocess.run(mount, check=False, capture_output=True).returncode:
            pytest.skip("nobody here may mount a disk")
        try:
            yield folder
        finally:
            subprocess.run([*may, "umount", "--lazy", str(folder)], check=True)
    finally:
        folder.rmdir()


def fill(disk: Path) -> None:
    """Fill a disk to its last byte: then writing fails with ENOSPC, as everywhere."""
    with (disk / BALLAST).open("wb", buffering=0) as file:
        for piece in (1 << 20, 1 << 12, 1):
            try:
                while file.write(bytes(piece)) == piece:
                    pass
            except OSError:
                continue


def make_room(disk: Path) -> None:
    """Take away what filled it, if it is there."""
    (disk / BALLAST).unlink(missing_ok=True)


@contextmanager
def filled(disk: Path) -> Iterator[None]:
    """Fill a disk; whatever happens meanwhile, there is room again afterwards: a city stops on no full disk."""
    try:
        fill(disk)
        yield
    finally:
        make_room(disk)
