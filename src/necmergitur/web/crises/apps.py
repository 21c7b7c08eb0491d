"""The Django application of crises, in the control room."""

from django.apps import AppConfig


class CrisesConfig(AppConfig):
    """Pages of crises."""

    name = "necmergitur.web.crises"
    label = "crises"
    default_auto_field = "django.db.models.BigAutoField"
