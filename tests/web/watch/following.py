# ruff: noqa: RUF001 -- French typography
"""Sources and needs as tests make them."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from necmergitur.web.programme import making
from necmergitur.web.programme.models import Need
from necmergitur.web.watch.models import Source
from tests.adapters.watch.sites import Hours, Site
from tests.web.programme.stating import stated

FEEDS = Path(__file__).parents[2] / "adapters" / "watch" / "feeds"
CROWDS = {
    "title": "Savoir en une minute qu’une place est trop pleine",
    "situation": "Les soirs de match, la place devant la salle se remplit d’une foule en dix minutes ; personne ne compte.",
    "measure": "minutes du danger à l’alerte",
    "constraints": "Aucune caméra, aucun visage.",
    "language": "fr",
}


def need(hours: Hours, **changes: Any) -> Need:
    """State a need about crowds."""
    return making.state_need(hours.now() - timedelta(days=1), None, **stated(**CROWDS | changes))


def followed(site: Site, hours: Hours, file: str, kind: str, **more: Any) -> Source:
    """Serve a file of `feeds/` and follow it."""
    headers = more.pop("headers", {})
    site.pages.setdefault(f"/{file}", (200, headers, (FEEDS / file).read_bytes()))
    return Source.objects.create(
        id=uuid4(),
        name=more.pop("name", file),
        format=kind,
        url=f"{site.url}/{file}",
        due_at=hours.now(),
        created_at=hours.now(),
        **more,
    )
