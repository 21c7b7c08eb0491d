"""The demonstration's guide: the next step of the example that waits for its visitor's hands. Nowhere else.

It knows nothing of its own: each step is read from the chain and the record, so it goes on as they do.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import msgspec
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from necmergitur.governance import signing
from necmergitur.innovation import protocol
from necmergitur.innovation.chain import ChallengeState, Exit
from necmergitur.web.accounts.demo import DemoAccount, demo_accounts
from necmergitur.web.accounts.roles import Role
from necmergitur.web.facts.models import Trial
from necmergitur.web.incubation.models import Application, Call
from necmergitur.web.programme.example import FIRST, TITLE
from necmergitur.web.programme.models import Challenge, Deployment, Experiment, Lead, Need, Project
from necmergitur.web.store import CLOCK
from necmergitur.web.trials import kept, papering
from necmergitur.web.watch.models import Match, unread

CITY, COMPANY, STATE, ALL = (
    _("City"),
    pgettext_lazy("party", "Company"),
    pgettext_lazy("party", "State"),
    _("Everybody"),
)
ROLES: dict[str, Any] = {"territory": CITY, "company": COMPANY, "state": STATE}


VERIFY = "nec ledger verify"
SILENT = timedelta(minutes=3)  # ours: a vendor of the demonstration speaks once a second, a counter once a minute


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step: whose it is, what they do, and where; `done` once the chain says so."""

    who: Any
    what: Any
    done: bool
    address: str = ""
    note: Any = ""


def shown() -> dict[str, Any] | None:
    """Return the guide as a page shows it; None outside a demonstration."""
    if not settings.DEMO:
        return None
    need = Need.objects.filter(title=TITLE).first()
    steps = [] if need is None else list(_steps(need))
    following = next((number for number, one in enumerate(steps) if not one.done), None)
    first = Need.objects.filter(title=FIRST).first()
    arrived = first is not None and Deployment.objects.filter(chain=first.chain).exists()
    over = bool(steps) and following is None
    account: DemoAccount | None = next((one for one in demo_accounts() if one.role == Role.ANALYST), None)
    return {
        "need": need,
        "steps": [{"step": one, "next": number == following} for number, one in enumerate(steps)],
        "over": over,
        "verify": VERIFY,
        "onward": _onward(need) if over and need is not None else [],
        "first": first,
        "arrived": arrived,
        "account": account,
    }


def _onward(need: Need) -> list[tuple[Any, str]]:
    """Return where to look once a chain is complete: what everybody reads of it, and how it is checked."""
    trial = Experiment.objects.filter(chain=need.chain).order_by("created_at").last()
    deployed = Deployment.objects.filter(chain=need.chain).order_by("created_at").last()
    return [
        *(
            []
            if trial is None
            else [(_("The report, computed from what the vendor’s key sent"), _at("trials:one", trial))]
        ),
        *(
            []
            if deployed is None
            else [(_("Where it is in service, and how it was bought"), _at("trials:deployment", deployed))]
        ),
        (_("The wall of everything that was tried, failures too"), reverse("programme:wall")),
        (_("The register: what the record says, and how anybody verifies it"), reverse("register:home")),
    ]


def _steps(need: Need) -> Iterator[Step]:
    """Yield the steps; the way to each as far as it is open."""
    leads = Lead.objects.filter(need=need)
    challenge = Challenge.objects.filter(chain=need.chain).order_by("state", "created_at").last()
    lead = leads.order_by("created_at").last() if challenge is None else challenge.lead
    opened = challenge is not None and challenge.state != ChallengeState.DRAFT
    yield Step(
        who=CITY,
        what=_("See what the watch found for the need, and make a lead of one."),
        done=lead is not None,
        address=reverse("watch:news", args=[need.chain]),
        note="" if lead is not None else _of_watch(need),
    )
    yield Step(
        who=CITY,
        what=_("Make a challenge of the lead, and open it to teams."),
        done=opened,
        address=""
        if lead is None
        else _at("programme:lead" if challenge is None else "programme:challenge", challenge or lead),
    )
    yield from _company(challenge if opened else None)
    project, experiment = _followed(challenge)
    yield Step(
        who=CITY,
        what=_("Give the project an experiment."),
        done=experiment is not None,
        address="" if project is None else f"{reverse('trials:desk')}#project-{project.pk}",
    )
    yield from _trial(experiment)


def _followed(challenge: Challenge | None) -> tuple[Project | None, Experiment | None]:
    """Return the project and the experiment that went furthest: what is begun beside a finished one undoes nothing."""
    tried = Experiment.objects.filter(project__team__challenge=challenge).order_by("created_at")
    experiment = tried.filter(deployments__isnull=False).first() or tried.last()
    if experiment is not None:
        return experiment.project, experiment
    return Project.objects.filter(team__challenge=challenge).order_by("created_at").first(), None


