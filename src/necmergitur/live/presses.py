"""Presses over HTTPS: personal buttons and small gateways. Answered only after the commit."""

import asyncio
import hmac
from collections import Counter as Tally
from collections.abc import Sequence
from typing import Any

import msgspec
import psycopg
import structlog
from prometheus_client import Counter

from necmergitur.adapters.pins import credential_hash, pin_digest
from necmergitur.adapters.postgres.queries import load
from necmergitur.adapters.press_line import NotKept, PressLine
from necmergitur.adapters.spool import Spool
from necmergitur.kernel.refusal import Refusal
from necmergitur.live.credentials import Credentials
from necmergitur.live.http import BodyTooLong, answer_json, header, read_body, refuse
from necmergitur.live.parts import LiveParts, Receive, Scope, Send
from necmergitur.operations import intake
from necmergitur.operations.intake import Answer, Received
from necmergitur.operations.ports import Unreachable
from necmergitur.signals import press
from necmergitur.signals.constants import INTEGER_MAX, JSON_DEPTH_MAX, PRESS_BYTES_MAX
from necmergitur.signals.press import DEVICE_ID

log = structlog.get_logger(__name__)
PRESSES = Counter("nec_https_presses_total", "Presses over HTTPS, by outcome.", ["outcome"])
WAITING_FOR_ONE_DEVICE_MAX = 16  # ours: a person presses a few times a second, a thief of one credential for ever
STRANGERS_SPOOLED_MAX = 1_000  # ours: presses of devices enrolled after our last look, in one outage
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
        self._credentials = Credentials(parts)
        self._line: PressLine[Knock] = PressLine(
            "live",
            parts.store,
            parts.clock,
            spool=Spool(parts.home / "spool" / "live.jsonl", Knock),
            take=self._take,
            key_of=_sameness,
        )
        self._waiting: Tally[str] = Tally()
        self._strangers = 0

    def start(self) -> None:
        """Begin."""
        self._line.start()

    async def stop(self) -> None:
        """Stop taking presses."""
        await self._line.stop()

    async def post(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Record a press. 200 means committed; 503 means the lamp stays dark and the sender repeats."""
        try:
            body = await read_body(receive, PRESS_BYTES_MAX)
        except BodyTooLong:
            await refuse(send, 413, "press_too_long", f"At most {PRESS_BYTES_MAX} bytes.")
            return
        credential, named = _credential(scope), _device_of(body)
        known: frozenset[str] | None = None  # None: cannot be told now
        try:
            known = await self._credentials.devices_of(credential_hash(credential)) if credential else frozenset()
        except Exception as why:  # noqa: BLE001 -- the database is away, or worse: the press is what counts
            log.warning("credential_not_looked_up", why=type(why).__name__)
        device = _speaks_for(named, known)
        if device is None:
            PRESSES.labels("refused").inc()
            if credential and named:
                await refuse(send, 401, "unknown_credential", "This device or credential is not known.")
            else:
                await refuse(send, 401, "credential_missing", "Send the device's credential and its id.")
            return
        if self._waiting[device] >= WAITING_FOR_ONE_DEVICE_MAX:
            PRESSES.labels("too_many").inc()
            await refuse(send, 429, "presses_too_many", "Earlier presses of this device are being kept: wait for them.")
            return
        self._waiting[device] += 1
        try:
            await self._keep(send, self._read(device, body, credential), stranger=known is None)
        finally:
            self._waiting[device] -= 1
            if not self._waiting[device]:
                del self._waiting[device]

    def _read(self, device: str, body: bytes, credential: str) -> Knock:
        read = press.parse(device, body)
        if isinstance(read, Refusal):
            read = press.possible_press(device, body)
        digest = pin_digest(self._parts.pin_key, device, read.pin)
        received = Received(msgspec.structs.replace(read, pin=None), self._parts.clock.now(), digest)
        return Knock(received, credential_hash(credential))

    async def _keep(self, send: Send, knock: Knock, *, stranger: bool) -> None:
        """Wait for the commit; a stranger's knock is not even queued, and few of them are spooled."""
        spooled = await self._spool_stranger(knock) if stranger else False
        try:
            answer = None if stranger else await self._line.submit(knock)
        except NotKept as why:
            answer, spooled = None, why.spooled
        if answer is None:
            PRESSES.labels("spooled" if spooled else "lost").inc()
            await refuse(send, 503, "database_away", "Not recorded yet: keep sending.")
            return
        self._strangers = 0
        await self._reply(send, knock.received.press, answer)

    async def _spool_stranger(self, knock: Knock) -> bool:
        if self._strangers >= STRANGERS_SPOOLED_MAX:
            return False
        self._strangers += 1
        return await self._line.spool(knock)

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
        credential = _credential(scope)
        counters = [_counter(text) for text in names[1:]]
        if len(names) != _STATUS_PARTS or None in counters or not credential or not DEVICE_ID.fullmatch(names[0]):
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
        taken_back = bool(row[2])
        seen = not taken_back and (row[1] or "received") != "received"
        return {"lamp": "lit", "signal_id": row[0], "seen": seen, "cancelled": taken_back}

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


def _hashes(cursor: psycopg.Cursor[Any], devices: Sequence[str]) -> dict[str, bytes]:
    """Return the stored credential hash of each device that has one."""
    found = cursor.execute(load("live")["credential"], {"ids": list(devices)}).fetchall()
    return {row[0]: bytes(row[1]) for row in found}


def _sameness(knock: Knock) -> tuple[Any, ...]:
    """A press that is repeated once its place is known says more than the first: both are spooled."""
    return (*knock.received.press.key, knock.received.press.position is not None)


def _credential(scope: Scope) -> str:
    return header(scope, b"authorization").removeprefix("Bearer ").strip()


def _counter(text: str) -> int | None:
    """Read a counter of a path; None for anything PostgreSQL or a sober reader would not take for one."""
    if not (text.isascii() and text.isdecimal()) or len(text) > len(str(INTEGER_MAX)):
        return None
    return int(text) if int(text) <= INTEGER_MAX else None


def _speaks_for(named: str | None, known: frozenset[str] | None) -> str | None:
    """Return which device a press is from; None when nobody we know can have sent it.

    A credential we know is believed even when its body names nobody: the broken bytes are a call (promise 3).
    """
    if known is None or (named is not None and named in known):
        return named
    return min(known) if named is None and known else None


class _Named(msgspec.Struct):
    device: str


def _device_of(body: bytes) -> str | None:
    """Read only the device id from a body that may be otherwise broken."""
    if press.json_depth(body) > JSON_DEPTH_MAX:
        return None
    try:
        named = msgspec.json.decode(body, type=_Named)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return named.device if DEVICE_ID.fullmatch(named.device) else None
