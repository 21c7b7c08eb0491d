"""Every way in which something about a person is read: what, what for, by whom, under which law.

What does not stand here cannot be read: the gate gives a pass for these alone, nothing sealed is opened without one,
and PostgreSQL holds the same list (`personal_access`). Compiled with what is open now into one table: the law stands
and never lapses; a crisis opens its own place while it is kept; a glass lets one more class of readers in.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from necmergitur.governance.authorisations import CALLS_FOR_HELP, RECORD_OF_DECISIONS, Authorisation
from necmergitur.governance.grants import FOREVER_US, microseconds

Law = Literal["call_for_help", "governance", "crisis", "paper"]
READINGS = "readings"  # of sensors: each paper says what for and to whom

# Purposes of calls.
ANSWER_CALL = "answer_call"  # somebody needs help now
REVIEW_CALL = "review_call"  # what was done about a call that is over is looked at again
GO = "go"  # a responder goes there
INFORM_PARTNER = "inform_partner"  # another service is told, scope by scope
OWN_DATA = "own_data"  # a person asks what is held about them (GDPR art. 15)

ANSWERING = frozenset({"operator", "lead", "duty_officer"})
# A responder who was told of this very call and not released since.
TOLD = "responder_told"
# Who answers families, and tends the records of people looked for.
DESK = frozenset({"liaison", "lead", "duty_officer"})
SEEING = ANSWERING | {"pilot", TOLD}
# Places and words of calls, which stand in clear as long as they are kept: in the room, in the street, at partners'.
CALLS = "calls"
ROOM, STREET = "room", "street"


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """One way of reading. `live`: only while the call is open; `service`: of a crisis that offers it ("": any)."""

    what: str
    purpose: str
    readers: frozenset[str]
    law: Law
    live: bool = False
    service: str = ""


ACCESSES: tuple[Access, ...] = (
    Access(what=CALLS, purpose=ANSWER_CALL, readers=ANSWERING | {"pilot"}, law="call_for_help"),
    Access(what=CALLS, purpose=GO, readers=ANSWERING | {"responder"}, law="call_for_help"),
    Access(what=CALLS, purpose=INFORM_PARTNER, readers=frozenset({"partner"}), law="call_for_help"),
    Access(what="holder", purpose=ANSWER_CALL, readers=ANSWERING, law="call_for_help", live=True),
    Access(what="holder", purpose=OWN_DATA, readers=frozenset({"person", "dpo"}), law="governance"),
    Access(what="still", purpose=ANSWER_CALL, readers=SEEING, law="call_for_help", live=True),
    Access(what="still", purpose=REVIEW_CALL, readers=SEEING, law="call_for_help"),
    # What a drone sees, live; beside this its flight's authorisation, or a camera's, must let it look.
    Access(what="picture", purpose=ANSWER_CALL, readers=SEEING, law="call_for_help", live=True),
    # What somebody wrote who called from the page "I'm safe".
    Access(what="call", purpose=ANSWER_CALL, readers=ANSWERING, law="call_for_help", live=True),
    *(
        Access(what=what, purpose=purpose, readers=DESK, law="crisis")
        for what in ("search", "candidate", "record")
        for purpose in ("answer_call", "family", "identify", "abuse", "duplicate", "import")
    ),
    *(
        Access(what="queue", purpose=purpose, readers=DESK, law="crisis", service="find")
        for purpose in ("duplicate", "abuse", "family")
    ),
    # Two people whom open doors brought together, or a guest whom a person looks after.
    Access(what="case", purpose=ANSWER_CALL, readers=ANSWERING | DESK, law="crisis", service="doors"),
    Access(what="case", purpose="abuse", readers=ANSWERING | DESK, law="crisis", service="doors"),
    Access(what="case", purpose="queue", readers=ANSWERING | DESK, law="crisis", service="doors"),
    # Why an agent looked, or wants to look more often: a reason may name somebody.
    Access(what="reasons", purpose="oversee", readers=frozenset({"lead", "duty_officer", "dpo"}), law="crisis"),
    Access(what="allowance", purpose="oversee", readers=DESK, law="crisis"),
    # People's own words, for whoever holds the link; for everybody, where their author says so.
    Access(what="words", purpose=OWN_DATA, readers=frozenset({"person"}), law="crisis"),
    Access(what="shelter", purpose=OWN_DATA, readers=frozenset({"person"}), law="crisis", service="doors"),
    Access(what="notices", purpose="look_for_people", readers=frozenset({"public"}), law="crisis", service="find"),
    # What our own processes do with them, and nobody sees.
    Access(what="words", purpose="tell_relatives", readers=frozenset({"worker"}), law="crisis"),
    Access(what="questions", purpose="tell_relatives", readers=frozenset({"worker"}), law="crisis", service="find"),
    Access(what="notices", purpose="duplicate", readers=frozenset({"worker"}), law="crisis", service="find"),
    Access(what="shelter", purpose="bring_together", readers=frozenset({"worker"}), law="crisis", service="doors"),
    Access(what="names", purpose="look_for_people", readers=frozenset({"finder"}), law="crisis"),
)
# What is sealed under keys of its subject and day; what people say in a crisis is under its own.
SEALED_BY_SUBJECT = ("holder", "still")
_KNOWN = {(one.what, one.purpose): one for one in ACCESSES}
assert len(_KNOWN) == len(ACCESSES), "one line for each thing and purpose"


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """What people opened: a crisis with its services, a glass to one more reader of one thing, readings by a paper."""

    id: UUID
    place: str
    since: datetime
    until: datetime | None = None
    services: tuple[str, ...] = ()
    glass: tuple[str, str] | None = None
    paper: tuple[str, tuple[str, ...]] | None = None


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants to read: what, what for, as which classes of readers they may, and where.

    `place` is the call or the crisis it is about (`incident:…`, `crisis:…`); `live`: that call is open.
    """

    what: str
    purpose: str
    readers: tuple[str, ...]
    place: str
    live: bool = False


