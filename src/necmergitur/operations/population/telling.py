"""Messages that leave a crisis: to whom somebody wanted told, and whatever else its services write to people.

Each waits sealed, is sent at least once, and is forgotten when it has left: what stays is how many.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import datetime, tzinfo
from typing import Any, Protocol
from uuid import UUID

import msgspec

from necmergitur.governance.accesses import crisis_place
from necmergitur.operations import accessing
from necmergitur.operations.population import following
from necmergitur.operations.population.checkins import Sealer, opened, text_of
from necmergitur.people.checkins import Status
from necmergitur.people.constants import (
    MESSAGE_ATTEMPTS_MAX,
    MESSAGE_LEASE,
    MESSAGE_RETRY_FIRST,
    MESSAGE_RETRY_MAX,
    TOLD_MAX,
)
from necmergitur.people.contacts import Contact
from necmergitur.people.crises import Crisis
from necmergitur.people.letters import Letter, Written, write
from necmergitur.people.screening import screen

UNFOLDED_MAX = 200  # ours: people whose relatives are written to in one turn
SENDERS = 32  # ours: messages on their way at once: most of a message's time is waiting for somebody else's machine
# Ours: messages in one turn. Four for each sender, of some twelve seconds at worst, end within their lease.
SENT_MAX = 4 * SENDERS
KIND_OF = {Status.SAFE: "safe", Status.NEED_HELP: "need_help", Status.HURT: "hurt", Status.WITHDRAWN: "withdrawn"}


class Waiting(msgspec.Struct, frozen=True):
    """A message as stored. `about`: the row whose erasure takes it along."""

    id: bytes
    crisis_id: UUID
    about: bytes
    salt: bytes
    sealed: bytes
    attempts: int = 0


class ToTell(msgspec.Struct, frozen=True):
    """A check-in whose people were not told of its last change."""

    crisis_id: UUID
    id: bytes
    salt: bytes
    sealed: bytes
    status: int
    rev: int
    changed_at: datetime
    followed: bool = False


class Gone(ValueError):
    """Whoever was written to is there no more, and never will be: they are forgotten."""


class MessageTransaction(Protocol):
    """A transaction that knows of messages."""

    def crisis(self, crisis_id: UUID) -> Crisis | None:
        """Return one crisis."""
        ...

    def to_tell(self, limit: int) -> list[ToTell]:
        """Return check-ins whose people are to be told, held until this transaction ends; help first."""
        ...

    def told(self, crisis_id: UUID, rows: Mapping[bytes, int]) -> None:
        """Say up to which change the people of these check-ins were told."""
        ...

    def put_messages(self, messages: Sequence[Waiting], due_at: datetime) -> None:
        """Let messages wait for their sending."""
        ...

    def lease_messages(self, now: datetime, until: datetime, limit: int) -> list[Waiting]:
        """Take messages that are due, for nobody else until then."""
        ...

    def sent(self, messages: Sequence[Waiting]) -> None:
        """Forget messages that left; count them."""
        ...

    def put_off(self, message: Waiting, due_at: datetime | None) -> None:
        """Try a message again then; None: never, and count it."""
        ...


class Post(Protocol):
    """Where messages are kept until they leave."""

    def transaction(self) -> AbstractContextManager[Any]:
        """Open a MessageTransaction."""
        ...


class Sender(Protocol):
    """What carries a message away."""

    def send(self, message: Written) -> None:
        """Hand it over. Raises OSError when it was not taken, ValueError when it never will be, Gone as it says."""
        ...


class Envelopes(msgspec.Struct, frozen=True):
    """What messages are made with: keys, chance, where links lead, the city's time."""

    key_of: Callable[[UUID], Sealer | None]
    random: Callable[[int], bytes]
    address: str
    zone: tzinfo
    region: str = "FR"


def waiting(key: Sealer, crisis_id: UUID, about: bytes, letter: Letter, random: Callable[[int], bytes]) -> Waiting:
    """Seal a letter into a message that waits."""
    chance = random(32)
    message_id, salt = chance[:16], chance[16:]
    return Waiting(message_id, crisis_id, about, salt, key.seal(salt, msgspec.json.encode(letter), message_id))


def _open(tx: Any, crisis: Crisis, now: datetime) -> bool:
    return accessing.open_to(tx, "worker", "words", "tell_relatives", crisis_place(crisis.id), now)


