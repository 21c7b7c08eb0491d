"""A witness: signs a log's checkpoint only when it continues the last one it signed (C2SP tlog-witness).

It trusts the log with nothing but its signature. What it signed last is on its disk before anybody hears the answer,
and one checkpoint is judged at a time: two that race cannot both continue the same one.
"""

import base64
import binascii
import fcntl
import hashlib
import os
import re
import threading
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import structlog

from necmergitur.adapters.publiclog.folder import replace_durably
from necmergitur.adapters.publiclog.signing import witness_signer
from necmergitur.ledger import tree
from necmergitur.ledger.checkpoint import NOTE_BYTES_MAX, Checkpoint, NoteSigner, VerifierKey, parse

log = structlog.get_logger(__name__)
# 63 lines of 45 bytes, the old size, and a checkpoint (tlog-witness).
BODY_BYTES_MAX = NOTE_BYTES_MAX + tree.PROOF_LENGTH_MAX * 45 + 64
TEXT = "text/plain; charset=utf-8"
SIZE_TYPE = "text/x.tlog.size"
_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})")


class Seen(msgspec.Struct, frozen=True):
    """The last checkpoint signed of one log."""

    origin: str
    size: int
    root: bytes
    note: str


class Answer(msgspec.Struct, frozen=True):
    """What a request is answered."""

    status: int
    body: str
    kind: str = TEXT


class Witness:
    """Judges checkpoints of the logs it knows. `folder` holds what it signed; one process at a time may use it."""

    def __init__(self, folder: Path, signer: NoteSigner, logs: Sequence[VerifierKey]) -> None:
        """Take the folder for this process. Raises BlockingIOError when another has it."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._signer = signer
        self._logs: Mapping[str, list[VerifierKey]] = {
            origin: [key for key in logs if key.name == origin] for origin in {key.name for key in logs}
        }
        self._turn = threading.Lock()
        self._lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            raise

    @property
    def key(self) -> VerifierKey:
        """The key its cosignatures are checked with."""
        return self._signer.verifier

    def close(self) -> None:
        """Leave the folder to another."""
        os.close(self._lock)

    def add_checkpoint(self, body: str, now_s: int) -> Answer:
        """Judge one request; cosign when everything holds."""
        try:
            old, proof, checkpoint = _read(body)
        except ValueError as error:
            return Answer(400, f"{error}\n")
        keys = self._logs.get(checkpoint.origin)
        if keys is None:
            return Answer(404, "This witness does not know that log.\n")
        if all(key.time_of(checkpoint) is None for key in keys):
            return Answer(403, "No signature of a key that this witness trusts for that log.\n")
        if old > checkpoint.size:
            return Answer(400, "The old size is above the checkpoint's.\n")
        with self._turn:
            return self._judge(old, proof, checkpoint, now_s)

    def _judge(self, old: int, proof: Sequence[bytes], checkpoint: Checkpoint, now_s: int) -> Answer:
        seen = self._seen(checkpoint.origin)
        if old != seen.size:
            return Answer(409, f"{seen.size}\n", SIZE_TYPE)
        if old == checkpoint.size and old and checkpoint.root != seen.root:
            log.error("log_forked", origin=checkpoint.origin, size=old, note=checkpoint.note())
            return Answer(409, f"{seen.size}\n", SIZE_TYPE)
        first = old == 0
        if proof if first else not tree.extends(old, checkpoint.size, proof, seen.root, checkpoint.root):
            log.error("log_inconsistent", origin=checkpoint.origin, old=old, size=checkpoint.size)
            return Answer(422, "The proof does not show that the log only grew.\n")
        if checkpoint.size == 0 and checkpoint.root != tree.EMPTY_ROOT:
            return Answer(422, "That is not the root of an empty log.\n")
        signature = self._signer.sign(checkpoint, now_s)
        signed = Seen(checkpoint.origin, checkpoint.size, checkpoint.root, checkpoint.note())
        replace_durably(self._file(checkpoint.origin), msgspec.json.encode(signed))
        return Answer(200, signature.line())

    def _seen(self, origin: str) -> Seen:
        """Return what was signed last. A file that cannot be read raises: better silent than forgetful."""
        try:
            return msgspec.json.decode(self._file(origin).read_bytes(), type=Seen)
        except FileNotFoundError:
            return Seen(origin, 0, tree.EMPTY_ROOT, "")

    def _file(self, origin: str) -> Path:
        return self._folder / f"{hashlib.sha256(origin.encode()).hexdigest()}.json"


def request(old: int, proof: Sequence[bytes], note: str) -> str:
    """Return the body that asks a witness to sign `note`."""
    lines = [f"old {old}", *(base64.b64encode(step).decode() for step in proof)]
    return "".join(line + "\n" for line in lines) + "\n" + note


def _read(body: str) -> tuple[int, list[bytes], Checkpoint]:
    head, gap, note = body.partition("\n\n")
    first, *lines = head.split("\n")
    told = _OLD.fullmatch(first)
    if not gap or told is None or len(lines) > tree.PROOF_LENGTH_MAX:
        raise ValueError("not an old size, a proof of at most 63 lines, an empty line and a checkpoint")
    try:
        proof = [base64.b64decode(line, validate=True) for line in lines]
    except binascii.Error:
        raise ValueError("a line of the proof is not base64") from None
    return int(told[1]), proof, parse(note)


Message = MutableMapping[str, Any]


class WitnessApp:
    """The witness over HTTP (ASGI): POST /add-checkpoint, GET /key."""

    def __init__(self, witness: Witness, now_s: Callable[[], int]) -> None:
        self._witness = witness
        self._now_s = now_s

    async def __call__(
        self, scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        asked = (scope["method"], scope["path"].rstrip("/"))
        if asked == ("GET", "/key"):
            answer = Answer(200, f"{self._witness.key}\n")
        elif asked == ("POST", "/add-checkpoint"):
            answer = await self._post(receive)
        else:
            answer = Answer(404, "POST /add-checkpoint, or GET /key.\n")
        headers = [(b"content-type", answer.kind.encode()), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body.encode()})

    async def _post(self, receive: Callable[[], Awaitable[Message]]) -> Answer:
        body = b""
        while True:  # until the last part, or the bound
            message = await receive()
            body += message.get("body", b"")
            if len(body) > BODY_BYTES_MAX:
                return Answer(413, "Too long.\n")
            if not message.get("more_body", False):
                break
        try:
            text = body.decode()
        except UnicodeDecodeError:
            return Answer(400, "Not UTF-8.\n")
        # In the loop itself: one at a time is the rule, and a judgement is a few hashes and one write.
        return self._witness.add_checkpoint(text, self._now_s())


def open_witness(folder: Path, logs: Sequence[str], now_s: Callable[[], int]) -> WitnessApp:
    """Return a witness over HTTP. Raises BlockingIOError when another has the folder, ValueError on a bad key."""
    keys = [VerifierKey.parse(log) for log in logs]
    return WitnessApp(Witness(folder, witness_signer(folder, ""), keys), now_s)
