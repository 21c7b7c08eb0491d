"""The Django application of shared resources."""

from django.apps import AppConfig


class CommonsConfig(AppConfig):
    """Bookings, documents, the letter, the calendar."""

    name = "necmergitur.web.commons"
    label = "commons"
    default_auto_field = "django.db.models.BigAutoField"
