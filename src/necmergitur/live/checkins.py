"""Check-ins over HTTPS: a form without script, and the same for programs. Answered only after the commit.

A form that its writer must look at again (a field to mend, no crisis, a network that sends too much) goes on to the
pages, which show it with what was typed. Whoever asks for help becomes a call first, whatever else fails.
"""

import asyncio
import hmac
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple
from urllib.parse import parse_qsl

import msgspec
import structlog
from prometheus_client import Counter

from necmergitur.adapters.crisis_keys import SALT_BYTES, CrisisKey, KeyFiles
from necmergitur.adapters.group_commit import GroupCommit, Overloaded
from necmergitur.adapters.keeping import keep_going
from necmergitur.kernel.refusal import Refusal
from necmergitur.live.http import BodyTooLong, answer_json, header, read_body, refuse
from necmergitur.live.limits import Networks, Work
from necmergitur.live.parts import LiveParts, Receive, Scope, Send
from necmergitur.operations.population import checkins
from necmergitur.operations.population.checkins import Registered, link_of, text_of
from necmergitur.operations.ports import Unreachable
from necmergitur.people import keywords
from necmergitur.people.checkins import URGENT, Channel, CheckIn, Form, read
from necmergitur.people.constants import CHECKIN_BYTES_MAX, TELL_MAX
from necmergitur.people.crises import Crisis
from necmergitur.people.letters import DRILL_SAID, REPLIES

log = structlog.get_logger(__name__)
CHECKINS = Counter("nec_checkins_total", "Check-ins, by channel and outcome.", ["channel", "outcome"])
LOOK_S = 1.0  # how soon a crisis that opened or closed is known here; PostgreSQL refuses meanwhile
GATHER_S = 0.01  # measured: at 15,000 a second a batch of 150 costs the database a third of three of 50
BATCH_MAX = 500
ONCE_BYTES = 16
DRILL = "/drill"
# How the pages are told that a network sends too much, and which work lets this form in. A client's own are dropped.
OF_OURS = b"x-nec-"
WHY, CHALLENGE = OF_OURS + b"why", OF_OURS + b"challenge"
Header = tuple[bytes, bytes]


class Open(NamedTuple):
    """A crisis that takes check-ins, with its key."""

    crisis: Crisis
    key: CrisisKey


