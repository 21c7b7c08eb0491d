"""The Django application of the incubation."""

from django.apps import AppConfig


class IncubationConfig(AppConfig):
    """Calls, applications, projects under way, grants."""

    name = "necmergitur.web.incubation"
    label = "incubation"
    default_auto_field = "django.db.models.BigAutoField"
