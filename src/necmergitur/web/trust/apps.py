"""The Django application of the trust desk."""

from django.apps import AppConfig


class TrustConfig(AppConfig):
    """Pages of the data protection officer, and of the parties that sign."""

    name = "necmergitur.web.trust"
    label = "trust"
    default_auto_field = "django.db.models.BigAutoField"
