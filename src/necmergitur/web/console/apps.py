"""The Django application of the control room."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """Pages of the control room."""

    name = "necmergitur.web.console"
    label = "console"
    default_auto_field = "django.db.models.BigAutoField"
