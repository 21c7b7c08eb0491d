"""The Django application of persons' rights."""

from django.apps import AppConfig


class RightsConfig(AppConfig):
    """Requests of persons, and the desk that answers them."""

    name = "necmergitur.web.rights"
    label = "rights"
    default_auto_field = "django.db.models.BigAutoField"
