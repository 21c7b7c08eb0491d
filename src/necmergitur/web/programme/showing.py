"""What pages show of the chain: a bar of seven stages, each with its state and the way to it."""

from typing import Any

from django.urls import NoReverseMatch, reverse

from necmergitur.innovation.chain import STAGES, Stage
from necmergitur.web.programme import words
from necmergitur.web.programme.making import BEFORE, MODELS, line_of, stage_of

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

ON_THE_DESK = (Stage.LEAD, Stage.CHALLENGE, Stage.TEAM, Stage.PROJECT)


def address_of(row: Any) -> str:
    """Return where a stage is read; empty where nothing shows it."""
    stage = stage_of(row)
    try:
        return reverse(PLACES[stage], args=[row.chain if stage is Stage.NEED else row.pk])
    except NoReverseMatch:
        return ""


def told(row: Any) -> dict[str, Any]:
    """Return a stage as a page shows it."""
    stage = stage_of(row)
    tone, word = words.STATES[stage].get(row.state, ("neutral", row.state))
    return {
        "row": row,
        "stage": words.STAGES[stage],
        "tone": tone,
        "word": word,
        "address": address_of(row),
        "graded": stage is Stage.PROJECT,
    }


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
        if len(following) == 1:
            one = _step(following[0], public=public)
        elif following:  # of several: the way to the latest
            one = {"address": _step(max(following, key=lambda each: each.created_at), public=public)["address"]}
        steps.append({"stage": words.STAGES[stage], "count": len(following), **one, "here": False})
    return steps


def _step(row: Any, *, public: bool) -> dict[str, Any]:
    found = told(row)
    return found | {"address": ""} if public and stage_of(row) in ON_THE_DESK else found
