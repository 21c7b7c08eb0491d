"""Who facts mean: they hold `user:<number>`, pages show a name."""

from collections.abc import Iterable

from necmergitur.web.accounts.models import User

PREFIX = "user:"


def names(actors: Iterable[str | None]) -> dict[str, str]:
    """Return the names of those actors that are accounts, in one query."""
    numbers = {
        int(actor.removeprefix(PREFIX))
        for actor in actors
        if actor and actor.startswith(PREFIX) and actor.removeprefix(PREFIX).isdecimal()
    }
    if not numbers:
        return {}
    return {f"{PREFIX}{pk}": name for pk, name in User.objects.filter(pk__in=numbers).values_list("pk", "display_name")}


def name(actor: str) -> str:
    """Return the name of an actor, or the actor as it stands when it is no account."""
    return names([actor]).get(actor, actor)
