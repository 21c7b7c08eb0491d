"""Check-ins over HTTPS: a form without script, and the same for programs. Answered only after the commit.

A form that its writer must look at again (a field to mend, no crisis, a network that sends too much) goes on to the
pages, which show it with what was typed. Whoever asks for help becomes a call first, whatever else fails.
"""

import asyncio
import hmac
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple

import msgspec
import structlog
from prometheus_client import Counter

from necmergitur.adapters.crisis_keys import SALT_BYTES, CrisisKey, KeyFiles
from necmergitur.adapters.group_commit import GroupCommit, Overloaded
from necmergitur.adapters.keeping import end, keep_going
from necmergitur.adapters.work import Work
from necmergitur.kernel.refusal import Refusal
from necmergitur.live.forms import ONCE_BYTES, WIRE, form_of, of_one, plain_form, plain_json
from necmergitur.live.helping import HelpLine, position_of
from necmergitur.live.http import BodyTooLong, answer_json, header, read_body, refuse
from necmergitur.live.lane import Answer
from necmergitur.live.limits import Networks
from necmergitur.live.parts import LiveParts, Receive, Scope, Send
from necmergitur.live.replies import say_kept
from necmergitur.operations.population import checkins
from necmergitur.operations.population.checkins import ClosedMeanwhile, Registered, link_of, text_of, wire_of
from necmergitur.operations.ports import Unreachable
from necmergitur.people import keywords
from necmergitur.people.checkins import STATUSES, URGENT, Channel, CheckIn, Form, read
from necmergitur.people.constants import CHECKIN_AGAIN_WITHIN, CHECKIN_BYTES_MAX
from necmergitur.people.crises import Crisis
from necmergitur.people.letters import DRILL_SAID, REPLIES

