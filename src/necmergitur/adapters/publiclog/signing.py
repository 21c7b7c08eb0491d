"""Who signs a log or as a witness, under the name it has had so far."""

import secrets
from pathlib import Path

from necmergitur.adapters.pki import write_private
from necmergitur.adapters.publiclog.folder import LogFolder
from necmergitur.ledger.checkpoint import COSIGNATURE, NoteSigner, parse

SEED_BYTES = 32


def log_signer(folder: LogFolder, name: str, seed: bytes) -> NoteSigner:
    """Return the log's signer: under the name of what was signed before, under `name` when nothing was."""
    memory = folder.memory()
    return NoteSigner(name if memory is None else parse(memory.note).origin, seed)


def witness_signer(folder: Path, name: str) -> NoteSigner:
    """Return a witness's signer, its key made into `folder` at first use. Raises ValueError on a bad name."""
    path = folder / "key"
    if not path.exists():
        NoteSigner(name, bytes(SEED_BYTES))  # a bad name leaves no key behind
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_private(path, f"{name} {secrets.token_hex(SEED_BYTES)}\n".encode())
    kept, _, seed = path.read_text().strip().partition(" ")
    if name and name != kept:
        raise ValueError(f"this folder's key is called {kept}")
    return NoteSigner(kept, bytes.fromhex(seed), COSIGNATURE)
