"""Papers as a Django application: it has words of its own."""

from django.apps import AppConfig


class PapersConfig(AppConfig):
    """Holds no table."""

    name = "necmergitur.web.papers"
    label = "papers"
