"""The Django application of the responder's page."""

from django.apps import AppConfig


class FieldConfig(AppConfig):
    """Pages for responders."""

    name = "necmergitur.web.field"
    label = "field"
    default_auto_field = "django.db.models.BigAutoField"
