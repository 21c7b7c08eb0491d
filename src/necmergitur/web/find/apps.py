"""The Django application of the search for people."""

from django.apps import AppConfig


class FindConfig(AppConfig):
    """Pages of the search for people. They hold no account, no cookie, no script."""

    name = "necmergitur.web.find"
    label = "find"
    default_auto_field = "django.db.models.BigAutoField"
