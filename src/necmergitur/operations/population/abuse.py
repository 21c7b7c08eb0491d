"""What the desk does about abuse: reports between hosts and guests, askers whom people block, numbers kept out.

A number or address that is kept out meets nobody through open doors and reaches nobody with a question; the pages say
the same to it as before. A check-in and a call for help are never refused.
"""

from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import msgspec

from necmergitur.dispatch.incidents import Person
from necmergitur.governance.breakglass import Who
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.population import doors as taking
from necmergitur.operations.population import looking
from necmergitur.operations.population.checkins import Sealer
from necmergitur.operations.population.doors_ports import MatchRow, OfferRow, Tools
from necmergitur.operations.population.missing_ports import QuestionRow
from necmergitur.operations.registry import audit
from necmergitur.people import shelter
from necmergitur.people.constants import ABUSE_WORDS_MAX, ASKED_OFTEN
from necmergitur.people.crises import Crisis
from necmergitur.people.notices import Question
from necmergitur.people.shelter import AskState, MatchState, OfferState, Side
from necmergitur.people.texts import one_line

MAY_BAN = ("liaison", "lead", "duty_officer")
MAY_LIFT = ("lead", "duty_officer")
ASKERS_MAX = 50  # ours: what a desk reads through
QUESTIONS_SHOWN_MAX = 10  # ours: enough to see how somebody asks


class Ban(msgspec.Struct, frozen=True, kw_only=True):
    """A number or address kept out, as stored: `reason` is sealed."""

    id: int
    crisis_id: UUID
    contact: bytes
    salt: bytes
    reason: bytes
    banned_by: int
    banned_role: str
    at: datetime


class Asker(msgspec.Struct, frozen=True):
    """Somebody who asks after others, without a name: how often, how many blocked or refused them."""

    contact: bytes
    asked: int
    blocked: int
    refused: int
    last_at: datetime


class AbuseTransaction(Protocol):
    """A transaction that knows who is kept out."""

    def banned(self, crisis_id: UUID) -> frozenset[bytes]:
        """Return the numbers and addresses that are kept out now."""
        ...

    def bans(self, crisis_id: UUID) -> list[Ban]:
        """Return them with who kept them out and why, newest first."""
        ...

    def put_ban(self, crisis_id: UUID, contact: bytes, salt: bytes, reason: bytes, by: Who, now: datetime) -> bool:
        """Keep a number or address out; False when it is already."""
        ...

    def lift_ban(self, crisis_id: UUID, number: int, by: Who, now: datetime) -> bool:
        """Let it in again; False when it was."""
        ...

    def askers(self, crisis_id: UUID, many: int, limit: int) -> list[Asker]:
        """Return who was blocked by somebody, or asked at least so often; the most blocked first."""
        ...

    def questions_by(self, crisis_id: UUID, asker: bytes, limit: int) -> list[QuestionRow]:
        """Return somebody's latest questions."""
        ...


def askers(town: Any, crisis_id: UUID) -> list[Asker]:
    """Return who was blocked, or asks so often that a person should look. Raises Unreachable."""
    with town.transaction() as tx:
        return list(tx.askers(crisis_id, ASKED_OFTEN, ASKERS_MAX))


def open_asker(
    town: Any, key: Sealer, crisis: Crisis, contact: bytes, reason: str, by: Who, salt: bytes, now: datetime
) -> list[Question] | Refusal:
    """Show how somebody asks; the look is kept first."""
    if by.role not in MAY_BAN:
        return Refusal(rule="desk_not_yours", owner="gate")
    with town.transaction() as tx:
        rows: list[QuestionRow] = tx.questions_by(crisis.id, contact, QUESTIONS_SHOWN_MAX)
        if not rows:
            return Refusal(rule="case_unknown")
        subjects = [row.id for row in rows]
        under = looking.write(town, tx, crisis, key, subjects, "record", "abuse", reason, by, salt, now)
        if isinstance(under, Refusal):
            return under
    plain = [key.unseal(row.salt, row.sealed, row.id) for row in rows]
    return [msgspec.json.decode(one, type=Question) for one in plain if one is not None]