_SILENT = _(
    "The company's program has said nothing for some minutes. The trial goes on until its time is over; the analyst may"
    " stop it by hand before."
)


def _is_silent(trial: Trial) -> bool:
    """Return whether a running trial has heard nothing for a while: a visitor would wait for what does not come."""
    now = CLOCK.now()
    kinds = [one.__name__ for one in protocol.HEARD]
    last = kept.rows(trial.id).filter(kind__in=kinds).order_by("-version").values_list("recorded_at", flat=True).first()
    since = last or max(trial.begun_at or now, protocol.read(trial.protocol).starts)
    return bool(now - since >= SILENT)


def _of_watch(need: Need) -> Any:
    """Say when there will be something, while the watch has found nothing."""
    if Match.objects.filter(need=need, aside="").exists():
        return ""
    if unread().exists():
        return _("The watch reads its sources for the first time about now: what it finds is there in a minute.")
    return _("The watch found nothing for it yet. It looks again every few hours; a source’s page asks it at once.")


def _at(name: str, row: Any) -> str:
    return reverse(name, args=[row.pk])


def _company(challenge: Challenge | None) -> Iterator[Step]:
    there = Application.objects.filter(call__challenge=challenge).order_by("received_at")
    chosen = there.filter(project__isnull=False).first()
    call = chosen.call if chosen is not None else Call.objects.filter(challenge=challenge).first()
    applied = chosen or there.filter(call=call, accepted=None).first()
    yield Step(
        who=CITY,
        what=_("Write a call, so that companies apply."),
        done=call is not None,
        address=""
        if challenge is None
        else f"{reverse('incubation:desk-new', args=['call'])}?challenge={challenge.pk}",
    )
    yield Step(
        who=COMPANY,
        what=_("Apply with a project, as Flot or under any name. No account: the page gives a private link."),
        done=applied is not None,
        address="" if call is None else _at("incubation:call", call),
    )
    yield Step(
        who=CITY,
        what=_("Read the application, and accept it."),
        done=applied is not None and applied.project_id is not None,
        address="" if applied is None else _at("incubation:application", applied),
    )


def _trial(experiment: Experiment | None) -> Iterator[Step]:
    trial = None if experiment is None else Trial.objects.filter(id=experiment.pk).first()
    state = "" if trial is None else trial.state
    desk = "" if experiment is None else _at("trials:desk-one", experiment)
    begun = state in ("running", "stopped", "reported")
    papers = [] if trial is None else papering.proposals(trial)
    missing = {role for one in papers for role in signing.missing(one.paper)}
    missed = trial is not None and state == "frozen" and CLOCK.now() >= protocol.read(trial.protocol).ends
    yield Step(
        who=CITY,
        what=_("Write the protocol and fix it: the page fills in the example's figures if you ask."),
        done=trial is not None,
        address=desk,
    )
    if missed:
        yield Step(
            who=CITY,
            what=_("Its time ran out before it began: write another protocol from it."),
            done=False,
            address=desk,
        )
    yield Step(
        who=CITY,
        what=_("Draw up the paper for three parties."),
        done=bool(papers) or begun,
        address=desk if state == "frozen" else "",
    )
    for role, who in ROLES.items():
        yield Step(
            who=who,
            what=_("Read the terms, and sign them with the party's key."),
            done=begun or (bool(papers) and role not in missing),
            address="" if not papers else reverse("trust:proposal-sign", args=[papers[0].id, role]),
        )
    yield Step(who=CITY, what=_("Begin the trial."), done=begun, address=desk if papers and not missing else "")
    silent = trial is not None and state == "running" and _is_silent(trial)
    yield Step(
        who=ALL,
        what=_("Look on: the company's program advises, somebody on the spot notes what is there, the figures grow."),
        done=state in ("stopped", "reported"),
        address="" if experiment is None or not begun else f"{desk}#stop" if silent else _at("trials:one", experiment),
        note=_SILENT if silent else "",
    )
    yield Step(
        who=CITY, what=_("Fix the report."), done=state == "reported", address=desk if state == "stopped" else ""
    )
    yield Step(
        who=CITY,
        what=_("Say how it ends: stop, extend, adopt, or open to all."),
        done=trial is not None and bool(trial.exit),
        address=desk if state == "reported" else "",
    )
    if trial is not None and trial.exit == Exit.EXTEND:
        yield Step(
            who=CITY,
            what=_("It is extended: write another protocol from this one, for another experiment of the project."),
            done=False,
            address=f"{desk}#again",
        )
    if trial is None or not trial.exit or trial.exit in (Exit.ADOPT, Exit.OPEN):
        deployed = experiment is not None and experiment.deployments.exists()
        yield Step(
            who=CITY,
            what=_("Record where it is put into service, and how it was bought."),
            done=deployed,
            address=desk if trial is not None and trial.exit else "",
        )
