"""One hackathon in its phases: what may be done when, and what its dates and its teams must be."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from types import MappingProxyType

import msgspec

from necmergitur.kernel.refusal import Refusal

TEAM_PEOPLE_LEAST = 2  # ours: one person alone is no team
TEAM_PEOPLE_MOST = 8  # ours: more do not find room at a table, nor work in two days
RUNS_MOST = timedelta(days=366)  # ours: from the first registration to the prizes
KEPT = timedelta(days=365)  # ours: what people said of themselves, after the results; then it is erased


class Phase(StrEnum):
    """Where an edition stands. One follows the other, by its dates alone."""

    ANNOUNCED = "announced"
    REGISTRATION = "registration"
    TEAMS = "teams"
    WORK = "work"
    SUBMISSION = "submission"
    REVIEW = "review"
    RESULTS = "results"


class Act(StrEnum):
    """What people do at an edition."""

    REGISTER = "register"
    CHECK_IN = "check_in"
    FORM = "form"
    HELP = "help"
    SUBMIT = "submit"
    REVIEW = "review"
    VOTE = "vote"
    AWARD = "award"


# Who could not come to the first morning may still be met at the door while others work; late teams are made by hand.
MAY: Mapping[Act, frozenset[Phase]] = MappingProxyType(
    {
        Act.REGISTER: frozenset({Phase.REGISTRATION}),
        Act.CHECK_IN: frozenset({Phase.REGISTRATION, Phase.TEAMS, Phase.WORK, Phase.SUBMISSION}),
        Act.FORM: frozenset({Phase.TEAMS, Phase.WORK}),
        Act.HELP: frozenset({Phase.WORK, Phase.SUBMISSION}),
        Act.SUBMIT: frozenset({Phase.SUBMISSION}),
        Act.REVIEW: frozenset({Phase.REVIEW}),
        Act.VOTE: frozenset({Phase.REVIEW}),
        Act.AWARD: frozenset({Phase.RESULTS}),
    }
)


class Dates(msgspec.Struct, frozen=True):
    """When each phase begins; the last has no end."""

    registration_at: datetime
    teams_at: datetime
    work_at: datetime
    submission_at: datetime
    review_at: datetime
    results_at: datetime


_BEGINS = (
    (Phase.RESULTS, "results_at"),
    (Phase.REVIEW, "review_at"),
    (Phase.SUBMISSION, "submission_at"),
    (Phase.WORK, "work_at"),
    (Phase.TEAMS, "teams_at"),
    (Phase.REGISTRATION, "registration_at"),
)


def phase_of(dates: Dates, now: datetime) -> Phase:
    """Return where an edition stands."""
    return next((phase for phase, name in _BEGINS if now >= getattr(dates, name)), Phase.ANNOUNCED)


def ends_at(dates: Dates, phase: Phase) -> datetime | None:
    """Return when a phase ends, which is when the next begins; None for the last."""
    names = [name for _, name in reversed(_BEGINS)]
    at = 0 if phase is Phase.ANNOUNCED else [one for one, _ in reversed(_BEGINS)].index(phase) + 1
    return getattr(dates, names[at]) if at < len(names) else None


def may(act: Act, dates: Dates, now: datetime) -> Refusal | None:
    """Return why something is not done now; None when it is."""
    phase = phase_of(dates, now)
    if phase in MAY[act]:
        return None
    return Refusal(rule="edition_not_now", facts={"act": act.value, "phase": phase.value})


def check_dates(dates: Dates) -> Refusal | None:
    """Return why dates do not make an edition: each phase begins after the one before, all within a while."""
    times = [getattr(dates, name) for _, name in reversed(_BEGINS)]
    if any(later <= earlier for earlier, later in pairwise(times)):
        return Refusal(rule="edition_dates_out_of_order")
    return Refusal(rule="edition_too_long") if times[-1] - times[0] > RUNS_MOST else None


def check_team(people: int) -> Refusal | None:
    """Return why so many people are no team: neither one alone, nor a crowd."""
    if TEAM_PEOPLE_LEAST <= people <= TEAM_PEOPLE_MOST:
        return None
    bounds = {"least": str(TEAM_PEOPLE_LEAST), "most": str(TEAM_PEOPLE_MOST), "people": str(people)}
    return Refusal(rule="team_size_out_of_range", facts=bounds)


def sizes(people: int, teams: int) -> list[int] | Refusal:
    """Return how many people each of so many teams takes, as even as can be; all find a place."""
    if teams < 1:
        return Refusal(rule="team_size_out_of_range", facts={"people": str(people)})
    even, over = divmod(people, teams)
    made = [even + (number < over) for number in range(teams)]
    for size in {made[0], made[-1]}:
        refused = check_team(size)
        if refused is not None:
            return refused
    return made


def shares(wanted: Mapping[str, int], teams: int) -> dict[str, int]:
    """Return how many of the teams work on each theme: by how many people wish it first (largest remainder).

    A theme somebody wishes has a team as long as there are teams for all of them. Raises ValueError without a theme.
    """
    if not wanted:
        raise ValueError("an edition without themes has no teams")
    total = sum(wanted.values())
    if not total:
        wanted, total = dict.fromkeys(wanted, 1), len(wanted)
    exact = {theme: teams * count / total for theme, count in wanted.items()}
    made = {theme: int(share) for theme, share in exact.items()}
    rest = sorted(exact, key=lambda theme: (made[theme] > 0, -(exact[theme] - made[theme]), theme))
    while (left := teams - sum(made.values())) > 0:
        for theme in rest[:left]:
            made[theme] += 1
    return made
