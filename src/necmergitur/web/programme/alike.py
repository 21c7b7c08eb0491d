"""Needs that look alike, for whoever merges them: by the words they share, and across languages by what they mean."""

from collections.abc import Sequence

from necmergitur.adapters.embedding import Floats, unpacked
from necmergitur.innovation.background import background
from necmergitur.innovation.chain import NeedState
from necmergitur.innovation.constants import NEARER_ALIKE
from necmergitur.innovation.matching import Index, Question
from necmergitur.web.programme.models import Need

COMPARED_MAX = 500  # ours: the newest open needs; more are not open at once
SHOWN_MAX = 3  # ours: a fourth is hardly ever the same need


def alike(need: Need) -> list[Need]:
    """Return open needs that say much of what this one says, the nearest first."""
    open_needs = Need.objects.filter(state=NeedState.OPEN).exclude(pk=need.pk).select_related("vector")
    others = list(open_needs.order_by("-stated_at")[:COMPARED_MAX])
    found = _by_words(need, others)
    left = [one for one in others if one.language != need.language and one not in found]
    return (found + _by_meaning(need, left))[:SHOWN_MAX]


def _by_words(need: Need, others: Sequence[Need]) -> list[Need]:
    if not others:
        return []
    index, question = Index([_text_of(one) for one in others]), Question(_text_of(need))
    best = index.best(question, SHOWN_MAX)
    return [others[at] for at, _score in best if index.likeness(question, at).is_strong()]


def _by_meaning(need: Need, others: Sequence[Need]) -> list[Need]:
    """Compare with those that have a vector by now: the watch makes them in the background."""
    mine = _vector_of(need)
    if mine is None:
        return []
    found = list[tuple[float, Need]]()
    for one in others:
        its = _vector_of(one)
        if its is not None:
            usual = background().usual_of_questions(mine, need.language, its, one.language)
            found.append((float(mine @ its) - usual, one))
    nearest = sorted(found, key=lambda pair: -pair[0])
    return [one for nearer, one in nearest if nearer >= NEARER_ALIKE]


def _vector_of(need: Need) -> Floats | None:
    made = getattr(need, "vector", None)
    return None if made is None else unpacked(made.vector)


def _text_of(need: Need) -> str:
    return f"{need.title}. {need.situation} {need.measure}."
