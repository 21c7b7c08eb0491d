"""What an auditor takes away, and how it is checked on another machine: no database, no settings, no network.

checkpoint, key, witnesses, tile/...   as the log gives them out
facts.jsonl                            every fact anybody may see, opened, one a line, in their order
SHA256SUMS                             each of these files as it was written, for `sha256sum -c` and for us
"""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from necmergitur.adapters.publiclog.folder import LogFolder, full_tiles
from necmergitur.adapters.publiclog.proofs import PAGE, Prover
from necmergitur.ledger import tiles, tree
from necmergitur.ledger.checkpoint import Checkpoint, VerifierKey, parse
from necmergitur.ledger.commitment import Opening
from necmergitur.ledger.proof import witnesses_of
from necmergitur.ledger.tiles import ENTRIES, WIDTH, Tiles, width_of
from necmergitur.operations.publishing import shown_of

FACTS = "facts.jsonl"
SUMS = "SHA256SUMS"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Wrong(Exception):
    """What does not hold in an export."""


class Audited(msgspec.Struct, frozen=True):
    """What holds: how many facts under which root, signed, seen by which witnesses and when, how many shown."""

    facts: int
    root: str
    origin: str
    witnesses: dict[str, int]
    shown: int
    since: int | None = None


def write_export(prover: Prover, folder: LogFolder, into: Path, now: datetime) -> Checkpoint:
    """Write everything an auditor needs into an empty or absent folder. Raises FileExistsError, FileNotFoundError."""
    into.mkdir(parents=True, exist_ok=True)
    if any(into.iterdir()):
        raise FileExistsError(f"{into} is not empty")
    note = folder.cosigned() or folder.checkpoint()
    checkpoint = parse(note)
    for level, index, width in full_tiles(checkpoint.size):
        path = into / tiles.path(level, index, width)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(folder.read(level, index, width))
    last = 0
    with (into / FACTS).open("wb") as file:
        while page := prover.page(now, last, PAGE):
            for seq, opening in page:
                last = seq
                if opening is not None and seq <= checkpoint.size:
                    file.write(msgspec.json.encode(opening) + b"\n")
    (into / "key").write_text(folder.key() + "\n", encoding="utf-8")
    (into / "witnesses").write_text("".join(f"{key}\n" for key in folder.witness_keys()), encoding="utf-8")
    (into / "checkpoint").write_text(note, encoding="utf-8")
    (into / SUMS).write_text("".join(f"{digest}  {name}\n" for name, digest in _sums(into)), encoding="utf-8")
    return checkpoint


def audit(exported: Path, key_file: Path | None, witness_file: Path | None, since: Path | None) -> Audited:
    """Check an export with keys from files; without, with those it brings. Raises Wrong."""
    try:
        keys = _keys(key_file or exported / "key")
        witnesses = _keys(witness_file or exported / "witnesses")
        earlier = None if since is None else parse(since.read_text(encoding="utf-8"))
    except FileNotFoundError as missing:
        raise Wrong(f"{missing.filename} is not there: it was left out, or this is no export") from missing
    except (OSError, ValueError) as error:
        raise Wrong(str(error)) from error
    if len(keys) != 1:
        raise Wrong("a log has one key")
    return check_export(exported, keys[0], witnesses, earlier)


def _keys(path: Path) -> list[VerifierKey]:
    return [VerifierKey.parse(line) for line in path.read_text(encoding="utf-8").split()]


def check_export(
    exported: Path, log_key: VerifierKey, witness_keys: Sequence[VerifierKey], since: Checkpoint | None = None
) -> Audited:
    """Recompute everything with keys that the caller trusts. Raises Wrong naming the first thing that does not hold."""
    try:
        _unharmed(exported)
        folder = LogFolder(exported)
        checkpoint = parse(folder.checkpoint())
        if log_key.name != checkpoint.origin or log_key.time_of(checkpoint) is None:
            raise Wrong("the checkpoint is not signed by that key")
        entries = _recompute(folder, checkpoint)
        shown = _open_facts(exported / FACTS, entries)
        if since is not None:
            _continues(folder, since, checkpoint, log_key)
    except FileNotFoundError as missing:
        raise Wrong(f"{Path(missing.filename).name} is not there: it was left out, or this is no export") from missing
    except (OSError, ValueError, RecursionError, msgspec.DecodeError) as error:
        raise Wrong(str(error)) from error
    return Audited(
        facts=checkpoint.size,
        root=checkpoint.root.hex(),
        origin=checkpoint.origin,
        witnesses=witnesses_of(checkpoint, witness_keys),
        shown=shown,
        since=None if since is None else since.size,
    )