class CheckInDoor:
    """`POST /safe` and `POST /api/v1/checkins`, and the same under `/drill`."""

    def __init__(self, parts: LiveParts) -> None:
        """Prepare the group commit."""
        self._parts = parts
        self._keys = KeyFiles(parts.home)
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="checkins")
        self._commits: GroupCommit[tuple[Open, CheckIn], Registered | Refusal] = GroupCommit(
            self._take, self._executor, batch_max=BATCH_MAX, gather_s=GATHER_S
        )
        self._networks = Networks(parts.checkins_per_s)
        self._work = Work(parts.work_secret)
        self._open: dict[bool, Open] = {}
        self._look: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin."""
        self._commits.start()
        self._look = asyncio.create_task(keep_going("crises", self._look_again, every_s=LOOK_S))

    async def stop(self) -> None:
        """Stop taking check-ins."""
        if self._look is not None:
            self._look.cancel()
            await asyncio.gather(self._look, return_exceptions=True)
        await self._commits.stop()
        self._executor.shutdown(wait=True)

    def now_open(self, *, drill: bool) -> Crisis | None:
        """Return the crisis that takes check-ins now, as last looked up."""
        found = self._open.get(drill)
        return None if found is None else found.crisis

    async def post_form(self, body: bytes, scope: Scope, send: Send, *, drill: bool) -> Sequence[Header] | None:
        """Record a form, and return None; or return what the pages are told, who must show it again."""
        found = self._open.get(drill)
        form = _form(body)
        if found is None or form is None:
            return ()
        once, fields, work = form
        checkin = read(fields, once, Channel.PAGE, self._parts.region)
        if not isinstance(checkin, CheckIn):
            return ()
        if not self._may(checkin, scope, work):
            CHECKINS.labels("page", "too_many").inc()
            return ((WHY, b"too_many"), (CHALLENGE, msgspec.json.encode(self._work.challenge(once))))
        try:
            answer = await self._commits.submit((found, checkin))
        except (Overloaded, Unreachable):
            CHECKINS.labels("page", "not_kept").inc()
            return ((WHY, b"not_kept"),)
        if isinstance(answer, Refusal):
            return ()
        CHECKINS.labels("page", "kept").inc()
        await _see_other(send, f"{DRILL if drill else ''}/safe/{text_of(answer.link)}")
        return None

    async def post_json(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Record a check-in of a program (`?drill=1`: of a drill). 201 after the commit; 409 without a crisis."""
        drill = b"drill=1" in scope["query_string"].split(b"&")
        try:
            body = await read_body(receive, CHECKIN_BYTES_MAX)
            wire = msgspec.json.decode(body, type=_Wire)
        except BodyTooLong:
            await refuse(send, 413, "checkin_too_long", f"At most {CHECKIN_BYTES_MAX} bytes.")
            return
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            await refuse(send, 422, "checkin_unreadable", "JSON: name, status; contact, words, tell if wanted.")
            return
        found = self._open.get(drill)
        if found is None:
            await refuse(send, 409, "crisis_none", "No crisis is open. In danger, call 112 or 114 by SMS.")
            return
        once = link_of(wire.once) if wire.once else os.urandom(ONCE_BYTES)
        if once is None:
            await refuse(send, 422, "once_unreadable", "once: 16 random bytes in base64url.")
            return
        form = Form(wire.name, wire.status, wire.contact, wire.words, wire.tell, wire.language)
        checkin = read(form, once, Channel.API, self._parts.region)
        if not isinstance(checkin, CheckIn):
            problems = [{"field": one.facts["field"], "rule": one.rule} for one in checkin]
            await answer_json(send, 422, {"rule": "fields", "fields": problems})
            return
        if not self._may(checkin, scope, wire.work):
            CHECKINS.labels("api", "too_many").inc()
            detail = "This network sends too much: prove the work (ALTCHA), bound to this once, or send later."
            asked = {"rule": "too_many", "detail": detail, "challenge": self._work.challenge(once)}
            await answer_json(send, 429, asked)
            return
        try:
            answer = await self._commits.submit((found, checkin))
        except (Overloaded, Unreachable):
            CHECKINS.labels("api", "not_kept").inc()
            await refuse(send, 503, "not_recorded", "Not recorded yet: send the same again, with the same once.")
            return
        if isinstance(answer, Refusal):
            await refuse(send, 409, answer.rule, "No crisis takes check-ins now.")
            return
        CHECKINS.labels("api", "kept").inc()
        await answer_json(send, 201, {"link": text_of(answer.link), "share": text_of(answer.share)})

    async def post_text(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Record a text message that the operator's gateway hands on: JSON `from`, `text`. Answers what to reply."""
        token = header(scope, b"authorization").removeprefix("Bearer ").strip()
        if not self._parts.sms_token or not hmac.compare_digest(token.encode(), self._parts.sms_token.encode()):
            await refuse(send, 401, "token_unknown", "Set NEC_SMS_TOKEN here and in the gateway.")
            return
        try:
            wire = msgspec.json.decode(await read_body(receive, CHECKIN_BYTES_MAX), type=_Text)
        except (BodyTooLong, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            await refuse(send, 422, "text_unreadable", "JSON: from, text.")
            return
        sent = keywords.read(wire.text)
        found = self._open.get(False) or self._open.get(True)
        if found is None or not sent.status:
            await answer_json(send, 200, {"kept": False, "reply": REPLIES["none" if found is None else ""]})
            return
        # One telephone, one word: what it sends next changes it.
        once = found.key.digest(b"sms|" + wire.sender.encode())[:ONCE_BYTES]
        form = Form(sent.name or wire.sender, sent.status, wire.sender, "", sent.tell)
        checkin = read(form, once, Channel.SMS, self._parts.region, withdrawal=True)
        if not isinstance(checkin, CheckIn):
            await answer_json(send, 200, {"kept": False, "reply": REPLIES[""]})
            return
        try:
            answer = await self._commits.submit((found, checkin))
        except (Overloaded, Unreachable):
            CHECKINS.labels("sms", "not_kept").inc()
            await refuse(send, 503, "not_recorded", "Not recorded yet: hand it on again.")
            return
        if isinstance(answer, Refusal):
            await answer_json(send, 200, {"kept": False, "reply": REPLIES["none"]})
            return
        CHECKINS.labels("sms", "kept").inc()
        drill = DRILL_SAID["fr"] if found.crisis.drill else ""
        await answer_json(send, 201, {"kept": True, "reply": drill + REPLIES[sent.status]})

    def _may(self, checkin: CheckIn, scope: Scope, work: str) -> bool:
        """Return whether a form may come in now: whoever asks for help may, others below their network's limit."""
        if checkin.status in URGENT:
            return True
        client = scope.get("client")
        return self._networks.lets(client[0] if client else "") or self._work.proves(checkin.once, work)

    def _take(self, batch: Sequence[tuple[Open, CheckIn]]) -> Sequence[Registered | Refusal]:
        """Write one batch, in its own thread: nearly always of one crisis."""
        answers: dict[int, Registered | Refusal] = {}
        now = self._parts.clock.now()
        salts = os.urandom(SALT_BYTES * len(batch))
        for crisis_id in dict.fromkeys(found.crisis.id for found, _ in batch):
            of = [n for n, (found, _) in enumerate(batch) if found.crisis.id == crisis_id]
            found = batch[of[0]][0]
            items = [(batch[n][1], salts[n * SALT_BYTES : (n + 1) * SALT_BYTES]) for n in of]
            taken = checkins.take(self._parts.store, found.crisis, found.key, items, now)
            answers.update(zip(of, taken, strict=True))
        return [answers[n] for n in range(len(batch))]

    async def _look_again(self) -> None:
        self._open = await asyncio.get_running_loop().run_in_executor(None, self._look_up)

    def _look_up(self) -> dict[bool, Open]:
        with self._parts.store.transaction() as tx:
            states = tx.crises_now()
        now = self._parts.clock.now()
        opened = [(state, self._keys.of(state.id)) for state in states if state.offers("safe", now)]
        return {state.drill: Open(state, key) for state, key in opened if key is not None}


class _Wire(msgspec.Struct, frozen=True):
    """The JSON a program sends. `once`: 16 random bytes in base64url, kept for a repeat."""

    status: str
    name: str = ""
    contact: str = ""
    words: str = ""
    tell: list[str] = []
    language: str = "fr"
    once: str = ""
    work: str = ""


class _Text(msgspec.Struct, frozen=True, rename={"sender": "from"}):
    """The JSON a gateway hands on."""

    sender: str
    text: str


def _form(body: bytes) -> tuple[bytes, Form, str] | None:
    """Read a form's fields; None when it was not made by our page."""
    try:
        fields = dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=16 + TELL_MAX))
    except (UnicodeDecodeError, ValueError):
        return None
    once = link_of(fields.get("once", ""))
    if once is None:
        return None
    form = Form(
        name=fields.get("name", ""),
        status=fields.get("status", ""),
        contact=fields.get("contact", ""),
        words=fields.get("words", ""),
        tell=[fields.get(f"tell{n}", "") for n in range(1, TELL_MAX + 1)],
        language=fields.get("language", "fr")[:2],
    )
    return once, form, fields.get("work", "")


async def _see_other(send: Send, address: str) -> None:
    headers = [(b"location", address.encode()), (b"content-length", b"0"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 303, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
