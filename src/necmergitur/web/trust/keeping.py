"""How the desk's rows are read and written: content as pure values, one audit fact with each change that matters."""

from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from django.db import transaction
from django.db.models import Max

from necmergitur.governance.pia import Writing
from necmergitur.governance.processing import Processing as Activity
from necmergitur.operations.registry import audit
from necmergitur.web.accounts.models import User
from necmergitur.web.store import beside_rows, person, store
from necmergitur.web.trust.models import Processing, ProcessingVersion, Study, StudyStep

T = TypeVar("T")


def told(content: Any, kind: type[T]) -> T:
    """Return stored content as its type. Raises msgspec.ValidationError on what no version of ours wrote."""
    return msgspec.convert(content, kind)


def kept(value: Any) -> Any:
    """Return a value as JSON keeps it."""
    return msgspec.to_builtins(value)


def activity_of(row: Processing) -> Activity:
    """Return an activity's content."""
    return told(row.content, Activity)


def writing_of(row: Study) -> Writing:
    """Return what a version of an assessment says."""
    return told(row.content, Writing)


def record(user: User, action: str, subject: str, now: datetime, **facts: str) -> None:
    """Append one audit fact in the rows' own transaction, last: neither stands without the other, whatever dies."""
    with beside_rows() as tx:
        audit(store(), tx, action, subject, person(user), now, **facts)


def next_number(model: Any) -> int:
    """Return the next number of a register."""
    return (model.objects.aggregate(last=Max("number"))["last"] or 0) + 1


@transaction.atomic
def save_processing(row: Processing | None, activity: Activity, user: User, now: datetime) -> Processing:
    """Store an activity as its next version; an unchanged one makes none."""
    content = kept(activity)
    if row is None:
        row = Processing(id=store().ids.new(), number=next_number(Processing), version=0, created_at=now)
    else:
        row = Processing.objects.select_for_update().get(pk=row.pk)
        if row.content == content:
            return row
    row.version += 1
    row.name, row.content, row.updated_at, row.updated_by = activity.name, content, now, user.display_name
    row.save()
    ProcessingVersion.objects.create(processing=row, version=row.version, content=content, at=now, by=user.display_name)
    record(user, "trust:processing:save", str(row.id), now, number=str(row.number), version=str(row.version))
    return row


@transaction.atomic
def new_study(
    assessment_id: UUID | None, writing: Writing, processing: Processing | None, user: User, now: datetime, **more: Any
) -> Study:
    """Begin a version of an assessment: its first, or the one after the last."""
    pk = assessment_id or store().ids.new()
    last = Study.objects.filter(assessment_id=pk).aggregate(last=Max("version"))["last"] or 0
    row = Study.objects.create(
        assessment_id=pk,
        version=last + 1,
        processing=processing,
        title=writing.title[:300],
        content=kept(writing),
        created_at=now,
        updated_at=now,
        updated_by=user.display_name,
        **more,
    )
    step(row, Study.DRAFT, "", user, now)
    record(user, "trust:assessment:begin", str(pk), now, version=str(row.version))
    return row


def step(row: Study, state: str, reason: str, user: User, now: datetime) -> None:
    """Change a version's state, and keep who did and why."""
    row.state = state
    row.save()
    StudyStep.objects.create(study=row, at=now, by=user.display_name, state=state, reason=reason)


def rewrite(pk: int, change: Any, user: User, now: datetime) -> Study | None:
    """Change a draft's text under a lock, so that two people's sections do not overwrite each other."""
    with transaction.atomic():
        row = Study.objects.select_for_update().get(pk=pk)
        if row.state != Study.DRAFT:
            return None
        after = change(writing_of(row))
        row.content, row.title = kept(after), after.title[:300]
        row.updated_at, row.updated_by = now, user.display_name
        row.save()
        return row
