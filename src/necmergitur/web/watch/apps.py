"""The Django application of the watch."""

from django.apps import AppConfig


class WatchConfig(AppConfig):
    """Sources, items, analysts' judgements, benchmarks. No row is about a person."""

    name = "necmergitur.web.watch"
    label = "watch"
    default_auto_field = "django.db.models.BigAutoField"
