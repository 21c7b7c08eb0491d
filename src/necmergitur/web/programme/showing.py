"""What pages show of the chain: a bar of seven stages, each with its state and the way to it."""

from collections.abc import Container, Iterable
from typing import Any
from uuid import UUID

from django.urls import NoReverseMatch, reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from necmergitur.innovation.chain import STAGES, DeploymentState, ProjectState, Stage
from necmergitur.web.facts.models import Trial
from necmergitur.web.programme import words
from necmergitur.web.programme.making import BEFORE, MODELS, line_of, stage_of
from necmergitur.web.programme.models import Deployment, Experiment, Need, Project

# Where each stage is read. A room not built yet has no address, so no page links to it.
PLACES = {
    Stage.NEED: "programme:need",
    Stage.LEAD: "programme:lead",
    Stage.CHALLENGE: "programme:challenge",
    Stage.TEAM: "programme:team",
    Stage.PROJECT: "incubation:project",
    Stage.EXPERIMENT: "trials:one",
    Stage.DEPLOYMENT: "trials:deployment",
}

_UNDER_WAY = (ProjectState.SUBMITTED, ProjectState.SELECTED, ProjectState.INCUBATED)
ON_THE_DESK = (Stage.LEAD, Stage.CHALLENGE, Stage.TEAM, Stage.PROJECT)


def address_of(row: Any) -> str:
    """Return where a stage is read; empty where nothing shows it."""
    stage = stage_of(row)
    try:
        return reverse(PLACES[stage], args=[row.chain if stage is Stage.NEED else row.pk])
    except NoReverseMatch:
        return ""


def told(row: Any, serving: Container[UUID] | None = None) -> dict[str, Any]:
    """Return a stage as a page shows it. A project whose solution runs somewhere is in service, while it is under way.

    `serving`: of a list, which projects that is, so that nobody asks for each.
    """
    stage = stage_of(row)
    tone, word = words.STATES[stage].get(row.state, ("neutral", row.state))
    if isinstance(row, Project) and row.state in _UNDER_WAY:
        known = in_service([row]) if serving is None else serving
        tone, word = words.IN_SERVICE if row.pk in known else (tone, word)
    return {
        "row": row,
        "stage": words.STAGES[stage],
        "tone": tone,
        "word": word,
        "address": address_of(row),
        "graded": stage is Stage.PROJECT,
        "title": row.shown_title if isinstance(row, Need) and row.hidden_at is not None else "",
    }


def projects(rows: Iterable[Project]) -> list[dict[str, Any]]:
    """Return projects as pages list them: as `told`, with one question for all of them."""
    rows = list(rows)
    serving = in_service(rows)
    return [told(row, serving) for row in rows]


def in_service(rows: Iterable[Project]) -> set[UUID]:
    """Return which projects have a solution that runs somewhere."""
    running = Deployment.objects.filter(state=DeploymentState.RUNNING, experiment__project__in=list(rows))
    return set(running.values_list("experiment__project", flat=True))


def experiments(rows: Iterable[Experiment]) -> list[dict[str, Any]]:
    """Return experiments as pages list them: as `told`, and which of its need each is: they may share a name."""
    rows = list(rows)
    of: dict[int, list[UUID]] = {}
    known = Experiment.objects.filter(chain__in={row.chain for row in rows}).order_by("created_at", "pk")
    for chain, pk in known.values_list("chain", "pk"):
        of.setdefault(chain, []).append(pk)
    begun = dict(Trial.objects.filter(id__in=[row.pk for row in rows]).values_list("id", "begun_at"))
    found = []
    for row in rows:
        at = begun.get(row.pk)
        said = {"n": of[row.chain].index(row.pk) + 1}
        which = (
            _("No. %(n)d, not begun") % said
            if at is None
            else _("No. %(n)d, begun %(at)s") % (said | {"at": date_format(localtime(at), "SHORT_DATETIME_FORMAT")})
        )
        found.append({**told(row), "which": which})
    return found


def bar(row: Any, *, public: bool = False) -> list[dict[str, Any]]:
    """Return the seven stages around a row: those before it, its own, and how many follow.

    `public`: without the way to what only the desk reads.
    """
    line = line_of(row)
    steps = [{**_step(one, public=public), "here": one is row} for one in line]
    following: list[Any] = [row]
    for stage in STAGES[len(line) :]:
        manager: Any = MODELS[stage]._default_manager  # noqa: SLF001 -- Django's own name
        following = list(manager.filter(**{f"{BEFORE[stage]}__in": following})) if following else []
        one: dict[str, Any] = {}
        if not following and isinstance(row, Experiment):  # another trial of the same solution led there
            beside = Deployment.objects.filter(experiment__project=row.project_id).exclude(state=DeploymentState.ENDED)
            one = next((_step(each, public=public) for each in beside[:1]), {})
        if len(following) == 1:
            one = _step(following[0], public=public)
        elif following:  # of several: the way to the latest
            one = {"address": _step(max(following, key=lambda each: each.created_at), public=public)["address"]}
        steps.append({"stage": words.STAGES[stage], "count": len(following), **one, "here": False})
    return steps


def _step(row: Any, *, public: bool) -> dict[str, Any]:
    found = told(row)
    return found | {"address": ""} if public and stage_of(row) in ON_THE_DESK else found
