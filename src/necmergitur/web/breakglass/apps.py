"""The Django application of break-glass."""

from django.apps import AppConfig


class BreakGlassConfig(AppConfig):
    """Pages of break-glass."""

    name = "necmergitur.web.breakglass"
    label = "breakglass"
    default_auto_field = "django.db.models.BigAutoField"
