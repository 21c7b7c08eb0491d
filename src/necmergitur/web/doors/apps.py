"""The Django application of open doors."""

from django.apps import AppConfig


class DoorsConfig(AppConfig):
    """Shelter for a night."""

    name = "necmergitur.web.doors"
    label = "doors"
    default_auto_field = "django.db.models.BigAutoField"
