"""The Django application of sensors."""

from django.apps import AppConfig


class SensorsConfig(AppConfig):
    """Pages of sensors."""

    name = "necmergitur.web.sensors"
    label = "sensors"
    default_auto_field = "django.db.models.BigAutoField"
