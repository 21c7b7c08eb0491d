"""Things to book, and who books them, as tests need them."""

import uuid
from datetime import time, timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from necmergitur.web.commons.models import Asker, Thing
from necmergitur.web.network.models import Partner
from necmergitur.web.programme import links

HERE = "/programme/desk/resources/"


def thing(**changes: Any) -> Thing:
    """Make a room for partners, open every day from nine to six."""
    fields = {
        "name_fr": "Grande salle", "name_en": "Large room", "place": "Hôtel de Ville", "capacity": 40, "opens": time(9),
        "closes": time(18), "days": list(range(7)), "askers": [Asker.PARTNER],
    }  # fmt: skip
    return Thing.objects.create(**fields | changes)


def partner(name: str = "Palais des Sports") -> tuple[Partner, str]:
    """Make a partner; return it and the page behind its link."""
    token, kept = links.made()
    made = Partner.objects.create(id=uuid.uuid4(), name=name, kind="private", link_hash=kept, joined_at=timezone.now())
    return made, f"/programme/resources/mine/{token}/"


def tomorrow(hour: int, minute: int = 0, days: int = 1) -> str:
    """Return an hour of a coming day as a form sends it."""
    day = timezone.localtime() + timedelta(days=days)
    return f"{day:%Y-%m-%d}T{hour:02}:{minute:02}"


def sent(begins: str, ends: str, what_for: str = "A demonstration") -> dict[str, str]:
    """Return a booking's form."""
    return {"begins": begins, "ends": ends, "what_for": what_for}


def anybody(language: str = "en") -> Client:
    """Return a browser of nobody."""
    browser = Client()
    browser.cookies["nec_language"] = language
    return browser
