"""The Django application of the partners' API."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """Tokens, webhooks and /api/v1/."""

    name = "necmergitur.web.api"
    label = "api"
    default_auto_field = "django.db.models.BigAutoField"
