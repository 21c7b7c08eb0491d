"""The Django application of the programme's letters."""

from django.apps import AppConfig


class LettersConfig(AppConfig):
    """Mail to participants, jurors, mentors, applicants and reviewers."""

    name = "necmergitur.web.letters"
    label = "letters"
    default_auto_field = "django.db.models.BigAutoField"
