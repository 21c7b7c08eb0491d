"""One person's word about themselves: "I am safe", "I need help", "I am hurt"; and what they take back.

What they say is kept sealed as `Said`; what a row holds in clear is a status, a channel, instants and digests.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import IntEnum
from uuid import UUID

import msgspec

from necmergitur.kernel.refusal import Refusal
from necmergitur.people import contacts
from necmergitur.people.constants import NAME_MAX, TELL_MAX, WORDS_MAX
from necmergitur.people.contacts import Contact
from necmergitur.people.texts import one_line


class Status(IntEnum):
    """What somebody says of themselves. Numbers are stored: never change one."""

    SAFE = 1
    NEED_HELP = 2
    HURT = 3
    WITHDRAWN = 4


class Channel(IntEnum):
    """How it came."""

    PAGE = 1
    SMS = 2
    API = 3


STATUSES = {"safe": Status.SAFE, "need_help": Status.NEED_HELP, "hurt": Status.HURT}
# Who asks for help is heard, whatever limits are reached (promise 3).
URGENT = frozenset({Status.NEED_HELP, Status.HURT})


class Said(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is sealed of a check-in.

    `tell`: who is told, at most TELL_MAX; `language`: in which they are written to.
    """

    name: str
    contact: Contact | None = None
    words: str = ""
    tell: tuple[Contact, ...] = ()
    language: str = "fr"


class CheckIn(msgspec.Struct, frozen=True):
    """A check-in as understood, before it is sealed. `once`: the form's number, by which a repeat is known."""

    once: bytes
    status: Status
    said: Said
    channel: Channel


class CheckInsRooted(msgspec.Struct, frozen=True, tag=True):
    """So many check-ins were committed, in so many batches, and `root` (hex, RFC 6962) is over their roots."""

    crisis_id: UUID
    first: int
    last: int
    leaves: int
    root: str
    at: datetime


class Form(msgspec.Struct, frozen=True):
    """The fields as sent."""

    name: str = ""
    status: str = ""
    contact: str = ""
    words: str = ""
    tell: Sequence[str] = ()
    language: str = "fr"


def stream_of(crisis_id: UUID) -> str:
    """Return the ledger stream of a crisis's roots."""
    return f"checkins:{crisis_id}"


def read(
    form: Form, once: bytes, channel: Channel, region: str, *, withdrawal: bool = False
) -> CheckIn | tuple[Refusal, ...]:
    """Understand a form, or say every field to mend (`facts["field"]`). A call for help needs nothing but itself.

    `withdrawal`: whether "withdrawn" is a status here, as for a text message, which has no page to do it on.
    """
    status = Status.WITHDRAWN if withdrawal and form.status == "withdrawn" else STATUSES.get(form.status)
    problems: list[Refusal] = []
    if status is None:
        problems.append(_at("status", "status_missing"))
    urgent = status in URGENT
    name = one_line(form.name)
    if not name and not urgent:
        problems.append(_at("name", "name_missing"))
    if len(name) > NAME_MAX:
        problems.append(_at("name", "name_too_long"))
    words = one_line(form.words)
    if len(words) > WORDS_MAX:
        problems.append(_at("words", "words_too_long"))
    contact = _contact("contact", form.contact, region, problems)
    tell: list[Contact] = []
    for index, text in enumerate(form.tell):
        found = _contact(f"tell{index + 1}", text, region, problems)
        if found is not None and found not in tell:
            tell.append(found)
    if len(tell) > TELL_MAX:
        problems.append(_at("tell1", "tell_too_many"))
    if urgent and status is not None:
        # What cannot be read of a call for help is left out; the call is kept.
        said = Said(name[:NAME_MAX], contact, words[:WORDS_MAX], tuple(tell[:TELL_MAX]), form.language)
        return CheckIn(once, status, said, channel)
    if problems or status is None:
        return tuple(problems)
    return CheckIn(once, status, Said(name, contact, words, tuple(tell), form.language), channel)


def _contact(field: str, text: str, region: str, problems: list[Refusal]) -> Contact | None:
    if not text.strip():
        return None
    found = contacts.read(text, region)
    if isinstance(found, Refusal):
        problems.append(_at(field, found.rule))
        return None
    return found


def _at(field: str, rule: str) -> Refusal:
    return Refusal(rule=rule, facts={"field": field})
