"""Needs that look alike, for whoever merges them: by the words they share, weighed by how rare these are."""

from necmergitur.innovation.chain import NeedState
from necmergitur.innovation.matching import Index, Question
from necmergitur.web.programme.models import Need

COMPARED_MAX = 500  # ours: the newest open needs; more are not open at once
SHOWN_MAX = 3  # ours: a fourth is hardly ever the same need


def alike(need: Need) -> list[Need]:
    """Return open needs that say much of what this one says, the nearest first."""
    others = list(Need.objects.filter(state=NeedState.OPEN).exclude(pk=need.pk).order_by("-stated_at")[:COMPARED_MAX])
    if not others:
        return []
    index, question = Index([_text_of(one) for one in others]), Question(_text_of(need))
    best = index.best(question, SHOWN_MAX)
    return [others[at] for at, _score in best if index.likeness(question, at).is_strong(one_language=True)]


def _text_of(need: Need) -> str:
    return f"{need.title}. {need.situation} {need.measure}."
