"""What the incubation writes: each change under a lock, by the pure rules, with one audit fact beside its rows."""

import hashlib
import secrets
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max, Q, Sum
from django.utils import timezone

from necmergitur.innovation import budget, intake, phases, selection
from necmergitur.innovation.chain import ProjectState, TeamState
from necmergitur.innovation.phases import Phase
from necmergitur.innovation.reviews import mailbox
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.accounts.models import User
from necmergitur.web.commons import bookings
from necmergitur.web.incubation import reviewing, taking
from necmergitur.web.incubation.models import Application, Call, Grant, Line, Payment, Step
from necmergitur.web.letters import sending
from necmergitur.web.programme import links, making
from necmergitur.web.programme.models import Project
from necmergitur.web.store import store

KEPT = timedelta(days=365)  # ours: what the form says
# What a phase makes of the chain's project.
_STATES = {
    Phase.PERENNIAL: ProjectState.EXITED,
    Phase.STOPPED: ProjectState.ABANDONED,
    Phase.ABANDONED: ProjectState.ABANDONED,
    Phase.EXCLUDED: ProjectState.ABANDONED,
}


def digest(text: str) -> str:
    """Return what is kept of an address, however it is spelled."""
    return hashlib.sha256(mailbox(text).encode()).hexdigest()


@transaction.atomic
def apply(
    call: Call, fields: dict[str, Any], now: datetime, language: str = "", *, by_desk: bool = False
) -> str | Refusal:
    """Keep an application; return its link's token. Sent twice it is kept once; one that names itself is not blind.

    `by_desk`: somebody there writes in what the company sent, in the company's `language`.
    """
    told = reviewing.told_by(fields)
    if told:
        return Refusal(rule="application_not_blind", facts={"told": ", ".join(told)})
    Call.objects.select_for_update().get(pk=call.pk)  # one at a time: of two alike, one is there
    shut = taking.refused(taking.calls().get(pk=call.pk), now, by_desk=by_desk)
    if shut is not None:
        return shut
    who = digest(fields["contact_email"])
    if Application.objects.filter(call=call, contact_digest=who).exists():
        return Refusal(rule="address_known")
    if reviewing.same_as(call, fields) is not None:
        return Refusal(rule="application_known")
    pk = store().ids.new()
    token = links.own("applicant", pk)
    said = fields | {"language": language or sending.language_now()}
    Application.objects.create(
        id=pk, call=call, contact_digest=who, link_hash=links.digest(token), received_at=now, **said
    )
    sending.tell("applied", str(pk), said["contact_email"], said["language"], ["applicant", str(pk)], now)
    return token


@making.gathering()
def decide(application: Application, reason: str, now: datetime, by: User, *, accepted: bool) -> Application | Refusal:
    """Accept an application, which makes a team and its project of the challenge, or turn it down."""
    call = Call.objects.select_for_update().get(pk=application.call_id)
    held = Application.objects.select_for_update().get(pk=application.pk)
    if held.accepted is not None:
        return Refusal(rule="application_decided")
    refused = selection.may_decide(reviewing.reading_of(call), now)
    if refused is not None:
        return refused
    if accepted:
        if intake.is_full(call.places, taking.given(call)):
            return Refusal(rule="call_full")
        team = making.make(call.challenge, now, by, title=held.organisation, organisation=held.organisation)
        if isinstance(team, Refusal):
            return team
        team = making.move(team, TeamState.READY, now, by)
        project: Any = making.make(
            team, now, by, title=held.title, summary=held.summary, demo=held.demo, repository=held.repository
        )
        held.project = making.move(project, ProjectState.INCUBATED, now, by)
        Step.objects.create(project=held.project, phase=Phase.INVESTIGATION, reason=reason[:400], at=now, by_id=by.pk)
    held.accepted, held.reason, held.decided_at = accepted, reason, now
    held.save()
    sending.tell("decided", str(held.pk), held.contact_email, held.language, ["applicant", str(held.pk)], now)
    return held


@transaction.atomic
def enter(project: Project, phase: Phase, reason: str, now: datetime, by: User) -> Step | Refusal:
    """Bring a project into a phase."""
    held = Project.objects.select_for_update().get(pk=project.pk)
    last = held.steps.last()
    refused = (
        Refusal(rule="phase_does_not_follow") if last is None else phases.may_enter(Phase(last.phase), phase, reason)
    )
    if refused is not None:
        return refused
    step = Step.objects.create(project=held, phase=phase, reason=reason, at=now, by_id=by.pk)
    if phase in _STATES:
        making.move(held, _STATES[phase], now, by, reason=reason)
    else:
        making.note(held, f"phase:{phase.value}", by, now)
    return step


