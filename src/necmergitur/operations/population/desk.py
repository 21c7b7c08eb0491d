"""The people desk: look for somebody for a stated reason, open one record, and leave a trace of both.

Hourly quotas; a person who does not exist among those found, whose opening raises an alarm; and a second person who
lends more looks to whoever must do bulk work. A search is kept sealed with its reason: a supervisor may ask for it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

import msgspec

from necmergitur.dispatch.incidents import Person
from necmergitur.governance.breakglass import Who
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.population import looking, tending
from necmergitur.operations.population.checkins import Sealer, opened
from necmergitur.operations.population.finding import Finder
from necmergitur.operations.population.looking import Call, Look, LookStore, Opened, Purpose
from necmergitur.operations.population.missing import Seen
from necmergitur.operations.population.missing import opened as opened_notice
from necmergitur.operations.registry import audit
from necmergitur.people import canaries
from necmergitur.people.checkins import Status
from necmergitur.people.constants import (
    ALLOWED_TIMES,
    LOOK_REASON_MAX,
    OPENED_AN_HOUR,
    SAME_RECORD_MAX,
    SEARCHES_AN_HOUR,
)
from necmergitur.people.crises import Crisis
from necmergitur.people.findable import Wanted

MAY_SEARCH = ("liaison", "lead", "duty_officer")
MAY_ALLOW = ("lead", "duty_officer")
HOUR = timedelta(hours=1)
MAY_OVERSEE = ("lead", "duty_officer", "dpo")
ALARM_CANARY = "canary_opened"
ALARM_REPEATED = "record_reopened"
# Ours: below what an agent who knows the name would open, above what stands out as made up.
CANARY_SCORE = (0.15, 0.30)
CANARY_WHY = (("name_sounds_alike",), ("initial",), ("name_near",), ("name_sounds_alike", "initial"))


class Candidate(msgspec.Struct, frozen=True):
    """Somebody who may be meant: enough to choose, not enough to find them."""

    kind: str
    id: bytes
    name: str
    age: str
    status: Status | None
    score: float
    why: Sequence[str]
    flags: Sequence[str]


class Record(msgspec.Struct, frozen=True):
    """One record, opened: a check-in or a notice."""

    kind: str
    id: bytes
    call: Call | None
    seen: Seen | None


class Allowance(msgspec.Struct, frozen=True):
    """More looks for one agent: asked for by them, lent by somebody else."""

    id: int
    asked_by: int
    asked_role: str
    asked_at: datetime
    agreed_by: int | None
    until: datetime | None


class Agent(msgspec.Struct, frozen=True):
    """How one agent looked in a crisis. `most`: how often they opened the record they opened most."""

    by: int
    role: str
    searches: int
    opened: int
    people: int
    most: int
    last_at: datetime


class DeskTransaction(looking.LookTransaction, Protocol):
    """A transaction of the desk."""

    def ask_allowance(self, crisis_id: UUID, by: Who, salt: bytes, reason: bytes, now: datetime) -> None:
        """Keep that somebody asks for more looks."""
        ...

    def agree_allowance(self, crisis_id: UUID, number: int, by: Who, now: datetime, until: datetime) -> bool:
        """Lend them; False when it was decided, or is one's own."""
        ...

    def looks_by_agent(self, crisis_id: UUID) -> list[Agent]:
        """Return how each agent looked: who opens most first."""
        ...

    def looks_at(self, crisis_id: UUID, by: int, subject: bytes) -> int:
        """Return how often somebody opened one record."""
        ...

    def reasons_of(self, crisis_id: UUID, by: int) -> list[Look]:
        """Return somebody's latest looks, with their sealed reasons."""
        ...

    def allowances(self, crisis_id: UUID, since: datetime) -> list[tuple[Allowance, bytes, bytes]]:
        """Return what was asked for since, newest first, with salt and sealed reason."""
        ...


