"""The Django application of the dialogue."""

from django.apps import AppConfig


class DialogueConfig(AppConfig):
    """Statements, votes, opinion groups, answers."""

    name = "necmergitur.web.dialogue"
    label = "dialogue"
    default_auto_field = "django.db.models.BigAutoField"
