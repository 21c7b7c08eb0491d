"""The Django application of hackathons."""

from django.apps import AppConfig


class HackathonConfig(AppConfig):
    """Editions, their people, teams, jury and prizes."""

    name = "necmergitur.web.hackathon"
    label = "hackathon"
    default_auto_field = "django.db.models.BigAutoField"
