"""Words of the programme for people: stages, states, exits, routes, refusals."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from necmergitur.innovation.chain import (
    ChallengeState,
    DeploymentState,
    Exit,
    ExperimentState,
    LeadState,
    NeedState,
    ProjectState,
    Route,
    Stage,
    TeamState,
)
from necmergitur.innovation.grading import Criterion, Grade
from necmergitur.kernel.refusal import Refusal

STAGES: dict[str, Any] = {
    Stage.NEED: _("Need"),
    Stage.LEAD: pgettext_lazy("programme", "Lead"),
    Stage.CHALLENGE: _("Challenge"),
    Stage.TEAM: _("Team"),
    Stage.PROJECT: _("Project"),
    Stage.EXPERIMENT: _("Experiment"),
    Stage.DEPLOYMENT: _("Deployment"),
}
# The tone of a state, as `{% state %}` knows it, and its word.
# Of a project whose solution runs somewhere.
IN_SERVICE: tuple[str, Any] = ("ours", pgettext_lazy("project", "In service"))
STATES: dict[str, dict[str, tuple[str, Any]]] = {
    Stage.NEED: {
        NeedState.OPEN: ("ours", pgettext_lazy("need", "Open")),
        NeedState.MERGED: ("neutral", pgettext_lazy("need", "Merged")),
        NeedState.CLOSED: ("neutral", pgettext_lazy("need", "Closed")),
    },
    Stage.LEAD: {
        LeadState.NEW: ("attention", pgettext_lazy("lead", "New")),
        LeadState.CONTACT: ("ours", pgettext_lazy("lead", "In contact")),
        LeadState.BENCHMARK: ("ours", pgettext_lazy("lead", "In a benchmark")),
        LeadState.CHALLENGE: ("ours", pgettext_lazy("lead", "Became a challenge")),
        LeadState.REJECTED: ("neutral", pgettext_lazy("lead", "Set aside")),
    },
    Stage.CHALLENGE: {
        ChallengeState.DRAFT: ("neutral", pgettext_lazy("challenge", "Being written")),
        ChallengeState.OPEN: ("ours", pgettext_lazy("challenge", "Open")),
        ChallengeState.CLOSED: ("neutral", pgettext_lazy("challenge", "Closed")),
    },
    Stage.TEAM: {
        TeamState.FORMING: ("neutral", pgettext_lazy("team", "Forming")),
        TeamState.READY: ("ours", pgettext_lazy("team", "Ready")),
        TeamState.WITHDRAWN: ("neutral", pgettext_lazy("team", "Withdrawn")),
    },
    Stage.PROJECT: {
        ProjectState.SUBMITTED: ("neutral", pgettext_lazy("project", "Submitted")),
        ProjectState.SELECTED: ("ours", pgettext_lazy("project", "Selected")),
        ProjectState.INCUBATED: ("ours", pgettext_lazy("project", "Incubated")),
        ProjectState.ABANDONED: ("neutral", pgettext_lazy("project", "Given up")),
        ProjectState.EXITED: ("ours", pgettext_lazy("project", "Stands on its own")),
    },
    Stage.EXPERIMENT: {
        ExperimentState.DRAFT: ("neutral", pgettext_lazy("experiment", "Being written")),
        ExperimentState.FROZEN: ("ours", pgettext_lazy("experiment", "Protocol fixed")),
        ExperimentState.RUNNING: ("ours", pgettext_lazy("experiment", "Running")),
        ExperimentState.STOPPED: ("neutral", pgettext_lazy("experiment", "Ended")),
        ExperimentState.REPORTED: ("ours", pgettext_lazy("experiment", "Reported")),
    },
    Stage.DEPLOYMENT: {
        DeploymentState.PLANNED: ("neutral", pgettext_lazy("deployment", "Planned")),
        DeploymentState.RUNNING: ("ours", pgettext_lazy("deployment", "Running")),
        DeploymentState.ENDED: ("neutral", pgettext_lazy("deployment", "Ended")),
    },
}
ROUTES: dict[str, Any] = {
    Route.PARTNERSHIP: _("Innovation partnership"),
    Route.MARKET: _("Public contract"),
    Route.SUBSIDY: _("Subsidy"),
}
EXITS: dict[str, Any] = {
    Exit.STOP: pgettext_lazy("exit", "Stopped for good"),
    Exit.EXTEND: pgettext_lazy("exit", "Extended"),
    Exit.ADOPT: pgettext_lazy("exit", "Adopted"),
    Exit.OPEN: pgettext_lazy("exit", "Open to all"),
}
CRITERIA: dict[str, Any] = {
    Criterion.DOCUMENTED: pgettext_lazy("criterion", "documented"),
    Criterion.TESTED: pgettext_lazy("criterion", "tested"),
    Criterion.ACCESSIBLE: pgettext_lazy("criterion", "accessible"),
    Criterion.SECURE: pgettext_lazy("criterion", "secure"),
    Criterion.MEASURED: pgettext_lazy("criterion", "measured in the field"),
}
GRADES: dict[str, tuple[str, Any]] = {
    Grade.NONE: ("neutral", pgettext_lazy("grade", "No grade")),
    Grade.BRONZE: ("ours", pgettext_lazy("grade", "Bronze")),
    Grade.SILVER: ("ours", pgettext_lazy("grade", "Silver")),
    Grade.GOLD: ("ours", pgettext_lazy("grade", "Gold")),
    Grade.PLATINUM: ("ours", pgettext_lazy("grade", "Platinum")),
}
REFUSALS: dict[str, Any] = {
    "chain_not_ready": _("The stage before is not there yet: it must be open or ready first."),
    "chain_moved": _("Somebody brought it elsewhere meanwhile: look at it again."),
    "chain_not_adopted": _("Only an experiment whose exit is to adopt, or to open to all, is deployed."),
    "effect_too_soon": _("What it did is measured once it has been in service for a month."),
    "need_not_open": _("This need is closed, or was merged into another."),
    "need_not_merged": _("This need is not merged into another: nothing is to be taken back."),
    "need_split_first": _("The need it was merged into was merged itself. Split that one first."),
    "need_merged_into_itself": _("A need cannot be merged into itself, or into one that was merged."),
    "too_late": _("Somebody else was faster. Look at what they did, and try again."),
    "unreachable": _("The database does not answer. Nothing was kept: try again in a moment."),
}


def sentence(refusal: Refusal) -> Any:
    """Return a refusal in plain words."""
    return REFUSALS.get(refusal.rule, refusal.detail or refusal.rule)
