"""One chain from a need to what is deployed: which stage follows which, and what the stage before must have reached.

A stage is created by the action of the stage before it and keeps its number: whoever asks what became of a need, or
where a deployed thing comes from, follows one number. PostgreSQL holds the same by foreign keys over (stage before,
number).
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from necmergitur.kernel.refusal import Refusal

PREFIX = "NM"


class Stage(StrEnum):
    """The seven stages, in their order. Values are stored."""

    NEED = "need"
    LEAD = "lead"
    CHALLENGE = "challenge"
    TEAM = "team"
    PROJECT = "project"
    EXPERIMENT = "experiment"
    DEPLOYMENT = "deployment"


STAGES = tuple(Stage)


class NeedState(StrEnum):
    """A need is open to leads until it is closed with an answer, or merged into another."""

    OPEN = "open"
    MERGED = "merged"
    CLOSED = "closed"


class LeadState(StrEnum):
    """What became of something that may answer a need."""

    NEW = "new"
    CONTACT = "contact"
    BENCHMARK = "benchmark"
    CHALLENGE = "challenge"
    REJECTED = "rejected"


class ChallengeState(StrEnum):
    """A challenge is written, takes teams, and ends."""

    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"


class TeamState(StrEnum):
    """People who work on one challenge."""

    FORMING = "forming"
    READY = "ready"
    WITHDRAWN = "withdrawn"


class ProjectState(StrEnum):
    """What a team made of its challenge. Abandoned is an outcome like others, with its reason."""

    SUBMITTED = "submitted"
    SELECTED = "selected"
    INCUBATED = "incubated"
    ABANDONED = "abandoned"
    EXITED = "exited"


class ExperimentState(StrEnum):
    """A measured trial at a site."""

    DRAFT = "draft"
    FROZEN = "frozen"
    RUNNING = "running"
    STOPPED = "stopped"
    REPORTED = "reported"


class Exit(StrEnum):
    """How an experiment ends, once it was reported (organic law 2021-467 knows several exits too)."""

    STOP = "stop"
    EXTEND = "extend"
    ADOPT = "adopt"
    OPEN = "open"


class DeploymentState(StrEnum):
    """What was adopted stands somewhere, until it does not."""

    PLANNED = "planned"
    RUNNING = "running"
    ENDED = "ended"


class Route(StrEnum):
    """How it was bought (French public procurement code, L. 2172-3 for the innovation partnership)."""

    PARTNERSHIP = "innovation_partnership"
    MARKET = "market"
    SUBSIDY = "subsidy"


# States of a stage in which the next one may be made of it.
OPENS: Mapping[Stage, frozenset[str]] = MappingProxyType(
    {
        Stage.NEED: frozenset({NeedState.OPEN}),
        Stage.LEAD: frozenset({LeadState.NEW, LeadState.CONTACT, LeadState.BENCHMARK}),
        Stage.CHALLENGE: frozenset({ChallengeState.OPEN}),
        Stage.TEAM: frozenset({TeamState.READY}),
        Stage.PROJECT: frozenset({ProjectState.SELECTED, ProjectState.INCUBATED}),
        Stage.EXPERIMENT: frozenset({ExperimentState.REPORTED}),
    }
)


def shown(number: int) -> str:
    """Return a chain's number as people read it."""
    return f"{PREFIX}-{number}"


def read(text: str) -> int | None:
    """Read a number as people write it ("NM-7", "nm 7", "7"); None when it is none."""
    digits = text.strip().upper().removeprefix(PREFIX).lstrip(" -")
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) <= 9 and int(digits) else None  # noqa: PLR2004 -- an integer


def next_of(stage: Stage) -> Stage | None:
    """Return the stage that follows."""
    at = STAGES.index(stage) + 1
    return STAGES[at] if at < len(STAGES) else None


def may_follow(stage: Stage, state: str, *, exit_: str = "") -> Refusal | None:
    """Return why nothing may be made of a stage in this state; None when the next stage may.

    An experiment is deployed when it was reported and its exit is to adopt, or to open to all.
    """
    opens = OPENS.get(stage, frozenset())
    if state not in opens:
        return Refusal(rule="chain_not_ready", facts={"stage": stage.value, "state": state})
    if stage is Stage.EXPERIMENT and exit_ not in (Exit.ADOPT, Exit.OPEN):
        return Refusal(rule="chain_not_adopted", facts={"exit": exit_})
    return None
