"""Asking after somebody without learning anything: the question is kept, the answer on screen is always the same.

A later pass, elsewhere, ties a question to the check-in it is about. Whoever it is about is written to, sees who asks,
and alone decides what the asker learns. A refusal, a block, and nobody known look alike for ever.
"""

import itertools
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

import msgspec

from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.population import missing
from necmergitur.operations.population.checkins import Registered, Sealer
from necmergitur.operations.population.missing_ports import (
    CheckInRow,
    PersonRow,
    QuestionRow,
    Registry,
    Tie,
    TieRow,
    TieState,
)
from necmergitur.people.checkins import Said
from necmergitur.people.constants import NAMED_BY_ONE_MAX
from necmergitur.people.contacts import Contact
from necmergitur.people.crises import Crisis
from necmergitur.people.notes import Assurance, Hidden
from necmergitur.people.notices import Question, Reply
from necmergitur.people.records import Note

ASKING = (Tie.QUESTION, Tie.CHECKIN)  # ties by which somebody is asked about
AT_ONCE = 500  # ours: what one pass reads; the next comes at once

_AFTER: dict[str, TieState] = {
    "safe": TieState.ANSWERED,
    "reply": TieState.ANSWERED,
    "refuse": TieState.REFUSED,
    "block": TieState.BLOCKED,
}


class Asked(msgspec.Struct, frozen=True):
    """A question as its asker sees it: an answer, or none yet."""

    question: Question
    at: datetime
    reply: Reply | None


class AskedOf(msgspec.Struct, frozen=True):
    """A question as the person sees it. `notice`: the asker declared them missing."""

    question: Question
    at: datetime
    state: int
    link: bytes
    notice: bool = False


class ToTell(msgspec.Struct, frozen=True):
    """Somebody to write to: `link` opens the question for them, and went to nobody else."""

    tie: TieRow
    to: Contact
    language: str
    asker: str
    relation: str
    link: bytes


class Matcher(Protocol):
    """Who a name most likely is among those who checked in (`operations.population.finding`)."""

    def sure(self, name: str) -> bytes | None:
        """Return the check-in that a name means beyond doubt; None when there is none, or more than one."""
        ...


def ask(
    store: Registry, crisis: Crisis, key: Sealer, question: Question, once: bytes, salt: bytes, now: datetime
) -> Registered | Refusal:
    """Keep a question. The same work, whoever is known: nothing is looked up. Raises Unreachable."""
    if not crisis.offers("find", now):
        return Refusal(rule="crisis_closed")
    link = key.link_of(once)
    row_id = key.row_of(link)
    question = msgspec.structs.replace(question, link=link)
    about = question.about
    subject = key.shared_row(question.share) if question.share else None
    if about is not None:
        subject = key.lookup(about.kind, about.written)
    row = QuestionRow(
        id=row_id,
        salt=salt,
        sealed=key.seal(salt, msgspec.json.encode(question), row_id),
        subject=subject,
        asker=key.lookup(question.contact.kind, question.contact.written),
        at=now,
    )
    with store.transaction() as tx:
        tx.put_question(crisis.id, row)
    return Registered(link, b"")


def follow(store: Registry, crisis: Crisis, key: Sealer, link: bytes, now: datetime) -> Asked | None:
    """Return a question as its asker sees it."""
    if not crisis.kept(now):
        return None
    with store.transaction() as tx:
        row = tx.question(crisis.id, key.row_of(link))
    question = None if row is None else _opened(key, row)
    if row is None or question is None:
        return None
    said = None if row.answer is None else _answer(key, row, row.answer)
    return Asked(question, row.at, said if said is not None and said.answer in ("safe", "reply") else None)


def take_back(store: Registry, crisis: Crisis, key: Sealer, link: bytes) -> bool:
    """Erase one's own question."""
    with store.transaction() as tx:
        return bool(tx.drop_question(crisis.id, key.row_of(link)))


def match(store: Registry, crisis: Crisis, now: datetime) -> int:
    """Tie what belongs together by digest: questions and notices to check-ins, notices to each other."""
    with store.transaction() as tx:
        return int(tx.match_questions(crisis.id, now)) + int(tx.match_records(crisis.id, now))


def match_names(store: Registry, crisis: Crisis, key: Sealer, now: datetime, matcher: Matcher) -> int:
    """Tie questions that only have a name to the one person of that name; return how many."""
    tied, after = 0, None
    for _turn in itertools.count():
        with store.transaction() as tx:
            rows: list[QuestionRow] = tx.questions_named(crisis.id, after, AT_ONCE)
            ties = []
            for row in rows:
                question = _opened(key, row)
                found = matcher.sure(question.named) if question is not None and question.named else None
                if found is not None and _may_be_asked(tx, crisis, found, row):
                    ties.append(TieRow(kind=Tie.QUESTION, left=row.id, right=found, state=TieState.PROPOSED, at=now))
            tied += tx.put_ties(crisis.id, ties)
        if len(rows) < AT_ONCE:
            break
        after = (rows[-1].at, rows[-1].id)
    return tied