log = structlog.get_logger(__name__)
CHECKINS = Counter("nec_checkins_total", "Check-ins, by channel and outcome.", ["channel", "outcome"])
LOOK_S = 1.0  # how soon a crisis that opened or closed is known here; PostgreSQL refuses meanwhile
FIRST_LOOK_S = 1.0  # ours: so that a restart tells nobody for a moment that it does not know; calls come first
# Measured: a batch costs the database two milliseconds whatever it holds; three of 250 fill a second core.
GATHER_S = 0.005
BATCH_MAX = 250
AT_ONCE = 3  # one is sealed while others are committed
NONE_OPEN = "No crisis is open. In danger, call 112 or 114 by SMS."
DRILL = "/drill"
# What comes by the lane (live.lane): addresses as pages and programs write them.
FORMS = frozenset({b"/safe", b"/drill/safe"})
DRILLS = frozenset({b"/drill/safe", b"/api/v1/checkins?drill=1"})
TARGETS = FORMS | DRILLS | {b"/api/v1/checkins"}
KEPT_PAGE, KEPT_API = CHECKINS.labels("page", "kept"), CHECKINS.labels("api", "kept")
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
        self._executor = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="checkins")
        self._commits: GroupCommit[tuple[Open, CheckIn], Registered | Refusal] = GroupCommit(
            self._take, self._executor, batch_max=BATCH_MAX, gather_s=GATHER_S, at_once=AT_ONCE
        )
        self._networks = Networks(parts.checkins_per_s)
        self._work = Work(parts.work_secret)
        self._open: dict[bool, Open] = {}
        self._heard: dict[bool, Open] = {}  # open, or closed so lately that a form typed before may still come
        self.help = HelpLine(parts)
        self.known = False  # whether the database ever said which crises there are
        self._look: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin, once the database said which crises there are, or too late to wait for it."""
        self._commits.start()
        self.help.start()
        with suppress(Unreachable, TimeoutError):
            await asyncio.wait_for(self._look_again(), FIRST_LOOK_S)
        self._look = asyncio.create_task(keep_going("crises", self._look_again, every_s=LOOK_S))

    async def stop(self) -> None:
        """Stop taking check-ins."""
        if self._look is not None:
            await end(self._look)
        await self._commits.stop()
        await self.help.stop()
        self._executor.shutdown(wait=True)

    def now_open(self, *, drill: bool) -> Crisis | None:
        """Return the crisis that takes check-ins now, as last looked up."""
        found = self._open.get(drill)
        return None if found is None else found.crisis

    def quick(self, target: bytes, body: bytes, address: str, answer: Answer) -> bool:
        """Take a check-in that is like nearly all; False for any other, which is read again by the ways below."""
        drill = target in DRILLS
        found = self._open.get(drill)
        if found is None:
            return False
        page = target in FORMS
        checkin = plain_form(body, self._parts.region) if page else plain_json(body, self._parts.region)
        if checkin is None or not self._networks.lets(address):
            return False
        kept = partial(self._kept_form, drill, answer) if page else partial(self._kept_json, answer)
        return self._commits.hand_in((found, checkin), kept)

    @staticmethod
    def _kept_form(drill: bool, answer: Answer, came: Registered | Refusal | Exception) -> None:
        if not isinstance(came, Registered):
            answer(0, b"")
            return
        KEPT_PAGE.inc()
        answer(303, SEEN % ((DRILL if drill else "").encode(), wire_of(came.link)))

    @staticmethod
    def _kept_json(answer: Answer, came: Registered | Refusal | Exception) -> None:
        if not isinstance(came, Registered):
            answer(0, b"")
            return
        KEPT_API.inc()
        answer(201, MADE % (wire_of(came.link), wire_of(came.share)))

    async def post_form(self, body: bytes, scope: Scope, send: Send, *, drill: bool) -> Sequence[Header] | None:
        """Record a form, and return None; or return what the pages are told, who must show it again."""
        form = form_of(body)
        if form is None:
            return ()
        once, fields, sent = form
        checkin = read(fields, once, Channel.PAGE, self._parts.region)
        if not isinstance(checkin, CheckIn):
            return ()
        if not self._may(checkin, scope, sent.get("work", "")):
            CHECKINS.labels("page", "too_many").inc()
            return ((WHY, b"too_many"), (CHALLENGE, msgspec.json.encode(self._work.challenge(once))))
        checkin = of_one(checkin)
        called, answer = await self._both(checkin, sent, "page", drill=drill)
        if called and not isinstance(answer, Registered):
            await say_kept(send)
            return None
        if answer is None or called is False:  # shown again: the same form sent again is one call
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
            wire = WIRE.decode(body)
        except BodyTooLong:
            await refuse(send, 413, "checkin_too_long", f"At most {CHECKIN_BYTES_MAX} bytes.")
            return
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            await refuse(send, 422, "checkin_unreadable", "JSON: name, status; contact, words, tell if wanted.")
            return
        urgent = STATUSES.get(wire.status) in URGENT
        if self._open.get(drill) is None and not urgent and self.known:
            await refuse(send, 409, "crisis_none", NONE_OPEN)
            return
        once = link_of(wire.once) if wire.once else os.urandom(ONCE_BYTES)
        if once is None and urgent:
            once = os.urandom(ONCE_BYTES)
        if once is None:
            await refuse(send, 422, "once_unreadable", "once: 16 random bytes in base64url.")
            return
        checkin = read(wire.form, once, Channel.API, self._parts.region)
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
        await _answer(send, *await self._both(checkin, msgspec.structs.asdict(wire), "api", drill=drill))

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
        if not self.known:
            await refuse(send, 503, "not_recorded", "Not recorded yet: hand it on again.")
            return
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
        called, answer = await self._both(checkin, {}, "sms", drill=found.crisis.drill)
        if answer is None or called is False:
            await refuse(send, 503, "not_recorded", "Not recorded yet: hand it on again.")
            return
        if isinstance(answer, Refusal):
            await answer_json(send, 200, {"kept": False, "reply": REPLIES["none"]})
            return
        CHECKINS.labels("sms", "kept").inc()
        drill = DRILL_SAID["fr"] if found.crisis.drill else ""
        await answer_json(send, 201, {"kept": True, "reply": drill + REPLIES[sent.status]})

    async def _both(
        self, checkin: CheckIn, place: Mapping[str, Any], channel: str, *, drill: bool
    ) -> tuple[bool | None, Registered | Refusal | None]:
        """Press and record at once: neither waits for the other, and nobody is answered before both."""
        if checkin.status not in URGENT:
            return None, await self._keep(checkin, channel, drill=drill)  # nearly everybody: no task is made for them
        return await asyncio.gather(self._call(checkin, place, drill=drill), self._keep(checkin, channel, drill=drill))

    async def _call(self, checkin: CheckIn, place: Mapping[str, Any], *, drill: bool) -> bool | None:
        """Press for whoever asks for help; return whether a call is kept, here or on disk. None: nobody called."""
        heard = self._heard.get(drill)
        if heard is None and self.known:
            return None
        key = self._newest_key() if heard is None else heard.key
        once = checkin.once
        row_id = CrisisKey.row_of(once) if key is None else key.row_of(key.link_of(once))
        return await self.help.call(row_id, checkin.status, position_of(place), drill=drill)

    def _newest_key(self) -> CrisisKey | None:
        """Return the key most likely to be the open crisis's, while nobody can say which one that is."""
        known = self._keys.known()
        return self._keys.of(known[-1]) if known else None

    async def _keep(self, checkin: CheckIn, channel: str, *, drill: bool) -> Registered | Refusal | None:
        """Record a check-in; None when it could not be kept now."""
        found = self._open.get(drill)
        if found is None:
            return Refusal(rule="crisis_none") if self.known else None
        try:
            answer = await self._commits.submit((found, checkin))
        except (Overloaded, Unreachable):
            CHECKINS.labels(channel, "not_kept").inc()
            return None
        except ClosedMeanwhile:
            return Refusal(rule="crisis_closed")
        return answer

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
        self._open, self._heard = await asyncio.get_running_loop().run_in_executor(None, self._look_up)
        self.known = True

    def _look_up(self) -> tuple[dict[bool, Open], dict[bool, Open]]:
        with self._parts.store.transaction() as tx:
            states = tx.crises_now()
        now = self._parts.clock.now()
        held = [(state, self._keys.of(state.id)) for state in reversed(states) if "safe" in state.services]
        known = [Open(state, key) for state, key in held if key is not None]
        heard = [
            one for one in known if one.crisis.closed_at is None or now < one.crisis.closed_at + CHECKIN_AGAIN_WITHIN
        ]
        return (
            {one.crisis.drill: one for one in known if one.crisis.offers("safe", now)},
            {one.crisis.drill: one for one in heard},
        )


