"""The Django application of the innovation programme."""

from django.apps import AppConfig


class ProgrammeConfig(AppConfig):
    """The stages of the chain, what the public reads of them, and the analysts' desk."""

    name = "necmergitur.web.programme"
    label = "programme"
    default_auto_field = "django.db.models.BigAutoField"
