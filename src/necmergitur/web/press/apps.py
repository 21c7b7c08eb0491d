"""The Django application of the personal button's page."""

from django.apps import AppConfig


class PressConfig(AppConfig):
    """The page that rings."""

    name = "necmergitur.web.press"
    label = "press"
    default_auto_field = "django.db.models.BigAutoField"