def search(  # noqa: PLR0913  each is a thing of its own
    store: LookStore,
    finder: Finder,
    key: Sealer,
    crisis: Crisis,
    wanted: Wanted,
    purpose: Purpose,
    reason: str,
    by: Who,
    salt: bytes,
    now: datetime,
) -> list[Candidate] | Refusal:
    """Return who may be meant, best first, a canary among them. The search is written down before it is made."""
    asked = " ".join(wanted.names).strip()
    if not asked:
        return Refusal(rule="search_empty")
    with store.transaction() as tx:
        problem = _may(tx, crisis, by, now, searches=1)
        if problem is not None:
            return problem
        subjects = [crisis.id.bytes]
        under = looking.write(store, tx, crisis, key, subjects, "search", purpose, reason, by, salt, now, asked)
        if isinstance(under, Refusal):
            return under
    found = finder.find(crisis.id, wanted)
    if isinstance(found, Refusal):
        return found
    with store.transaction() as tx:
        made = [_candidate(tx, key, crisis, one.kind, one.id, one.score, one.why, one.flags) for one in found]
        shown = [one for one in made if one is not None]
        if shown:
            ids = [one.id for one in shown]
            under = looking.write(store, tx, crisis, key, ids, "candidate", purpose, reason, by, salt, now)
            if isinstance(under, Refusal):
                return under
    return sorted([*shown, _canary(key, asked)], key=lambda one: -one.score)


def open_record(  # noqa: PLR0913  each is a thing of its own
    store: LookStore,
    key: Sealer,
    crisis: Crisis,
    kind: str,
    row_id: bytes,
    purpose: Purpose,
    reason: str,
    by: Who,
    salt: bytes,
    now: datetime,
) -> Record | Refusal:
    """Open one record; the person sees that it was. A canary raises an alarm and says that the record is gone."""
    with store.transaction() as tx:
        problem = _may(tx, crisis, by, now, opens=1)
        if problem is not None:
            return problem
        under = looking.write(store, tx, crisis, key, [row_id], "record", purpose, reason, by, salt, now)
        if isinstance(under, Refusal):
            return under
        if canaries.is_canary(row_id, _proof(key, row_id)):
            tx.raise_alarm(ALARM_CANARY, f"{by.role} {by.id}", now)
            return Refusal(rule="record_gone")
        if tx.looks_at(crisis.id, by.id, row_id) >= SAME_RECORD_MAX:
            tx.raise_alarm(ALARM_REPEATED, f"{by.role} {by.id}", now)
        call = None
        if kind == "checkin":
            row: Opened | None = tx.call_words([crisis.id], row_id)
            said = None if row is None else opened(key, row.id, row.salt, row.sealed)
            if row is None or said is None:
                return Refusal(rule="record_gone")
            call = Call(said, Status(row.status), row.at, row.changed_at, crisis.drill)
    if call is not None:
        return Record(kind, row_id, call, None)
    seen = tending.one(store, crisis, key, row_id, now)
    return Refusal(rule="record_gone") if seen is None else Record(kind, row_id, None, seen)


def oversee(store: LookStore, crisis: Crisis, by: Who) -> list[Agent] | Refusal:
    """Return how each agent looked, for whoever answers for them."""
    if by.role not in MAY_OVERSEE:
        return Refusal(rule="desk_not_yours", owner="gate")
    with store.transaction() as tx:
        return list(tx.looks_by_agent(crisis.id))


def reasons(
    store: LookStore, key: Sealer, crisis: Crisis, agent: int, by: Who, now: datetime
) -> list[tuple[Look, str]] | Refusal:
    """Return why one agent looked; that somebody read it is a fact too. Nobody oversees themselves."""
    with store.transaction() as tx:
        under = looking.may(store, tx, crisis, "reasons", "oversee", by, now)
        if isinstance(under, Refusal):
            return under
        if by.id == agent:
            return Refusal(rule="oversee_two_people", owner="gate")
        tx.serialise()
        looks: list[Look] = tx.reasons_of(crisis.id, agent)
        audit(store, tx, f"{by.role}:look:oversee", f"user:{agent}", Person(by.id, ""), now, looks=str(len(looks)))
    return [(one, (key.unseal(one.salt, one.reason, crisis.id.bytes) or b"").decode()) for one in looks]


def clear_canary(store: LookStore, by: Who, now: datetime) -> Refusal | None:
    """Say that somebody asked whoever opened a canary, or one record again and again."""
    if by.role not in MAY_ALLOW:
        return Refusal(rule="desk_not_yours", owner="gate")
    with store.transaction() as tx:
        tx.clear_alarm(ALARM_CANARY, now)
        tx.clear_alarm(ALARM_REPEATED, now)
    return None


def ask_more(
    store: LookStore, key: Sealer, crisis: Crisis, reason: str, by: Who, salt: bytes, now: datetime
) -> Refusal | None:
    """Ask a second person for more looks within the hour."""
    if by.role not in MAY_SEARCH:
        return Refusal(rule="desk_not_yours", owner="gate")
    words = reason.strip()
    if not words:
        return Refusal(rule="reason_missing")
    if len(words) > LOOK_REASON_MAX:
        return Refusal(rule="reason_too_long")
    with store.transaction() as tx:
        tx.ask_allowance(crisis.id, by, salt, key.seal(salt, words.encode(), crisis.id.bytes), now)
    return None