class Found(msgspec.Struct, frozen=True):
    """Under whose authority something may be read, and as which reader."""

    authority: UUID
    reader: str
    by_glass: bool


Key = tuple[str, str, str, str | None]
_AUTHORITY = {"call_for_help": CALLS_FOR_HELP, "governance": RECORD_OF_DECISIONS}


class Accesses:
    """The compiled table: of (what, purpose, reader, place), when it is open and under whose authority."""

    __slots__ = ("_windows",)

    def __init__(self, opened: Iterable[Opened] = ()) -> None:
        """Compile the law, and what is open beside it."""
        self._windows: dict[Key, list[tuple[int, int, Found]]] = {}
        for access in ACCESSES:
            if access.law != "crisis":
                for reader in access.readers:
                    found = Found(_AUTHORITY[access.law], reader, by_glass=False)
                    self._open(access, reader, None, (0, FOREVER_US, found))
        papers: dict[str, list[Access]] = {}
        others: list[Opened] = []
        for one in opened:
            if one.paper is None:
                others.append(one)
            else:
                line = _of_paper(one.paper)
                papers.setdefault(one.place, []).append(line)
                self._let_in(one, line, line.readers)
        for one in others:
            for access in (*ACCESSES, *papers.get(one.place, ())):
                self._let_in(one, access, _let_in(one, access))

    def _let_in(self, one: Opened, access: Access, readers: Iterable[str]) -> None:
        end = FOREVER_US if one.until is None else microseconds(one.until)
        for reader in readers:
            found = Found(one.id, reader, by_glass=one.glass is not None)
            self._open(access, reader, one.place, (microseconds(one.since), end, found))

    def _open(self, access: Access, reader: str, place: str | None, window: tuple[int, int, Found]) -> None:
        self._windows.setdefault((access.what, access.purpose, reader, place), []).append(window)

    def decide(self, asked: Reading, at_us: int) -> Found | None:
        """Return what opens it: the reader's own class before any glass; None when nothing does."""
        glass: Found | None = None
        for reader in asked.readers:
            for place in (None, asked.place):
                for start, end, found in self._windows.get((asked.what, asked.purpose, reader, place), ()):
                    if start <= at_us < end:
                        if not found.by_glass:
                            return found
                        glass = found
        return glass

    def places(self, asked: Reading) -> set[str | None]:
        """Return where this is open to one of the readers at some time, to say how a question falls short."""
        return {
            place
            for (what, purpose, reader, place) in self._windows
            if (what, purpose) == (asked.what, asked.purpose) and reader in asked.readers
        }


def _of_paper(paper: tuple[str, tuple[str, ...]]) -> Access:
    """Return the line that a paper adds to the list, for its own stream alone."""
    purpose, readers = paper
    return Access(what=READINGS, purpose=purpose, readers=frozenset(readers), law="paper", live=True)


def _let_in(one: Opened, access: Access) -> Iterable[str]:
    """Return the readers to whom something that is open opens this."""
    if one.glass is not None:
        # A glass widens who reads, never what for: only what the law itself opens for a call that is live.
        what, reader = one.glass
        return (reader,) if access.live and access.what == what else ()
    if access.law == "crisis" and (not access.service or access.service in one.services):
        return access.readers
    return ()


def readings_of(item: Authorisation) -> Iterator[Opened]:
    """Return what an authorisation opens of readings: nothing once it was revoked or is suspended.

    What was gathered under a paper whose time is over may be read as long as its keys live.
    """
    if item.paper is not None and item.revoked_at is None and item.suspended_at is None:
        terms = item.paper.terms
        paper = (terms.purpose, tuple(terms.readers))
        yield Opened(id=item.id, place=terms.stream, since=item.valid_from, paper=paper)


def place_of(incident_id: UUID) -> str:
    """Return the place of what is about a call for help."""
    return f"incident:{incident_id}"


def crisis_place(crisis_id: UUID) -> str:
    """Return the place of what was gathered in a crisis: its area, while it is kept."""
    return f"crisis:{crisis_id}"


def readers_of(what: str, purpose: str) -> frozenset[str]:
    """Return the classes of readers on the list's line for this."""
    return _KNOWN[what, purpose].readers


def known(what: str, purpose: str) -> Access | None:
    """Return the line of the list for this, None when there is none; a paper's readings are told by the table alone."""
    if what == READINGS:
        return Access(what=what, purpose=purpose, readers=frozenset(), law="paper")
    return _KNOWN.get((what, purpose))
