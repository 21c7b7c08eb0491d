"""The Django application that owns the schema of the ledger and of its read tables."""

from django.apps import AppConfig


class FactsConfig(AppConfig):
    """Facts written by `adapters` and read by pages."""

    name = "necmergitur.web.facts"
    label = "facts"
    default_auto_field = "django.db.models.BigAutoField"