def _recompute(folder: LogFolder, checkpoint: Checkpoint) -> list[bytes]:
    """Return the entries, once every tile and the root are what they make."""
    entries: list[bytes] = []
    for index in range(-(-checkpoint.size // WIDTH)):
        bundle = folder.entries(index, checkpoint.size)
        if len(bundle) != width_of(ENTRIES, index, checkpoint.size):
            raise Wrong(f"bundle {index} has {len(bundle)} entries")
        entries += bundle
    row = [tree.leaf_hash(entry) for entry in entries]
    level = 0
    while row:
        for index in range(-(-len(row) // WIDTH)):
            part = row[index * WIDTH : (index + 1) * WIDTH]
            if folder.read(level, index, len(part)) != b"".join(part):
                raise Wrong(f"tile {tiles.path(level, index, len(part))} is not what its entries make")
        row = [
            tiles.pyramid(b"".join(row[start : start + WIDTH]))[-1][0]
            for start in range(0, len(row) - WIDTH + 1, WIDTH)
        ]
        level += 1
    if tree.root(checkpoint.size, folder.tiles.node(checkpoint.size)) != checkpoint.root:
        raise Wrong("the root is not that of the entries")
    return entries


def _sums(exported: Path) -> Iterator[tuple[str, str]]:
    """Yield each file's name within an export, and its SHA-256."""
    for path in sorted(exported.rglob("*")):
        if path.is_file() and path.name != SUMS:
            with path.open("rb") as file:
                yield path.relative_to(exported).as_posix(), hashlib.file_digest(file, "sha256").hexdigest()


def _unharmed(exported: Path) -> None:
    """Hold the files against what was written: a copy cut on its way is told as that. No sums, nothing known."""
    if not (exported / SUMS).exists():
        return
    lines = (exported / SUMS).read_text("utf-8").splitlines()
    written = {name: digest for digest, _gap, name in (line.partition("  ") for line in lines)}
    found = dict(_sums(exported))
    for name in sorted(written.keys() | found.keys()):
        if written.get(name) != found.get(name):
            raise Wrong(f"{name} is not as it was written: it was changed, cut or lost on the way")


def _open_facts(path: Path, entries: Sequence[bytes]) -> int:
    """Return how many facts are shown, once each is what the log holds and none between them was left out."""
    shown, last = 0, 0
    versions: dict[str, int] = {}
    with path.open("rb") as lines:
        for line in lines:
            opening = msgspec.json.decode(line, type=Opening)
            seq, stream, version, kind, at, _authorisation = opening.read_header()
            if not 1 <= seq <= len(entries) or opening.commitment() != entries[seq - 1]:
                raise Wrong(f"fact {seq} as shown is not what the log holds")
            if seq <= last:
                raise Wrong(f"fact {seq} is shown twice, or out of its order")
            # Facts of a stream are numbered without gaps, and a published stream is shown from its beginning.
            if version != versions.get(stream, 0) + 1:
                raise Wrong(f"before fact {seq}, a fact of {stream} was left out")
            when = _EPOCH + timedelta(microseconds=at)
            if shown_of(stream, kind, when, datetime.max.replace(tzinfo=UTC)) == "whole" and not opening.detail:
                raise Wrong(f"fact {seq} is one that everybody may see whole, and its content was left out")
            shown, last, versions[stream] = shown + 1, seq, version
    return shown


def _continues(folder: LogFolder, since: Checkpoint, checkpoint: Checkpoint, log_key: VerifierKey) -> None:
    if log_key.time_of(since) is None:
        raise Wrong("the checkpoint kept earlier is not signed by that key")
    if since.size > checkpoint.size:
        raise Wrong(f"the log had {since.size} facts, and has {checkpoint.size}: it was cut")

    def read(level: int, index: int, width: int) -> bytes:
        """Read what a tile held when the log was smaller."""
        return folder.read(level, index, width_of(level, index, checkpoint.size))[: width * tree.HASH_BYTES]

    if tree.root(since.size, Tiles(read).node(since.size)) != since.root:
        raise Wrong(f"the first {since.size} facts are not those that were signed earlier")
