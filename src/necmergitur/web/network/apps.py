"""The Django application of the partner network."""

from django.apps import AppConfig


class NetworkConfig(AppConfig):
    """Partners, their sites, and what they agreed to share."""

    name = "necmergitur.web.network"
    label = "network"
    default_auto_field = "django.db.models.BigAutoField"