def unfold(post: Post, envelopes: Envelopes, now: datetime) -> int:
    """Make a message for each person that somebody wanted told; return how many. Raises Unreachable."""
    made: list[Waiting] = []
    with post.transaction() as tx:
        found: list[ToTell] = tx.to_tell(UNFOLDED_MAX)
        for crisis_id in dict.fromkeys(row.crisis_id for row in found):
            crisis, key = tx.crisis(crisis_id), envelopes.key_of(crisis_id)
            of = [row for row in found if row.crisis_id == crisis_id]
            if crisis is not None and key is not None and _open(tx, crisis, now):
                followed = [row.id for row in of if row.followed]
                phones = following.told_of(tx, crisis_id, key, followed, following.Why.CHANGES)
                for row in of:
                    made += _letters(tx, crisis, key, row, envelopes, phones.get(row.id, ()))
            tx.told(crisis_id, {row.id: row.rev for row in of})
        if made:
            tx.put_messages(made, now)
    return len(made)


def _letters(
    tx: Any, crisis: Crisis, key: Sealer, row: ToTell, envelopes: Envelopes, phones: Sequence[following.Told]
) -> list[Waiting]:
    said = opened(key, row.id, row.salt, row.sealed)
    if said is None:
        return []
    parts = {
        # It goes to somebody under the city's name: no number, address or link of the writer's goes along.
        "name": screen(said.name, envelopes.region).text,
        "time": row.changed_at.astimezone(envelopes.zone).strftime("%H:%M"),
        "link": f"{envelopes.address}{'/drill' if crisis.drill else ''}/safe/s/{text_of(key.shares_of(row.id))}",
    }
    kind = KIND_OF[Status(row.status)]
    told = [(to, said.language) for to in said.tell if _may_be_told(tx, crisis, key, to)]
    told += [(phone.to, phone.language) for phone in phones]
    return [
        waiting(key, crisis.id, row.id, Letter(to, kind, language, parts), envelopes.random) for to, language in told
    ]


def _may_be_told(tx: Any, crisis: Crisis, key: Sealer, to: Contact) -> bool:
    """Count one more letter to a number or address; whoever would be buried under them gets no more, and it counts."""
    since = crisis.opened_at
    if since is None or tx.count_pace(crisis.id, "told", key.lookup(to.kind, to.written), since) <= TOLD_MAX:
        return True
    tx.count_up(crisis.id, "messages_held_back", 1)
    return False


def send_due(post: Post, sender: Sender, envelopes: Envelopes, now: datetime) -> int:
    """Send what is due; return how many left. What cannot is tried again, with longer pauses. Raises Unreachable."""
    with post.transaction() as tx:
        leased: list[Waiting] = tx.lease_messages(now, now + MESSAGE_LEASE, SENT_MAX)
        found = {one.crisis_id: tx.crisis(one.crisis_id) for one in leased}
        crises = {number: one for number, one in found.items() if one is not None and _open(tx, one, now)}
    if not leased:
        return 0

    def send(message: Waiting) -> bool | Contact | None:
        return _send(sender, crises.get(message.crisis_id), envelopes.key_of(message.crisis_id), message, now)

    with ThreadPoolExecutor(min(SENDERS, len(leased)), thread_name_prefix="sending") as senders:
        outcomes = list(zip(leased, senders.map(send, leased), strict=True))
    left = [message for message, outcome in outcomes if outcome is True]
    if left:
        with post.transaction() as tx:
            tx.sent(left)
    for message, outcome in outcomes:
        if outcome is not True:
            _put_off(post, envelopes, message, outcome, now)
    return len(left)


def _put_off(post: Post, envelopes: Envelopes, message: Waiting, outcome: bool | Contact | None, now: datetime) -> None:
    """Try a message again later, or never; forget a telephone that is there no more."""
    never = outcome is not False or message.attempts + 1 >= MESSAGE_ATTEMPTS_MAX
    pause = min(MESSAGE_RETRY_FIRST * 2**message.attempts, MESSAGE_RETRY_MAX)
    key = envelopes.key_of(message.crisis_id)
    with post.transaction() as tx:
        if isinstance(outcome, Contact) and key is not None:
            following.gone(tx, message.crisis_id, key, outcome)
        tx.put_off(message, None if never else now + pause)


def _send(
    sender: Sender, crisis: Crisis | None, key: Sealer | None, message: Waiting, now: datetime
) -> bool | Contact | None:
    """Return whether it left; None when it never will; or who is there no more."""
    plain = None if key is None or crisis is None else key.unseal(message.salt, message.sealed, message.id)
    if crisis is None or key is None or plain is None:
        return None
    letter = msgspec.json.decode(plain, type=Letter)
    if letter.until is not None and now >= letter.until:
        return None
    try:
        sender.send(write(letter, crisis.name, drill=crisis.drill))
    except OSError:
        return False
    except Gone:
        return letter.to
    except (ValueError, KeyError):
        return None
    return True
