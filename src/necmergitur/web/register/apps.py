"""The Django application of the public register."""

from django.apps import AppConfig


class RegisterConfig(AppConfig):
    """Pages of the register."""

    name = "necmergitur.web.register"
    label = "register"