def note(
    town: Any, tools: Tools, crisis_id: UUID, match_id: bytes, words: str, by: Who, now: datetime
) -> Refusal | None:
    """Add a sealed note to a case, for whoever opens it next."""
    text = one_line(words)
    if by.role not in MAY_BAN:
        return Refusal(rule="desk_not_yours", owner="gate")
    if not text or len(text) > ABUSE_WORDS_MAX:
        return Refusal(rule="words_missing" if not text else "words_too_long")
    key = tools.key_of(crisis_id)
    with town.transaction() as tx:
        tx.serialise()
        row: MatchRow | None = taking.held_match(tx, crisis_id, match_id)
        if key is None or row is None or (row.alerted_at is None and row.state != MatchState.REPORTED):
            return Refusal(rule="case_unknown")
        said = taking.sealed_meeting(key, row)
        kept = (*said.notes, f"{now:%d/%m %H:%M} {by.role}: {text}")[-shelter.NOTES_MAX :]
        tx.change_match(taking.resealed(key, row, msgspec.structs.replace(said, notes=kept)))
        audit(town, tx, "web:shelter_case:noted", row.id.hex(), Person(by.id, ""), now)
    return None


def ban_side(
    town: Any, tools: Tools, crisis_id: UUID, match_id: bytes, side: Side, words: str, by: Who, now: datetime
) -> Refusal | None:
    """Keep the host or the guest of a case out."""
    with town.transaction() as tx:
        row: MatchRow | None = tx.match_of(crisis_id, match_id)
        if row is None or (row.alerted_at is None and row.state != MatchState.REPORTED):
            return Refusal(rule="case_unknown")
        of = tx.offer_of(crisis_id, row.offer_id) if side == Side.HOST else tx.request_of(crisis_id, row.request_id)
    return Refusal(rule="case_unknown") if of is None else ban(town, tools, crisis_id, of.contact, words, by, now)


def ban(town: Any, tools: Tools, crisis_id: UUID, contact: bytes, words: str, by: Who, now: datetime) -> Refusal | None:
    """Keep a number or address out of shelter and questions: its offers are held, its requests wait for a person."""
    text = one_line(words)
    if by.role not in MAY_BAN:
        return Refusal(rule="desk_not_yours", owner="gate")
    if not text or len(text) > ABUSE_WORDS_MAX:
        return Refusal(rule="reason_missing" if not text else "reason_too_long")
    key = tools.key_of(crisis_id)
    if key is None:
        return Refusal(rule="crisis_none")
    salt = tools.random(16)
    with town.transaction() as tx:
        tx.serialise()
        if not tx.put_ban(crisis_id, contact, salt, key.seal(salt, text.encode(), crisis_id.bytes), by, now):
            return None
        for side in (Side.HOST, Side.GUEST):
            for row_id in tx.same_contact(crisis_id, side, contact, b""):
                _hold(tx, tools, key, crisis_id, side, row_id, now)
        audit(town, tx, f"{by.role}:number:kept_out", str(crisis_id), Person(by.id, ""), now)
    return None


def lift(town: Any, crisis_id: UUID, number: int, by: Who, now: datetime) -> Refusal | None:
    """Let a number or address in again. What was held stays so until its case is closed."""
    if by.role not in MAY_LIFT:
        return Refusal(rule="desk_not_yours", owner="gate")
    with town.transaction() as tx:
        tx.serialise()
        if not tx.lift_ban(crisis_id, number, by, now):
            return Refusal(rule="ban_unknown")
        audit(town, tx, f"{by.role}:number:let_in", str(crisis_id), Person(by.id, ""), now)
    return None


def kept_out(town: Any, key: Sealer, crisis_id: UUID) -> list[tuple[Ban, str]]:
    """Return who is kept out now, each with why."""
    with town.transaction() as tx:
        rows: list[Ban] = tx.bans(crisis_id)
    return [(row, (key.unseal(row.salt, row.reason, crisis_id.bytes) or b"").decode()) for row in rows]


def _hold(tx: Any, tools: Tools, key: Sealer, crisis_id: UUID, side: Side, row_id: bytes, now: datetime) -> None:
    for match in tx.matches_of(crisis_id, side, row_id):
        if match.state in shelter.LIVE:
            taking.end_match(tx, tools, key, match, MatchState.ENDED, now)
    row = tx.offer_of(crisis_id, row_id) if side == Side.HOST else tx.request_of(crisis_id, row_id)
    if row is not None:
        state = OfferState.HELD if isinstance(row, OfferRow) else AskState.DESK
        taking.change(tx, msgspec.structs.replace(row, state=state, changed_at=now))