def standing(grant: Grant) -> budget.Standing:
    """Return where a grant stands."""
    lines = grant.lines.annotate(gone=Sum("payments__cents", filter=Q(payments__taken_at=None)))
    return budget.standing(grant.cents, [budget.Line(line.committed, line.gone or 0) for line in lines])


def is_over(project: Project) -> bool:
    """Return whether a project was given up, excluded, or stands without the programme."""
    last = project.steps.last()
    return project.state in _STATES.values() or (last is not None and Phase(last.phase) in phases.OVER)


def under_way() -> Any:
    """Return the projects that money may be promised to."""
    over = Step.objects.filter(phase__in=phases.OVER).values("project")
    return Project.objects.exclude(state__in=_STATES.values()).exclude(pk__in=over)


@transaction.atomic
def promise(grant: Grant, title: str, cents: int, project: Project | None, now: datetime, by: User) -> Line | Refusal:
    """Promise part of a grant."""
    held = Grant.objects.select_for_update().get(pk=grant.pk)
    if project is not None and is_over(project):
        return Refusal(rule="project_over")
    refused = budget.may_commit(standing(held), cents)
    if refused is not None:
        return refused
    made = Line.objects.create(grant=held, project=project, title=title, committed=cents, at=now)
    whose = {} if project is None else {"project": str(project.pk)}
    making.record("grant:promised", f"{held.pk}/{made.pk}", by, now, cents=str(cents), **whose)
    return made


def paid(line: Line) -> int:
    """Return what was paid of a line, in cents, without what was taken back."""
    return sum(one.cents for one in line.payments.all() if one.taken_at is None)


@transaction.atomic
def pay(line: Line, cents: int, paid_on: date, now: datetime, by: User) -> Payment | Refusal:
    """Pay part of a line."""
    if paid_on > timezone.localdate(now):
        return Refusal(rule="paid_ahead")
    held = Line.objects.select_for_update().get(pk=line.pk)
    refused = budget.may_pay(budget.Line(held.committed, paid(held)), cents)
    if refused is not None:
        return refused
    made = Payment.objects.create(line=held, cents=cents, paid_on=paid_on)
    making.record("grant:paid", f"{held.grant_id}/{held.pk}", by, now, cents=str(cents), on=paid_on.isoformat())
    return made


@transaction.atomic
def take_back(payment: Payment, why: str, now: datetime, by: User) -> Payment | Refusal:
    """Take a payment back that was written down wrongly, once. It stays listed; its line holds the amount again."""
    line = Line.objects.select_for_update().get(pk=payment.line_id)
    held = Payment.objects.select_for_update().get(pk=payment.pk)
    if held.taken_at is not None:
        return Refusal(rule="payment_taken_back")
    if len(why.strip()) < phases.REASON_LENGTH_MIN:
        return Refusal(rule="reason_missing")
    held.taken_at, held.taken_by_id, held.taken_why = now, by.pk, why.strip()
    held.save(update_fields=["taken_at", "taken_by_id", "taken_why"])
    told = {"cents": str(held.cents), "on": held.paid_on.isoformat(), "why": held.taken_why}
    making.record("grant:payment taken back", f"{line.grant_id}/{line.pk}/{held.pk}", by, now, **told)
    return held


@transaction.atomic
def forget(one: Application, now: datetime) -> None:
    """Forget whom to write to of an application, its page, what it booked. What the company proposed stays."""
    bookings.forget([one.pk], now)
    one.contact_name = one.contact_email = one.link_hash = ""
    one.contact_digest = secrets.token_hex(32)  # of nobody: one row for each call and address stays
    one.save(update_fields=["contact_name", "contact_email", "link_hash", "contact_digest"])


def forget_old(now: datetime) -> int:
    """Forget whom to write to of applications a year after they are over; return how many.

    That is: after their project ended, when they were accepted; after they were turned down; after a call that was
    never decided.
    """
    before = now - KEPT
    old = (
        Application.objects.exclude(contact_email="")
        .annotate(last_step=Max("project__steps__at"))
        .filter(
            Q(decided_at=None, call__closes_at__lte=before)
            | Q(accepted=False, decided_at__lte=before)
            | Q(accepted=True, project__state__in=_STATES.values(), decided_at__lte=before, last_step__lte=before)
        )
    )
    reviewing.sweep(now)
    for one in old:
        forget(one, now)
    return len(old)
