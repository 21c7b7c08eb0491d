"""Ask witnesses to cosign each new checkpoint, and publish it with what they signed.

A witness that is slow or away delays nobody: each has its own thread, and the log goes on without it.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import msgspec
import structlog
import urllib3

from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.adapters.publiclog.folder import LogFolder
from necmergitur.adapters.publiclog.witness import request
from necmergitur.ledger import tree
from necmergitur.ledger.checkpoint import COSIGNATURE, Checkpoint, VerifierKey, parse, read_signatures
from necmergitur.operations.alarms import set_alarm

log = structlog.get_logger(__name__)

WITNESSES_MAX = 8  # ours: a thread each
TIMEOUT_S = 3.0  # ours: a witness that needs longer is asked again with the next checkpoint
ANSWER_BYTES_MAX = 4_096
SILENT_MAX = timedelta(minutes=15)  # ours: so long nobody outside vouches; then people are told
AFTER_REFUSAL, AFTER_FAILURE = timedelta(seconds=30), timedelta(seconds=5)  # ours: a witness is not pestered
REFUSED, SILENT = "log_witness_refused", "log_witness_silent"


class WitnessAt(msgspec.Struct, frozen=True):
    """Where a witness is asked, and the key its answers are checked with."""

    url: str
    key: VerifierKey

    @classmethod
    def parse(cls, text: str) -> "WitnessAt":
        """Read `https://address verifier-key`. Raises ValueError."""
        url, _, key = text.strip().partition(" ")
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc:
            raise ValueError("a witness is a http(s) address, a space and its verifier key")
        found = VerifierKey.parse(key)
        if found.kind != COSIGNATURE:
            raise ValueError("that key is not a witness's")
        return cls(url.rstrip("/"), found)


class Refused(Exception):
    """A witness will not sign: it saw another log than ours."""


class Witnesses:
    """Asks each configured witness for each checkpoint."""

    def __init__(
        self, store: PostgresStore, folder: LogFolder, at: Sequence[WitnessAt], clock: Callable[[], datetime]
    ) -> None:
        """Take at most WITNESSES_MAX. Raises ValueError with more."""
        if len(at) > WITNESSES_MAX:
            raise ValueError(f"at most {WITNESSES_MAX} witnesses")
        self._store = store
        self._clock = clock
        self._folder = folder
        self._pool = ThreadPoolExecutor(max(1, len(at)), thread_name_prefix="witness")
        self._http = urllib3.PoolManager(timeout=TIMEOUT_S, retries=False)
        self._each = [_Asked(one, clock()) for one in at]
        folder.publish_witnesses([str(one.key) for one in at])

    def turn(self) -> int:
        """Ask whoever has not signed the newest checkpoint and is not being asked; return how many were asked."""
        note = self._folder.checkpoint_or_nothing()
        if not note:
            return 0
        checkpoint = parse(note)
        now = self._clock()
        idle = [one for one in self._each if one.size != checkpoint.size and one.may_be_asked(now)]
        for one in idle:
            one.under_way = self._pool.submit(self._ask, one, checkpoint)
        return len(idle)

    def wait(self) -> None:
        """Wait for whoever is being asked."""
        for one in self._each:
            if one.under_way is not None:
                one.under_way.result()

    def close(self) -> None:
        """Ask nobody any more."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._http.clear()

    def _ask(self, one: "_Asked", checkpoint: Checkpoint) -> None:
        name, now = one.at.key.name, self._clock()
        try:
            signed = self._cosigned(one, checkpoint)
        except Refused as why:
            log.error("witness_refused", witness=name, why=str(why))  # noqa: TRY400 -- the reason says it all
            self._alarm(REFUSED, one, raised=True, detail=f"{name}: {why}")
            one.again = now + AFTER_REFUSAL
            return
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            log.warning("witness_away", witness=name, why=str(error))
            if now - one.heard > SILENT_MAX:
                self._alarm(SILENT, one, raised=True, detail=name)
            one.again = now + AFTER_FAILURE
            return
        self._folder.publish_cosigned(signed)
        if one.alarmed:
            self._alarm(REFUSED, one, raised=False)
            self._alarm(SILENT, one, raised=False)
        one.size, one.heard, one.alarmed = checkpoint.size, now, False

    def _alarm(self, name: str, one: "_Asked", *, raised: bool, detail: str = "") -> None:
        set_alarm(self._store, f"{name}_{one.at.key.key_id.hex()}", raised=raised, detail=detail, now=self._clock())
        one.alarmed = True

    def _cosigned(self, one: "_Asked", checkpoint: Checkpoint) -> Checkpoint:
        """Return `checkpoint` with the witness's signature. Raises Refused, ValueError or what HTTP raises."""
        old = one.size
        for _again in range(2):
            if old > checkpoint.size:
                raise Refused(f"it signed {old} facts, and the log has {checkpoint.size}")
            proof = tree.consistency(old, checkpoint.size, LogFolder(self._folder.root).tiles.node(checkpoint.size))
            status, body = self._post(one, request(old, proof, checkpoint.note()))
            if status == 409 and body.strip().isdecimal() and int(body) != old:  # noqa: PLR2004 -- HTTP's own
                old = int(body)
                continue
            if status in (409, 422):
                raise Refused(f"it saw other facts than ours under the first {old} ({status})")
            if status != 200:  # noqa: PLR2004 -- HTTP's own
                raise ValueError(f"answered {status}: {body.strip()[:200]}")
            newest = parse(self._folder.checkpoint_or_nothing())
            base = newest if (newest.size, newest.root) == (checkpoint.size, checkpoint.root) else checkpoint
            signed = base.with_signatures([s for s in read_signatures(body) if s.key_id == one.at.key.key_id])
            if one.at.key.time_of(signed) is None:
                raise ValueError("answered a signature that does not hold")
            return signed
        raise ValueError("says another size each time")

    def _post(self, one: "_Asked", body: str) -> tuple[int, str]:
        reply = self._http.request(
            "POST", f"{one.at.url}/add-checkpoint", body=body.encode(), preload_content=False, redirect=False
        )
        try:
            return reply.status, reply.read(ANSWER_BYTES_MAX).decode()
        finally:
            reply.release_conn()


class _Asked:
    """One witness: the size it signed last as far as we know, and when it last did."""

    def __init__(self, at: WitnessAt, now: datetime) -> None:
        self.at = at
        self.size = 0
        self.heard = now
        self.again = now
        self.alarmed = True  # nothing is known: an alarm of before ends with the first answer
        self.under_way: Future[None] | None = None

    def may_be_asked(self, now: datetime) -> bool:
        """Return whether it is not being asked, and not left alone for a while."""
        return now >= self.again and (self.under_way is None or self.under_way.done())