def _may_be_asked(tx: Any, crisis: Crisis, checkin_id: bytes, row: QuestionRow) -> bool:
    checkin: CheckInRow | None = tx.checkin(crisis.id, checkin_id)
    if checkin is None or checkin.contact is None:
        return False
    if tx.checkins_with(crisis.id, checkin.contact) > NAMED_BY_ONE_MAX:
        return False  # whoever registers a list of names is asked about none of them by name alone
    if tx.not_to_be_found(crisis.id, [checkin.contact]) or row.asker in tx.banned(crisis.id):
        return False
    for tie in tx.ties_of(crisis.id, checkin_id):
        if tie.kind == Tie.QUESTION and tie.state == TieState.BLOCKED:
            other = tx.question(crisis.id, tie.left)
            if other is not None and other.asker == row.asker:
                return False
    return True


def to_tell(store: Registry, crisis: Crisis, key: Sealer, limit: int = AT_ONCE) -> list[ToTell]:
    """Return whom to write to: questions, and notices with their number or address, tied to them and not told yet."""
    found: list[ToTell] = []
    with store.transaction() as tx:
        banned = tx.banned(crisis.id)
        for kind in ASKING:
            for tie in tx.ties(crisis.id, kind, [TieState.PROPOSED], limit):
                question, checkin = _question(tx, crisis, key, tie), tx.checkin(crisis.id, tie.right)
                said = None if checkin is None else _said(key, checkin)
                if question is None or said is None or said.contact is None:
                    continue
                if key.lookup(question.contact.kind, question.contact.written) in banned:
                    # The desk keeps them out: nobody is asked by them any more.
                    tx.change_tie(crisis.id, msgspec.structs.replace(tie, state=TieState.UNDONE), [TieState.PROPOSED])
                    continue
                link = answer_link(key, tie)
                found.append(ToTell(tie, said.contact, said.language, question.name, question.relation, link))
    return found


def _question(tx: Any, crisis: Crisis, key: Sealer, tie: TieRow) -> Question | None:
    """Return what a tie asks. A notice with its author's contact asks too: whoever declares somebody looks for them."""
    if tie.kind == Tie.QUESTION:
        row = tx.question(crisis.id, tie.left)
        return None if row is None else _opened(key, row)
    person = tx.person(crisis.id, tie.left)
    notice = None if person is None else missing.opened(key, person)
    held = person is not None and person.hidden in (Hidden.NOT_TO_BE_FOUND, Hidden.DOUBTED)
    if person is None or notice is None or notice.contact is None or held:
        return None
    named = notice.person.full_name
    return Question(
        notice.person.author_name,
        notice.contact,
        notice.relation,
        named=named,
        language=notice.language,
        link=notice.link,
    )


def told(tx: Any, crisis: Crisis, each: ToTell, now: datetime) -> bool:
    """Keep that the person was written to; False when somebody else did it first."""
    tie = msgspec.structs.replace(each.tie, state=TieState.TOLD, at=now)
    return bool(tx.change_tie(crisis.id, tie, [TieState.PROPOSED]))


def to_answer(store: Registry, crisis: Crisis, key: Sealer, limit: int = AT_ONCE) -> list[ToTell]:
    """Return the askers to write to: there is an answer, and `link` opens it for them."""
    found: list[ToTell] = []
    with store.transaction() as tx:
        for kind in ASKING:
            for tie in tx.ties(crisis.id, kind, [TieState.ANSWERED], limit):
                question = _question(tx, crisis, key, tie)
                if question is not None and question.link:
                    found.append(ToTell(tie, question.contact, question.language, "", "", question.link))
    return found


def answer_sent(tx: Any, crisis: Crisis, each: ToTell, now: datetime) -> bool:
    """Keep that the asker was written to; False when somebody else did it first."""
    tie = msgspec.structs.replace(each.tie, state=TieState.SENT, at=now)
    return bool(tx.change_tie(crisis.id, tie, [TieState.ANSWERED]))


def answer_link(key: Sealer, tie: TieRow) -> bytes:
    """Return the link by which the person, and only they, opens a question: it goes to their own number or address.

    It says itself which tie it opens, and a keyed digest proves that we made it.
    """
    return tie.left + tie.right + _proof(key, tie.left, tie.right)


