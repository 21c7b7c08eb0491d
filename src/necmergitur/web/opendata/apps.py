"""The Django application of open data."""

from django.apps import AppConfig


class OpenDataConfig(AppConfig):
    """Releases, their privacy budget, and the catalogue."""

    name = "necmergitur.web.opendata"
    label = "opendata"
    default_auto_field = "django.db.models.BigAutoField"
