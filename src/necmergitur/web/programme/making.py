"""How a stage comes into being: by the stage before it, under its lock, with one audit fact in the same transaction.

Nothing else makes rows of the chain. What a stage becomes later (a lead rejected, a team complete) goes through `move`.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any, TypeVar

from django.db import models, transaction
from django.db.models import Max

from necmergitur.dispatch.incidents import Person
from necmergitur.innovation import chain
from necmergitur.innovation.chain import DeploymentState, Stage
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.registry import audit
from necmergitur.web.accounts.models import User
from necmergitur.web.programme import rights
from necmergitur.web.programme.models import Challenge, Deployment, Experiment, Lead, Need, Project, Team
from necmergitur.web.store import beside_rows, person, store

MODELS: dict[Stage, type[models.Model]] = {
    Stage.NEED: Need,
    Stage.LEAD: Lead,
    Stage.CHALLENGE: Challenge,
    Stage.TEAM: Team,
    Stage.PROJECT: Project,
    Stage.EXPERIMENT: Experiment,
    Stage.DEPLOYMENT: Deployment,
}
BEFORE: dict[Stage, str] = {
    Stage.LEAD: "need",
    Stage.CHALLENGE: "lead",
    Stage.TEAM: "challenge",
    Stage.PROJECT: "team",
    Stage.EXPERIMENT: "project",
    Stage.DEPLOYMENT: "experiment",
}
_NEEDS_LOCK = 22_001  # ours: of pg_advisory_xact_lock, so that two needs stated at once have two numbers
_NOBODY = Person(0, "")  # somebody without an account
_Said = tuple[str, str, Person, datetime, dict[str, str]]
_gathered: ContextVar[list[_Said] | None] = ContextVar("gathered", default=None)
Made = TypeVar("Made", bound=models.Model)


def stage_of(row: models.Model) -> Stage:
    """Return which stage a row is."""
    return next(stage for stage, model in MODELS.items() if isinstance(row, model))


@transaction.atomic
def state_need(now: datetime, by: User | None, **fields: Any) -> Need:
    """Begin a chain. What an analyst states for a body is confirmed by that; what anybody else does is not yet."""
    with transaction.get_connection().cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_NEEDS_LOCK])
    number = (Need.objects.aggregate(last=Max("chain"))["last"] or 0) + 1
    number_of = None if by is None else by.pk
    asked = {"confirmed_at": now, "confirmed_by_id": number_of} if by is not None and rights.may_run(by) else {}
    made = Need.objects.create(
        id=store().ids.new(), chain=number, stated_at=now, stated_by_id=number_of, **asked, **fields
    )
    note(made, "made", by, now)
    return made


@transaction.atomic
def confirm(need: Need, now: datetime, by: User) -> None:
    """Keep that the body a need speaks for was asked, and says so. Once; the record says who asked."""
    if Need.objects.filter(pk=need.pk, confirmed_at=None).update(confirmed_at=now, confirmed_by_id=by.pk):
        note(need, "confirmed", by, now, body=need.spoken_for)


@transaction.atomic
def make(before: models.Model, now: datetime, by: User | None, *, once: bool = False, **fields: Any) -> Any | Refusal:
    """Make the next stage of `before`, or say why not yet. Raises ValueError for the last stage.

    `once`: who presses twice gets what the first press made, if nobody has brought it further since.
    """
    stage = stage_of(before)
    following = chain.next_of(stage)
    if following is None:
        raise ValueError("nothing follows a deployment")
    held: Any = type(before)._default_manager.select_for_update().get(pk=before.pk)  # noqa: SLF001 -- Django's own name
    refused = chain.may_follow(stage, held.state, exit_=getattr(held, "exit", ""))
    if refused is not None:
        return refused
    of = {BEFORE[following]: held, "chain": held.chain}
    manager = MODELS[following]._default_manager  # noqa: SLF001
    if once and by is not None:  # under the lock of the stage before, so the second press sees the first
        begins: Any = MODELS[following]._meta.get_field("state")  # noqa: SLF001
        alike = manager.filter(**of, **fields, state=begins.get_default(), created_by_id=by.pk).first()
        if alike is not None:
            return alike
    made = manager.create(
        id=store().ids.new(), created_at=now, created_by_id=None if by is None else by.pk, **of, **fields
    )
    note(made, "made", by, now)
    return made


@transaction.atomic
def move(row: Made, state: str, now: datetime, by: User | None, **fields: Any) -> Made:
    """Bring a stage to another state, and keep who did it in the record."""
    held: Any = type(row)._default_manager.select_for_update().get(pk=row.pk)  # noqa: SLF001
    before, held.state = held.state, state
    if isinstance(held, Deployment) and state == DeploymentState.RUNNING and held.running_at is None:
        held.running_at = now
    for name, value in fields.items():
        setattr(held, name, value)
    held.save()
    note(held, state, by, now, before=before)
    return held  # type: ignore[no-any-return]


@transaction.atomic
def move_from(
    out_of: Collection[str], row: models.Model, state: str, now: datetime, by: User | None, **fields: Any
) -> Any | Refusal:
    """Bring a stage to another state out of some only, judged under its lock: somebody else may have moved it."""
    held: Any = type(row)._default_manager.select_for_update().get(pk=row.pk)  # noqa: SLF001
    if held.state not in out_of:
        return Refusal(rule="chain_moved", facts={"stage": stage_of(row).value, "state": held.state})
    return move(row, state, now, by, **fields)


def note(row: Any, what: str, by: User | None, now: datetime, **facts: str) -> None:
    """Append one audit fact about a stage in its row's own transaction, last."""
    subject = f"{chain.shown(row.chain)}/{stage_of(row).value}/{row.pk}"
    record(f"{stage_of(row).value}:{what}", subject, by, now, **facts)


def record(what: str, subject: str, by: User | None, now: datetime, **facts: str) -> None:
    """Append one audit fact in its rows' own transaction, last; or leave it to what gathers."""
    said = (f"programme:{what}", subject, _NOBODY if by is None else person(by), now, facts)
    held = _gathered.get()
    if held is None:
        _append([said])
    else:
        held.append(said)


@contextmanager
def gathering() -> Iterator[None]:
    """Open a transaction of many steps whose audit facts are appended together at its end.

    Appending takes the record's one lock until the commit, and every call for help waits for that lock.
    """
    held = _gathered.get()
    if held is not None:  # a part of something larger, which appends
        before = len(held)
        try:
            with transaction.atomic():
                yield
        except BaseException:
            del held[before:]
            raise
        return
    fresh: list[_Said] = []
    with transaction.atomic():
        token = _gathered.set(fresh)
        try:
            yield
        finally:
            _gathered.reset(token)
        if fresh and not transaction.get_rollback():
            _append(fresh)


def _append(said: list[_Said]) -> None:
    with beside_rows() as tx:
        for what, subject, who, now, facts in said:
            audit(store(), tx, what, subject, who, now, **facts)


def line_of(row: Any) -> list[Any]:
    """Return the stages before a row, its own, nearest last."""
    line = [row]
    while (stage := stage_of(line[0])) is not Stage.NEED:
        line.insert(0, getattr(line[0], BEFORE[stage]))
    return line
