"""Presses over HTTPS: personal buttons and small gateways. Answered only after the commit."""

import asyncio
import contextlib
import hmac
import itertools
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import psycopg
import structlog
from prometheus_client import Counter

from necmergitur.adapters.group_commit import GroupCommit, Overloaded
from necmergitur.adapters.pins import credential_hash, pin_digest
from necmergitur.adapters.postgres.queries import load
from necmergitur.adapters.spool import Spool
from necmergitur.kernel.refusal import Refusal
from necmergitur.live.http import BodyTooLong, answer_json, header, read_body, refuse
from necmergitur.live.parts import LiveParts, Receive, Scope, Send
from necmergitur.operations import intake
from necmergitur.operations.intake import Answer, Received
from necmergitur.operations.ports import Unreachable
from necmergitur.signals import press
from necmergitur.signals.constants import PRESS_BYTES_MAX

log = structlog.get_logger(__name__)
PRESSES = Counter("nec_https_presses_total", "Presses over HTTPS, by outcome.", ["outcome"])
SPOOL_RETRY_S = 1.0
_STATUS_PARTS = 3


class Knock(msgspec.Struct, frozen=True):
    """A press with the credential it came with, not yet compared."""

    received: Received
    credential: bytes


class PressDoor:
    """`POST /api/v1/presses` and `GET /api/v1/presses/<device>/<boot_id>/<seq>`."""

    def __init__(self, parts: LiveParts) -> None:
        """Prepare the group commit."""
        self._parts = parts
        self._spool = Spool(parts.home / "spool" / "live.jsonl", Knock)
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="intake")
        self._commits: GroupCommit[Knock, Answer] = GroupCommit(self._take, self._executor)
        self._drain: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin."""
        self._commits.start()
        self._drain = asyncio.create_task(self._drain_spool(), name="spool")

    async def stop(self) -> None:
        """Stop taking presses."""
        if self._drain is not None:
            self._drain.cancel()
            await asyncio.gather(self._drain, return_exceptions=True)
        await self._commits.stop()
        self._executor.shutdown(wait=True)

    async def post(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Record a press. 200 means committed; 503 means the lamp stays dark and the sender repeats."""
        credential = header(scope, b"authorization").removeprefix("Bearer ").strip()
        try:
            body = await read_body(receive, PRESS_BYTES_MAX)
        except BodyTooLong:
            await refuse(send, 413, "press_too_long", f"At most {PRESS_BYTES_MAX} bytes.")
            return
        device = _device_of(body)
        if not credential or device is None:
            PRESSES.labels("refused").inc()
            await refuse(send, 401, "credential_missing", "Send the device's credential and its id.")
            return
        read = press.parse(device, body)
        if isinstance(read, Refusal):
            read = press.possible_press(device, body)
        digest = pin_digest(self._parts.pin_key, device, read.pin)
        received = Received(msgspec.structs.replace(read, pin=None), self._parts.clock.now(), digest)
        knock = Knock(received, credential_hash(credential))
        try:
            answer = await self._commits.submit(knock)
        except (Unreachable, Overloaded):
            PRESSES.labels("spooled").inc()
            await asyncio.get_running_loop().run_in_executor(self._executor, self._spool.keep, [knock])
            await refuse(send, 503, "database_away", "Not recorded yet: keep sending.")
            return
        await self._reply(send, read, answer)

    async def _reply(self, send: Send, read: press.Press, answer: Answer) -> None:
        if not answer.lit:
            PRESSES.labels("refused").inc()
            await refuse(send, 401, answer.refused, "This device or credential is not known.")
            return
        PRESSES.labels("duplicate" if answer.duplicate else "recorded").inc()
        await answer_json(
            send,
            200 if answer.duplicate else 201,
            {
                "lamp": "lit",
                "signal_id": answer.signal_id,
                "boot_id": read.boot_id,
                "seq": read.seq,
                "duplicate": answer.duplicate,
                "seen": answer.seen,
                "cancelled": answer.cancelled,
            },
        )

    async def get(self, path: str, scope: Scope, send: Send) -> None:
        """Say whether a human has seen a press. Needs the same credential."""
        names = path.split("/")
        credential = header(scope, b"authorization").removeprefix("Bearer ").strip()
        if len(names) != _STATUS_PARTS or not names[1].isdigit() or not names[2].isdigit() or not credential:
            await refuse(send, 404, "press_unknown", "No such press.")
            return
        key = (names[0], int(names[1]), int(names[2]))
        try:
            found = await asyncio.get_running_loop().run_in_executor(None, self._look, key, credential_hash(credential))
        except Unreachable:
            await refuse(send, 503, "database_away", "Try again.")
            return
        if found is None:
            await refuse(send, 404, "press_unknown", "No such press, or not yours.")
            return
        await answer_json(send, 200, found)

    def _look(self, key: tuple[str, int, int], credential: bytes) -> dict[str, object] | None:
        with self._parts.store.cursor() as cursor:
            if not hmac.compare_digest(_hashes(cursor, [key[0]]).get(key[0], b""), credential):
                return None
            row = cursor.execute(
                load("signals")["press_seen"], {"device": key[0], "boot": key[1], "seq": key[2]}
            ).fetchone()
        if row is None:
            return None
        rung = row[1] or "received"
        return {"lamp": "lit", "signal_id": row[0], "rung": rung, "seen": rung != "received"}

    def _take(self, knocks: Sequence[Knock]) -> Sequence[Answer]:
        """Compare credentials and write one batch, in the intake thread."""
        with self._parts.store.cursor() as cursor:
            hashes = _hashes(cursor, [k.received.press.device for k in knocks])
        welcome = [hmac.compare_digest(hashes.get(k.received.press.device, b""), k.credential) for k in knocks]
        good = [k.received for k, known in zip(knocks, welcome, strict=True) if known]
        taken = intake.take(self._parts.store, good, self._parts.ground, self._parts.clock.now()) if good else []
        answers = iter(taken)
        return [
            next(answers) if known else Answer.unlit(k.received.press.key, "unknown_credential")
            for k, known in zip(knocks, welcome, strict=True)
        ]

    async def _drain_spool(self) -> None:
        while True:
            await asyncio.sleep(SPOOL_RETRY_S)
            if self._spool.size_bytes:
                with contextlib.suppress(Unreachable):
                    await asyncio.get_running_loop().run_in_executor(self._executor, self._replay)

    def _replay(self) -> None:
        """Write spooled presses; credentials are compared now, as they could not be then."""
        spooled = self._spool.read()
        while batch := list(itertools.islice(spooled, intake.BATCH_MAX)):
            self._take(batch)
        self._spool.clear()


def _hashes(cursor: psycopg.Cursor[Any], devices: Sequence[str]) -> dict[str, bytes]:
    """Return the stored credential hash of each device that has one."""
    found = cursor.execute(load("live")["credential"], {"ids": list(devices)}).fetchall()
    return {row[0]: bytes(row[1]) for row in found}


def _device_of(body: bytes) -> str | None:
    """Read only the device id from a body that may be otherwise broken."""

    class _Named(msgspec.Struct):
        device: str

    try:
        named = msgspec.json.decode(body, type=_Named)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return named.device if 0 < len(named.device) <= 64 else None  # noqa: PLR2004 -- as in the certificates
