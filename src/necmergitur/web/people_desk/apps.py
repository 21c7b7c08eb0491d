"""The Django application of the people desk."""

from django.apps import AppConfig


class PeopleDeskConfig(AppConfig):
    """Pages of the people desk."""

    name = "necmergitur.web.people_desk"
    label = "people_desk"
    default_auto_field = "django.db.models.BigAutoField"
