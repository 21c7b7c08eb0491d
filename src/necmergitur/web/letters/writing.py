"""The letter that says one's own addresses again."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from necmergitur.web.letters import finding
from necmergitur.web.letters.sending import Note


def again(about: Any) -> Note | None:
    """Every page of the programme that is somebody's own."""
    found = [one for kind, pk in about for one in [finding.page_of(kind, pk)] if one is not None]
    if not found:
        return None
    found = [one for one in found if one.email.casefold() == found[0].email.casefold()]  # one letter, one reader
    lines = "\n\n".join(f"{page.title}\n{page.address}" for page in found)
    text = _("Somebody, probably you, asked for your private pages again. Whoever has these addresses is you:")
    return Note(found[0].email, _("Your private pages"), f"{text}\n\n{lines}")


KINDS: dict[str, Callable[[Any], Note | None]] = {"again": again}
