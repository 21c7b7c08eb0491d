"""What other rooms ask of a dialogue: open one for a subject, and say whether anything stands in the way of signing."""

from datetime import datetime
from uuid import UUID

from necmergitur.dispatch.incidents import Person
from necmergitur.governance.dialogue import DialogueOpened, may_say, settled
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import dialogue
from necmergitur.web.dialogue import results
from necmergitur.web.dialogue.models import Answer, Conversation, Statement
from necmergitur.web.store import CLOCK, store


def open_conversation(
    subject_kind: str,
    subject_id: UUID,
    title_fr: str,
    title_en: str,
    question: str,
    closes_at: datetime,
    *,
    by: Person,
    question_en: str = "",
    now: datetime | None = None,
) -> Conversation | Refusal:
    """Open a dialogue on a subject (`question` in French). Refused while another on the same subject is open.

    Raises Unreachable; nothing is kept then.
    """
    now = now or CLOCK.now()
    running = latest(subject_kind, subject_id)
    if running is not None and running.open(now):
        return Refusal(rule="dialogue_running", until=running.closes_at, facts={"dialogue": str(running.pk)})
    made = store().ids.new()
    asked = DialogueOpened(subject_kind, subject_id, title_fr.strip(), title_en.strip(), question.strip(), closes_at)
    event = dialogue.open_dialogue(store(), made, asked, by, now)
    if isinstance(event, Refusal):
        return event
    return Conversation.objects.create(
        id=made,
        subject_kind=subject_kind,
        subject_id=subject_id,
        title_fr=event.title_fr,
        title_en=event.title_en,
        question_fr=event.question,
        question_en=question_en.strip(),
        opened_at=now,
        closes_at=closes_at,
    )


def propose(conversation: Conversation, text: str, language: str, by: Person, now: datetime) -> Statement | Refusal:
    """Add a statement of the city's own, marked as such and shown at once."""
    text = " ".join(text.split())
    said = list(conversation.statements.values_list("text", flat=True))
    refusal = may_say(text, said, len(said))
    if refusal is not None:
        return refusal
    return Statement.objects.create(
        conversation=conversation,
        text=text,
        language=language,
        by_city=True,
        state=Statement.State.SHOWN,
        said_at=now,
        moderated_at=now,
        moderated_by_id=by.id,
    )


def latest(subject_kind: str, subject_id: UUID) -> Conversation | None:
    """Return the last dialogue opened on a subject."""
    return Conversation.objects.filter(subject_kind=subject_kind, subject_id=subject_id).first()


def answered(subject_kind: str, subject_id: UUID, now: datetime | None = None) -> Refusal | None:
    """Return why nothing may be signed on a subject yet: no dialogue, one still open, or answers owed.

    `dialogue_missing`, `dialogue_open` (until), `dialogue_unanswered` (facts: owed, statements, dialogue).
    Raises Unreachable when a dialogue whose time has come cannot be closed.
    """
    now = now or CLOCK.now()
    found = latest(subject_kind, subject_id)
    if found is None:
        return Refusal(rule="dialogue_missing", owner="dialogue", detail="No dialogue was held on this subject.")
    found = results.settle(found, now)
    refusal = settled(found.closed_at, found.closes_at, results.consensus_of(found), answered_statements(found))
    if refusal is None:
        return None
    return Refusal(
        rule=refusal.rule,
        detail=refusal.detail,
        owner=refusal.owner,
        until=refusal.until,
        facts=refusal.facts | {"dialogue": str(found.pk)},
    )


def answered_statements(conversation: Conversation) -> set[int]:
    """Return the statements the city has answered."""
    return set(Answer.objects.filter(statement__conversation=conversation).values_list("statement_id", flat=True))


def owed(conversation: Conversation) -> list[int]:
    """Return the statements the city owes an answer to, as they stand now."""
    answered_by_now = answered_statements(conversation)
    return [each for each in results.consensus_of(conversation) if each not in answered_by_now]


def close_early(conversation: Conversation, reason: str, by: Person, now: datetime) -> Conversation:
    """End a dialogue before its time, for a reason that is published."""
    return results.settle(conversation, now, early=reason, by=by)