def agree_more(store: LookStore, crisis: Crisis, number: int, by: Who, now: datetime) -> Refusal | None:
    """Lend somebody more looks, for an hour. Never to oneself."""
    if by.role not in MAY_ALLOW:
        return Refusal(rule="desk_not_yours", owner="gate")
    with store.transaction() as tx:
        asked = next((one for one, _salt, _reason in tx.allowances(crisis.id, now - HOUR) if one.id == number), None)
        if asked is None or asked.agreed_by is not None:
            return Refusal(rule="allowance_decided")
        if asked.asked_by == by.id:
            return Refusal(rule="allowance_two_people", owner="gate")
        tx.agree_allowance(crisis.id, number, by, now, now + HOUR)
    return None


def asked_for(store: LookStore, key: Sealer, crisis: Crisis, by: Who, now: datetime) -> list[tuple[Allowance, str]]:
    """Return what agents asked for within the hour, with their reasons."""
    with store.transaction() as tx:
        if isinstance(looking.may(store, tx, crisis, "allowance", "oversee", by, now), Refusal):
            return []
        rows: list[tuple[Allowance, bytes, bytes]] = tx.allowances(crisis.id, now - HOUR)
    return [(one, (key.unseal(salt, sealed, crisis.id.bytes) or b"").decode()) for one, salt, sealed in rows]


def used(store: LookStore, crisis: Crisis, by: Who, now: datetime) -> tuple[int, int, int]:
    """Return how many searches and openings somebody made within the hour, and how many of each they may."""
    with store.transaction() as tx:
        searches, opens = tx.looks_by(crisis.id, by.id, now - HOUR)
        return searches, opens, SEARCHES_AN_HOUR * _times(tx, crisis, by, now)


def _may(tx: Any, crisis: Crisis, by: Who, now: datetime, *, searches: int = 0, opens: int = 0) -> Refusal | None:
    """Count looks. Whether there may be any is the gate's to say."""
    # Under the append lock: two requests at once do not both take the last look.
    tx.serialise()
    times = _times(tx, crisis, by, now)
    searched, opened_before = tx.looks_by(crisis.id, by.id, now - HOUR)
    if searched + searches > SEARCHES_AN_HOUR * times or opened_before + opens > OPENED_AN_HOUR * times:
        return Refusal(rule="desk_quota", facts={"an_hour": str(SEARCHES_AN_HOUR * times)})
    return None


def _times(tx: Any, crisis: Crisis, by: Who, now: datetime) -> int:
    lent = any(
        one.asked_by == by.id and one.until is not None and now < one.until
        for one, _salt, _reason in tx.allowances(crisis.id, now - HOUR)
    )
    return ALLOWED_TIMES if lent else 1


def _candidate(
    tx: Any,
    key: Sealer,
    crisis: Crisis,
    kind: str,
    row_id: bytes,
    score: float,
    why: Sequence[str],
    flags: Sequence[str],
) -> Candidate | None:
    if kind == "checkin":
        row: Opened | None = tx.call_words([crisis.id], row_id)
        said = None if row is None else opened(key, row.id, row.salt, row.sealed)
        if row is None or said is None:
            return None
        return Candidate(kind, row_id, said.name, "", Status(row.status), score, why, flags)
    person = tx.person(crisis.id, row_id)
    notice = None if person is None else opened_notice(key, person)
    if notice is None:
        return None
    return Candidate(kind, row_id, notice.person.full_name, notice.person.age, None, score, why, flags)


def _canary(key: Sealer, asked: str) -> Candidate:
    digest = key.lookup("canary", asked.casefold())
    row_id = canaries.id_of(digest, _proof(key, digest))
    kind = "person" if digest[2] % 2 else "checkin"
    status = Status.SAFE if kind == "checkin" else None
    age = "" if kind == "checkin" else str(20 + digest[3] % 60)
    lowest, highest = CANARY_SCORE
    score = lowest + (highest - lowest) * digest[4] / 255
    why = CANARY_WHY[digest[5] % len(CANARY_WHY)]
    return Candidate(kind, row_id, canaries.name_of(digest), age, status, score, why, ())


def _proof(key: Sealer, row_id: bytes) -> bytes:
    return key.lookup("canary-proof", row_id[: canaries.CANARY_BYTES].hex())
