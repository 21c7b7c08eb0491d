"""The services of a crisis as every page names them: only those that are open, and only where they have a page."""

from typing import Any, NamedTuple

from django.urls import Resolver404, resolve
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from necmergitur.people.crises import SERVICES
from necmergitur.web.population.state import Town

WORDS: dict[str, tuple[Any, Any]] = {
    "safe": (_("I’m safe"), _("Tell your people how you are, or ask for help.")),
    "find": (_("Find someone"), _("You have no news of somebody.")),
    "doors": (pgettext_lazy("door", "Shelter"), _("You need a roof, or can offer one.")),
}


class Door(NamedTuple):
    """One service."""

    name: str
    address: str
    word: Any
    hint: Any


def open_doors(town: Town, *, drill: bool) -> list[Door]:
    """Return the services that are open now, in their usual order."""
    prefix = "/drill" if drill else ""
    found = [(name, address_if_open(f"{prefix}/{name}")) for name in SERVICES if town.offers(name, drill=drill)]
    return [Door(name, address, *WORDS[name]) for name, address in found if address]


def address_if_open(address: str) -> str:
    """Return the address where a page answers it, with or without a slash at its end; "" where none does."""
    for one in (address, f"{address}/"):
        try:
            resolve(one)
        except Resolver404:
            continue
        return one
    return ""
