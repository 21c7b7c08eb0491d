"""Static files are gathered and hashed once for each change of the sources: it costs a second at every start."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import necmergitur
from necmergitur.app.settings import Settings

WEB = Path(necmergitur.__file__).parent / "web"


def gather_static(settings: Settings, collect: Callable[[], None]) -> bool:
    """Call `collect` unless nothing changed since it last ran; return whether it ran."""
    stamp = settings.home / "static.stamp"
    present = _fingerprint()
    gathered = settings.home / "static" / "staticfiles.json"
    if gathered.exists() and stamp.exists() and stamp.read_text() == present:
        return False
    collect()
    stamp.write_text(present)
    return True


def _fingerprint() -> str:
    """Return a digest of the names, sizes and times of every static source."""
    digest = hashlib.sha256(necmergitur.__version__.encode())
    for folder in sorted(WEB.glob("**/static")):
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            status = path.stat()
            digest.update(f"{path}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()
