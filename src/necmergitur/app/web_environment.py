"""Pages read their settings from the environment; a command that needs them exports ours first."""

import os

import msgspec

from necmergitur.app.settings import Settings


def export_for_web(settings: Settings, database_url: str = "") -> None:
    """Put the resolved settings in this process's environment, before Django is imported."""
    if database_url:
        settings = msgspec.structs.replace(settings, database_url=database_url)
    os.environ.update(settings.export())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "necmergitur.web.settings")