def _proof(key: Sealer, left: bytes, right: bytes) -> bytes:
    return key.link_of(b"answer" + left + right)


def of_link(key: Sealer, link: bytes) -> tuple[bytes, bytes] | None:
    """Return question and check-in of an answer's link; None when we did not make it."""
    left, right, proof = link[:16], link[16:32], link[32:]
    return (left, right) if len(link) == 48 and proof == _proof(key, left, right) else None  # noqa: PLR2004


def asked_of(store: Registry, crisis: Crisis, key: Sealer, link: bytes, now: datetime) -> AskedOf | None:
    """Return the question that an answer's link opens."""
    both = of_link(key, link)
    if both is None or not crisis.kept(now):
        return None
    with store.transaction() as tx:
        return _asked_of(tx, crisis, key, both)


def _tie_of(tx: Any, crisis: Crisis, both: tuple[bytes, bytes]) -> TieRow | None:
    ties: Sequence[TieRow] = tx.ties_of(crisis.id, both[0])
    return next((one for one in ties if one.kind in ASKING and one.right == both[1]), None)


def _asked_of(tx: Any, crisis: Crisis, key: Sealer, both: tuple[bytes, bytes]) -> AskedOf | None:
    tie = _tie_of(tx, crisis, both)
    question = None if tie is None else _question(tx, crisis, key, tie)
    if tie is None or question is None:
        return None
    row = tx.question(crisis.id, both[0]) if tie.kind == Tie.QUESTION else None
    at = tie.at if row is None else row.at
    return AskedOf(question, at, tie.state, answer_link(key, tie), notice=tie.kind == Tie.CHECKIN)


def answer(
    store: Registry, crisis: Crisis, key: Sealer, link: bytes, reply: Reply, salt: bytes, now: datetime
) -> bool | Refusal:
    """Answer, refuse or block, by the link of `to_tell`. The first answer stands; a block may follow any.

    The link went to the person's own number or address alone: what they answer to a notice is their own word on it.
    """
    both = of_link(key, link)
    if both is None or not crisis.kept(now):
        return Refusal(rule="question_unknown")
    with store.transaction() as tx:
        asked, tie = _asked_of(tx, crisis, key, both), _tie_of(tx, crisis, both)
        if asked is None or tie is None:
            return Refusal(rule="question_unknown")
        if asked.state not in (TieState.PROPOSED, TieState.TOLD) and reply.answer != "block":
            return Refusal(rule="question_answered")
        after = _AFTER[reply.answer]
        if after is TieState.ANSWERED:
            refused = _answered(tx, crisis, key, tie, reply, salt, now)
            if refused is not None:
                return refused
        tx.change_tie(crisis.id, msgspec.structs.replace(tie, state=after, at=now))
        return True


def _answered(
    tx: Any, crisis: Crisis, key: Sealer, tie: TieRow, reply: Reply, salt: bytes, now: datetime
) -> Refusal | None:
    """Keep an answer: beside the question, or as the person's own note on the notice."""
    if tie.kind == Tie.QUESTION:
        row: QuestionRow | None = tx.question(crisis.id, tie.left)
        if row is None:
            return Refusal(rule="question_unknown")
        sealed = key.seal(row.salt, msgspec.json.encode(reply), b"answer" + row.id)
        tx.answer_question(crisis.id, row.id, sealed)
        return None
    person: PersonRow | None = tx.person(crisis.id, tie.left)
    notice = None if person is None else missing.opened(key, person)
    if person is None or notice is None:
        return Refusal(rule="question_unknown")
    once = _proof(key, tie.left, tie.right)
    number = notice.person.person_record_id
    note = Note(
        note_record_id=f"{number.split('/')[0]}/note.{once.hex()}",
        person_record_id=number,
        status="is_note_author",
        author_made_contact="true",
        text=reply.words,
    )
    put = missing.put_note(tx, crisis, key, person, note, now, salt=salt, once=once, assurance=Assurance.SELF)
    return put if isinstance(put, Refusal) else None


def _opened(key: Sealer, row: QuestionRow) -> Question | None:
    plain = key.unseal(row.salt, row.sealed, row.id)
    return None if plain is None else msgspec.json.decode(plain, type=Question)


def _answer(key: Sealer, row: QuestionRow, sealed: bytes) -> Reply | None:
    plain = key.unseal(row.salt, sealed, b"answer" + row.id)
    return None if plain is None else msgspec.json.decode(plain, type=Reply)


def _said(key: Sealer, row: CheckInRow) -> Said | None:
    plain = key.unseal(row.salt, row.sealed, row.id)
    return None if plain is None else msgspec.json.decode(plain, type=Said)