class _Text(msgspec.Struct, frozen=True, rename={"sender": "from"}):
    """The JSON a gateway hands on."""

    sender: str
    text: str


# The same answers, as the lane writes them: a private link is 22 characters, and so is a link to share.
SEEN = b"location: %b/safe/%b\r\ncontent-length: 0\r\ncache-control: no-store\r\n\r\n"
MADE = (
    b"content-type: application/json\r\ncontent-length: 66\r\ncache-control: no-store\r\n"
    b'x-content-type-options: nosniff\r\n\r\n{"link":"%b","share":"%b"}'
)


async def _answer(send: Send, called: bool | None, answer: Registered | Refusal | None) -> None:
    """Answer a program: what became of its check-in, and of the call in it."""
    if called and not isinstance(answer, Registered):
        await answer_json(send, 202, {"rule": "call_kept", "detail": "Your call is kept. Call 112 as well."})
        return
    if answer is None or called is False:
        await refuse(send, 503, "not_recorded", "Not recorded yet: send the same again, with the same once.")
        return
    if isinstance(answer, Refusal):
        await refuse(send, 409, answer.rule, NONE_OPEN)
        return
    CHECKINS.labels("api", "kept").inc()
    await answer_json(send, 201, {"link": text_of(answer.link), "share": text_of(answer.share)})


async def _see_other(send: Send, address: str) -> None:
    headers = [(b"location", address.encode()), (b"content-length", b"0"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 303, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
