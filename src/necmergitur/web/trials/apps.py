"""The Django application of experiments."""

from django.apps import AppConfig


class TrialsConfig(AppConfig):
    """Protocols, running trials, their reports, and what the public reads of them."""

    name = "necmergitur.web.trials"
    label = "trials"
    default_auto_field = "django.db.models.BigAutoField"
